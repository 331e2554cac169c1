"""Promised names: fault codes and the XML-RPC client, for listeners, plug-ins and scripts."""

import xmlrpc.client as xmlrpclib

from supervisor.client.transport import SupervisorTransport, UnixStreamHTTPConnection
from supervisor.errors import Faults, RPCError, getFaultDescription

__all__ = [
    "Faults",
    "RPCError",
    "SupervisorTransport",
    "UnixStreamHTTPConnection",
    "getFaultDescription",
    "xmlrpclib",
]
