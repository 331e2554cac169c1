"""The parts of the daemon that the views look into, and the threads from which they are used.

Looking is allowed in any thread. Whatever changes something is done in the thread of the loop:
other threads wait until it has been done there.
"""

import os
import threading
from contextlib import suppress

from supervisor.core.commands import StateChange
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.daemon.plugins import Parts
from supervisor.daemon.servers import Servers
from supervisor.errors import Fault, RPCError
from supervisor.hints import Any, Callable, Final, TypeVar
from supervisor.lean import deque

WAIT_S: Final = 10.0
"""How long another thread waits for the loop: code of a plug-in may keep that waiting in turn."""

_T = TypeVar("_T")


class Inside:
    """The parts, and the way into the thread of the loop."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.servers: Servers
        self._moment: StateChange | None = None
        self._calls: deque[_Call] = deque()
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        parts.poller.watch(self._reader, self._make_calls)

    def close(self) -> None:
        """Answer nobody any more."""
        self.parts.poller.forget(self._reader)
        os.close(self._reader)
        os.close(self._writer)
        self._reader = self._writer = -1

    def look_at(self, moment: StateChange | None) -> None:
        """While this change of state is told, its process is what it was then."""
        self._moment = moment

    def process(self, process_id: int) -> ProcessSnapshot:
        """What is known of a process. Raises KeyError if it was removed."""
        moment = self._moment
        if moment is not None and moment.process_id == process_id and moment.process is not None:
            return self.parts.supervision.process_then(moment)
        return self.parts.supervision.process(process_id)

    def submit(self, happened: Any) -> None:
        """Tell the core that something happened; from the loop it has been dealt with then."""
        # Whoever changes something wants to see what has become of it.
        self._moment = None
        self.in_loop(lambda: self.parts.submit(happened))

    def look(self, view: Callable[[], _T]) -> _T:
        """What several things show together, in any thread. Raises what the view raises.

        Another thread may find that one of them has just gone, or a collection changed under its
        eyes: then the loop looks, in which nothing changes meanwhile.
        """
        try:
            return view()
        except (KeyError, RuntimeError):
            if threading.current_thread() is threading.main_thread():
                raise
        return self.in_loop(view)

    def in_loop(self, change: Callable[[], _T]) -> _T:
        """Make a change, and return what it returns or raise what it raises.

        Raises RPCError: FAILED if the loop does not get to it, SHUTDOWN_STATE if it has ended.
        """
        if threading.current_thread() is threading.main_thread():
            return change()
        if self._writer < 0:
            raise RPCError(Fault.SHUTDOWN_STATE)
        call = _Call(change)
        self._calls.append(call)
        # A pipe that is full wakes the loop as well.
        with suppress(BlockingIOError):
            os.write(self._writer, b"x")
        if not call.done.wait(WAIT_S) and call.withdraw():
            raise RPCError(Fault.FAILED, "the daemon is busy with a plug-in")
        call.done.wait()
        if call.error is not None:
            raise call.error
        result: _T = call.result
        return result

    def _make_calls(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._reader, 4096)
        for _ in range(len(self._calls)):
            self._calls.popleft().make()


class _Call:
    """A change that another thread wants, which is made once or withdrawn."""

    def __init__(self, change: Callable[[], Any]) -> None:
        self._change = change
        self._taken = threading.Lock()
        self.done = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def withdraw(self) -> bool:
        """Whether it will never be made."""
        return self._taken.acquire(blocking=False)

    def make(self) -> None:
        """Make it, unless it was withdrawn."""
        if not self._taken.acquire(blocking=False):
            return
        try:
            self.result = self._change()
        except BaseException as error:
            # It belongs to the thread that asked for the change.
            self.error = error
        finally:
            self.done.set()
