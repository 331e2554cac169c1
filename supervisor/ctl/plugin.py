"""Commands as plug-ins see them: methods `do_X` and `help_X` of an object of the shell.

These class and method names are promised to third parties. The built-in commands are one such
plug-in, always the first, so that nobody can change what `stop` means.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from supervisor.ctl.command import Command
from supervisor.ctl.commands import BUILT_IN


class ControllerPluginBase:
    """Base class of plug-ins; the controller sets `name` after making one."""

    name = "unnamed"

    def __init__(self, controller: Any) -> None:
        self.ctl = controller

    @property
    def doc_header(self) -> str:
        """Title of this plug-in's block in the list that `help` prints."""
        return f"{self.name} commands (type help <topic>):"

    def command_words(self) -> list[str]:
        """All commands, documented or not."""
        return [name.removeprefix("do_") for name in dir(self) if name.startswith("do_")]

    def do_help(self, arg: str) -> None:
        """Print help on one topic, or the list of the documented commands."""
        if arg:
            self._help_on(arg)
            return
        documented = [
            word
            for word in self.command_words()
            if word != "help" and (hasattr(self, f"help_{word}") or self._doc(word))
        ]
        self.ctl.output("")
        self.ctl.print_topics(self.doc_header, documented, 15, 80)

    def _help_on(self, topic: str) -> None:
        explain = getattr(self, f"help_{topic}", None)
        if explain is not None:
            explain()
        else:
            self.ctl.output(self._doc(topic) or f"*** No help on {topic}")

    def _doc(self, word: str) -> str | None:
        doc: str | None = getattr(getattr(self, f"do_{word}", None), "__doc__", None)
        return doc


class DefaultControllerPlugin(ControllerPluginBase):
    """The built-in commands."""

    name = "default"
    commands: ClassVar[dict[str, Command]] = {command.name: command for command in BUILT_IN}


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
