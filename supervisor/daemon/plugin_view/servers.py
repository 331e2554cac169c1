"""The HTTP servers as plug-ins know them: where their RPC interfaces are found.

What is found can be looked at and called; the handlers themselves cannot be exchanged.
"""

from typing import Any

from supervisor.daemon.servers import OpenServer
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


class ServerView:
    """One server; its handlers stand in the order in which they are asked."""

    def __init__(self, supervisord: Any, opened: OpenServer) -> None:
        self.section = opened.settings.section
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
