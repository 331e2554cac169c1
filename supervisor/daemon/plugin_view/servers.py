"""The HTTP servers as plug-ins know them: where their RPC interfaces are found.

What is found can be looked at and called. Our own handlers cannot be exchanged; others that are put
among them are asked for what we have no answer to (`plugin_view.pages`).
"""

from supervisor.daemon.servers import OpenServer
from supervisor.hints import Any
from supervisor.http import logtail_handler, mainlogtail_handler, supervisor_auth_handler


class RootRPCInterface:
    """The namespaces of one server as attributes."""

    def __init__(self, opened: OpenServer) -> None:
        for name, interface in opened.registry.interfaces.items():
            setattr(self, name, interface)


class RPCHandler:
    """What answers XML-RPC calls."""

    IDENT = "Supervisor XML-RPC Handler"

    def __init__(self, supervisord: Any, opened: OpenServer) -> None:
        self.supervisord = supervisord
        self.rpcinterface = RootRPCInterface(opened)


class PlainHandler:
    """What answers other requests."""

    def __init__(self, ident: str) -> None:
        self.IDENT = ident


class Listening:
    """The socket of a server, which only the daemon uses."""

    def __init__(self, opened: OpenServer) -> None:
        self._server = opened.server

    def fileno(self) -> int:
        """Its descriptor, -1 once it is closed."""
        return self._server.fileno()

    def shutdown(self, how: int) -> None:
        """Nothing: `options.close_httpservers` lets nobody in any more."""


class ServerView:
    """One server; its handlers stand in the order in which they are asked."""

    def __init__(self, supervisord: Any, opened: OpenServer) -> None:
        self.section = opened.settings.section
        self.socket = Listening(opened)
        handlers: list[Any] = [
            RPCHandler(supervisord, opened),
            logtail_handler(supervisord),
            mainlogtail_handler(supervisord),
            PlainHandler("Supervisor Web UI HTTP Request Handler"),
            PlainHandler("Default HTTP Request Handler"),
        ]
        if opened.settings.username:
            handlers = [supervisor_auth_handler({}, each) for each in handlers]
        self.handlers = handlers
        self._own = tuple(handlers)

    def install_handler(self, handler: Any, back: bool = False) -> None:
        """Put a handler before all others, or behind them."""
        self.handlers.insert(len(self.handlers) if back else 0, handler)

    def guests(self) -> list[Any]:
        """Handlers of plug-ins."""
        return [each for each in self.handlers if not any(each is own for own in self._own)]
