"""What a pool of event listeners knows, and its short cuts for what happens nearly always.

The rule: a short cut does what `core.pool` does for the same input, without commands and without
the lines of the log about the conversation; or it says that it is not as simple as that, and has
changed nothing. In a burst nothing else is called for an event and its answer.
"""

from supervisor.core import pool_inputs as inputs
from supervisor.core.listener import Conversation
from supervisor.core.listener_state import READY
from supervisor.core.pool_backlog import Backlog
from supervisor.core.pool_letter import Letter
from supervisor.core.pool_spec import PoolSpec
from supervisor.core.serials import SERIAL_MAX, next_serial
from supervisor.hints import Iterator
from supervisor.lean import deque


class PoolState:
    """The part of a `Pool` that decides nothing about refusals."""

    def __init__(self, spec: PoolSpec) -> None:
        self.spec = spec
        self.delivered_count = 0
        """Events that were processed."""
        self.dropped_count = 0
        """Events that never will be."""
        self.refused_count = 0
        """Refusals, repeated ones included."""
        self._capacity = max(spec.buffer_size, 1)
        self._buffer: deque[Letter] = deque()
        self._unopened: deque[inputs.EventAccepted] = deque()
        """What waits behind it, as it came: a letter is made of it when there is more to it than
        its number, which follows from its place."""
        self._unopened_max = 0
        """How many may wait so, since the first of them."""
        self._listeners: dict[int, Conversation] = {}
        """In the order in which they are offered events."""
        self._number = 0
        """Of the first one of those; of the next event if there is none."""
        self._backlog = Backlog()

    # -- looking ---------------------------------------------------------------------------------

    @property
    def poolserial(self) -> int:
        """Number of the next event."""
        return (self._number + len(self._unopened)) % (SERIAL_MAX + 1)

    @property
    def waiting_count(self) -> int:
        """Events in memory that no listener has."""
        return len(self._buffer) + len(self._unopened) + len(self._backlog.late)

    @property
    def waiting(self) -> list[Letter]:
        """Those events, the next one first."""
        late = (Letter(event, self.poolserial) for event in self._backlog.late)
        return [*self._buffer, *self._opened(), *late]

    @property
    def busy_count(self) -> int:
        """Events that are with a listener."""
        return sum(each.has_event for each in self._listeners.values())

    @property
    def is_behind(self) -> bool:
        """Whether events have to be read back from the journal."""
        return self._backlog.serial is not None

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to deliver: neither here, nor with a listener or the journal."""
        has_some = self._buffer or self._unopened or self.busy_count
        return not has_some and self._backlog.serial is None

    @property
    def oldest_serial(self) -> int | None:
        """The first event that is not done with, None if all are; the journal resumes there."""
        busy = (each.letter for each in self._listeners.values())
        letters = [*self._buffer, *self._opened(), *busy]
        serials = [each.serial for each in letters if each is not None and each.ticket is None]
        behind = self._backlog.serial
        return min(serials if behind is None else [*serials, behind], default=None)

    def state_of(self, process_id: int) -> int:
        """A code of `EventListenerStates`. Raises KeyError if the pool has no such listener."""
        return self._listeners[process_id].state

    def letter_of(self, process_id: int) -> Letter | None:
        """What a listener is busy with. Raises KeyError if the pool has no such listener."""
        return self._listeners[process_id].letter

    # -- short cuts ------------------------------------------------------------------------------

    def queue(self, event: inputs.EventAccepted) -> bool:
        """Accept it behind others that came this way: nobody has been idle since the first did."""
        unopened = self._unopened
        if not 0 < len(unopened) < self._unopened_max:
            return False
        unopened.append(event)
        return True

    def take_in(self, event: inputs.EventAccepted) -> tuple[int, int] | tuple[()] | None:
        """Accept it: the listener that it counts as sent to, and its number.

        Empty if it has to wait.
        """
        waiting_count = len(self._buffer) + len(self._unopened)
        if self._backlog.serial is not None or waiting_count >= self._capacity:
            return None
        listener = self._next_listener()
        if listener is None:
            if not self._unopened:
                self._unopened_max = self._capacity - waiting_count
            self._unopened.append(event)
            return ()
        # Those that wait while a listener is idle have to pause.
        if waiting_count:
            return None
        poolserial = self._number
        self._number = next_serial(poolserial)
        listener.take(event, poolserial)
        return listener.process_id, poolserial

    def let_rest(self, process_id: int) -> bool:
        """The listener accepted its event and is READY, and nothing waits for it."""
        listener = self._listeners.get(process_id)
        if listener is None or self._backlog.serial is not None:
            return False
        if self._buffer or self._unopened or not listener.finish(None):
            return False
        self.delivered_count += 1
        return True

    def hand_over(self, process_id: int) -> tuple[inputs.EventAccepted, int] | None:
        """The listener accepted its event and is READY: the next one, which counts as sent.

        With its number.
        """
        listener = self._listeners.get(process_id)
        if listener is None:
            return None
        if self._buffer:
            return self._hand_over_letter(listener)
        unopened = self._unopened
        if not unopened or not listener.finish(unopened[0], self._number):
            return None
        poolserial = self._number
        # `next_serial`, without a call more for each event.
        self._number = poolserial + 1 if poolserial < SERIAL_MAX else 0
        self.delivered_count += 1
        return unopened.popleft(), poolserial

    def _hand_over_letter(self, listener: Conversation) -> tuple[inputs.EventAccepted, int] | None:
        letter = self._buffer[0]
        # One that had to pause may have to go to another listener, which is idle since then.
        if letter.due_s or self._backlog.serial is not None:
            return None
        if not listener.finish(letter.accepted, letter.poolserial, letter):
            return None
        self._buffer.popleft()
        self.delivered_count += 1
        return letter.accepted, letter.poolserial

    def _open(self) -> None:
        """There is more to those that wait as they came."""
        poolserial = self.poolserial
        self._buffer.extend(self._opened())
        self._unopened.clear()
        self._number = poolserial

    def _opened(self) -> Iterator[Letter]:
        """Letters of those that wait as they came."""
        poolserial = self._number
        for event in self._unopened:
            yield Letter(event, poolserial)
            poolserial = next_serial(poolserial)

    def _next_listener(self) -> Conversation | None:
        for each in self._listeners.values():
            # In a burst nearly all are busy: that is seen without a call.
            if each.state == READY and each.is_eligible:
                return each
        return None
