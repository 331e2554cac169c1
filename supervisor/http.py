"""Promised names: deferred answers of RPC plug-ins, and the handlers of a server.

A method whose answer is not known yet returns a function that returns `NOT_DONE_YET` until it is.
The handlers tell what a server is made of; the daemon serves in other ways, so putting others in
their place has no effect. Nothing inside the package uses this module.
"""

from typing import Any

from supervisor.rpc.polling import NOT_DONE_YET

__all__ = [
    "NOT_DONE_YET",
    "logtail_handler",
    "mainlogtail_handler",
    "supervisor_auth_handler",
]


class logtail_handler:
    """What serves the logs of processes as they grow."""

    IDENT = "Logtail HTTP Request Handler"
    path = "/logtail"

    def __init__(self, supervisord: Any) -> None:
        self.supervisord = supervisord


class mainlogtail_handler:
    """What serves the main log as it grows."""

    IDENT = "Main Logtail HTTP Request Handler"
    path = "/mainlogtail"

    def __init__(self, supervisord: Any) -> None:
        self.supervisord = supervisord


class supervisor_auth_handler:
    """What asks for a password before `handler` answers."""

    def __init__(self, dict: dict[str, str], handler: Any, realm: str = "default") -> None:
        self.handler = handler
        self.realm = realm
