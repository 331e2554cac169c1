"""Credentials that were wrong: the answer waits, and the log is told.

Waiting makes guessing slow and costs nobody else anything; how many may wait is the business of
`attempts`. A log line names the address and the user, never what was given as password; who guesses
a lot does not fill the log.
"""

from supervisor.core.component import Clock, Timers
from supervisor.hints import Callable
from supervisor.levels import Level
from supervisor.rpc.ports import Log
from supervisor.web.access.attempts import Attempts

FAILURE_DELAY_S = 1.0
"""How long the answer to wrong credentials waits, from when they came."""
LINES_MAX = 20
"""Lines about failures in `PERIOD_S`; of the others only the number is told."""
PERIOD_S = 60.0


class Failures:
    """The failures of one server."""

    __slots__ = ("_began_s", "_clock", "_count", "_log", "_section", "attempts")

    def __init__(self, timers: Timers, clock: Clock, log: Log, section: str) -> None:
        self.attempts = Attempts(timers, clock)
        self._clock = clock
        self._log = log
        self._section = section
        self._began_s = float("-inf")
        self._count = 0
        """In the period that began then."""

    def punish(self, peer: str, act: Callable[[], None]) -> Callable[[], None]:
        """Act when the failure has been waited for; returns what prevents the act."""
        return self.attempts.hold(peer, FAILURE_DELAY_S, act)

    def tell(self, what: str, peer: str) -> None:
        """Log a failure: `what` was tried, from that address."""
        now_s = self._clock.now().mono_s
        if now_s - self._began_s > PERIOD_S:
            if self._count > LINES_MAX:
                self._say(
                    f"{self._count - LINES_MAX} more failed sign-ins were not logged one by one"
                )
            self._began_s, self._count = now_s, 0
        self._count += 1
        if self._count <= LINES_MAX:
            self._say(f"audit: refused {what} from {peer}")
        if self._count == LINES_MAX:
            self._say(f"further failed sign-ins of the next {PERIOD_S:.0f} s are only counted")

    def note(self, text: str) -> None:
        """Log what went well."""
        self._log(Level.INFO, f"{self._section}: {text}")

    def _say(self, text: str) -> None:
        self._log(Level.WARN, f"{self._section}: {text}")
