"""The state of the daemon: whether it has begun, whether something is wrong, and whether it leaves.

The rule: who was told of the state before is told of every other one. Troubles make it FATAL and
back again; leaving ends that for good.
"""

from supervisor.core import inputs
from supervisor.core.commands import Command, MoodChange, WriteLog
from supervisor.core.component import Now
from supervisor.core.troubles import Trouble, Troubles
from supervisor.hints import Callable, Sequence
from supervisor.states import SupervisorStates


class Mood:
    """Owner of the state of the daemon."""

    __slots__ = ("_leaving", "_troubles", "has_begun")

    def __init__(self) -> None:
        self.has_begun = False
        """Whether the daemon is ready, and somebody there to be told."""
        self._leaving: int | None = None
        self._troubles = Troubles()

    @property
    def code(self) -> int:
        """A code of `SupervisorStates`."""
        if self._leaving is not None:
            return self._leaving
        troubled = self.trouble() is not None
        return SupervisorStates.FATAL if troubled else SupervisorStates.RUNNING

    @property
    def is_leaving(self) -> bool:
        """Whether all is about to end: nothing is started any more."""
        return self._leaving is not None

    @property
    def has_troubles(self) -> bool:
        """Whether anything is wrong."""
        return bool(self._troubles)

    def trouble(self) -> str | None:
        """Why the daemon is FATAL; None if it is not, or would not be if it did not leave."""
        return self._troubles.reason()

    def begin(self, commands: list[Command]) -> None:
        """The daemon is ready, which may be with a trouble that it has had since before."""
        self.has_begun = True
        commands.append(MoodChange(SupervisorStates.RUNNING))
        self._tell_unless(SupervisorStates.RUNNING, commands)

    def leave(self, code: int, commands: list[Command]) -> None:
        """From now on it leaves.

        A restart may turn into a shutdown, but not the other way round.
        """
        if self._leaving is None:
            commands.append(MoodChange(code))
            self._leaving = code
        elif code == SupervisorStates.SHUTDOWN:
            self._leaving = code

    # -- troubles --------------------------------------------------------------------------------

    def on_trouble_arose(
        self, happened: inputs.TroubleArose, now: Now, commands: list[Command]
    ) -> None:
        """The daemon is FATAL until this is over.

        While it leaves nobody could do anything about it; what was refused has been answered or
        logged.
        """
        if not self.is_leaving:
            trouble = Trouble(happened.reason, happened.process_id)
            self._change(
                lambda: self._troubles.add(happened.key, trouble, happened.advice), commands
            )

    def on_trouble_ended(
        self, happened: inputs.TroubleEnded, now: Now, commands: list[Command]
    ) -> None:
        """What was refused has worked."""
        self._change(lambda: self._troubles.end(happened.key), commands)

    def on_troubles_cleared(
        self, happened: inputs.TroublesCleared, now: Now, commands: list[Command]
    ) -> None:
        """Somebody knows of all troubles."""
        self._change(self._troubles.clear, commands)

    def forget(self, process_ids: Sequence[int], commands: list[Command]) -> None:
        """These processes are no more, and what was wrong with them neither."""
        self._change(lambda: self._troubles.end_with(process_ids), commands)

    def _change(self, change: Callable[[], list[WriteLog]], commands: list[Command]) -> None:
        before = self.code
        commands += change()
        self._tell_unless(before, commands)

    def _tell_unless(self, told: int, commands: list[Command]) -> None:
        if self.has_begun and self.code != told:
            commands.append(MoodChange(self.code, self.trouble() or ""))
