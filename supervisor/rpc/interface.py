"""The namespace `supervisor`: all families of methods in one object."""

from supervisor.rpc.configuration import ConfigurationFamily
from supervisor.rpc.daemon import DaemonFamily
from supervisor.rpc.info import InfoFamily
from supervisor.rpc.listeners import ListenerFamily
from supervisor.rpc.logs import LogFamily
from supervisor.rpc.processes import ProcessFamily


class SupervisorInterface(
    DaemonFamily, ProcessFamily, InfoFamily, LogFamily, ConfigurationFamily, ListenerFamily
):
    """What clients may ask of the daemon (manual, "XML-RPC interface")."""
