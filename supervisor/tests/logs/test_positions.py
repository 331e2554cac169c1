"""Positions of pools: replaced as a whole, refused when damaged."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.logs.journal import SERIAL_MAX
from supervisor.logs.positions import BYTES_MAX, load_positions, positions_path, save_positions
from supervisor.tests.support.small_disk import needs_root


def test_positions_come_back_as_they_were(tmp_path: Path) -> None:
    path = positions_path(str(tmp_path / "events"))
    save_positions(path, {"mail": 3, "päger": 2**63 - 1})
    assert path.endswith("/events.positions")
    assert load_positions(path) == {"mail": 3, "päger": 2**63 - 1}
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["events.positions"]


def test_without_a_file_no_position_is_known(tmp_path: Path) -> None:
    assert load_positions(str(tmp_path / "none")) == {}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"pools": []}', '{"pools": {"a": "1"}}', '{"pools": {"a": -1}}',
     '{"pools": {"a": true}}', "[" * 100_000, "\udcff"],
)  # fmt: skip
def test_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "events.positions"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError):
        load_positions(str(path))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f'{{"pools": {{"a": {"9" * 5000}}}}}', "it holds no JSON"),
        (f'{{"pools": {{"a": {SERIAL_MAX + 1}}}}}', "it holds no positions"),
        ("[" * 100_000, "it holds no JSON"),
        (" " * (BYTES_MAX + 1), "it is larger than"),
    ],
)
def test_damage_is_told_in_words_of_ours(tmp_path: Path, text: str, why: str) -> None:
    """No advice for those who write Python."""
    path = tmp_path / "positions"
    path.write_text(text)
    with pytest.raises(ValueError, match=why):
        load_positions(str(path))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """The daemon would wait for somebody who writes into a FIFO."""
    make(tmp_path / "positions")
    with pytest.raises(OSError, match="not a regular file"):
        load_positions(str(tmp_path / "positions"))


def test_new_positions_are_never_written_through_a_link(tmp_path: Path) -> None:
    """The directory may be open to others."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "events.positions.new").symlink_to(victim)
    save_positions(str(tmp_path / "events.positions"), {"mail": 1})
    assert victim.read_text() == "precious"
    assert load_positions(str(tmp_path / "events.positions")) == {"mail": 1}


@needs_root
def test_old_positions_are_kept_when_new_ones_cannot_be_written(small_disk: Path) -> None:
    path = str(small_disk / "events.positions")
    save_positions(path, {"mail": 1})
    (small_disk / "filler").write_bytes(b"x" * 60_000)
    with pytest.raises(OSError, match="No space left"):
        save_positions(path, {f"pool {number}": number for number in range(10_000)})
    assert load_positions(path) == {"mail": 1}
    assert sorted(os.listdir(small_disk)) == ["events.positions", "filler"]
