"""A plug-in for tests that replaces a method of the main interface when it is made."""

from typing import Any

from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.xmlrpc import RPCError


class Nothing:
    """No methods."""


def make(supervisord: Any) -> Nothing:
    """The factory."""
    ours = SupervisorNamespaceRPCInterface.startProcess

    def startProcess(self: Any, name: str, wait: bool = True) -> Any:
        if name == "web:second":
            raise RPCError(103, name)
        return ours(self, name, wait)

    SupervisorNamespaceRPCInterface.startProcess = startProcess
    return Nothing()
