"""``[rpcinterface:NAME]`` and ``[ctlplugin:NAME]``: code of others, called with its own keys."""

from supervisor.config.option import option, options_of
from supervisor.config.record import record, uncompared
from supervisor.config.values import Origin
from supervisor.config.valuetypes import ENTRY_POINT
from supervisor.hints import Mapping

RPC_PREFIX = "rpcinterface:"
CTL_PREFIX = "ctlplugin:"
MAIN_RPC_FACTORY = "supervisor.rpcinterface:make_main_rpcinterface"


class RpcInterfaceSection:
    """The one key of ours in an ``[rpcinterface:NAME]`` section."""

    factory: str = option(
        ENTRY_POINT,
        "Called with the daemon and all other keys of the section.",
        key="supervisor.rpcinterface_factory",
        shown_default="required",
        sample=MAIN_RPC_FACTORY,
        is_active_in_sample=True,
    )


class CtlPluginSection:
    """The one key of ours in a ``[ctlplugin:NAME]`` section."""

    factory: str = option(
        ENTRY_POINT,
        "Called with the controller and all other keys of the section.",
        key="supervisor.ctl_factory",
        shown_default="required",
        sample="package.module:make_plugin",
    )


@record
class PluginSettings:
    """A plug-in to call."""

    name: str
    factory: str
    """Entry point, ``package.module:attribute``."""
    options: Mapping[str, str]
    """The other keys of the section itself, in lower case, without inherited ones."""
    origin: Origin = uncompared()


RPC_OPTIONS = options_of(RpcInterfaceSection)
CTL_OPTIONS = options_of(CtlPluginSection)
