"""A pool of event listeners: the buffer, whose turn it is, and what a refusal leads to.

The rule: an event that was accepted is in the buffer, with one listener, delivered, or dropped and
counted; and the buffer is in the order of acceptance, with a refused event at its old place.
Dispatch is driven by what happens: after every input the event in front goes to the first
listener, in (priority, name) order, that is up and READY; that it was sent is the next input.
"""

from supervisor.core import pool_inputs as inputs
from supervisor.core import pool_texts
from supervisor.core.commands import Answer
from supervisor.core.component import Now
from supervisor.core.listener import Conversation, Fate, Happening, classify
from supervisor.core.policies import Delay
from supervisor.core.pool_backlog import Backlog
from supervisor.core.pool_commands import (
    Command,
    Dropped,
    DropReason,
    FellBehind,
    GiveUp,
    Judge,
    ReadBack,
    Refused,
    Send,
)
from supervisor.core.pool_letter import Letter
from supervisor.core.pool_state import PoolState
from supervisor.core.serials import next_serial
from supervisor.errors import Fault
from supervisor.hints import Any, Callable, Final, cast
from supervisor.tokens import ResultToken, Token

PAUSE_AFTER_REFUSAL: Final = Delay(first_s=0.05, factor=2.0, max_s=5.0)
"""Before an event is offered again; after the first refusal there is none (E6)."""


class Pool(PoolState):
    """One pool. Implements `core.component.Component`."""

    # -- Component -------------------------------------------------------------------------------

    def next_deadline_s(self) -> float | None:
        """When a DeadlineReached is wanted; None to sleep without limit."""
        if self._buffer and self._buffer[0].due_s and self._next_listener() is not None:
            return self._buffer[0].due_s
        return None

    def handle(self, happened: inputs.Input, now: Now) -> list[Command]:
        """Change state and return what to do, in order. Listeners it has not are ignored."""
        commands: list[Command] = []
        if self._unopened:
            self._open()
        self._HANDLERS[type(happened)](self, happened, now.mono_s, commands)
        self._dispatch(now.mono_s, commands)
        if self._backlog.serial is not None:
            self._read_back(self._backlog.serial, commands)
        return commands

    def _dispatch(self, now_s: float, commands: list[Command]) -> None:
        # One at a time: if it cannot be sent to this listener, it goes first to the next one.
        if not self._buffer or self._buffer[0].due_s > now_s:
            return
        listener = self._next_listener()
        if listener is not None:
            letter = self._buffer.popleft()
            listener.offer(letter)
            commands.append(Send(listener.process_id, letter))

    # -- events ----------------------------------------------------------------------------------

    def _on_accepted(
        self, event: inputs.EventAccepted, now_s: float, commands: list[Command]
    ) -> None:
        is_full = len(self._buffer) >= self._capacity
        if event.ticket is not None and is_full:
            text = pool_texts.query_refused(self.spec.name, len(self._buffer))
            commands.append(Answer(event.ticket, Fault.FAILED, text))
        elif event.ticket is None and self.spec.replays and (is_full or self.is_behind):
            self._take_later(event, commands)
        else:
            letter = self._append(event)
            if is_full:
                self._make_room(letter, commands)

    def _append(self, event: inputs.EventAccepted) -> Letter:
        letter = Letter(event, self._number)
        self._number = next_serial(self._number)
        self._buffer.append(letter)
        return letter

    def _refuse(
        self, listener: Conversation, letter: Letter, now_s: float, commands: list[Command]
    ) -> None:
        self.refused_count += 1
        letter.refusals += 1
        commands.append(Refused(listener.process_id, letter))
        retries_max, fatal = self.spec.retries_max, self.spec.fatal_after_retries
        if retries_max is None or letter.refusals < retries_max:
            if letter.refusals > 1:
                letter.due_s = now_s + PAUSE_AFTER_REFUSAL.after(letter.refusals - 1)
        elif fatal:
            self._give_up(listener, letter, commands)
        else:
            commands.append(pool_texts.refused_too_often(self.spec.name, letter))
            self._drop(letter, DropReason.REFUSED, commands)
            return
        self._say_rebuffering(letter, len(self._buffer), commands)
        self._put_back(letter, commands)

    def _give_up(self, listener: Conversation, letter: Letter, commands: list[Command]) -> None:
        """The event is kept: the next listener has as many tries."""
        commands.append(pool_texts.gives_up(self.spec.name, listener.name, letter))
        commands.append(GiveUp(listener.process_id, pool_texts.REFUSED_TOO_OFTEN))
        listener.is_deaf = True
        letter.refusals = 0
        letter.due_s = 0.0

    def _put_back(self, letter: Letter, commands: list[Command]) -> None:
        """To where it was, which is the front unless older ones have come back before."""
        if letter.ticket is not None and letter.ticket.done:
            self._drop(letter, DropReason.WITHDRAWN, commands)
            return
        position = 0
        for waiting in self._buffer:
            if waiting.poolserial > letter.poolserial:
                break
            position += 1
        self._buffer.insert(position, letter)
        if len(self._buffer) > self._capacity:
            self._make_room(letter, commands)

    def _make_room(self, added: Letter, commands: list[Command]) -> None:
        """Take out the oldest beside the one added, or the newest if the journal has it."""
        if self.spec.replays:
            newest = next((each for each in reversed(self._buffer) if each.ticket is None), None)
            if newest is not None and newest.is_kept:
                self._buffer.remove(newest)
                self._fall_behind(newest.serial, commands)
                return
        oldest = next(each for each in self._buffer if each is not added)
        self._buffer.remove(oldest)
        self._overflow(oldest, commands)

    def _overflow(self, letter: Letter, commands: list[Command]) -> None:
        commands.append(pool_texts.overflowed(self.spec.name, letter.serial))
        self._drop(letter, DropReason.OVERFLOW, commands)

    def _drop(self, letter: Letter, why: DropReason, commands: list[Command]) -> None:
        self.dropped_count += 1
        commands.append(Dropped(letter, why))
        if letter.ticket is not None:
            commands.append(Answer(letter.ticket, Fault.FAILED, pool_texts.NO_ANSWER[why]))

    def _say_rebuffering(self, letter: Letter, waiting_count: int, commands: list[Command]) -> None:
        spec = self.spec
        line = pool_texts.rebuffering(spec.name, letter.serial, waiting_count, spec.buffer_size)
        commands.append(line)

    def _on_withdrawn(
        self, happened: inputs.QueryWithdrawn, now_s: float, commands: list[Command]
    ) -> None:
        for letter in self._buffer:
            if letter.ticket is happened.ticket:
                self._buffer.remove(letter)
                self._drop(letter, DropReason.WITHDRAWN, commands)
                return

    def _on_deadline(
        self, happened: inputs.DeadlineReached, now_s: float, commands: list[Command]
    ) -> None:
        """A pause is over: dispatch does the rest."""

    def _on_removed(
        self, happened: inputs.PoolRemoved, now_s: float, commands: list[Command]
    ) -> None:
        busy = [each.letter for each in self._listeners.values() if each.letter is not None]
        for letter in (*busy, *self.waiting):
            self._drop(letter, DropReason.REMOVED, commands)
        self._buffer.clear()
        self._listeners.clear()
        self._backlog = Backlog()

    # -- the journal -----------------------------------------------------------------------------

    def _fall_behind(self, serial: int, commands: list[Command]) -> None:
        if self._backlog.serial is None:
            commands.append(pool_texts.fell_behind(self.spec.name, serial))
            commands.append(FellBehind(serial))
        self._backlog.begin(serial)

    def _take_later(self, event: inputs.EventAccepted, commands: list[Command]) -> None:
        if event.is_kept:
            self._fall_behind(event.serial, commands)
        elif self.is_behind:
            self._backlog.late.append(event)
            if len(self._backlog.late) > self._capacity:
                self._overflow(Letter(self._backlog.late.popleft(), self.poolserial), commands)
        else:
            self._make_room(self._append(event), commands)

    def _read_back(self, serial: int, commands: list[Command]) -> None:
        # Half a buffer at a time: a journal is not read for every single event.
        room = self._capacity - len(self._buffer)
        if self._backlog.asked is None and 2 * room >= self._capacity:
            self._backlog.asked = serial
            commands.append(ReadBack(serial, room))

    def _on_missed(self, happened: inputs.Missed, now_s: float, commands: list[Command]) -> None:
        if self.spec.replays:
            self._backlog.serial = happened.serial

    def _on_replayed(
        self, happened: inputs.Replayed, now_s: float, commands: list[Command]
    ) -> None:
        self.dropped_count += happened.lost_count
        was_behind = self.is_behind
        # A query, or an event that was refused, may have taken some of the room.
        for event in self._backlog.take(happened, self._capacity - len(self._buffer)):
            self._append(event)
        if was_behind and not self.is_behind:
            commands.append(pool_texts.caught_up(self.spec.name))

    # -- listeners -------------------------------------------------------------------------------

    def _on_added(
        self, happened: inputs.ListenerAdded, now_s: float, commands: list[Command]
    ) -> None:
        self._listeners[happened.process_id] = Conversation(*happened)
        ordered = sorted(self._listeners.values(), key=lambda each: (each.priority, each.name))
        self._listeners = {each.process_id: each for each in ordered}

    def _on_listener(
        self, happened: inputs.OfListener, now_s: float, commands: list[Command]
    ) -> None:
        listener = self._listeners.get(happened.process_id)
        if listener is None:
            # It was removed while its child was on the way out.
            return
        happening = classify(happened, listener, self.spec.resync)
        token = happened.token if isinstance(happened, inputs.ListenerSaid) else None
        fate, letter = listener.apply(happening, token, commands)
        if letter is None:
            return
        if fate is Fate.IS_JUDGED:
            assert isinstance(token, ResultToken)
            commands.append(Judge(listener.process_id, letter, token.body))
        elif fate is Fate.IS_DONE:
            self._finish(letter, token, commands)
        elif fate is Fate.IS_REFUSED:
            self._refuse(listener, letter, now_s, commands)
        elif fate is Fate.IS_RETURNED:
            self._put_back(letter, commands)
            self._say_what_waits(commands)
        elif happening is Happening.SENT:
            self._say_what_waits(commands)

    def _finish(self, letter: Letter, token: Token | None, commands: list[Command]) -> None:
        self.delivered_count += 1
        if letter.ticket is not None:
            assert isinstance(token, ResultToken)
            answer = token.body.decode("utf-8", "surrogateescape")
            commands.append(Answer(letter.ticket, Fault.SUCCESS, answer))

    def _say_what_waits(self, commands: list[Command]) -> None:
        # Once for all that could be sent (E19).
        if self._buffer and self._next_listener() is None:
            self._say_rebuffering(self._buffer[0], len(self._buffer) - 1, commands)

    def _on_listener_removed(
        self, happened: inputs.ListenerRemoved, now_s: float, commands: list[Command]
    ) -> None:
        self._on_listener(inputs.ListenerGone(happened.process_id), now_s, commands)
        self._listeners.pop(happened.process_id, None)

    _HANDLERS: Final[dict[type, Callable[..., None]]] = {
        inputs.EventAccepted: _on_accepted,
        inputs.QueryWithdrawn: _on_withdrawn,
        inputs.DeadlineReached: _on_deadline,
        inputs.PoolRemoved: _on_removed,
        inputs.Missed: _on_missed,
        inputs.Replayed: _on_replayed,
        inputs.ListenerAdded: _on_added,
        inputs.ListenerRemoved: _on_listener_removed,
        **dict.fromkeys(cast(Any, inputs.OfListener).__args__, _on_listener),
    }
