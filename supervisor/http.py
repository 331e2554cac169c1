"""Promised names: deferred answers of RPC plug-ins, and the handlers of a server.

A method whose answer is not known yet returns a function that returns `NOT_DONE_YET` until it is.
The handlers tell what a server is made of; the daemon serves in other ways. One that is put among
them is asked for what the daemon has no answer to. Of the package only the rim uses this module:
`promised`, `daemon.plugin_view` and `xmlrpc`.
"""

from supervisor.hints import Any
from supervisor.rpc.polling import NOT_DONE_YET
from supervisor.web.auth import BasicAuthenticator

__all__ = [
    "NOT_DONE_YET",
    "logtail_handler",
    "mainlogtail_handler",
    "supervisor_auth_handler",
]


class _tail_handler:
    """What serves a log as it grows: the daemon does, whatever is put in its place."""

    path: str

    def __init__(self, supervisord: Any) -> None:
        self.supervisord = supervisord

    def match(self, request: Any) -> bool:
        """Whether it is asked for a log."""
        path: str = request.split_uri()[0]
        return path == self.path or path.startswith(f"{self.path}/")

    def handle_request(self, request: Any) -> None:
        """Nothing that the daemon could not serve is there."""
        request.error(404)


class logtail_handler(_tail_handler):
    """What serves the logs of processes as they grow."""

    IDENT = "Logtail HTTP Request Handler"
    path = "/logtail"


class mainlogtail_handler(_tail_handler):
    """What serves the main log as it grows."""

    IDENT = "Main Logtail HTTP Request Handler"
    path = "/mainlogtail"


class supervisor_auth_handler:
    """What asks for one of the names and passwords of a dictionary before `handler` answers."""

    def __init__(self, dict: dict[str, str], handler: Any, realm: str = "default") -> None:
        self.handler = handler
        self.realm = realm
        self._authenticators = [BasicAuthenticator(name, word) for name, word in dict.items()]

    def match(self, request: Any) -> bool:
        """Whether the request is one for the handler."""
        return bool(self.handler.match(request))

    def handle_request(self, request: Any) -> None:
        """Have the handler answer who may come in; 401 for the others."""
        given = request.get_header("authorization")
        if any(admits(given) for admits in self._authenticators):
            self.handler.handle_request(request)
        else:
            request["WWW-Authenticate"] = f'Basic realm="{self.realm}"'
            request.error(401)
