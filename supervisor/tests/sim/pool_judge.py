"""The invariants of pools: every accepted event is delivered, waiting, or counted as dropped.

The judge keeps books of its own: what was announced, what arrived at which listener, and what was
answered. It compares them with what the pools count, and shares no arithmetic with them.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NoReturn

from supervisor.config.sections.listener import RESULT_HANDLER_DEFAULT, ListenerSettings
from supervisor.core.control import Ticket
from supervisor.daemon.eventdesk import EventDesk
from supervisor.errors import Fault
from supervisor.states import ProcessStates
from supervisor.tests.fakes.clock import FakeClock

PAUSE_S_MAX: Final = 5.0
"""Longest time that a refused event is kept from a listener that is ready."""
QUERY_WITHIN_S: Final = 10.0
"""How long a query waits for its answer."""
ROUNDING_S: Final = 1e-6


class Book:
    """What is known of one pool."""

    def __init__(self, settings: ListenerSettings, ids: Sequence[int]) -> None:
        self.settings = settings
        self.ids = ids
        self.accepted: list[int] = []
        """Serials, in order."""
        self.queries: set[int] = set()
        self.firsts: list[int] = []
        """Serials that were sent, each when it was for the first time."""
        self.poolserials: dict[int, int] = {}
        self.delivered: set[int] = set()
        self.dropped: set[int] = set()
        """Those that a line of the log tells of."""
        self.waits_since_s: float | None = None
        """Since when an event waits although a listener is ready, as far as was seen."""


class PoolJudge:
    """Notes what goes in and out of pools; `check` is called when everything at hand is done."""

    def __init__(
        self, state_of: Callable[[int], int], clock: FakeClock, fail: Callable[[str], NoReturn]
    ) -> None:
        self._state_of = state_of
        """The state of a process that was announced last."""
        self._clock = clock
        self._violated = fail
        self._desk: EventDesk
        self._books: dict[str, Book] = {}
        self._pools: dict[int, str] = {}
        self._acceptors: dict[str, Callable[[Any], None]] = {}
        self._tickets: dict[Ticket, float] = {}
        self.with_child: Callable[[int], Any]
        """The child of a listener, None if there is none."""

    # -- books -----------------------------------------------------------------------------------

    def names(self) -> Iterable[str]:
        return self._books

    def add(
        self, desk: EventDesk, name: str, settings: ListenerSettings, ids: Sequence[int]
    ) -> None:
        self._desk = desk
        book = self._books[name] = Book(settings, ids)
        self._pools.update(dict.fromkeys(ids, name))

        def accept(event: Any) -> None:
            serial = desk.announcer.stamped(event).serial
            if book.accepted and serial <= book.accepted[-1]:
                self._violated(f"event {serial} comes after {book.accepted[-1]}")
            book.accepted.append(serial)

        self._acceptors[name] = accept

    def acceptor(self, name: str) -> Callable[[Any], None]:
        """What to subscribe for that pool."""
        return self._acceptors[name]

    def remove(self, name: str) -> None:
        for process_id in self._books.pop(name).ids:
            del self._pools[process_id]
        del self._acceptors[name]

    def note_query(self, name: str, ask: Callable[[], Ticket]) -> None:
        book = self._books[name]
        serial = self._desk.announcer.next_serial
        book.accepted.append(serial)
        book.queries.add(serial)
        ticket = ask()
        if "is full" in (ticket.text or ""):
            self._note_query_refused(name, serial)
            return
        self._tickets[ticket] = self._clock.mono_s
        ticket.then(self._note_query_answered)

    def _note_query_refused(self, name: str, serial: int) -> None:
        """Never accepted, because there was no room for it."""
        book = self._books[name]
        book.accepted.remove(serial)
        book.queries.discard(serial)
        counts = next(each for each in self._desk.pools.snapshots() if each.name == name)
        if counts.waiting < book.settings.buffer_size:
            self._violated(f"{name} refuses a query although there is room")

    def _note_query_answered(self, ticket: Ticket) -> None:
        del self._tickets[ticket]
        if ticket.fault not in (Fault.SUCCESS, Fault.FAILED):
            self._violated(f"a query was answered with {ticket.fault}")

    def note_send(self, process_id: int, is_ready: bool, data: bytes) -> int:
        """An event arrives at a listener; returns its serial."""
        header, _, payload = data.partition(b"\n")
        fields = dict(token.split(":", 1) for token in header.decode().split())
        name, serial = fields["pool"], int(fields["serial"])
        if int(fields["len"]) != len(payload.decode()):
            self._violated(f"event {serial} has another length than it says")
        if self._pools.get(process_id) != name:
            self._violated(f"event {serial} of {name} is sent to process {process_id}")
        if self._state_of(process_id) != ProcessStates.RUNNING:
            self._violated(f"event {serial} is sent to process {process_id}, which is not up")
        if not is_ready:
            self._violated(f"event {serial} is sent to process {process_id}, which is not ready")
        self._note_order(self._books[name], serial, int(fields["poolserial"]))
        return serial

    def _note_order(self, book: Book, serial: int, poolserial: int) -> None:
        book.waits_since_s = None
        if serial not in book.accepted:
            self._violated(f"event {serial} was never accepted")
        if book.settings.event_replay:
            self._note_replay(book, serial)
            return
        if serial in book.delivered | book.dropped:
            self._violated(f"event {serial} is sent again although it is done with")
        if book.poolserials.setdefault(serial, poolserial) != poolserial:
            self._violated(f"event {serial} has another poolserial than before")
        if serial not in book.firsts:
            if book.firsts and serial < book.firsts[-1]:
                self._violated(f"event {serial} is sent after {book.firsts[-1]}")
            waiting = set(book.firsts) - book.delivered - book.dropped - self._under_way(book)
            if waiting - book.queries:
                self._violated(f"event {serial} is sent before {waiting}, which were refused")
            book.firsts.append(serial)

    def _under_way(self, book: Book) -> set[int]:
        children = [child for each in book.ids if (child := self.with_child(each)) is not None]
        return {child.serial for child in children if child.serial is not None}

    def _note_replay(self, book: Book, serial: int) -> None:
        """At least once, in order, and nothing is left out."""
        if serial in book.firsts or serial in book.queries:
            return
        events_alone = [each for each in book.accepted if each not in book.queries]
        if serial != events_alone[len(book.firsts)]:
            self._violated(f"event {serial} is sent before {events_alone[len(book.firsts)]}")
        book.firsts.append(serial)

    def note_answer(self, process_id: int, serial: int, result: bytes) -> bool:
        """A listener answers; True if it is lost by that."""
        name = self._pools.get(process_id)
        if name is None:
            return False
        book = self._books[name]
        has_own_handler = book.settings.result_handler != RESULT_HANDLER_DEFAULT
        if serial in book.queries or result == b"OK":
            book.delivered.add(serial)
            return False
        return has_own_handler and result != b"FAIL"

    def note_line(self, text: str) -> None:
        """A line of the log: only a full buffer overflows."""
        discarded = re.match(r"pool (\w+) .*discarding event (\d+)", text)
        if discarded is None:
            return
        name, serial = discarded[1], int(discarded[2])
        self._books[name].dropped.add(serial)
        counts = next(each for each in self._desk.pools.snapshots() if each.name == name)
        room = self._books[name].settings.buffer_size - counts.waiting - counts.busy
        if "overflowed" in text and room > 0:
            self._violated(f"{name} discards event {serial} although there is room")

    # -- judging ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Judge all pools."""
        if not self._books:
            return
        for counts in self._desk.pools.snapshots():
            self._check_pool(counts.name, self._books[counts.name], counts)
        for asked_s in self._tickets.values():
            if self._clock.mono_s > asked_s + QUERY_WITHIN_S + ROUNDING_S:
                self._violated(f"a query asked at {asked_s:.1f} s is not answered")

    def _check_pool(self, name: str, book: Book, counts: Any) -> None:
        known = counts.waiting + counts.busy + counts.delivered + counts.dropped
        if book.settings.event_replay:
            if counts.dropped and not book.queries and book.settings.event_max_retries is None:
                self._violated(f"{name} has dropped an event that is in the journal")
        elif known != len(book.accepted):
            self._violated(f"{name} has accepted {len(book.accepted)} events and knows of {known}")
        elif counts.dropped != len(book.dropped) and not book.queries:
            self._violated(f"{name} counts {counts.dropped}, not {len(book.dropped)} dropped")
        elif counts.delivered != len(book.delivered):
            self._violated(f"{name} counts {counts.delivered}, not {len(book.delivered)} delivered")
        if counts.waiting > book.settings.buffer_size:
            self._violated(f"{name} keeps {counts.waiting} events")
        busy = len(self._under_way(book))
        if counts.busy != busy:
            self._violated(f"{name} counts {counts.busy} busy listeners, not {busy}")
        unsent = counts.waiting
        if book.settings.event_replay:
            unsent = max(unsent, len(book.accepted) - len(book.queries) - len(book.firsts))
        self._check_dispatch(name, book, unsent)

    def _check_dispatch(self, name: str, book: Book, waiting: int) -> None:
        now_s = self._clock.mono_s
        if not waiting or not any(self._is_ready(each) for each in book.ids):
            book.waits_since_s = None
        elif book.waits_since_s is None:
            book.waits_since_s = now_s
        elif now_s - book.waits_since_s > PAUSE_S_MAX + ROUNDING_S:
            self._violated(f"{name} lets {waiting} events wait although a listener is ready")

    def _is_ready(self, process_id: int) -> bool:
        child = self.with_child(process_id)
        return (
            child is not None
            and child.is_at_your_service
            and self._state_of(process_id) == ProcessStates.RUNNING
        )
