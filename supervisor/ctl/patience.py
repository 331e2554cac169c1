"""Waiting for an answer that should come at once: a person is told when it does not."""

import contextlib
import threading

from supervisor.hints import Callable, Iterator

ANSWER_S_MAX = 5.0
"""A healthy daemon tells its version within milliseconds."""


@contextlib.contextmanager
def reminder(after_s: float, remind: Callable[[], None]) -> Iterator[None]:
    """Call `remind`, in a thread of its own, if the body has not ended after that time."""
    timer = threading.Timer(after_s, remind)
    timer.daemon = True
    # Where no thread can be made, the command works all the same.
    with contextlib.suppress(RuntimeError):
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
