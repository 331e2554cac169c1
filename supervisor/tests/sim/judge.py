"""The invariants: what must hold at every moment, whatever programs, people and the system do.

The judge keeps books of its own about what was announced and when, and compares them with what
the core says and with what the kernel knows. It shares no arithmetic with the core.
"""

from typing import NoReturn

from supervisor.core.commands import MoodChange, StateChange
from supervisor.core.policies import ProcessSpec, Restart
from supervisor.core.process import TABLE, Row
from supervisor.core.supervision import Supervision
from supervisor.states import (
    STOPPED_STATES,
    ProcessStates,
    SupervisorStates,
    getProcessStateDescription,
)
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.fakes.kernel import FakeKernel

S = ProcessStates

WITHOUT_CHILD = frozenset({S.STOPPED, S.EXITED, S.FATAL, S.BACKOFF})

WITHOUT_FAILURES = WITHOUT_CHILD - {S.BACKOFF} | {S.RUNNING}

ON_THE_WAY = frozenset({S.STARTING, S.STOPPING, S.UNKNOWN})

ROUNDING_S = 1e-6

STEPS = frozenset(
    (before, after)
    for state, row_of in TABLE.items()
    for row in row_of.values()
    if isinstance(row, Row)
    for before, after in zip((state, *row.enters), row.enters, strict=False)
)
"""Transitions that the table knows."""


class Violation(AssertionError):
    """An invariant does not hold."""


class Book:
    """What was announced of one process."""

    __slots__ = (
        "accepted",
        "due_s",
        "settled",
        "spawned_s",
        "spec",
        "state",
        "stops",
        "tries",
        "ups",
        "wanted",
    )

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
        self.state = S.STOPPED
        self.settled = S.STOPPED
        """The last state that was none on the way to another one."""
        self.accepted = False
        """Whether somebody was told that it is UNKNOWN, and let it be."""
        self.tries = 0
        """Starts in a row without success."""
        self.ups = 0
        """How often it has become RUNNING."""
        self.stops = 0
        """How often it has come to one of the stopped states."""
        self.spawned_s = 0.0
        """When its last child was made."""
        self.due_s = float("inf")
        """When it must have left its state at the latest."""
        self.wanted = spec.start.autostart
        """Whether there is a reason to start it: autostart, autorestart or a request."""


class Judge:
    """Notes what is announced; `check` is called whenever the loop has done all it had to do."""

    def __init__(self, core: Supervision, kernel: FakeKernel, clock: FakeClock) -> None:
        self._core = core
        self._kernel = kernel
        self._clock = clock
        self._books: dict[int, Book] = {}
        self._touched: set[int] = set()
        self._mood: int | None = None
        """What was announced last."""
        self.leaving = False

    # -- books -----------------------------------------------------------------------------------

    def add(self, process_id: int, spec: ProcessSpec) -> None:
        self._books[process_id] = Book(spec)

    def remove(self, process_id: int) -> None:
        del self._books[process_id]
        self._touched.discard(process_id)

    def book(self, process_id: int) -> Book:
        return self._books[process_id]

    def note_leaving(self) -> None:
        """From now on nothing is started, so nothing is due to be."""
        self.leaving = True
        for book in self._books.values():
            if book.state in (S.BACKOFF, S.EXITED):
                book.due_s = float("inf")

    def note_spawn(self, process_id: int) -> None:
        """A child is wanted now."""
        book, process = self._books[process_id], self._core.process(process_id)
        name = book.spec.name
        if self.leaving:
            self.violated(f"{name} is started while leaving")
        if process.state != S.STARTING or process.pid:
            self.violated(f"{name} is started in {getProcessStateDescription(process.state)}")
        if self._kernel.living(name):
            self.violated(f"{name} is started while it lives")
        self._touched.add(process_id)
        book.spawned_s = self._clock.mono_s
        book.due_s = book.spawned_s + book.spec.start.up_after_s

    def note_change(self, change: StateChange) -> None:
        book = self._books[change.process_id]
        if change.from_state != book.state:
            self.violated(f"{change} does not go on from {getProcessStateDescription(book.state)}")
        if (change.from_state, change.to_state) not in STEPS:
            self.violated(f"{change} is in no row of the table")
        self._touched.add(change.process_id)
        self._settle(change, book)
        book.accepted = False
        book.state = change.to_state
        book.ups += change.to_state == S.RUNNING
        book.stops += change.to_state in STOPPED_STATES
        self._count_tries(change, book)
        self._weigh(change, book)
        book.due_s = self._due_s(change, book.spec)

    def _settle(self, change: StateChange, book: Book) -> None:
        """Whether it is told that a process came to rest, if it did and only then."""
        told = None if change.settled is None else change.settled.from_state
        rests = change.to_state not in ON_THE_WAY
        expected = book.settled if rests and change.to_state != book.settled else None
        if told != expected:
            self.violated(f"{change} comes from {getProcessStateDescription(book.settled)}")
        if rests:
            book.settled = change.to_state

    def note_mood(self, change: MoodChange) -> None:
        if change.mood == self._mood:
            self.violated(f"{change} is announced twice")
        self._mood = change.mood

    def accept_troubles(self) -> None:
        """Somebody has called `clearFatal`."""
        for book in self._books.values():
            book.accepted = True

    def _count_tries(self, change: StateChange, book: Book) -> None:
        allowed = book.spec.start.retries_max + 1
        if change.to_state == S.STARTING:
            book.tries = 1 if change.from_state != S.BACKOFF else book.tries + 1
            if change.tries != book.tries - 1:
                self.violated(f"{change} is try number {book.tries}")
            if book.tries > allowed:
                self.violated(f"{change.name} is tried more often than startretries allows")
        elif change.from_state != S.BACKOFF:
            # Ended by a stop, which may be that of a pool that gave its listener up.
            return
        elif change.to_state == S.FATAL and not self.leaving and book.tries != allowed:
            self.violated(f"{change.name} is given up after {book.tries} of {allowed} tries")

    def _weigh(self, change: StateChange, book: Book) -> None:
        """Whether there was a reason for what has happened."""
        if change.to_state == S.STARTING and change.from_state != S.BACKOFF:
            if not book.wanted:
                self.violated(f"{change.name} is started although nobody wants it")
            book.wanted = False
        elif change.to_state == S.EXITED:
            book.wanted = self._is_restarted(change, book.spec)
        elif change.to_state == S.RUNNING:
            up_s = self._clock.mono_s - book.spawned_s
            if up_s < book.spec.start.up_after_s - ROUNDING_S:
                self.violated(f"{change.name} counts as up after {up_s} s")

    def _due_s(self, change: StateChange, spec: ProcessSpec) -> float:
        """When the state that was entered must have been left."""
        now_s = self._clock.mono_s
        if change.to_state == S.STOPPING:
            # The last rung is SIGKILL, which works at once or is refused.
            return now_s + sum(rung.wait_s for rung in spec.stop.ladder[:-1])
        if self.leaving:
            return float("inf")
        if change.to_state == S.BACKOFF:
            return now_s + float(change.tries)
        if change.to_state == S.EXITED and self._is_restarted(change, spec):
            return now_s + spec.restart.delay.first_s
        return float("inf")

    @staticmethod
    def _is_restarted(change: StateChange, spec: ProcessSpec) -> bool:
        when = spec.restart.when
        return when is Restart.ALWAYS or (when is Restart.UNEXPECTED and not change.expected)

    # -- judging ---------------------------------------------------------------------------------

    def check(self, thorough: bool = False) -> None:
        """Judge what has changed since the last time, or everything."""
        now_s = self._clock.mono_s
        deadline_s = self._core.next_deadline_s()
        if deadline_s is not None and deadline_s < now_s:
            self.violated(f"a deadline {now_s - deadline_s} s ago is ignored")
        if not self.leaving:
            self._check_mood()
        for process_id in self._books if thorough else self._touched:
            self._check_process(process_id)
        self._touched.clear()
        for book in self._books.values():
            if book.due_s < now_s:
                self.violated(
                    f"{book.spec.name} has been {getProcessStateDescription(book.state)} "
                    f"{now_s - book.due_s} s too long"
                )

    def _check_mood(self) -> None:
        """FATAL while there is a process that could not be signalled, and nobody accepted it."""
        refused = any(
            book.state == S.UNKNOWN and not book.accepted for book in self._books.values()
        )
        mood = SupervisorStates.FATAL if refused else SupervisorStates.RUNNING
        if self._core.mood != mood:
            self.violated(f"the daemon is {self._core.mood}, not {mood}")
        if self._mood != mood:
            self.violated(f"{self._mood} was announced, not {mood}")

    def _check_process(self, process_id: int) -> None:
        book, process = self._books[process_id], self._core.process(process_id)
        name = book.spec.name
        if process.state != book.state:
            self.violated(f"a change of {name} was not announced")
        if process.state == S.STARTING and not process.pid:
            self.violated(f"{name} waits for a child that nobody makes")
        if process.state in WITHOUT_CHILD and process.pid:
            self.violated(f"{name} has no child and the pid {process.pid}")
        if process.state in WITHOUT_FAILURES and process.backoff:
            self.violated(f"{name} still has {process.backoff} failed starts")
        living = self._kernel.living(name)
        if len(living) > 1:
            self.violated(f"{name} lives {len(living)} times")
        if living and process.state in WITHOUT_CHILD:
            self.violated(f"{name} is {getProcessStateDescription(process.state)} and has a child")
        if living and process.pid != living[0]:
            self.violated(f"{name} has pid {living[0]}, not {process.pid}")

    def check_the_end(self) -> None:
        """Everything has stopped, or could not be made to."""
        self.check(thorough=True)
        for book in self._books.values():
            if book.state not in STOPPED_STATES:
                self.violated(
                    f"{book.spec.name} is {getProcessStateDescription(book.state)} at the end"
                )

    def violated(self, what: str) -> NoReturn:
        """Raises Violation."""
        raise Violation(f"at {self._clock.mono_s:.1f} s: {what}")
