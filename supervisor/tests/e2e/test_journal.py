"""The event journal with real daemons: nothing is lost that it has, whoever is killed."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.ear import SCRIPT, Heard, heard, hold, let_go
from supervisor.tests.support.scenario_live import configure, live, script
from supervisor.tests.support.scenario_stage import StageDaemon
from supervisor.tests.support.small_disk import mounted, needs_root

DAEMON = """
[supervisord]
event_journal={journal}
"""
EAR = """
[eventlistener:ear]
command={dir}/listener ear
events=REMOTE_COMMUNICATION
event_replay=true
buffer_size=2
startsecs=0
autorestart=true
"""
CAT = """
[program:cat]
command=cat
startsecs=0
"""
JOURNAL = "{dir}/events"


@contextmanager
def site(
    config: str = EAR, *, journal: str = JOURNAL, more: str = "", start: bool = True
) -> Iterator[StageDaemon]:
    """A daemon that keeps a journal; `more` are further lines of [supervisord]."""
    with live(DAEMON.replace("{journal}", journal) + more + config, start=False) as daemon:
        script(daemon, "listener", SCRIPT)
        if start:
            daemon.start()
        yield daemon


def lines(journal: Path) -> list[dict[str, Any]]:
    """The events of one journal file."""
    return [json.loads(line) for line in journal.read_text("utf-8").splitlines()]


def shout(daemon: StageDaemon, numbers: range) -> None:
    """Send a message for each number."""
    for number in numbers:
        daemon.rpc.supervisor.sendRemoteCommEvent("count", str(number))


def numbers(events: list[Heard]) -> list[int]:
    """The numbers of the messages, in the order in which they were heard first."""
    found = [int(each.payload.partition("\n")[2]) for each in events]
    return list(dict.fromkeys(found))


def wait_numbers(daemon: StageDaemon, expected: range) -> list[Heard]:
    """What was heard, as soon as it ends with the last number; all must be there, in order."""
    last = expected[-1]
    wait_until(lambda: last in numbers(heard(daemon.directory)), f"message {last} is heard")
    events = heard(daemon.directory)
    assert numbers(events) == list(expected)
    return events


def wait_heard(daemon: StageDaemon, count: int) -> None:
    wait_until(lambda: len(heard(daemon.directory)) >= count, f"{count} messages are heard")


def kill(daemon: StageDaemon) -> None:
    """End the daemon without a chance to say anything."""
    daemon.signal(signal.SIGKILL)
    daemon.wait()


def restart(daemon: StageDaemon) -> None:
    """Start it again after its end."""
    daemon.start()


# ---------------------------------------------------------------------- writing


def test_every_event_is_a_line_of_json_with_its_serial_although_nobody_listens() -> None:
    """Every event has a serial then, subscribed or not; coalesced ones are kept, too."""
    with site(CAT) as daemon:
        daemon.wait_state("cat", "RUNNING")
        daemon.rpc.supervisor.stopProcess("cat")
        shout(daemon, range(1))
        daemon.stop()
        found = [each for each in lines(daemon.directory / "events") if "TICK" not in each["type"]]
        assert [each["type"] for each in found] == [
            "PROCESS_GROUP_ADDED",
            "SUPERVISOR_STATE_CHANGE_RUNNING",
            "PROCESS_STATE_STARTING",
            "PROCESS_STATE_RUNNING",
            "PROCESS_STATE_CHANGE_RUNNING",
            "PROCESS_STATE_STOPPING",
            "PROCESS_STATE_STOPPED",
            "PROCESS_STATE_CHANGE_STOPPED",
            "REMOTE_COMMUNICATION",
            "SUPERVISOR_STATE_CHANGE_STOPPING",
        ]
        serials = [each["serial"] for each in lines(daemon.directory / "events")]
        assert serials == list(range(len(serials)))
        assert found[2]["payload"] == "processname:cat groupname:cat from_state:STOPPED tries:0"
        assert found[0]["time"].endswith("Z")


def test_serials_go_on_after_a_restart_of_the_daemon_and_after_a_reload() -> None:
    with site(CAT) as daemon:
        daemon.stop()
        restart(daemon)
        daemon.rpc.supervisor.restart()
        daemon.wait_log("supervisord started with pid", within_s=20)
        wait_until(
            lambda: (
                [each["type"] for each in lines(daemon.directory / "events")].count(
                    "SUPERVISOR_STATE_CHANGE_RUNNING"
                )
                == 3
            ),
            "it runs for the third time",
        )
        daemon.stop()
        serials = [each["serial"] for each in lines(daemon.directory / "events")]
        assert serials == list(range(len(serials)))


def test_daemon_without_a_journal_keeps_none_and_loads_no_json() -> None:
    """Off by default."""
    with live(CAT, environment={"PYTHONVERBOSE": "1"}) as daemon:
        daemon.wait_state("cat", "RUNNING")
        daemon.stop()
        assert not (daemon.directory / "events").exists()
        assert "import 'supervisor.daemon.eventdesk'" in daemon.output()
        assert "import 'json'" not in daemon.output()


def test_journal_that_cannot_be_opened_keeps_nobody_from_running() -> None:
    with site(EAR + CAT, start=False) as daemon:
        (daemon.directory / "events").mkdir()
        daemon.start()
        daemon.wait_state("cat", "RUNNING")
        (daemon.directory / "events").rmdir()
        shout(daemon, range(3))
        wait_numbers(daemon, range(3))
        log = daemon.wait_log("can be written to again")
        assert "CRIT cannot write to the event journal" in log
        assert lines(daemon.directory / "events")[0]["type"] == "JOURNAL_GAP"


@needs_root
def test_full_disk_is_told_and_events_still_go_to_their_listeners() -> None:
    roomy = EAR.replace("buffer_size=2", "buffer_size=100")
    with mounted() as disk, site(roomy + CAT, journal=f"{disk}/events") as daemon:
        (disk / "filler").write_bytes(b"x" * 57_000)
        for number in range(10):
            daemon.rpc.supervisor.sendRemoteCommEvent("count", str(number) + " " * 2000)
        wait_numbers(daemon, range(10))
        daemon.wait_log("CRIT cannot write to the event journal")
        (disk / "filler").unlink()
        shout(daemon, range(10, 12))
        wait_numbers(daemon, range(12))
        log = daemon.wait_log("can be written to again")
        assert log.count("cannot write to the event journal") == 1
        assert daemon.info("cat")["statename"] == "RUNNING"


def test_journal_that_was_moved_away_is_begun_again_upon_sigusr2() -> None:
    with site(CAT) as daemon:
        daemon.wait_state("cat", "RUNNING")
        journal = daemon.directory / "events"
        journal.rename(daemon.directory / "events.old")
        daemon.signal(signal.SIGUSR2)
        wait_until(journal.exists, "there is a journal again")
        shout(daemon, range(1))
        wait_until(lambda: "REMOTE" in journal.read_text(), "it has the message")


# ---------------------------------------------------------------------- catching up


def test_buffer_that_overflows_loses_nothing() -> None:
    """Dropping the oldest event of a pool with event_replay is refused: it is in the journal."""
    with site() as daemon:
        hold(daemon.directory)
        shout(daemon, range(50))
        let_go(daemon.directory)
        events = wait_numbers(daemon, range(50))
        assert [each.poolserial for each in events] == list(range(50))
        assert [each.serial for each in events] == sorted({each.serial for each in events})
        assert "overflowed" not in daemon.log_text()


def test_events_that_come_while_a_pool_catches_up_wait_for_their_turn() -> None:
    with site() as daemon:
        hold(daemon.directory)
        shout(daemon, range(30))
        let_go(daemon.directory)
        shout(daemon, range(30, 60))
        wait_numbers(daemon, range(60))


def test_pool_catches_up_through_a_rotation() -> None:
    with site(more="event_journal_maxbytes=1000\nevent_journal_backups=50\n") as daemon:
        hold(daemon.directory)
        shout(daemon, range(20))
        wait_heard(daemon, 1)
        let_go(daemon.directory)
        shout(daemon, range(20, 60))
        wait_numbers(daemon, range(60))
        assert (daemon.directory / "events.3").exists()


def test_events_that_rotated_away_are_counted_and_told_and_the_rest_is_delivered() -> None:
    """One ERRO line for each range of serials."""
    with site(more="event_journal_maxbytes=1000\nevent_journal_backups=1\n") as daemon:
        hold(daemon.directory)
        shout(daemon, range(60))
        let_go(daemon.directory)
        wait_until(lambda: 59 in numbers(heard(daemon.directory)), "the last message is heard")
        found = numbers(heard(daemon.directory))
        assert found == sorted(found)
        line = r"ERRO pool ear: the serials (\d+)(?:-(\d+))? are not in the event"
        told = [
            (int(first), int(last or first)) for first, last in re.findall(line, daemon.log_text())
        ]
        assert sum(last - first + 1 for first, last in told) == 60 - len(found) > 0


def test_listener_that_was_killed_goes_on_where_it_was() -> None:
    """After the listener restarted: at least once, in order."""
    with site() as daemon:
        shout(daemon, range(3))
        wait_numbers(daemon, range(3))
        hold(daemon.directory)
        shout(daemon, range(3, 40))
        wait_heard(daemon, 4)
        os.kill(daemon.info("ear")["pid"], signal.SIGKILL)
        wait_heard(daemon, 5)
        let_go(daemon.directory)
        events = wait_numbers(daemon, range(40))
        assert [each.serial for each in events].count(events[3].serial) == 2


def test_daemon_that_was_killed_delivers_what_waited() -> None:
    """The position of a pool survives the daemon."""
    with site() as daemon:
        shout(daemon, range(5))
        wait_numbers(daemon, range(5))
        positions = daemon.directory / "events.positions"
        serial = heard(daemon.directory)[-1].serial
        wait_until(
            lambda: json.loads(positions.read_text())["pools"]["ear"] > serial,
            "the position is kept",
        )
        hold(daemon.directory)
        shout(daemon, range(5, 30))
        kill(daemon)
        let_go(daemon.directory)
        restart(daemon)
        events = wait_numbers(daemon, range(30))
        # What had been done with for a second is not told again.
        assert [numbers([each]) for each in events].count([0]) == 1


def test_daemon_that_was_stopped_delivers_what_waited_when_it_is_started_again() -> None:
    """An orderly end is no reason to lose events, even without event_drain_secs."""
    with site() as daemon:
        hold(daemon.directory)
        shout(daemon, range(10))
        assert daemon.stop() == 0
        let_go(daemon.directory)
        restart(daemon)
        wait_numbers(daemon, range(10))


def test_last_line_that_was_torn_by_a_kill_is_in_nobodys_way() -> None:
    """Tolerate a torn last line after kill -9."""
    with site() as daemon:
        hold(daemon.directory)
        shout(daemon, range(10))
        kill(daemon)
        with (daemon.directory / "events").open("ab") as journal:
            journal.write(b'{"serial":99,"time":"2026-11-22T05:0')
        let_go(daemon.directory)
        restart(daemon)
        shout(daemon, range(10, 12))
        wait_numbers(daemon, range(12))


def test_reload_loses_nothing() -> None:
    with site() as daemon:
        hold(daemon.directory)
        shout(daemon, range(20))
        wait_heard(daemon, 1)
        daemon.rpc.supervisor.restart()
        wait_heard(daemon, 2)
        let_go(daemon.directory)
        wait_until(lambda: _answers(daemon), "the daemon answers")
        shout(daemon, range(20, 22))
        wait_numbers(daemon, range(22))


def test_pool_that_was_removed_and_added_again_gets_what_it_missed() -> None:
    with site() as daemon:
        shout(daemon, range(3))
        wait_numbers(daemon, range(3))
        daemon.rpc.supervisor.stopProcess("ear")
        daemon.rpc.supervisor.removeProcessGroup("ear")
        shout(daemon, range(3, 20))
        daemon.rpc.supervisor.addProcessGroup("ear")
        events = wait_numbers(daemon, range(20))
        assert len(events) == 20


def test_new_pool_begins_with_what_happens_from_then_on() -> None:
    with site(CAT) as daemon:
        shout(daemon, range(5))
        daemon.stop()
        configure(daemon, DAEMON.replace("{journal}", JOURNAL) + EAR)
        restart(daemon)
        daemon.wait_state("ear", "RUNNING")
        shout(daemon, range(5, 7))
        wait_numbers(daemon, range(5, 7))


def test_damaged_positions_deliver_rather_too_much_than_too_little() -> None:
    with site() as daemon:
        shout(daemon, range(5))
        wait_numbers(daemon, range(5))
        daemon.stop()
        (daemon.directory / "events.positions").write_text("{")
        (daemon.directory / "ear.heard").unlink()
        restart(daemon)
        wait_numbers(daemon, range(5))
        assert "ERRO cannot use " in daemon.log_text()


def test_two_pools_have_a_position_each() -> None:
    slow = EAR.replace("eventlistener:ear", "eventlistener:slow").replace(" ear\n", " slow\n")
    with site(EAR + slow) as daemon:
        hold(daemon.directory, "slow")
        shout(daemon, range(20))
        wait_numbers(daemon, range(20))
        kill(daemon)
        let_go(daemon.directory, "slow")
        restart(daemon)
        wait_until(
            lambda: numbers(heard(daemon.directory, "slow")) == list(range(20)),
            "the slow one has all",
        )


def test_replayed_events_are_the_same_bytes() -> None:
    """Same serial, same payload: also what is not ASCII, of several lines, or Python's notation."""
    payload = 'Ünï\ncode "quoted" \\ \t €'
    with site(EAR) as daemon:
        hold(daemon.directory)
        shout(daemon, range(3))
        for _ in range(3):
            daemon.rpc.supervisor.sendRemoteCommEvent("text", payload)
        let_go(daemon.directory)
        wait_heard(daemon, 6)
        texts = [each.payload for each in heard(daemon.directory)[3:]]
        assert texts == [f"type:text\n{payload}"] * 3


def _answers(daemon: StageDaemon) -> bool:
    look: Callable[[], Any] = daemon.rpc.supervisor.getState
    try:
        return bool(look()["statename"] == "RUNNING")
    except OSError:
        return False
