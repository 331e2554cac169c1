"""Waiting for an answer that should come at once: a person is told when it does not."""

from _thread import allocate_lock, start_new_thread

from supervisor.hints import Callable, Self
from supervisor.suppressing import suppress

ANSWER_S_MAX = 5.0
"""A healthy daemon tells its version within milliseconds."""


class reminder:
    """Calls `remind`, in a thread of its own, if the body has not ended after that time.

    The module `threading` would be loaded for this alone, so it is done by what lies beneath it.
    """

    def __init__(self, after_s: float, remind: Callable[[], None]) -> None:
        self._after_s = after_s
        self._remind = remind
        self._running = allocate_lock()
        """Held while the body runs."""

    def __enter__(self) -> Self:
        self._running.acquire()
        # Where no thread can be made, the command works all the same.
        with suppress(RuntimeError):
            start_new_thread(self._wait, ())
        return self

    def __exit__(self, *raised: object) -> None:
        self._running.release()

    def _wait(self) -> None:
        if not self._running.acquire(timeout=self._after_s):
            self._remind()
