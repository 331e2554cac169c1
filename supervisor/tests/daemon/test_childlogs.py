"""Log files of processes: which ones there are, and what becomes of them when settings change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.config.values import NO_LOG, FileLog
from supervisor.tests.daemon.nursery import Home, settings


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


def named(home: Home, **options: object) -> None:
    """Give process 1 other settings."""
    home.children.revise(1, settings(**options))


def test_logs_that_stay_the_same_are_kept(home: Home) -> None:
    """Another command changes no log: AUTO logs are not made anew."""
    home.add(settings())
    before = dict(home.children.body(1).logs)
    named(home, command="/bin/true")

    assert home.children.body(1).logs == before
    assert len(home.logs_of("web", "stdout")) == 1


def test_channel_that_gets_another_log_gets_it_alone(home: Home, tmp_path: Path) -> None:
    """The other channel keeps its own."""
    home.add(settings())
    stderr = home.children.body(1).logs["stderr"]
    named(home, stdout_logfile=FileLog("other.log"))

    logs = home.children.body(1).logs
    assert logs["stdout"].path == str(tmp_path / "other.log")
    assert logs["stderr"] is stderr


@pytest.mark.parametrize(
    ("options", "channels"),
    [({"stdout_logfile": NO_LOG}, {"stderr"}), ({"redirect_stderr": True}, {"stdout"})],
)
def test_channel_without_a_log_has_none(
    home: Home, options: dict[str, object], channels: set[str]
) -> None:
    """What is not wanted any more is not there."""
    home.add(settings())
    named(home, **options)

    assert home.children.body(1).logs.keys() == channels


def test_log_of_a_running_child_is_kept_until_it_ends(home: Home, tmp_path: Path) -> None:
    """What a child prints goes where it went; the next one's goes to the other log."""
    command = "/bin/sh -c 'read x; echo $x'"
    home.add(settings(command=command, stdout_logfile=FileLog("first.log")))
    home.spawn()
    named(home, command=command, stdout_logfile=FileLog("second.log"))
    named(home, command=command, stdout_logfile=FileLog("third.log"))
    home.children.send(1, b"one\n")
    home.wait()
    home.spawn()
    home.children.send(1, b"two\n")
    home.wait()

    assert (tmp_path / "first.log").read_text() == "one\n"
    assert not (tmp_path / "second.log").exists()
    assert (tmp_path / "third.log").read_text() == "two\n"


def test_settings_are_looked_at_again_before_each_start(home: Home, tmp_path: Path) -> None:
    """Plug-ins may change them at the last moment."""
    home.add(settings(command="/bin/false"))
    log = FileLog("said.log")
    home.children.before_spawn = lambda process_id: named(
        home, command="/bin/echo changed", stdout_logfile=log
    )
    home.spawn()
    home.wait()

    assert (tmp_path / "said.log").read_text() == "changed\n"
