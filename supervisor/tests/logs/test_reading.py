"""Slices of logs: the tables of the RPC manual, and files that are none."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.logs import reading
from supervisor.logs.reading import ReadRefused, read_range, read_slice, tail_range, tail_slice

DIGITS = b"0123456789"


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "log"
    path.write_bytes(DIGITS)
    return str(path)


@pytest.mark.parametrize(
    ("offset", "length", "result"),
    [
        (0, 0, DIGITS),
        (3, 0, b"3456789"),
        (3, 4, b"3456"),
        (8, 10, b"89"),
        (10, 0, b""),
        (10, 5, b""),
        (50, 0, b""),
        (50, 5, b""),
        (-4, 0, b"6789"),
        (-10, 0, DIGITS),
        (-50, 0, DIGITS),
    ],
)
def test_read_returns_the_slice(log: str, offset: int, length: int, result: bytes) -> None:
    """The table of readLog for a log of ten bytes."""
    assert read_slice(log, offset, length) == result


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (-4, -1), (0, -1), (3, -5)])
def test_read_refuses_contradicting_arguments(log: str, offset: int, length: int) -> None:
    """A negative offset goes with length 0 only; a negative length with nothing."""
    with pytest.raises(ReadRefused, match=r"^BAD_ARGUMENTS$"):
        read_slice(log, offset, length)


@pytest.mark.parametrize(
    ("offset", "length", "text", "overflow"),
    [
        (0, 0, b"", True),
        (0, 4, b"6789", True),
        (3, 4, b"6789", True),
        (-20, 4, b"6789", True),
        (-4, 3, b"789", True),
        (0, 10, DIGITS, False),
        (0, 100, DIGITS, False),
        (-4, 20, DIGITS, False),
        (3, 7, b"3456789", False),
        (3, 8, b"23456789", False),
        (9, 5, b"56789", False),
        (9, 1, b"9", False),
        (10, 0, b"", False),
        (10, 5, b"", False),
        (50, 5, b"", False),
        (-4, 0, b"", True),
        (0, -1, b"", True),
    ],
)
def test_tail_returns_the_end(
    log: str, offset: int, length: int, text: bytes, overflow: bool
) -> None:
    """The table of the tail methods for a log of ten bytes."""
    assert tail_slice(log, offset, length) == (text, 10, overflow)


@pytest.mark.parametrize(("offset", "length"), [(0, 0), (0, 5), (-4, 4), (-4, 3), (-4, 0), (0, -1)])
def test_tail_of_an_empty_log_never_overflows(tmp_path: Path, offset: int, length: int) -> None:
    """Nothing can have been missed of an empty log, not even with a negative window."""
    (tmp_path / "log").touch()

    assert tail_slice(str(tmp_path / "log"), offset, length) == (b"", 0, False)


@given(size=st.integers(0, 100), offset=st.integers(-120, 120), length=st.integers(-20, 120))
def test_law_ranges_stay_inside_the_file(size: int, offset: int, length: int) -> None:
    """Whatever is asked for: an existing part of the file, or a refusal."""
    wanted, _ = tail_range(size, offset, length)
    assert 0 <= wanted.length <= max(length, 0)
    assert wanted.start + wanted.length == size

    try:
        wanted = read_range(size, offset, length)
    except ReadRefused as refused:
        assert str(refused) == "BAD_ARGUMENTS"
    else:
        assert wanted.length == 0 or wanted.start + wanted.length <= size
        assert wanted.start >= 0


@given(pieces=st.lists(st.binary(max_size=30), max_size=10))
def test_law_client_loop_sees_every_byte(pieces: list[bytes]) -> None:
    """The canonical loop: ask with (offset, N), print, the next offset is the size."""
    size = offset = 0
    seen = b""
    content = b""
    for piece in pieces:
        content += piece
        size = len(content)
        wanted, overflow = tail_range(size, offset, size - offset)
        seen += content[wanted.start : wanted.start + wanted.length]
        offset = size
        assert not overflow

    assert seen == b"".join(pieces)


def test_missing_log_is_told_apart(tmp_path: Path) -> None:
    """NO_FILE belongs to the caller, who knows the name the client used."""
    with pytest.raises(FileNotFoundError):
        read_slice(str(tmp_path / "missing"), 0, 10)


@pytest.mark.parametrize("name", ["directory", "fifo", "/dev/zero", "file/below"])
def test_what_is_no_file_is_refused_unopened(tmp_path: Path, name: str) -> None:
    """FAILED; a FIFO is not even opened, as that would take output from its reader."""
    prepare(tmp_path)

    with pytest.raises(ReadRefused, match=r"^FAILED$") as raised:
        read_slice(str(tmp_path / name), 0, 10)

    assert "cannot read" in str(raised.value.detail)


@pytest.mark.parametrize("name", ["missing", "directory", "fifo", "/dev/zero", "file/below"])
def test_tail_of_what_is_no_file_is_empty(tmp_path: Path, name: str) -> None:
    """A missing log is not a fault: empty text, size 0, no overflow."""
    prepare(tmp_path)

    assert tail_slice(str(tmp_path / name), 0, 10) == (b"", 0, False)


def prepare(directory: Path) -> None:
    """One of each kind."""
    (directory / "directory").mkdir()
    (directory / "file").touch()
    os.mkfifo(directory / "fifo")


def test_slice_beyond_the_limit_is_refused_and_at_the_limit_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log of many gigabytes cannot fill the daemon's memory; its parts can be had."""
    path = tmp_path / "huge"
    path.touch()
    os.truncate(path, 1 << 40)
    monkeypatch.setattr(reading, "READ_BYTES_MAX", 1000)

    assert len(read_slice(str(path), 5, 1000)) == 1000
    assert len(tail_slice(str(path), 0, 1000)[0]) == 1000
    for call, length in ((read_slice, 0), (read_slice, 1001), (tail_slice, 1001)):
        with pytest.raises(ReadRefused, match=r"^FAILED$") as raised:
            call(str(path), 0, length)
        assert "the limit is 1000; read smaller slices" in str(raised.value.detail)


def test_no_descriptor_is_left_open(log: str) -> None:
    """Refused requests leave nothing behind."""
    before = len(os.listdir("/proc/self/fd"))
    for offset, length in ((-1, 1), (0, 0), (0, -1)):
        try:
            read_slice(log, offset, length)
        except ReadRefused:
            continue

    assert len(os.listdir("/proc/self/fd")) == before
