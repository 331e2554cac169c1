"""What comes after the events in the buffer of a pool that fell behind.

The rule: it is in the order of serials, whether the journal has it or only this memory. Late ones
are those that the journal could not take, for instance on a full disk: they wait here until
everything before them has been read back.
"""

from supervisor.core.pool_inputs import EventAccepted, Replayed
from supervisor.core.serials import next_serial
from supervisor.lean import deque


class Backlog:
    """Of one pool; it has none while `serial` is None."""

    __slots__ = ("asked", "late", "serial")

    def __init__(self) -> None:
        self.serial: int | None = None
        """First serial that has to be read back from the journal."""
        self.asked: int | None = None
        """The serial of the `ReadBack` that has not been answered."""
        self.late: deque[EventAccepted] = deque()
        """Events that are not in the journal, with higher serials."""

    def begin(self, serial: int) -> None:
        """The event with that serial, and those after it, have to be read back."""
        self.serial = serial if self.serial is None else min(self.serial, serial)

    def take(self, replayed: Replayed, room: int) -> list[EventAccepted]:
        """What goes into the buffer now, `room` events at most.

        That is nothing if an older event had to leave the buffer in the meantime: it comes first.
        """
        asked, self.asked = self.asked, None
        if asked is None or asked != self.serial:
            return []
        read = deque(replayed.events)
        taken: list[EventAccepted] = []
        while len(taken) < room:
            event = self._next(read, replayed.is_last)
            if event is None:
                break
            taken.append(event)
        if replayed.is_last and not read:
            # Nothing before the late ones is asked for again.
            self.serial = self.late[0].serial if self.late else None
        return taken

    def _next(self, read: deque[EventAccepted], is_last: bool) -> EventAccepted | None:
        if read and not (self.late and self.late[0].serial < read[0].serial):
            event = read.popleft()
            self.serial = next_serial(event.serial)
            return event
        # While there is more to read, nobody knows what comes before.
        return self.late.popleft() if self.late and (read or is_last) else None
