"""Following a log by offset: every byte once, each with its place, and told when places change."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.logs.filelog import FileLog
from supervisor.logs.follow import EMPTIED, ROTATED, Piece, PieceFollower
from supervisor.logs.reading import PASSAGE_BYTES_MAX, ReadRefused, file_bytes, read_passage
from supervisor.tests.logs.helpers import Reports
from supervisor.tests.support.budget import tries


def log_at(path: Path, maxbytes: int = 0, backups: int = 0) -> FileLog:
    log = FileLog(str(path), maxbytes, backups, report=Reports())
    log.open()
    return log


def pieces(follower: PieceFollower, max_bytes: int = 100) -> list[Piece]:
    """Everything up to the present end."""
    found = []
    while (piece := follower.read(max_bytes)).data or piece.anew:
        found.append(piece)
    return found


@pytest.mark.parametrize(
    ("offset", "first"),
    [
        (0, Piece(0, b"0123456789", "")),
        (7, Piece(7, b"789", "")),
        (-3, Piece(7, b"789", "")),
        (-30, Piece(0, b"0123456789", "")),
        (10, Piece(10, b"", "")),
        (None, Piece(10, b"", "")),
        (11, Piece(0, b"0123456789", EMPTIED)),
    ],
)
def test_follower_starts_where_it_is_told(tmp_path: Path, offset: int | None, first: Piece) -> None:
    """Beyond the end it cannot have been of this file: it is read from its start, and told so."""
    log = log_at(tmp_path / "log")
    log.write(b"0123456789")
    follower = PieceFollower(log.path, offset)
    assert follower.read(100) == first
    log.write(b"more")
    assert follower.read(100) == Piece(10, b"more", "")
    assert follower.read(100) == Piece(14, b"", "")
    follower.close()


def test_rotation_is_told_with_the_first_piece_of_the_new_file(tmp_path: Path) -> None:
    """The old file is read to its end first; then offsets count from 0."""
    log = log_at(tmp_path / "log", maxbytes=10, backups=3)
    follower = PieceFollower(log.path, 0)
    for data in (b"first ", b"second\n", b"third"):
        log.write(data)
    assert pieces(follower) == [Piece(0, b"first second\n", ""), Piece(0, b"third", ROTATED)]
    log.write(b" and fourth")
    assert pieces(follower) == [Piece(5, b" and fourth", ""), Piece(0, b"", ROTATED)]
    follower.close()


def test_emptying_is_told(tmp_path: Path) -> None:
    """Once, and before anything new."""
    log = log_at(tmp_path / "log")
    log.write(b"old")
    follower = PieceFollower(log.path, None)
    log.clear()
    assert pieces(follower) == [Piece(0, b"", EMPTIED)]
    log.write(b"new")
    assert pieces(follower) == [Piece(0, b"new", "")]
    follower.close()


def test_file_may_come_into_being_later(tmp_path: Path) -> None:
    """The log of a program that was never started is followed all the same."""
    path = tmp_path / "log"
    follower = PieceFollower(str(path), 0)
    assert not follower.has_file
    assert follower.read(100) == Piece(0, b"", "")
    path.write_bytes(b"hello")
    assert follower.read(100) == Piece(0, b"hello", "")
    follower.close()
    follower.close()


@pytest.mark.parametrize("has_backup", [False, True])
def test_file_that_came_and_was_rotated_is_read_first(tmp_path: Path, has_backup: bool) -> None:
    """Nothing is lost of a log that filled several files before it was looked at."""
    if has_backup:
        (tmp_path / "log.1").write_bytes(b"from long ago")
    follower = PieceFollower(str(tmp_path / "log"), 0)
    log = log_at(tmp_path / "log", maxbytes=5, backups=9)
    for data in (b"first", b"second", b"3rd"):
        log.write(data)
    assert pieces(follower) == [
        Piece(0, b"first", ""),
        Piece(0, b"second", ROTATED),
        Piece(0, b"3rd", ROTATED),
    ]
    follower.close()


def test_offset_in_a_file_that_is_gone_counts_anew(tmp_path: Path) -> None:
    """Whoever comes back with a place in a file that is no more learns that."""
    follower = PieceFollower(str(tmp_path / "log"), 100)
    assert follower.read(100) == Piece(0, b"", EMPTIED)
    assert follower.read(100) == Piece(0, b"", "")


def test_what_is_no_file_is_not_followed(tmp_path: Path) -> None:
    """Reading from a FIFO would take the output away from its reader."""
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="not a regular file"):
        PieceFollower(str(tmp_path / "fifo"), 0)


@settings(max_examples=tries(50))
@given(
    writes=st.lists(st.binary(max_size=12), max_size=40),
    read_after=st.sets(st.integers(0, 39)),
    max_bytes=st.integers(1, 20),
)
def test_law_pieces_are_what_was_written(
    writes: list[bytes], read_after: set[int], max_bytes: int
) -> None:
    """However it is read, and whenever it is rotated: each byte once, at the place that is told."""
    with tempfile.TemporaryDirectory() as folder:
        log = log_at(Path(folder) / "log", maxbytes=16, backups=50)
        follower = PieceFollower(log.path, 0)
        found: list[Piece] = []
        for number, data in enumerate(writes):
            log.write(data)
            if number in read_after:
                found += pieces(follower, max_bytes)
        found += pieces(follower, max_bytes)
        follower.close()
        log.close()
    assert b"".join(piece.data for piece in found) == b"".join(writes)
    offset = 0
    for piece in found:
        offset = 0 if piece.anew else offset
        assert piece.offset == offset
        assert piece.anew in ("", ROTATED)
        offset += len(piece.data)


def test_passage_tells_where_to_go_on(tmp_path: Path) -> None:
    """At most as many bytes as asked for; at the end, and beyond it, the end."""
    path = str(tmp_path / "log")
    assert (read_passage(path, 5, 10), file_bytes(path)) == ((b"", 0), 0)
    (tmp_path / "log").write_bytes(b"0123456789")
    assert file_bytes(path) == 10
    assert read_passage(path, 0, 4) == (b"0123", 4)
    assert read_passage(path, 8, 4) == (b"89", 10)
    assert read_passage(path, 10, 4) == (b"", 10)
    assert read_passage(path, 11, 4) == (b"", 10)


def test_passage_has_a_limit(tmp_path: Path) -> None:
    """Whatever is asked for: the rest is there for the next call."""
    (tmp_path / "log").write_bytes(b"x" * (PASSAGE_BYTES_MAX + 1))
    data, behind = read_passage(str(tmp_path / "log"), 0, 10 * PASSAGE_BYTES_MAX)
    assert (len(data), behind) == (PASSAGE_BYTES_MAX, PASSAGE_BYTES_MAX)
    assert read_passage(str(tmp_path / "log"), behind, 10) == (b"x", behind + 1)


@pytest.mark.parametrize(("offset", "length"), [(-1, 10), (0, -1)])
def test_passage_needs_sensible_numbers(tmp_path: Path, offset: int, length: int) -> None:
    """BAD_ARGUMENTS, as for the other ways to read."""
    with pytest.raises(ReadRefused, match="BAD_ARGUMENTS"):
        read_passage(str(tmp_path / "log"), offset, length)


def test_passage_of_no_file_is_refused(tmp_path: Path) -> None:
    """FAILED, and why."""
    with pytest.raises(ReadRefused, match="FAILED") as caught:
        read_passage(str(tmp_path), 0, 10)
    assert caught.value.detail == f"cannot read {tmp_path}: not a regular file"
