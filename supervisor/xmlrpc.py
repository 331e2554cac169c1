"""Promised names: fault codes and the XML-RPC client, for listeners, plug-ins and scripts."""

import xmlrpc.client as xmlrpclib
from typing import Any

from supervisor.client.transport import SupervisorTransport, UnixStreamHTTPConnection
from supervisor.errors import Fault

__all__ = [
    "Faults",
    "RPCError",
    "SupervisorTransport",
    "UnixStreamHTTPConnection",
    "getFaultDescription",
    "xmlrpclib",
]


class Faults:
    """Fault codes as plain ints; third parties iterate over them and add their own."""


for _fault in Fault:
    setattr(Faults, _fault.name, int(_fault))


def getFaultDescription(code: int) -> str:
    """Name of a fault code, `UNKNOWN` if it has none."""
    for name, value in vars(Faults).items():
        if name.isupper() and value == code:
            return name
    return "UNKNOWN"


class RPCError(Exception):
    """What a method of an RPC plug-in raises to answer with a fault."""

    def __init__(self, code: int, extra: Any = None) -> None:
        super().__init__(code, extra)
        self.code = code
        self.text = getFaultDescription(code)
        if extra is not None:
            self.text = f"{self.text}: {extra}"

    def __str__(self) -> str:
        return f"code={self.code!r}, text={self.text!r}"
