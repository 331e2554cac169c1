"""Promised names: the few of the old HTTP server that plug-ins with pages import.

The server is another one; nothing inside the package uses these modules.
"""

from supervisor.medusa import asyncore_25, default_handler, filesys, http_date, http_server

__all__ = ["asyncore_25", "default_handler", "filesys", "http_date", "http_server"]
