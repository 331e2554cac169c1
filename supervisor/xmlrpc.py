"""Promised names: fault codes and the XML-RPC client, for listeners, plug-ins and scripts.

What plug-ins do with interfaces full of methods is imported on first use, because most scripts
only want to talk to the daemon. Nothing inside the package uses this module.
"""

import xmlrpc.client as xmlrpclib

from supervisor.client.transport import SupervisorTransport, UnixStreamHTTPConnection
from supervisor.errors import Faults, RPCError, getFaultDescription
from supervisor.hints import TYPE_CHECKING, Any
from supervisor.lean import import_module

if TYPE_CHECKING:
    from supervisor.http import NOT_DONE_YET
    from supervisor.promised.rpctools import (
        RootRPCInterface,
        SystemNamespaceRPCInterface,
        capped_int,
        gettags,
        make_datetime,
        traverse,
        xmlrpc_marshal,
    )

__all__ = [
    "NOT_DONE_YET",
    "Faults",
    "RPCError",
    "RootRPCInterface",
    "SupervisorTransport",
    "SystemNamespaceRPCInterface",
    "UnixStreamHTTPConnection",
    "capped_int",
    "getFaultDescription",
    "gettags",
    "make_datetime",
    "traverse",
    "xmlrpc_marshal",
    "xmlrpclib",
]


def __getattr__(name: str) -> Any:
    """A name that is imported on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "NOT_DONE_YET":
        found = import_module("supervisor.http").NOT_DONE_YET
    else:
        found = getattr(import_module("supervisor.promised.rpctools"), name)
        # Where it is promised to be: whoever replaces it can be told apart by that.
        found.__module__ = __name__
    globals()[name] = found
    return found
