"""Leaving: which group is stopped next, and what is reported on the way.

Groups are stopped one after the other, the highest priority number first; the next one is not
asked before all members of the last one have stopped (manual, "Shutdown").
"""

from collections.abc import Sequence

from supervisor.core.group import Group, by_priority

REPORT_EVERY_S = 3.0
"""Seconds between two `waiting for … to die` lines."""


class Shutdown:
    """The groups that have yet to stop, and the one that was asked to."""

    __slots__ = ("_asked", "_left", "next_report_s")

    def __init__(self, groups: Sequence[Group], now_s: float) -> None:
        self._left = by_priority(groups)
        self._asked = False
        self.next_report_s = now_s

    def next_to_ask(self) -> Group | None:
        """The group that must be asked to stop now, if it is time for another one.

        Call again after each change until it returns None; `finished` tells which None it is.
        """
        while self._left:
            group = self._left[-1]
            if not self._asked:
                self._asked = True
                return group
            if group.unstopped:
                return None
            self._left.pop()
            self._asked = False
        return None

    @property
    def finished(self) -> bool:
        """True when no group is left."""
        return not self._left

    def report_is_due(self, now_s: float) -> bool:
        """Whether a line is wanted now; it is then due again `REPORT_EVERY_S` later."""
        if now_s < self.next_report_s:
            return False
        self.next_report_s = now_s + REPORT_EVERY_S
        return True
