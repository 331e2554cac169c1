"""What Tab offers: command words, names of processes and groups, signals.

The daemon is asked once, and again only after the next command; trouble on the way to it offers
nothing rather than disturbing the line.
"""

from supervisor.client import failures
from supervisor.ctl.command import Command, Shell
from supervisor.ctl.rendering import Info
from supervisor.hints import Callable, Iterable, Sequence
from supervisor.wire.namespec import make_namespec

WORD_PARTS = ":*-"
"""Not the end of a word for readline, so that `grp:*` is one."""


class Completion:
    """Candidates for the word at the cursor. It is the `Offer` that commands choose from."""

    def __init__(
        self, shell: Shell, words: Callable[[], Sequence[str]], commands: dict[str, Command]
    ) -> None:
        self._shell = shell
        self._words = words
        self._commands = commands
        self._word = ""
        self._infos: list[Info] | None = None
        self._configs: list[Info] | None = None

    def forget(self) -> None:
        """Ask the daemon anew next time: a command may have changed everything."""
        self._infos = self._configs = None

    def candidates(self, before: str, word: str) -> list[str]:
        """Words that begin with `word`, sorted, each with a blank; `before` stands left of it."""
        self._word = word
        found = {offered for offered in self._offers(before.split()) if offered.startswith(word)}
        return [f"{candidate} " for candidate in sorted(found)]

    def _offers(self, words: Sequence[str]) -> Iterable[str]:
        if not words:
            return self.commands()
        verb, *before = words
        if verb in ("help", "?"):
            return self.commands()
        if verb not in self._commands:
            return ()
        return self._commands[verb].complete(self, before)

    def commands(self) -> Iterable[str]:
        """All command words."""
        return self._words()

    def processes(self) -> Iterable[str]:
        """Names of processes; the long forms once a colon was typed, or where there is no other."""
        for info in self._all_infos():
            group, name = info["group"], info["name"]
            if ":" in self._word or group != name:
                yield f"{group}:{name}"
                yield make_namespec(group, None)
            else:
                yield name

    def groups(self) -> Iterable[str]:
        """Groups that are active."""
        return (info["group"] for info in self._all_infos())

    def inactive_groups(self) -> Iterable[str]:
        """Groups of the configuration read last that `add` would activate."""
        return (config["group"] for config in self._all_configs() if not config["inuse"])

    def _all_infos(self) -> list[Info]:
        if self._infos is None:
            try:
                self._infos = self._shell.get_supervisor().getAllProcessInfo()
            except _trouble():
                self._infos = []
        return self._infos or []

    def _all_configs(self) -> list[Info]:
        if self._configs is None:
            try:
                self._configs = self._shell.get_supervisor().getAllConfigInfo()
            except _trouble():
                self._configs = []
        return self._configs or []


def _trouble() -> tuple[type[Exception], ...]:
    """What may go wrong on the way to the daemon."""
    return OSError, failures.HTTPException, failures.Error, failures.ExpatError, ValueError
