"""Result handlers: who judges the result of a listener.

The default one is built in: OK accepts, everything else refuses. Others are code of plug-ins, which
may raise anything and take any time.
"""

from supervisor.config.sections.listener import RESULT_HANDLER_DEFAULT
from supervisor.core.component import Clock
from supervisor.core.pool_inputs import Verdict
from supervisor.daemon.guard import Guard
from supervisor.events import RejectEvent
from supervisor.hints import Any, Callable
from supervisor.levels import Level
from supervisor.rpc.ports import Log
from supervisor.tracebacks import traceback_of

Judge = Callable[[Any, bytes], Verdict]
"""Says what becomes of an event, from the event and the result of the listener."""


def judge_of(spec: str, resolve: Callable[[str], Any], clock: Clock, log: Log) -> Judge:
    """The judge for a `result_handler`. Raises whatever its import raises."""
    if spec == RESULT_HANDLER_DEFAULT:
        return by_default
    return HandlerJudge(spec, resolve(spec), Guard(clock, log), log)


def by_default(event: Any, result: bytes) -> Verdict:
    """What `supervisor.dispatchers:default_handler` does, without importing it."""
    return Verdict.ACCEPTED if result == b"OK" else Verdict.REJECTED


class HandlerJudge:
    """Asks a function of somebody else. Implements `Judge`."""

    __slots__ = ("_guard", "_handler", "_log", "_name")

    def __init__(self, name: str, handler: Callable[[Any, bytes], Any], guard: Guard, log: Log):
        self._name = f"result handler {name}"
        self._handler = handler
        self._guard = guard
        self._log = log

    def __call__(self, event: Any, result: bytes) -> Verdict:
        """Returning accepts, RejectEvent refuses, anything else that is raised is a crash."""
        try:
            self._guard.run(self._name, lambda: self._handler(event, result))
        except RejectEvent:
            return Verdict.REJECTED
        except BaseException:
            self._log(Level.WARN, f"{self._name} failed:\n{traceback_of()}")
            return Verdict.CRASHED
        return Verdict.ACCEPTED
