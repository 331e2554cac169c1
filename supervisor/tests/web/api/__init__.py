"""The HTTP API: its parts, its document, and real clients."""
