"""Other threads and the loop: a change is made there, and waited for here."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from supervisor.daemon.plugin_view import inside as module
from supervisor.daemon.plugin_view.inside import Inside
from supervisor.errors import RPCError
from supervisor.host.poller import SystemPoller


class Parts:
    """The only part that is looked at here."""

    def __init__(self, poller: SystemPoller) -> None:
        self.poller = poller


@pytest.fixture
def poller() -> Iterator[SystemPoller]:
    poller = SystemPoller(lambda fd, error: None)
    yield poller
    poller.close()


@pytest.fixture
def inside(poller: SystemPoller) -> Iterator[Inside]:
    made = Inside(Parts(poller))  # type: ignore[arg-type]
    yield made
    made.close()


class Worker(threading.Thread):
    """Wants something done in the loop."""

    def __init__(self, inside: Inside, change: Any) -> None:
        super().__init__(daemon=True)
        self._inside = inside
        self._change = change
        self.result: Any = None

    def run(self) -> None:
        try:
            self.result = self._inside.in_loop(self._change)
        except Exception as error:
            self.result = error


def serve(poller: SystemPoller, worker: Worker) -> None:
    """Turn the loop until the worker is done."""
    until_s = time.monotonic() + 10
    while worker.is_alive():
        assert time.monotonic() < until_s, "the worker is never served"
        poller.turn(0.01)


def test_change_of_the_loop_itself_is_made_at_once(inside: Inside) -> None:
    assert inside.in_loop(lambda: 5) == 5


def test_change_of_another_thread_is_made_by_the_loop(inside: Inside, poller: SystemPoller) -> None:
    worker = Worker(inside, threading.current_thread)
    worker.start()
    serve(poller, worker)
    assert worker.result is threading.main_thread()


def test_error_is_raised_where_it_was_asked_for(inside: Inside, poller: SystemPoller) -> None:
    def fail() -> None:
        raise ValueError("no")

    worker = Worker(inside, fail)
    worker.start()
    serve(poller, worker)
    assert repr(worker.result) == "ValueError('no')"


def test_change_that_the_loop_does_not_get_to_is_withdrawn(
    inside: Inside, poller: SystemPoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code of a plug-in may keep the loop waiting for this very thread: nobody waits for ever."""
    monkeypatch.setattr(module, "WAIT_S", 0.01)
    made: list[int] = []
    worker = Worker(inside, lambda: made.append(1))
    worker.start()
    worker.join(10)
    assert isinstance(worker.result, RPCError)
    assert worker.result.text == "FAILED: the daemon is busy with a plug-in"
    poller.turn(0.01)
    assert made == []


def test_change_after_the_end_is_refused(poller: SystemPoller) -> None:
    """A thread that has outlived its daemon, as after a reload, is told so."""
    inside = Inside(Parts(poller))  # type: ignore[arg-type]
    inside.close()
    worker = Worker(inside, lambda: 5)
    worker.start()
    worker.join(10)
    assert repr(worker.result.text) == "'SHUTDOWN_STATE'"
