"""Talking to a daemon: XML-RPC over unix or TCP sockets, following a log."""
