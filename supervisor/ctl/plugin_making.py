"""Makes the plug-ins of a session: the built-in commands first, then those of `[ctlplugin:x]`.

A plug-in that cannot be made is told with its section, because a person has to correct that.
"""

from supervisor.ctl.options import PluginFactory
from supervisor.ctl.plugin import DefaultControllerPlugin
from supervisor.hints import Any, Callable, Mapping, Sequence


class PluginFailed(Exception):
    """The factory of a `[ctlplugin:x]` section made no plug-in; `why` says so in words."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(name, why)
        self.name = name
        self.why = why

    def __str__(self) -> str:
        return f"cannot make the commands of [ctlplugin:{self.name}]: {self.why}"


def make_plugins(controller: Any, factories: Sequence[PluginFactory]) -> None:
    """Make all, in the order in which they are asked for a command. Raises PluginFailed.

    A factory finds those that were made before it in `controller.options.plugins`.
    """
    # The built-in commands first: nobody else can change what they mean.
    controller.options.plugins = [DefaultControllerPlugin(controller)]
    for factory in factories:
        controller.options.plugins.append(_make(controller, *factory))


def _make(
    controller: Any, name: str, factory: Callable[..., Any], settings: Mapping[str, str]
) -> Any:
    try:
        plugin = factory(controller, **settings)
    except (Exception, SystemExit) as error:
        # The code of others may raise anything; say at least whose it is.
        raise PluginFailed(name, f"{type(error).__name__}: {error}{_place(error)}") from error
    if plugin is None:
        raise PluginFailed(name, "its factory returned None instead of an object with commands")
    try:
        plugin.name = name
    except AttributeError as error:
        raise PluginFailed(
            name, f"its factory returned {plugin!r}, which cannot be given a name"
        ) from error
    return plugin


def _place(error: BaseException) -> str:
    """Where in the code of others it was raised; empty if their factory cannot be called so."""
    frame = error.__traceback__ and error.__traceback__.tb_next
    if frame is None:
        return ""
    while frame.tb_next is not None:
        frame = frame.tb_next
    return f" ({frame.tb_frame.f_code.co_filename}, line {frame.tb_lineno})"
