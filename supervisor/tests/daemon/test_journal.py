"""The journal in the daemon: what was accepted is delivered at least once, whatever ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor import events
from supervisor.config.sections.supervisord import SupervisordSettings
from supervisor.config.values import FileLog
from supervisor.daemon import journal as journal_module
from supervisor.daemon.eventdesk import EventDesk
from supervisor.daemon.journal import SAVE_PAUSE_S
from supervisor.daemon.timers import TimerHeap
from supervisor.levels import Level
from supervisor.states import ProcessStates
from supervisor.tests.daemon.test_pools import FAIL, OK, Stand
from supervisor.tests.support.budget import tries


class Site(Stand):
    """A stand with a journal, whose daemon can end in every way and begin again."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path = path / "events"
        self.options = {"events": ("REMOTE_COMMUNICATION",), "event_replay": True, **options}
        self.maxbytes = 0
        self.backups = 0
        self.heard: list[str] = []
        super().__init__()

    def make(self, predecessor: EventDesk | None) -> EventDesk:
        """A desk without its journal."""
        return super().successor(predecessor)

    def successor(self, predecessor: EventDesk | None) -> EventDesk:
        desk = self.make(predecessor)
        desk.open_journal(
            SupervisordSettings(
                start_cwd="/",
                logfile=FileLog("/log"),
                pidfile="/pid",
                childlogdir="/",
                event_journal=str(self.path),
                event_journal_maxbytes=self.maxbytes,
                event_journal_backups=self.backups,
            )
        )
        return desk

    def begin_life(self) -> "Site":
        """A pool with one listener that is READY."""
        self.pool(**self.options)
        self.pass_s(0.0)
        return self

    def kill(self) -> "Site":
        """The daemon ends without a word, and is started again."""
        self.timers = TimerHeap()
        self.desk = self.successor(None)
        self.pools = self.desk.pools
        return self.begin_life()

    def reload(self) -> "Site":
        """The daemon begins another life."""
        predecessor = self.desk
        self.desk = self.successor_of(predecessor)
        self.pools = self.desk.pools
        return self.begin_life()

    def successor_of(self, predecessor: EventDesk) -> EventDesk:
        """As the daemon does: the old life is closed when the new one has been made."""
        self.timers = TimerHeap()
        self.make(predecessor)
        predecessor.close()
        return self.successor(predecessor)

    def shout(self, *data: str) -> "Site":
        """Clients have messages."""
        self.emit(*data)
        return self

    def listen(self, answer: bytes = OK) -> "Site":
        """The listener answers what it was sent, until nothing more comes."""
        while self.sent:
            self.heard += [data for _, data in self.got()]
            self.sent.clear()
            self.say(1, answer)
            self.pass_s(0.0)
        return self

    def restart_listener(self) -> "Site":
        """The child of the listener dies and another one is READY."""
        self.sent.clear()
        self.enter(1, ProcessStates.EXITED)
        self.begin(1).say(1, b"READY\n").enter(1, ProcessStates.RUNNING)
        self.pass_s(0.0)
        return self

    def positions(self) -> dict[str, int]:
        found = json.loads(Path(f"{self.path}.positions").read_text())["pools"]
        assert isinstance(found, dict)
        return found

    def kept(self, kind: str = "") -> list[dict[str, Any]]:
        """What the journal has, of one type if one is given."""
        lines = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [each for each in lines if kind in ("", each["type"])]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, buffer_size=2)


def texts(numbers: range) -> list[str]:
    return [str(number) for number in numbers]


def _overwrite(path: Path) -> None:
    path.write_text("{}")


def _replace_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


class TestCatchingUp:
    def test_pool_reads_back_what_had_no_room(self, site: Site) -> None:
        site.begin_life().shout(*texts(range(20))).listen()
        assert site.heard == texts(range(20))
        assert [(each.delivered, each.dropped) for each in site.pools.snapshots()] == [(20, 0)]

    def test_pool_without_replay_drops_as_ever(self, tmp_path: Path) -> None:
        site = Site(tmp_path, buffer_size=2, event_replay=False)
        site.begin_life().shout(*texts(range(5))).listen()
        assert site.heard == ["0", "3", "4"]

    def test_pool_reads_only_what_it_subscribed_to(self, site: Site) -> None:
        site.begin_life().shout("0", "1", "2")
        for _ in range(5):
            site.desk.announcer.tick(events.Tick5Event, 5)
        site.shout("3").listen()
        assert site.heard == texts(range(4))

    def test_subscription_to_a_family_is_replayed_too(self, tmp_path: Path) -> None:
        site = Site(tmp_path, buffer_size=1, events=("TICK",))
        site.begin_life()
        for when in (5, 10, 15, 20):
            site.desk.announcer.tick(events.Tick5Event, when)
        site.listen()
        assert site.heard == [f"when:{when}" for when in (5, 10, 15, 20)]

    def test_events_of_a_plug_in_that_is_gone_go_to_those_who_want_everything(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Guest(events.Event):
            def payload(self) -> str:
                return "from a guest"

        monkeypatch.setattr(events.EventTypes, "GUEST", Guest, raising=False)
        site = Site(tmp_path, buffer_size=5, events=("EVENT",))
        site.begin_life()
        site.subscriptions.notify(Guest())
        monkeypatch.delattr(events.EventTypes, "GUEST")
        site.sent.clear()
        site.kill().listen()
        assert site.heard.count("from a guest") == 1

    def test_replayed_event_is_one_of_its_class_for_the_result_handler(self, site: Site) -> None:
        """With its serial and its payload; the process it was about is gone."""
        judged: list[Any] = []
        site.begin_life().shout("0", "1", "2", "3")
        next(iter(site.pools.load()._pools.values())).judge = _judge(judged)
        site.listen()
        assert [type(each) for each in judged] == [events.RemoteCommunicationEvent] * 4
        assert [each.payload() for each in judged] == [f"type:t\n{n}" for n in range(4)]
        written = site.kept("REMOTE_COMMUNICATION")
        assert [each.serial for each in judged] == [each["serial"] for each in written]

    def test_refused_event_keeps_its_place_before_what_is_read_back(self, site: Site) -> None:
        site.begin_life().shout(*texts(range(6)))
        site.heard += [data for _, data in site.got()]
        site.sent.clear()
        site.say(1, FAIL)
        site.listen()
        assert site.heard == ["0", *texts(range(6))]

    def test_long_journal_is_read_a_slice_in_each_turn(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody waits because a journal is long."""
        monkeypatch.setattr("supervisor.logs.journal_reading.SLICE_BYTES_MIN", 200)
        monkeypatch.setattr("supervisor.logs.journal_reading.SLICE_BYTES_MAX", 200)
        site.begin_life().shout("0", "1", "2", "3")
        for _ in range(50):
            site.desk.announcer.tick(events.Tick5Event, 5)
        site.shout("4")
        site.sent.clear()
        site.say(1, OK)
        turns = 0
        while site.pools.snapshots()[0].delivered < 5:
            callback = site.timers.pop_due(site.clock.mono_s)
            if callback is None:
                site.sent.clear()
                site.say(1, OK)
                continue
            callback()
            turns += 1
        assert turns > 20

    def test_events_that_rotated_away_are_counted_as_dropped(self, tmp_path: Path) -> None:
        site = Site(tmp_path, buffer_size=2)
        site.maxbytes, site.backups = 500, 1
        site.desk = site.successor(None)
        site.pools = site.desk.pools
        site.begin_life().shout(*texts(range(60))).listen()
        (counts,) = site.pools.snapshots()
        assert counts.dropped > 0
        assert counts.delivered + counts.dropped == 60
        assert site.heard == sorted(site.heard, key=int)
        assert len([text for text in site.warnings() if "not in the event journal" in text]) == 1

    def test_line_about_lost_serials_does_not_claim_to_know_their_types(self, site: Site) -> None:
        """Some may have been of types that the pool does not get: at most so many are lost."""
        site.begin_life().shout(*texts(range(4)))
        first = site.kept()[-1]["serial"]
        site.desk.announcer.tick(events.Tick5Event, 5)
        site.path.unlink()
        site.path.mkdir()
        site.desk.reopen_journal()
        site.listen()
        (told,) = (text for text in site.warnings() if "not in the event journal" in text)
        assert told.startswith(f"pool ears: the serials {first}-{first + 1} are not in")
        assert ": up to 2 events will not be delivered, as many as were of the pool's" in told

    def test_events_of_a_leaving_daemon_come_after_the_next_start(self, site: Site) -> None:
        """They are not lost, and nothing says that they are."""
        site.begin_life().shout("a", "b", "c", "d")
        site.enter(1, ProcessStates.EXITED)
        site.pools.when_drained(lambda: None)
        line = "pool ears: 2 or more events come after the next start, from the event journal"
        assert (Level.INFO, line) in site.lines
        assert not any("lost" in text for text in site.warnings())
        site.kill().listen()
        assert site.heard[-4:] == ["a", "b", "c", "d"]

    def test_damaged_line_is_skipped_and_told_when_the_pool_has_caught_up(self, site: Site) -> None:
        """One number that is out of all proportion does not keep the daemon from starting."""
        site.begin_life().shout(*texts(range(4)))
        lines = site.path.read_text().splitlines(keepends=True)
        number = str(json.loads(lines[-2])["serial"])
        lines[-2] = lines[-2].replace(f'"serial":{number}', f'"serial":{"9" * 5000}')
        site.path.write_text("".join(lines))
        site.sent.clear()
        site.kill().listen()
        assert site.heard == ["0", "1", "3"]
        (told,) = (text for text in site.warnings() if "skipped" in text)
        assert told.startswith("pool ears: skipped 1 line that is no event in the event journal ")

    def test_what_could_not_be_written_is_delivered_all_the_same(self, site: Site) -> None:
        """The pool has it as long as it has room for it."""
        site.begin_life().shout(*texts(range(4)))
        site.path.rename(f"{site.path}.old")
        site.path.mkdir()
        site.desk.reopen_journal()
        site.shout("4", "5").listen()
        (counts,) = site.pools.snapshots()
        assert (counts.delivered, counts.dropped) == (5, 1)
        assert site.heard == ["0", "1", "2", "4", "5"]
        assert [level for level, _ in site.lines].count(Level.CRIT) == 1
        site.path.rmdir()
        site.shout("6").listen()
        assert site.heard[-1] == "6"

    def test_what_neither_journal_nor_buffer_has_room_for_overflows(
        self, site: Site, tmp_path: Path
    ) -> None:
        """The line says that, the rest comes in order, and a later gap is told nobody again."""
        site.begin_life().shout(*texts(range(4)))
        site.path.rename(tmp_path / "aside")
        site.path.mkdir()
        site.desk.reopen_journal()
        site.shout("4", "5", "6")
        site.path.rmdir()
        (tmp_path / "aside").rename(site.path)
        site.shout("7", "8").listen()
        assert site.heard == ["0", "1", "2", "3", "5", "6", "7", "8"]
        (counts,) = site.pools.snapshots()
        assert (counts.delivered, counts.dropped, counts.waiting) == (8, 1, 0)
        assert not any("will not be delivered" in text for text in site.warnings())
        assert sum("buffer overflowed, discarding" in text for text in site.warnings()) == 1

    def test_pool_that_was_away_is_told_what_could_not_be_written(self, site: Site) -> None:
        """It was given to nobody who could have kept it."""
        site.begin_life().shout("0").listen()
        site.pools.remove("ears")
        site.path.rename(f"{site.path}.1")
        site.path.mkdir()
        site.desk.reopen_journal()
        site.shout("1")
        site.path.rmdir()
        site.shout("2").begin_life().listen()
        assert site.heard == ["0", "2"]
        (told,) = (text for text in site.warnings() if "will not be delivered" in text)
        assert "(allow it more room" in told

    def test_journal_that_was_deleted_is_begun_again_and_its_events_are_told_as_lost(
        self, site: Site
    ) -> None:
        """With the true reason, and each once; what comes later is kept."""
        site.begin_life().shout(*texts(range(6)))
        site.path.unlink()
        site.listen()
        site.shout(*texts(range(6, 10))).listen()
        assert site.heard == texts(range(3)) + texts(range(6, 10))
        (told,) = (text for text in site.warnings() if "will not be delivered" in text)
        assert told.endswith("(the file was deleted or moved away while they were in it)")
        assert sum("it is begun again" in text for text in site.warnings()) == 1
        (counts,) = site.pools.snapshots()
        assert counts.delivered + counts.dropped == 10

    def test_journal_that_cannot_be_read_does_not_stop_the_pool(self, site: Site) -> None:
        site.begin_life().shout(*texts(range(4)))
        loop = Path(f"{site.path}.1")
        loop.symlink_to(loop)
        site.listen()
        site.shout(*texts(range(4, 8))).listen()
        told = [text for text in site.warnings() if text.startswith("cannot read the event journ")]
        assert len(told) == 1
        loop.unlink()
        site.shout("8").listen()
        assert site.heard[-1] == "8"
        (counts,) = site.pools.snapshots()
        assert counts.delivered + counts.dropped == 9


class TestPositions:
    def test_position_is_kept_at_most_once_a_second(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        saved: list[dict[str, int]] = []
        monkeypatch.setattr(
            journal_module, "save_positions", lambda path, positions: saved.append(dict(positions))
        )
        site.begin_life()
        for _ in range(10):
            site.shout("x").listen()
            site.pass_s(0.05)
        site.pass_s(SAVE_PAUSE_S)
        assert [each["ears"] - saved[0]["ears"] for each in saved] == [0, 10]

    def test_position_is_kept_as_soon_as_a_pool_begins(self, site: Site) -> None:
        """A kill in its first second loses nothing."""
        site.begin_life().shout("0", "1", "2")
        (first, *_) = site.kept("REMOTE_COMMUNICATION")
        assert site.positions() == {"ears": first["serial"]}
        site.sent.clear()
        site.kill().listen()
        assert site.heard == texts(range(3))

    def test_position_that_cannot_be_kept_is_told_once(self, site: Site, tmp_path: Path) -> None:
        site.begin_life()
        Path(f"{site.path}.positions").unlink()
        Path(f"{site.path}.positions").mkdir()
        for _ in range(3):
            site.shout("x").listen()
            site.pass_s(2.0)
        assert len(site.warnings()) == 1
        assert site.warnings()[0].startswith(f"cannot write {site.path}.positions: ")
        Path(f"{site.path}.positions").rmdir()
        site.shout("x").listen()
        site.pass_s(2.0)
        assert site.positions() == {"ears": site.kept()[-1]["serial"] + 1}

    def test_serials_never_go_back_although_the_journal_was_deleted(self, site: Site) -> None:
        site.begin_life().shout(*texts(range(3))).listen()
        site.pass_s(2.0)
        last = site.kept()[-1]["serial"]
        site.path.unlink()
        site.kill().shout("3").listen()
        assert site.kept()[0]["serial"] == last + 1
        assert site.heard == texts(range(4))

    def test_positions_of_pools_that_are_gone_are_kept_within_bounds(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(journal_module, "ABSENT_COUNT_MAX", 2)
        site.begin_life()
        for number in range(5):
            site.pool(f"guest{number}", (10 + number,), **site.options)
            site.shout("x")
            site.pools.remove(f"guest{number}")
        site.pass_s(2.0)
        assert sorted(site.positions()) == ["ears", "guest3", "guest4"]

    @pytest.mark.parametrize("damage", [_overwrite, _replace_by_directory])
    def test_positions_that_cannot_be_used_begin_with_the_oldest_event(
        self, site: Site, damage: Callable[[Path], None]
    ) -> None:
        """Rather too much than too little; the serials go on all the same."""
        site.begin_life().shout(*texts(range(3))).listen()
        site.pass_s(2.0)
        last = site.kept()[-1]["serial"]
        damage(Path(f"{site.path}.positions"))
        site.heard.clear()
        site.kill().listen()
        assert site.heard == texts(range(3))
        assert site.kept()[-1]["serial"] > last
        assert any(text.startswith(f"cannot use {site.path}.pos") for text in site.warnings())
        assert not any("not in the event journal" in text for text in site.warnings())


class TestEveryEvent:
    def test_every_event_gets_a_serial_although_nobody_listens(self, site: Site) -> None:
        site.shout("a", "b")
        site.desk.announcer.tick(events.Tick5Event, 5)
        assert [(each["serial"], each["type"]) for each in site.kept()] == [
            (0, "REMOTE_COMMUNICATION"),
            (1, "REMOTE_COMMUNICATION"),
            (2, "TICK_5"),
        ]

    def test_event_of_two_families_is_kept_once(self, site: Site) -> None:
        class Both(events.RemoteCommunicationEvent, events.SettledStateEvent):
            pass

        site.subscriptions.notify(Both("t", "x"))
        assert [each["serial"] for each in site.kept()] == [0]

    def test_queries_are_no_events(self, site: Site) -> None:
        site.begin_life()
        site.pools.query("ears", "who?", 1.0)
        site.shout("a")
        assert [each["type"] for each in site.kept()] == [
            "PROCESS_STATE_RUNNING",
            "REMOTE_COMMUNICATION",
        ]


STEPS = st.lists(
    st.sampled_from(["emit", "emit", "emit", "ok", "ok", "fail", "kill", "reload", "die", "wait"]),
    max_size=40,
)


@settings(max_examples=tries(60))
@given(STEPS, st.integers(1, 4), st.sampled_from([0, 400]))
def test_whatever_ends_each_event_is_heard_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], buffer_size: int, maxbytes: int
) -> None:
    """At least once, in order, before anything newer."""
    site = Site(tmp_path_factory.mktemp("journal"), buffer_size=buffer_size)
    site.maxbytes, site.backups = maxbytes, 1000
    site.desk = site.successor(None)
    site.pools = site.desk.pools
    site.begin_life()
    count = 0
    accepted_by_listener: list[str] = []
    for step in steps:
        if step == "emit":
            site.shout(str(count))
            count += 1
        elif step in ("ok", "fail") and site.sent:
            data = site.got()[-1][1]
            site.sent.clear()
            accepted_by_listener += [data] if step == "ok" else []
            site.say(1, OK if step == "ok" else FAIL)
        elif step == "kill":
            site.sent.clear()
            site.kill()
        elif step == "reload":
            site.sent.clear()
            site.reload()
        elif step == "die":
            site.restart_listener()
        site.pass_s(2.0 if step == "wait" else 0.0)
    site.pass_s(10.0)
    while site.sent:
        accepted_by_listener.append(site.got()[-1][1])
        site.sent.clear()
        site.say(1, OK)
        site.pass_s(10.0)
    first_time = list(dict.fromkeys(accepted_by_listener))
    assert first_time == texts(range(count))


def _judge(judged: list[Any]) -> Callable[[Any, bytes], Any]:
    from supervisor.core.pool_inputs import Verdict

    def judge(event: Any, result: bytes) -> Verdict:
        judged.append(event)
        return Verdict.ACCEPTED

    return judge
