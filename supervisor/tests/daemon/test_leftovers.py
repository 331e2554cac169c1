"""Automatic logs that an earlier daemon left behind and that cannot be removed, for real."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supervisor.core.inputs import TroubleArose, TroubleEnded
from supervisor.daemon.leftovers import RETRY_EVERY_S, Leftovers
from supervisor.daemon.timers import TimerHeap
from supervisor.tests.fakes.clock import FakeClock

NOBODY = 65534
STALE = "web-stdout---super-abcdefgh.log"


@contextmanager
def unprivileged() -> Iterator[None]:
    """As a user who may not do everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory with one old log of ours, which we may read and nothing else."""
    path = Path(tempfile.mkdtemp(prefix="left"))
    (path / STALE).touch()
    if os.geteuid() == 0:
        os.chown(path / STALE, NOBODY, -1)
    path.chmod(0o555)
    yield path
    path.chmod(0o700)
    shutil.rmtree(path)


class Cleaning:
    """A start of the daemon, and the time after it."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.timers = TimerHeap()
        self.told: list[object] = []
        self.lines: list[str] = []
        leftovers = Leftovers(self.timers, self.clock, self.told.append)
        leftovers.clean_up(str(folder), "super", lambda _level, text: self.lines.append(text))

    def pass_a_pause(self) -> None:
        self.clock.advance(RETRY_EVERY_S)
        callback = self.timers.pop_due(self.clock.now().mono_s)
        assert callback is not None
        callback()


def test_log_that_cannot_be_removed_is_trouble_until_it_is_gone(folder: Path) -> None:
    """It is tried again every minute: whoever mends the cause need not tell."""
    with unprivileged():
        start = Cleaning(folder)
        (arose,) = start.told
        assert isinstance(arose, TroubleArose)
        assert arose.reason == f"cannot remove {folder / STALE}: Permission denied"
        assert start.lines == [f"Failed to clean up '{folder / STALE}'"]
        start.pass_a_pause()
        assert start.told == [arose]
    folder.chmod(0o777)
    with unprivileged():
        start.pass_a_pause()
    assert start.told == [arose, TroubleEnded(arose.key)]
    assert not (folder / STALE).exists()
    assert start.timers.next_deadline_s() is None


def test_log_that_somebody_else_removed_is_no_trouble_any_more(folder: Path) -> None:
    """It is gone, whoever did it."""
    with unprivileged():
        start = Cleaning(folder)
    folder.chmod(0o777)
    (folder / STALE).unlink()
    start.pass_a_pause()
    assert isinstance(start.told[-1], TroubleEnded)


def test_logs_of_another_user_are_no_trouble_of_ours(folder: Path) -> None:
    """Directories such as /tmp are shared: a WARN line as ever, and that is all."""
    if os.geteuid() != 0:
        pytest.skip("needs root to make a file of somebody else")
    os.chown(folder / STALE, 0, 0)
    with unprivileged():
        start = Cleaning(folder)
    assert start.lines == [f"Failed to clean up '{folder / STALE}'"]
    assert (start.told, start.timers.next_deadline_s()) == ([], None)


def test_what_is_no_file_is_no_trouble(tmp_path: Path) -> None:
    """A directory that happens to be named like a log."""
    (tmp_path / STALE).mkdir()
    start = Cleaning(tmp_path)
    assert start.lines == [f"Failed to clean up '{tmp_path / STALE}'"]
    assert (start.told, start.timers.next_deadline_s()) == ([], None)
