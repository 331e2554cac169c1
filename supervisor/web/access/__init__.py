"""Who comes in, and which of a browser's requests are meant.

Loaded by the first server with users and by the first request of a browser, a page or an API client
only: a daemon that is asked through its unix socket alone has none of it in memory.
"""
