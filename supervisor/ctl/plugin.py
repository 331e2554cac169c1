"""Commands as plug-ins see them: methods `do_X` and `help_X` of an object of the shell.

These class and method names are promised to third parties. The built-in commands are one such
plug-in, always the first, so that nobody can change what `stop` means.
"""

from supervisor.ctl.command import Command
from supervisor.ctl.commands import BUILT_IN
from supervisor.ctl.results import STARTED, Result, result_line
from supervisor.hints import Any, Callable, ClassVar
from supervisor.lean import partial


class ControllerPluginBase:
    """Base class of plug-ins; the controller sets `name` after making one."""

    name = "unnamed"

    def __init__(self, controller: Any) -> None:
        self.ctl = controller

    @property
    def doc_header(self) -> str:
        """Title of this plug-in's block in the list that `help` prints."""
        return _title(self)

    def do_help(self, arg: str) -> None:
        """Print help on one topic, or the list of the documented commands."""
        _print_help(self, self.ctl, arg)


def knows(plugin: Any, topic: str) -> bool:
    """Whether a plug-in has a command, or help, of that name."""
    return hasattr(plugin, f"do_{topic}") or hasattr(plugin, f"help_{topic}")


def explains_by_itself(plugin: Any) -> bool:
    """Whether a plug-in answers for help in a way of its own, so that it may know any topic."""
    method = getattr(type(plugin), "do_help", ControllerPluginBase.do_help)
    return method is not ControllerPluginBase.do_help


def helper_of(plugin: Any, shell: Any) -> Callable[[str], Any]:
    """What prints the help of a plug-in, which need not be derived from the base class."""
    own: Callable[[str], Any] | None = getattr(plugin, "do_help", None)
    return own or partial(_print_help, plugin, shell)


def _print_help(plugin: Any, shell: Any, topic: str) -> None:
    if topic:
        _explain(plugin, shell, topic)
        return
    words = (name.removeprefix("do_") for name in dir(plugin) if name.startswith("do_"))
    documented = [
        word
        for word in words
        if word != "help" and (hasattr(plugin, f"help_{word}") or _doc(plugin, word))
    ]
    shell.output("")
    shell.print_topics(getattr(plugin, "doc_header", _title(plugin)), documented, 15, 80)


def _explain(plugin: Any, shell: Any, topic: str) -> None:
    explain = getattr(plugin, f"help_{topic}", None)
    if explain is not None:
        explain()
    else:
        shell.output(_doc(plugin, topic) or f"*** No help on {topic}")


def _title(plugin: Any) -> str:
    return f"{plugin.name} commands (type help <topic>):"


def _doc(plugin: Any, word: str) -> str | None:
    doc: str | None = getattr(getattr(plugin, f"do_{word}", None), "__doc__", None)
    return doc


class DefaultControllerPlugin(ControllerPluginBase):
    """The built-in commands."""

    name = "default"
    commands: ClassVar[dict[str, Command]] = {command.name: command for command in BUILT_IN}

    def _startresult(self, result: Result) -> str:
        """The line of `start` for a result; other plug-ins replace it on this object."""
        return result_line(result, STARTED)


def _runner(command: Command) -> Callable[[DefaultControllerPlugin, str], bool | None]:
    def do(self: DefaultControllerPlugin, arg: str) -> bool | None:
        return command.run(self.ctl, arg)

    do.__doc__ = command.help
    return do


def _helper(command: Command) -> Callable[[DefaultControllerPlugin], None]:
    def explain(self: DefaultControllerPlugin) -> None:
        self.ctl.output(command.help)

    return explain


for _command in BUILT_IN:
    setattr(DefaultControllerPlugin, f"do_{_command.name}", _runner(_command))
    setattr(DefaultControllerPlugin, f"help_{_command.name}", _helper(_command))
