"""The event journal: nothing that was written is lost, nothing that happens to it is fatal."""

import errno
import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.core import serials
from supervisor.levels import Level
from supervisor.logs.journal import (
    GAP_TYPE,
    SERIAL_MAX,
    Entry,
    JournalWriter,
    SerialRange,
    decode,
    encode,
    utc_text,
)
from supervisor.logs.journal_reading import JournalReader, last_serial, oldest_serial
from supervisor.tests.logs.helpers import Reports
from supervisor.tests.support.budget import tries
from supervisor.tests.support.small_disk import needs_root

WHEN = "2026-11-22T05:00:00.000000Z"


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def entry(serial: int, kind: str = "TICK_5", payload: str = "when:0") -> Entry:
    return Entry(serial, WHEN, kind, payload)


def writer(path: Path, reports: Reports, maxbytes: int = 0, backups: int = 0) -> JournalWriter:
    journal = JournalWriter(str(path), maxbytes, backups, report=reports)
    journal.open()
    return journal


def write(path: Path, serials: Iterable[int], maxbytes: int = 0, backups: int = 0) -> None:
    """A journal with those events."""
    journal = writer(path, Reports(), maxbytes, backups)
    for serial in serials:
        journal.append(entry(serial))
    journal.close()


def reader(path: Path, *kinds: str) -> JournalReader:
    """A reader that wants events of these types; of all if there are none."""
    return JournalReader(str(path), lambda kind: not kinds or kind in kinds)


def read_all(
    journal: JournalReader, serial: int = 0, count_max: int = 7
) -> tuple[list[int], list[SerialRange]]:
    """The serials that are read from one on, in slices, and what is lost."""
    serials: list[int] = []
    lost: list[SerialRange] = []
    while True:
        found = journal.read(serial, count_max)
        assert len(found.entries) <= count_max
        serials += [each.serial for each in found.entries]
        lost += [*found.lost, *found.unwritten]
        if found.entries:
            serial = serials[-1] + 1
        if found.is_last:
            return serials, lost


class TestLines:
    def test_every_event_is_one_json_line_with_its_serial(
        self, path: Path, reports: Reports
    ) -> None:
        journal = writer(path, reports)
        journal.append(entry(3, "REMOTE_COMMUNICATION", 'type:x\n"quoted" and Ünïcode\n'))
        journal.append(entry(4))
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == [
            {
                "serial": 3,
                "time": WHEN,
                "type": "REMOTE_COMMUNICATION",
                "payload": 'type:x\n"quoted" and Ünïcode\n',
            },
            {"serial": 4, "time": WHEN, "type": "TICK_5", "payload": "when:0"},
        ]

    @given(st.text(), st.integers(0, 2**63 - 1))
    def test_any_payload_comes_back_as_it_was(self, payload: str, serial: int) -> None:
        line = encode(entry(serial, payload=payload))
        assert line.count(b"\n") == 1
        restored = decode(line)
        assert restored == entry(serial, payload=payload.encode("utf-8", "replace").decode())

    @given(st.binary() | st.text().map(str.encode))
    def test_garbage_is_refused_and_never_more(self, garbage: bytes) -> None:
        with pytest.raises(ValueError):
            decode(garbage)

    @pytest.mark.parametrize(
        "line",
        [b"[" * 100_000, b"[]", b'{"serial":"1","time":"","type":"","payload":""}', b"{}", b"1"],
    )
    def test_json_that_is_no_event_is_refused(self, line: bytes) -> None:
        with pytest.raises(ValueError, match=r"no line of an event journal"):
            decode(line)

    @pytest.mark.parametrize("serial", ["9" * 5000, str(SERIAL_MAX + 1), "-1", "true", "1.5"])
    def test_serial_that_no_event_can_have_is_refused(self, serial: str) -> None:
        """However Python would read it."""
        line = f'{{"serial":{serial},"time":"","type":"","payload":""}}'.encode()
        with pytest.raises(ValueError, match="no line of an event journal"):
            decode(line)

    def test_serials_end_where_those_of_pools_do(self) -> None:
        """The largest integer of the platform."""
        assert SERIAL_MAX == serials.SERIAL_MAX

    def test_time_is_utc_with_microseconds(self) -> None:
        assert utc_text(1_700_000_000.25) == "2023-11-14T22:13:20.250000Z"
        assert utc_text(-0.5) == "1969-12-31T23:59:59.500000Z"

    def test_journal_is_private(self, path: Path) -> None:
        """Events hold what programs print and clients send."""
        write(path, [0])
        assert path.stat().st_mode & 0o777 == 0o600


class TestReading:
    def test_events_are_read_from_a_serial_on(self, path: Path) -> None:
        write(path, range(100))
        assert read_all(reader(path), 90) == (list(range(90, 100)), [])

    def test_only_wanted_types_are_read(self, path: Path, reports: Reports) -> None:
        journal = writer(path, reports)
        for serial in range(30):
            journal.append(entry(serial, "TICK_60" if serial % 10 == 0 else "TICK_5"))
        assert read_all(reader(path, "TICK_60")) == ([0, 10, 20], [])

    def test_empty_or_missing_journal_has_nothing(self, path: Path) -> None:
        assert read_all(reader(path), 5) == ([], [])
        assert (last_serial(str(path)), oldest_serial(str(path))) == (None, None)
        write(path, [])
        assert read_all(reader(path), 5) == ([], [])

    def test_what_is_written_between_two_slices_is_read(self, path: Path) -> None:
        write(path, range(5))
        journal = reader(path)
        assert read_all(journal) == ([0, 1, 2, 3, 4], [])
        write(path, range(5, 7))
        assert read_all(journal, 5) == ([5, 6], [])

    def test_reader_may_be_asked_for_an_earlier_serial_again(self, path: Path) -> None:
        """An older event had to leave the buffer in the meantime: it comes first."""
        write(path, range(10))
        journal = reader(path)
        assert [each.serial for each in journal.read(3, 4).entries] == [3, 4, 5, 6]
        assert [each.serial for each in journal.read(1, 2).entries] == [1, 2]

    def test_long_journal_is_read_in_bounded_slices(self, path: Path) -> None:
        write(path, range(20_000))
        journal = reader(path, "NOTHING")
        steps = 1
        while not journal.read(0, 10).is_last:
            steps += 1
        assert steps > 4

    def test_line_longer_than_a_slice_is_read_whole(self, path: Path, reports: Reports) -> None:
        journal = writer(path, reports)
        payloads = ["a", "ü" * 1_000_000, "b"]
        for serial, payload in enumerate(payloads):
            journal.append(entry(serial, payload=payload))
        found = []
        events = reader(path)
        while not (piece := events.read(len(found), 1)).is_last:
            found += [each.payload for each in piece.entries]
        assert found == payloads
        assert last_serial(str(path)) == 2

    @pytest.mark.parametrize("start", [0, 1, 4321, 9_999, 10_000])
    def test_beginning_is_found_in_a_long_file(self, path: Path, start: int) -> None:
        write(path, range(10_000))
        serials, lost = read_all(reader(path), start, 2000)
        assert (serials, lost) == (list(range(start, 10_000)), [])

    def test_last_serial_is_found_before_a_line_that_is_very_long(
        self, path: Path, reports: Reports
    ) -> None:
        write(path, [41])
        with path.open("ab") as file:
            file.write(b"x" * 300_000)
        assert last_serial(str(path)) == 41

    def test_file_without_any_event_has_no_serial(self, path: Path) -> None:
        path.write_bytes(os.urandom(200_000))
        assert last_serial(str(path)) is None
        assert read_all(reader(path)) == ([], [])


class TestTornLines:
    def test_line_torn_by_a_kill_is_skipped_and_the_next_one_is_whole(self, path: Path) -> None:
        """Tolerate a torn last line after kill -9."""
        write(path, range(3))
        torn = encode(entry(3))[:-9]
        with path.open("ab") as file:
            file.write(torn)
        assert read_all(reader(path)) == ([0, 1, 2], [])
        write(path, [4, 5])
        assert read_all(reader(path)) == ([0, 1, 2, 4, 5], [])

    def test_torn_line_at_the_end_of_a_backup_is_skipped(self, path: Path) -> None:
        write(path, range(3))
        with path.open("ab") as file:
            file.write(b'{"serial":3,"ti')
        path.rename(f"{path}.1")
        write(path, [4])
        assert read_all(reader(path)) == ([0, 1, 2, 4], [])

    @settings(max_examples=tries(50))
    @given(st.lists(st.binary(max_size=40), max_size=5))
    def test_garbage_between_events_harms_none_of_them(
        self, tmp_path_factory: pytest.TempPathFactory, garbage: list[bytes]
    ) -> None:
        path = tmp_path_factory.mktemp("garbage") / "events"
        with path.open("wb") as file:
            for serial, bytes_between in enumerate([*garbage, b""]):
                file.write(encode(entry(serial)) + bytes_between + b"\n")
        assert read_all(reader(path)) == (list(range(len(garbage) + 1)), [])

    @pytest.mark.parametrize("serial", ["9" * 5000, str(SERIAL_MAX + 1)])
    @pytest.mark.parametrize("place", [0, 1, 3])
    def test_line_with_an_impossible_serial_is_skipped(
        self, path: Path, serial: str, place: int
    ) -> None:
        """Wherever it is: it neither ends the daemon nor hides an event."""
        write(path, [4, 5, 6])
        lines = path.read_text().splitlines(keepends=True)
        lines.insert(place, lines[0].replace("4", serial, 1))
        path.write_text("".join(lines))
        assert (oldest_serial(str(path)), last_serial(str(path))) == (4, 6)
        assert read_all(reader(path), 4) == ([4, 5, 6], [])
        assert read_all(reader(path), 5) == ([5, 6], [])

    def test_damaged_lines_are_counted_where_they_may_have_been_wanted(self, path: Path) -> None:
        """Not those before the events that were asked for."""
        write(path, [0, 1, 2, 3])
        lines = path.read_text().splitlines(keepends=True)
        lines[1:1] = ["torn\n"]
        lines[4:4] = ["\n", '{"serial":3,"time":"","type":"TICK_5","payload":5}\n']
        path.write_text("".join(lines))
        assert reader(path).read(0, 10).damaged_count == 3
        assert reader(path).read(2, 10).damaged_count == 2
        assert reader(path).read(0, 2).damaged_count == 1
        assert reader(path, "TICK_60").read(0, 2).damaged_count == 2

    def test_gap_beyond_all_serials_is_none(self, path: Path) -> None:
        """What is told as lost has been accepted once."""
        journal = writer(path, Reports())
        journal.append(entry(0, GAP_TYPE, f"serials:0-{SERIAL_MAX + 1}"))
        journal.append(entry(1))
        assert read_all(reader(path)) == ([1], [])


class TestRotation:
    def test_journal_is_rotated_by_size(self, path: Path) -> None:
        write(path, range(50), maxbytes=1000, backups=3)
        files = sorted(each.name for each in path.parent.iterdir())
        assert files == ["events.jsonl", *(f"events.jsonl.{number}" for number in (1, 2, 3))]
        assert all(each.stat().st_size < 1200 for each in path.parent.iterdir())

    def test_reading_goes_through_all_files_in_order(self, path: Path) -> None:
        write(path, range(50), maxbytes=1000, backups=100)
        assert len(list(path.parent.iterdir())) > 3
        for start in (0, 1, 17, 49):
            assert read_all(reader(path), start) == (list(range(start, 50)), [])
        assert (oldest_serial(str(path)), last_serial(str(path))) == (0, 49)

    def test_rotation_in_the_middle_of_reading_loses_nothing(
        self, path: Path, reports: Reports
    ) -> None:
        journal = writer(path, reports, 1000, 100)
        for serial in range(20):
            journal.append(entry(serial))
        events = reader(path)
        serials: list[int] = []
        following = 20
        while not (found := events.read(len(serials), 3)).is_last:
            serials += [each.serial for each in found.entries]
            if following < 60:
                for serial in range(following, following + 2):
                    journal.append(entry(serial))
                following += 2
        assert serials == list(range(60))

    def test_events_that_rotated_away_are_told_as_lost(self, path: Path) -> None:
        write(path, range(50), maxbytes=1000, backups=1)
        oldest = oldest_serial(str(path))
        assert oldest is not None
        assert oldest > 10
        assert read_all(reader(path), 10) == (
            list(range(oldest, 50)),
            [SerialRange(10, oldest - 1)],
        )

    def test_events_that_rotate_away_under_a_slow_reader_are_told_once(
        self, path: Path, reports: Reports
    ) -> None:
        journal = writer(path, reports, 1000, 1)
        for serial in range(10):
            journal.append(entry(serial))
        slow = reader(path)
        assert [each.serial for each in slow.read(0, 2).entries] == [0, 1]
        for serial in range(10, 100):
            journal.append(entry(serial))
        serials, lost = read_all(slow, 2)
        assert lost == [SerialRange(2, serials[0] - 1)]
        assert serials == list(range(serials[0], 100))

    def test_serials_are_found_although_the_journal_has_just_been_rotated(self, path: Path) -> None:
        write(path, range(5))
        path.rename(f"{path}.1")
        assert last_serial(str(path)) == 4
        assert read_all(reader(path), 3) == ([3, 4], [])

    def test_backup_that_is_missing_hides_no_older_ones(self, path: Path) -> None:
        """A rotation that fails in the middle leaves one name free."""
        write(path, range(3))
        path.rename(f"{path}.2")
        write(path, range(3, 6))
        assert read_all(reader(path)) == (list(range(6)), [])

    def test_no_backups_means_that_nothing_old_is_kept(self, path: Path) -> None:
        write(path, range(20), maxbytes=1000, backups=0)
        assert [each.name for each in path.parent.iterdir()] in ([], ["events.jsonl"])

    def test_rotation_that_fails_is_told_once_and_no_event_is_lost(
        self, path: Path, reports: Reports
    ) -> None:
        (path.parent / "events.jsonl.1").mkdir()
        journal = writer(path, reports, 500, 1)
        for serial in range(50):
            journal.append(entry(serial))
        assert [level for level, _ in reports] == [Level.ERRO]
        assert reports.texts[0].startswith(f"cannot rotate the event journal {path}: ")
        assert last_serial(str(path)) == 49


class TestTrouble:
    @needs_root
    def test_full_disk_is_told_counted_and_survived(
        self, small_disk: Path, reports: Reports
    ) -> None:
        """Disk full: told with what to do, counted, and the journal itself knows the gap."""
        filler = small_disk / "filler"
        filler.write_bytes(b"x" * 40_000)
        path = small_disk / "events"
        journal = writer(path, reports)
        for serial in range(10):
            journal.append(entry(serial, payload="y" * 4000))
        assert reports.texts == [
            f"cannot write to the event journal {path}: No space left on device (ENOSPC); events "
            "still go to their listeners, as far as event buffers have room, but are not kept "
            "until this works again (make room "
            "there, or set event_journal to a file that can be written to)"
        ]
        assert [level for level, _ in reports] == [Level.CRIT]
        assert journal.gap is not None
        first = journal.gap.first
        assert (journal.lost_count, journal.gap.last) == (10 - first, 9)

        filler.unlink()
        journal.append(entry(10))
        journal.append(entry(11))
        assert reports[1] == (
            Level.WARN,
            f"the event journal {path} can be written to again; the events with the serials "
            f"{first}-9 are missing in it",
        )
        assert read_all(reader(path)) == ([*range(first), 10, 11], [SerialRange(first, 9)])
        assert read_all(reader(path), 10) == ([10, 11], [])
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert lines[first]["type"] == GAP_TYPE
        assert lines[first]["payload"] == f"serials:{first}-9"

    def test_file_that_cannot_be_opened_is_tried_again_with_every_event(
        self, tmp_path: Path, reports: Reports
    ) -> None:
        path = tmp_path / "missing" / "events"
        journal = writer(path, reports)
        journal.append(entry(0))
        path.parent.mkdir()
        journal.append(entry(1))
        assert [level for level, _ in reports] == [Level.CRIT, Level.WARN]
        assert read_all(reader(path)) == ([1], [SerialRange(0, 0)])

    def test_journal_that_is_no_file_is_refused(self, tmp_path: Path, reports: Reports) -> None:
        os.mkfifo(tmp_path / "fifo")
        for name in ("/dev/null", str(tmp_path), str(tmp_path / "fifo")):
            journal = JournalWriter(name, 0, 0, report=reports)
            journal.open()
            journal.append(entry(0))
            assert journal.lost_count == 1
        assert "not a regular file (EINVAL)" in reports.texts[0]
        assert len(reports) == 3

    def test_journal_that_was_moved_away_is_begun_again_by_reopen(
        self, path: Path, reports: Reports
    ) -> None:
        journal = writer(path, reports)
        journal.append(entry(0))
        path.rename(f"{path}.old")
        journal.reopen()
        journal.append(entry(1))
        assert last_serial(f"{path}.old") == 0
        assert read_all(reader(path), 1) == ([1], [])

    def test_journal_that_was_deleted_is_begun_again(self, path: Path, reports: Reports) -> None:
        """Noticed with the first event of the next second; the missing serials are in it."""
        journal = writer(path, reports)
        journal.append(entry(3))
        journal.append(entry(4))
        path.unlink()
        journal.append(entry(5)._replace(time="2026-11-22T05:00:01.000000Z"))
        assert [(level, text.partition(" (")[0]) for level, text in reports] == [
            (
                Level.WARN,
                f"the event journal {path} was deleted or moved away while supervisord wrote to "
                "it; it is begun again, and the events with the serials 3-4 are not in it any more",
            )
        ]
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [(line["serial"], line["payload"]) for line in lines] == [
            (4, "removed:3-4"),
            (5, "when:0"),
        ]
        assert read_all(reader(path), 3) == ([5], [SerialRange(3, 3), SerialRange(4, 4)])
        assert (journal.removed_through, journal.last_serial) == (4, 5)

    def test_journal_that_was_rotated_by_others_has_lost_nothing(
        self, path: Path, reports: Reports
    ) -> None:
        """Its events are where a reader looks for them."""
        journal = writer(path, reports)
        journal.append(entry(0))
        path.rename(f"{path}.1")
        assert journal.look()
        journal.append(entry(1))
        assert read_all(reader(path)) == ([0, 1], [])
        assert "are not in it any more" not in reports.texts[0]

    def test_directory_that_took_its_place_is_not_renamed(
        self, path: Path, reports: Reports
    ) -> None:
        """A rotation is for files of ours alone."""
        journal = writer(path, reports, maxbytes=1, backups=2)
        journal._rotate_at_bytes = 10_000
        journal.append(entry(0))
        journal._rotate_at_bytes = 1
        path.unlink()
        path.mkdir()
        journal.append(entry(1))
        journal.append(entry(2))
        assert path.is_dir()
        assert not Path(f"{path}.1").exists()
        assert [level for level, _ in reports] == [Level.WARN, Level.CRIT]
        assert (journal.has(1), journal.has(2)) == (True, False)

    @needs_root
    def test_half_a_line_is_taken_back(self, small_disk: Path, reports: Reports) -> None:
        """A full disk takes what fits: the next line must not be glued to that."""
        path = small_disk / "events"
        journal = writer(path, reports)
        journal.append(entry(0))
        journal.append(entry(1, payload="z" * 200_000))
        journal.append(entry(2))
        assert reports.texts[0].endswith("can be written to)")
        assert read_all(reader(path)) == ([0, 2], [SerialRange(1, 1)])


def test_reasons_are_named_for_people(path: Path, reports: Reports) -> None:
    path.mkdir()
    writer(path, reports)
    assert f"{os.strerror(errno.EISDIR)} (EISDIR)" in reports.texts[0]
