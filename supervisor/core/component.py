"""The seam between deciding and doing: what the loop knows of a component, and the ports it gets.

Whatever is supervised (programs, listeners, later jobs and queues) is a component: it is handed
what happened and the time, and answers with commands. It never calls the system itself.
"""

from supervisor.hints import Any, Callable, Protocol, Sequence
from supervisor.tuples import NamedTuple


class Now(NamedTuple):
    """One reading of both clocks."""

    mono_s: float
    """Seconds of the monotonic clock: for durations and deadlines."""
    wall_s: float
    """Seconds since the epoch: for stamps that people and clients read."""


class Component(Protocol):
    """A policy on the common child machinery."""

    def handle(self, happened: Any, now: Now) -> Sequence[Any]:
        """Change own state and return the commands to carry out, in order."""

    def next_deadline_s(self) -> float | None:
        """Monotonic time at which a `DeadlineReached` is wanted; None to sleep without limit."""


class Clock(Protocol):
    """Where time comes from."""

    @property
    def mono_s(self) -> float:
        """The monotonic clock alone."""

    def now(self) -> Now:
        """Read both clocks."""


class Poller(Protocol):
    """Who tells that a file descriptor is ready."""

    def watch(
        self,
        fd: int,
        on_readable: Callable[[], None] | None = None,
        on_writable: Callable[[], None] | None = None,
    ) -> None:
        """Call back when fd is ready; replaces an earlier watch of the same fd.

        A hang-up or error on the fd counts as readable if that is watched, else as writable.
        Both None is the same as `forget`.
        """

    def forget(self, fd: int) -> None:
        """Stop watching fd; unknown ones are ignored. Must be called before fd is closed."""


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Never make the call; harmless if it has been made."""


class Timers(Protocol):
    """Who calls back when a time has come."""

    def call_at(self, when_s: float, callback: Callable[[], None]) -> Timer:
        """Call back once at that monotonic time, or soon after."""
