"""What became of each process: counts, and the last changes of state. Implements
`rpc.ports.Histories`.

Every daemon keeps them, so they are packed: a process that was started and runs takes about 200
bytes, one that has been through everything 1 KiB, and the words of endings are shared.
"""

from sys import intern

from supervisor.core.commands import GroupChange, MoodChange, StateChange
from supervisor.core.process_values import BACKOFF, EXITED, STARTING, STATES
from supervisor.core.settled import BEGINNINGS, reason_of, words
from supervisor.hints import Callable, Final, Iterator, Sequence
from supervisor.rpc.ports import Career, Moment

MOMENTS_MAX: Final = 50
"""Changes of state kept for each process; older ones are forgotten."""
WORDS_CHARS_MAX: Final = 300
"""Longer reasons are cut."""

_SWEEP_SIZE: Final = 256
"""Records from which those of processes that are gone are swept out."""
_GONE_PART: Final = 16
"""One record in so many may be of a group that is gone: to find it, all have to be looked at."""
_WORDS_MAX: Final = 100
"""Different words that are kept for one process before it is looked which are still in use."""
_PACKED_BYTES: Final = 8
"""Of a moment: wall time in milliseconds, place of the state in `STATES`, place of the words. They
are packed without `struct`, which an ordinary daemon does not load."""
_KEPT_BYTES: Final = (MOMENTS_MAX - 1) * _PACKED_BYTES
"""Of the moments before the one that is added."""
_PLACES: Final = {state: place for place, state in enumerate(STATES)}
_NO_CAREER: Final = Career(0, 0, 0, 0, "")


class _Record:
    """One process."""

    __slots__ = (
        "exits_expected",
        "exits_unexpected",
        "failed",
        "last_exit",
        "last_exit_code",
        "packed",
        "starts",
        "words",
    )

    def __init__(self) -> None:
        self.starts = self.exits_expected = self.exits_unexpected = self.failed = 0
        self.last_exit = ""
        self.last_exit_code: int | None = None
        self.packed = b""
        """Moments, the newest last."""
        self.words: tuple[str, ...] = ("",)


class Histories:
    """The histories of all processes, by process id."""

    def __init__(self, exists: Callable[[int], bool]) -> None:
        self._exists = exists
        """Whether a process has not been removed."""
        self._records: dict[int, _Record] = {}
        self._sweep_at = _SWEEP_SIZE
        self._removed_count = 0
        """Groups that have been removed since the last sweep."""

    # -- what happens ----------------------------------------------------------------------------

    def note(self, change: StateChange | GroupChange | MoodChange) -> None:
        """Something changed; called before anybody is told."""
        if not isinstance(change, StateChange):
            if isinstance(change, GroupChange) and not change.added:
                self._note_removal()
            return
        # A hot path: three of these for each run of a program that ends at once.
        before, detail = change.before, change.detail
        assert before is not None and detail is not None, "a change that nothing led to"
        record = self._records.get(change.process_id)
        if record is None:
            if len(self._records) >= self._sweep_at:
                # Plug-ins take processes out without removing a group.
                self._sweep()
            record = self._records[change.process_id] = _Record()
        entered, ending, said = change.to_state, detail.ending, 0
        if ending is not None:
            if ending.words != record.last_exit:
                record.last_exit = _shared(ending.words)
            record.last_exit_code = ending.exitcode
        if entered not in BEGINNINGS:
            ended = None if ending is None else ending.words
            said = _place_of(record, words(entered, before.doom, ended, reason_of(before, detail)))
        wall_s = detail.now.wall_s
        wall_ms = int(wall_s * 1000) if wall_s > 0.0 else 0
        record.packed = record.packed[-_KEPT_BYTES:] + _packed(wall_ms, _PLACES[entered], said)
        if entered == STARTING:
            record.starts += 1
        elif entered == BACKOFF:
            record.failed += 1
        elif entered == EXITED and change.expected:
            record.exits_expected += 1
        elif entered == EXITED:
            record.exits_unexpected += 1

    def _note_removal(self) -> None:
        self._removed_count += 1
        # Of thousands of groups, a hundred may be replaced at once.
        if self._removed_count * _GONE_PART >= len(self._records):
            self._sweep()

    def _sweep(self) -> None:
        self._records = {key: each for key, each in self._records.items() if self._exists(key)}
        # Not before it has doubled: a sweep looks at all of them, so it must be rare.
        self._sweep_at = max(_SWEEP_SIZE, 2 * len(self._records))
        self._removed_count = 0

    # -- looking ---------------------------------------------------------------------------------

    def moments(self, process_id: int) -> Sequence[Moment]:
        """The last changes of state, oldest first."""
        record = self._records.get(process_id)
        if record is None:
            return ()
        return [
            Moment(wall_ms / 1000, STATES[state], record.words[said])
            for wall_ms, state, said in _unpacked(record.packed)
        ]

    def career(self, process_id: int) -> Career:
        """Counts since the daemon was started, or restarted."""
        record = self._records.get(process_id)
        if record is None:
            return _NO_CAREER
        return Career(
            record.starts,
            record.exits_expected,
            record.exits_unexpected,
            record.failed,
            record.last_exit,
            record.last_exit_code,
        )


def _place_of(record: _Record, why: str) -> int:
    """Where the record has these words; they are added to it if it has not."""
    if why in record.words:
        return record.words.index(why)
    why = _shared(why)
    if why not in record.words:
        if len(record.words) >= _WORDS_MAX:
            _renumber(record)
        record.words = (*record.words, why)
    return record.words.index(why)


def _renumber(record: _Record) -> None:
    """Forget the words that are not in use any more, and give the others new places."""
    moments = list(_unpacked(record.packed[-_KEPT_BYTES:]))
    old = record.words
    record.words = tuple(dict.fromkeys(["", *(old[said] for _, _, said in moments)]))
    places = {each: place for place, each in enumerate(record.words)}
    record.packed = b"".join(
        _packed(wall_ms, state, places[old[said]]) for wall_ms, state, said in moments
    )


def _packed(wall_ms: int, state: int, said: int) -> bytes:
    return (wall_ms << 16 | state << 8 | said).to_bytes(_PACKED_BYTES)


def _unpacked(packed: bytes) -> Iterator[tuple[int, int, int]]:
    for start in range(0, len(packed), _PACKED_BYTES):
        number = int.from_bytes(packed[start : start + _PACKED_BYTES])
        yield number >> 16, number >> 8 & 0xFF, number & 0xFF


def _shared(text: str) -> str:
    """The text, one copy for all who have it."""
    if len(text) > WORDS_CHARS_MAX:
        text = f"{text[: WORDS_CHARS_MAX - 1]}…"
    return intern(str(text))
