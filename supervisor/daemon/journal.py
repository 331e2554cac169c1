"""The event journal in the daemon: every event goes in, pools that fell behind read it back.

The rule: the journal has an event before any pool has it, and the position that is kept for a pool
is never beyond the first event that the pool is not done with. So a pool with `event_replay` gets
every event at least once, in order, whoever is killed.

Loaded only where a journal is configured. Reading goes on in slices, one in each turn of the loop,
so that nobody has to wait because a journal is long.
"""

from functools import lru_cache

from supervisor import events
from supervisor.config.sections.supervisord import SupervisordSettings
from supervisor.core.component import Clock, Timer, Timers
from supervisor.core.pool_inputs import EventAccepted, Replayed
from supervisor.core.pool_snapshot import JournalSnapshot
from supervisor.core.serials import next_serial
from supervisor.daemon.announcer import Announcer
from supervisor.hints import Any, Callable, Mapping
from supervisor.levels import Level
from supervisor.logs.journal import Entry, JournalWriter, SerialRange, utc_text
from supervisor.logs.journal_reading import JournalReader, Slice, last_serial, oldest_serial
from supervisor.logs.positions import load_positions, positions_path, save_positions
from supervisor.logs.rotation import Disposals
from supervisor.tuples import NamedTuple
from supervisor.wire.listener import payload_of, told

SAVE_PAUSE_S = 1.0
"""Seconds between a change of a position and the writing of all: one write for many changes."""

ABSENT_COUNT_MAX = 1000
"""Positions that are kept of pools which are not active but may come back."""

_TYPES_COUNT_MAX = 256


class JournalPorts(NamedTuple):
    """What the journal needs of the daemon."""

    clock: Clock
    timers: Timers
    log: Callable[[int, str], object]
    announcer: Announcer


def journal_writer(
    settings: SupervisordSettings,
    report: Callable[[int, str], None],
    disposal: Disposals | None = None,
) -> JournalWriter:
    """The file that the settings name; they must name one."""
    assert settings.event_journal is not None
    return JournalWriter(
        settings.event_journal,
        settings.event_journal_maxbytes,
        settings.event_journal_backups,
        report=report,
        disposal=disposal,
    )


class EventJournal:
    """The journal of this daemon. Implements `daemon.pools.Journal`."""

    def __init__(self, writer: JournalWriter, ports: JournalPorts) -> None:
        self._writer = writer
        self._ports = ports
        self._path = positions_path(writer.path)
        self._positions: dict[str, int] = {}
        """Serial by pool, as it was saved last or when the pool ended."""
        self._saved: Mapping[str, int] = {}
        self._default: int | None = None
        """The position of pools that none is known of; None: they have missed nothing."""
        self._replays: dict[str, Replay] = {}
        self._last_serial = -1
        self._timer: Timer | None = None
        self._save_fails = False
        self._is_unreadable = False

    # -- coming and going ------------------------------------------------------------------------

    def open(self, subscriptions: events.Subscriptions) -> None:
        """Count on from the last event that is known of, and take every event from now on.

        To be called before anybody else subscribes. Never raises; trouble is told.
        """
        announcer = self._ports.announcer
        try:
            last = last_serial(self._writer.path)
            oldest = oldest_serial(self._writer.path)
        except OSError as error:
            self.tell_unreadable(error)
            last = oldest = None
        if last is not None:
            announcer.next_serial = max(announcer.next_serial, next_serial(last))
        self._load_positions(oldest)
        announcer.next_serial = max(announcer.next_serial, *self._positions.values(), 0)
        self._writer.open()
        for kind in (events.Event, events.SettledStateEvent):
            subscriptions.subscribe(kind, self.take)

    def close(self) -> None:
        """Note how far the pools have got, and stop writing."""
        self._save()
        self._writer.close()

    def reopen(self) -> None:
        """Open the file by its name again (SIGUSR2)."""
        self._writer.reopen()

    def snapshot(self) -> JournalSnapshot:
        """Where it is, and what it has lost."""
        return JournalSnapshot(self._writer.path, self._writer.lost_count)

    # -- events ----------------------------------------------------------------------------------

    def take(self, event: Any) -> None:
        """Keep an event."""
        stamped = self._ports.announcer.stamped(event)
        if stamped.serial == self._last_serial:
            # Its class derives from both that the journal subscribed to.
            return
        self._last_serial = stamped.serial
        when = utc_text(self._ports.clock.now().wall_s)
        payload = payload_of(stamped.told)
        self._writer.append(Entry(stamped.serial, when, stamped.name, payload))
        self.moved()

    # -- pools -----------------------------------------------------------------------------------

    def replay(
        self, pool: str, kinds: tuple[type, ...], pending_serial: Callable[[], int | None]
    ) -> "Replay":
        """Let an active pool read back events of these classes.

        `pending_serial` tells the first event that it is not done with, None if there is none.
        """
        position = self._positions.get(pool, self._default)
        if position is not None and position >= self._ports.announcer.next_serial:
            position = None
        reader = JournalReader(self._writer.path, _wants(kinds))
        replay = Replay(self, pool, reader, position, pending_serial)
        self._replays[pool] = replay
        if pool not in self._saved:
            # At once: after a kill a pool without a position would have missed nothing.
            self.soon(self._save)
        return replay

    def end_replay(self, pool: str) -> None:
        """The pool is about to end; it may come back."""
        self._positions[pool] = self._position(self._replays.pop(pool))
        self.moved()

    def moved(self) -> None:
        """A pool got further, or an event was written: to be noted soon."""
        if self._timer is None:
            when_s = self._ports.clock.now().mono_s + SAVE_PAUSE_S
            self._timer = self._ports.timers.call_at(when_s, self._save)

    @property
    def next_serial(self) -> int:
        """Of the next event."""
        return self._ports.announcer.next_serial

    # -- for replays -----------------------------------------------------------------------------

    def soon(self, call: Callable[[], None]) -> None:
        """Call in the next turn of the loop."""
        self._ports.timers.call_at(self._ports.clock.now().mono_s, call)

    def has(self, serial: int) -> bool:
        """Whether it could take an event, right after it was told of it."""
        return self._writer.has(serial)

    def look(self) -> None:
        """Notice if somebody took the file away."""
        self._writer.look()

    def unwritten(self, serial: int) -> list[SerialRange]:
        """What from that serial on could not be written, and the journal does not know of yet."""
        return _from(serial, self._writer.gap)

    def removed(self, serial: int) -> list[SerialRange]:
        """What from that serial on was taken away, and the journal does not know of yet."""
        return _from(serial, self._writer.removed)

    def all_from(self, serial: int, alive_from: int) -> list[SerialRange]:
        """Everything from that serial on that was written, or announced before somebody began."""
        last = max(self._writer.last_serial, alive_from - 1)
        return _from(serial, SerialRange(serial, last))

    def tell_lost(self, pool: str, lost: SerialRange) -> None:
        """Events are nowhere. Nobody knows any more which of them the pool should have got."""
        count = lost.last - lost.first + 1
        events_lost = f"{count} events" if count > 1 else "1 event"
        advice = "allow it more room by event_journal_maxbytes and event_journal_backups"
        if lost.first <= self._writer.removed_through:
            advice = "the file was deleted or moved away while they were in it"
        self._ports.log(
            Level.ERRO,
            f"pool {pool}: the serials {lost} are not in the event journal {self._writer.path} "
            f"(any more): up to {events_lost} will not be delivered, as many as were of the "
            f"pool's types ({advice})",
        )

    def tell_damaged(self, pool: str, count: int) -> None:
        """Lines were skipped by a pool that has caught up."""
        lines = f"{count} lines that are no events" if count > 1 else "1 line that is no event"
        self._ports.log(
            Level.WARN,
            f"pool {pool}: skipped {lines} in the event journal {self._writer.path} (torn when "
            "supervisord was killed, or damaged later)",
        )

    def tell_unreadable(self, error: OSError) -> None:
        """The journal cannot be read: nothing can be replayed. Told once until it can be again."""
        if self._is_unreadable:
            return
        self._is_unreadable = True
        self._ports.log(
            Level.CRIT,
            f"cannot read the event journal {error.filename or self._writer.path}: "
            f"{error.strerror}; what was missed is not delivered (make it readable for the "
            "user that supervisord runs as)",
        )

    def note_readable(self) -> None:
        """The journal has been read."""
        self._is_unreadable = False

    # -- positions -------------------------------------------------------------------------------

    def _load_positions(self, oldest: int | None) -> None:
        try:
            self._positions = load_positions(self._path)
        except (OSError, ValueError) as error:
            self._default = oldest
            why = error.strerror if isinstance(error, OSError) else error
            self._ports.log(
                Level.ERRO,
                f"cannot use {self._path}: {why}; pools with event_replay get everything that "
                "the event journal has",
            )
        self._saved = dict(self._positions)

    def _position(self, replay: "Replay") -> int:
        pending = replay.pending_serial()
        return self._ports.announcer.next_serial if pending is None else pending

    def _save(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        absent = {
            pool: serial for pool, serial in self._positions.items() if pool not in self._replays
        }
        youngest = sorted(absent.items(), key=lambda item: item[1])[-ABSENT_COUNT_MAX:]
        active = {pool: self._position(replay) for pool, replay in self._replays.items()}
        self._positions = {**dict(youngest), **active}
        if self._positions == self._saved:
            return
        try:
            save_positions(self._path, self._positions)
        except OSError as error:
            if not self._save_fails:
                self._ports.log(
                    Level.ERRO,
                    f"cannot write {self._path}: {error.strerror}; events may be delivered again "
                    "after a restart (make room there, or make it writable)",
                )
            self._save_fails = True
        else:
            self._save_fails = False
            self._saved = self._positions


class Replay:
    """One pool and how it reads back."""

    def __init__(
        self,
        journal: EventJournal,
        pool: str,
        reader: JournalReader,
        missed_serial: int | None,
        pending_serial: Callable[[], int | None],
    ) -> None:
        self._journal = journal
        self._pool = pool
        self._reader = reader
        self.missed_serial = missed_serial
        """From where on the pool, which begins, has missed events; None if it has missed none."""
        self.pending_serial = pending_serial
        self._alive_from = journal.next_serial
        self._lost_count = 0
        self._damaged_count = 0

    def has(self, serial: int) -> bool:
        """Whether an event that was announced just now can be read back."""
        return self._journal.has(serial)

    def read(self, serial: int, count_max: int, answer: Callable[[Replayed], None]) -> None:
        """Answer, in a later turn, with the first events from a serial on."""
        self._journal.soon(lambda: self._read_slice(serial, count_max, answer))

    def _read_slice(self, serial: int, count_max: int, answer: Callable[[Replayed], None]) -> None:
        try:
            found = self._reader.read(serial, count_max)
        except OSError as error:
            self._journal.tell_unreadable(error)
            found = Slice([], True, [], is_empty=True)
        else:
            self._journal.note_readable()
        for each in self._lost(found, serial):
            self._journal.tell_lost(self._pool, each)
            self._lost_count += each.last - each.first + 1
        self._damaged_count += found.damaged_count
        if found.is_last and self._damaged_count:
            self._journal.tell_damaged(self._pool, self._damaged_count)
            self._damaged_count = 0
        if not found.entries and not found.is_last:
            self.read(serial, count_max, answer)
            return
        lost_count, self._lost_count = self._lost_count, 0
        answer(Replayed(tuple(map(_accepted, found.entries)), found.is_last, lost_count))

    def _lost(self, found: Slice, serial: int) -> list[SerialRange]:
        """What the pool should have got and will not."""
        lost, unwritten = list(found.lost), list(found.unwritten)
        if found.is_last:
            # There would be more if somebody has taken the file away.
            self._journal.look()
        if found.is_empty:
            return self._journal.all_from(serial, self._alive_from)
        if found.is_last:
            lost += self._journal.removed(serial)
            unwritten += self._journal.unwritten(serial)
        # Later ones were never in the journal: the pool was given them right away.
        before = (
            SerialRange(each.first, min(each.last, self._alive_from - 1)) for each in unwritten
        )
        return lost + [each for each in before if each.first <= each.last]


def _from(serial: int, missing: SerialRange | None) -> list[SerialRange]:
    if missing is None or missing.last < serial:
        return []
    return [SerialRange(max(missing.first, serial), missing.last)]


def _wants(kinds: tuple[type, ...]) -> Callable[[str], bool]:
    """Whether events of a name are of one of these classes."""

    @lru_cache(maxsize=_TYPES_COUNT_MAX)
    def wants(name: str) -> bool:
        # A name that is unknown belongs to a plug-in that is gone: for those who want everything.
        return issubclass(events.event_type(name) or events.Event, kinds)

    return wants


def _accepted(entry: Entry) -> EventAccepted:
    """An event as it was: same serial, same bytes."""
    said = told(entry.type, entry.payload)
    return EventAccepted(entry.serial, entry.type, said, _revived(entry))


def _revived(entry: Entry) -> Any:
    """What a result handler gets: an event of its class that knows its payload and no more."""
    kind = events.event_type(entry.type) or events.Event
    event: Any = object.__new__(kind)
    event.serial = entry.serial
    event.payload = lambda: entry.payload
    return event
