"""Long work of many clients, done in slices: one slice in each turn of the loop, for all of them.

So however many ask for however much, nobody else waits for more than a slice.
"""

from supervisor.core.component import Clock, Timers
from supervisor.hints import Callable, Generator, TypeVar
from supervisor.lean import deque

T = TypeVar("T")

Later = Callable[[Callable[[], None]], object]
"""Calls back when all others who are ready have had their turn of the loop."""


class Turns:
    """Who waits for a turn, in their order."""

    __slots__ = ("_is_due", "_later", "_waiting")

    def __init__(self, later: Later) -> None:
        self._later = later
        self._waiting: deque[Callable[[], bool]] = deque()
        self._is_due = False

    def ask(self, step: Callable[[], bool]) -> None:
        """Have a step made when it is its turn, and again until it says that it is the last.

        It is the next one as well: so what has been begun is done before more is kept in memory.
        """
        self._waiting.append(step)
        self._go_on_later()

    def do(
        self, work: Generator[None, None, T], on_done: Callable[[T], object]
    ) -> Callable[[], None]:
        """Do work to its end and call back with what it returns; gives what ends it before."""

        def step() -> bool:
            try:
                next(work)
            except StopIteration as end:
                # Nothing is returned by what was ended before.
                if end.value is not None:
                    on_done(end.value)
                return True
            return False

        self.ask(step)
        return work.close

    def _go_on_later(self) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            self._later(self._go_on)

    def _go_on(self) -> None:
        self._is_due = False
        step = self._waiting.popleft()
        is_last = True
        try:
            is_last = step()
        finally:
            # A mistake in one must not end the others.
            if not is_last:
                self._waiting.appendleft(step)
            self._go_on_later()


def turns_by(timers: Timers, clock: Clock) -> Turns:
    """Turns of the loop that calls those timers."""
    return Turns(lambda step: timers.call_at(clock.now().mono_s, step))
