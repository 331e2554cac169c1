"""Automatic logs of earlier daemons: removed at the start, and tried again if that is refused.

While one is left the daemon is FATAL. Whoever mends the cause need not tell: it is noticed.
"""

from supervisor.core.component import Clock, Timers
from supervisor.core.inputs import TroubleArose, TroubleEnded
from supervisor.hints import Any, Callable, Final
from supervisor.logs.autolog import clean_up_auto_logs, remove_auto_log
from supervisor.logs.filelog import Report

RETRY_EVERY_S: Final = 60.0
"""Pause between two tries. A daemon without leftovers is not woken."""


class Leftovers:
    """The files that were to be removed and are still there."""

    def __init__(self, timers: Timers, clock: Clock, submit: Callable[[Any], None]) -> None:
        self._timers = timers
        self._clock = clock
        self._submit = submit
        self._paths: list[str] = []

    def clean_up(self, childlogdir: str, identifier: str, report: Report) -> None:
        """Remove what earlier daemons of that identifier left behind."""
        for path, error in clean_up_auto_logs(childlogdir, identifier, report):
            self._paths.append(path)
            reason = f"cannot remove {path}: {error.strerror}"
            self._submit(TroubleArose(_key(path), reason, "see to it that it can be removed"))
        self._schedule()

    def _schedule(self) -> None:
        if self._paths:
            self._timers.call_at(self._clock.now().mono_s + RETRY_EVERY_S, self._retry)

    def _retry(self) -> None:
        paths, self._paths = self._paths, []
        for path in paths:
            try:
                remove_auto_log(path)
            except OSError:
                self._paths.append(path)
            else:
                self._submit(TroubleEnded(_key(path)))
        self._schedule()


def _key(path: str) -> str:
    return f"remove {path}"
