"""Leaving: which group is stopped next, and what is reported on the way.

Groups are stopped one after the other, the highest priority number first; the next one is not
asked before all members of the last one have stopped (manual, "Shutdown"). With `event_drain_secs`
all groups of listeners come after all others, and only when their events have been delivered, or
the time for that is over.
"""

from supervisor.core.group import Group, by_priority
from supervisor.hints import Final, Sequence

REPORT_EVERY_S = 3.0
"""Seconds between two `waiting for … to die` lines."""

LISTENER_KIND: Final = "eventlistener"


class Shutdown:
    """The groups that have yet to stop, and the one that was asked to."""

    __slots__ = ("_asked", "_drain_s", "_left", "drain_until_s", "listeners", "next_report_s")

    def __init__(self, groups: Sequence[Group], now_s: float, drain_s: float = 0.0) -> None:
        ordered = by_priority(groups)
        self._drain_s = drain_s
        self.listeners: list[Group] = []
        """Groups that are not stopped before the events are drained."""
        self.drain_until_s: float | None = None
        """When to stop waiting for events to be delivered; None while nobody waits for that."""
        if drain_s > 0:
            self.listeners = [group for group in ordered if group.spec.kind == LISTENER_KIND]
        held_back = {group.spec.name for group in self.listeners}
        self._left = [group for group in ordered if group.spec.name not in held_back]
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

    def begins_to_drain(self, now_s: float) -> bool:
        """Whether everything else has stopped just now; it is then time to deliver events."""
        if self._left or not self.listeners or self.is_draining:
            return False
        self.drain_until_s = now_s + self._drain_s
        return True

    @property
    def is_draining(self) -> bool:
        """Whether the listeners are left alone to take what waits for them."""
        return self.drain_until_s is not None

    def end_drain(self) -> None:
        """From now on listeners are stopped, too."""
        if self.is_draining:
            self._left, self.listeners = self.listeners, []
            self.drain_until_s = None

    @property
    def finished(self) -> bool:
        """True when no group is left."""
        return not self._left and not self.listeners

    def report_is_due(self, now_s: float) -> bool:
        """Whether a line is wanted now; it is then due again `REPORT_EVERY_S` later."""
        if now_s < self.next_report_s:
            return False
        self.next_report_s = now_s + REPORT_EVERY_S
        return True
