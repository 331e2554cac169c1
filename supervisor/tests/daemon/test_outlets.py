"""Outlets: who gets which part of the output of a child, and in which order."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import NO_LOG
from supervisor.daemon.filters import Stripping
from supervisor.daemon.outlets import (
    PIECES_MAX,
    STDERR,
    STDOUT,
    WAIT_S,
    Hearing,
    Outlets,
    Sinks,
    Source,
    Unwritten,
)
from supervisor.daemon.timers import TimerHeap
from supervisor.host.clock import SystemClock
from supervisor.levels import Level
from supervisor.logs.filelog import FileLog
from supervisor.logs.mainlog import MainLog
from supervisor.logs.syslog import SyslogClient
from supervisor.tests.daemon.nursery import Home, settings
from supervisor.tests.fakes.clock import FakeClock
from supervisor.wire.capture import BEGIN, END


class Recorder:
    """Remembers the pieces it is given, and the failures that are reported."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.reports: list[str] = []
        self.ends = 0

    def take(self, data: bytes | memoryview) -> None:
        self.pieces.append(bytes(data))

    def fail(self, data: bytes | memoryview = b"") -> None:
        raise RuntimeError("a mistake of ours")

    def end(self) -> None:
        self.ends += 1


class TestSinks:
    def test_output_goes_to_every_sink_unchanged(self) -> None:
        """Output is bytes and stays bytes."""
        first, second = Recorder(), Recorder()
        Sinks([first.take, second.take], (), first.reports.append).give(bytes(range(256)))
        assert first.pieces == second.pieces == [bytes(range(256))]

    def test_sink_that_raises_is_left_out_and_the_others_go_on(self) -> None:
        """The child never blocks or dies because of our log trouble."""
        recorder = Recorder()
        outlet = Sinks([recorder.fail, recorder.take], (), recorder.reports.append)
        for _ in range(3):
            outlet.give(b"line\n")
        assert recorder.pieces == [b"line\n"] * 3
        assert len(recorder.reports) == 1

    def test_all_sinks_are_ended_although_one_fails(self) -> None:
        recorder = Recorder()
        Sinks([], [recorder.fail, recorder.end], recorder.reports.append).close()
        assert (recorder.ends, len(recorder.reports)) == (1, 1)


class TestStripping:
    def test_filter_sees_all_and_gives_its_rest_at_the_end(self) -> None:
        recorder = Recorder()
        outlet = Stripping(Sinks([recorder.take], [recorder.end], recorder.reports.append))
        for piece in (b"\x1b[3", b"1mred\x1b[0m and \x1b[3"):
            outlet.give(memoryview(piece))
        assert b"".join(recorder.pieces) == b"red and "
        outlet.close()
        assert (b"".join(recorder.pieces), recorder.ends) == (b"red and \x1b[3", 1)

    def test_output_that_is_filtered_away_reaches_no_sink(self) -> None:
        recorder = Recorder()
        Stripping(Sinks([recorder.take], (), recorder.reports.append)).give(b"\x1b[0m")
        assert recorder.pieces == []


class Hearer:
    """Wants everything, unless told otherwise, and remembers it."""

    def __init__(self) -> None:
        self.output_heard: list[tuple[int, str, bytes]] = []
        self.captures_heard: list[tuple[int, str, bytes]] = []

    def output(self, process_id: int, channel: str, data: bytes | memoryview) -> None:
        self.output_heard.append((process_id, channel, bytes(data)))

    def captured(self, process_id: int, channel: str, data: bytes | memoryview) -> None:
        self.captures_heard.append((process_id, channel, bytes(data)))


class Bench:
    """Outlets of one process with a log file, a main log, and somebody who hears."""

    def __init__(self, path: Path, level: int = Level.DEBG) -> None:
        self.path = path
        self.hearer = Hearer()
        self.main_log = MainLog(SystemClock(), level)
        self.main_log.open_file(str(path / "main.log"), 0, 0)
        self.log = FileLog(str(path / "child.log"), 0, 0, report=self.main_log.log)
        self.log.open()
        self._outlets = Outlets(self.main_log, self._syslog)

    def _syslog(self) -> SyslogClient:
        return SyslogClient(
            "test", SystemClock(), report=self.main_log.log, addresses=(str(self.path / "syslog"),)
        )

    def run(
        self, process: ProcessSettings, *chunks: bytes, channel: str = STDOUT, strip: bool = False
    ) -> None:
        """Everything that one child prints."""
        source = Source(7, process, channel, self.log)
        outlet = self._outlets.of_program(source, self.hearer, strip_ansi=strip)
        for chunk in chunks:
            outlet.give(memoryview(chunk))
        outlet.close()

    def converse(self, tap: Callable[[Any], None], *chunks: bytes, strip: bool = False) -> None:
        """Everything that a listener says."""
        options: dict[str, Any] = {"stdout_capture_maxbytes": 100, "stdout_events_enabled": True}
        source = Source(7, settings(**options, stdout_syslog=True), STDOUT, self.log)
        outlet = self._outlets.of_conversation(source, tap, strip_ansi=strip)
        for chunk in chunks:
            outlet.give(memoryview(chunk))
        outlet.close()

    def logged(self) -> bytes:
        return (self.path / "child.log").read_bytes()

    def told(self) -> list[str]:
        """The lines of the main log, without their stamps."""
        return [
            line.partition(" ")[2].partition(" ")[2]
            for line in (self.path / "main.log").read_text().splitlines()
        ]

    def close(self) -> None:
        self.log.close()
        self.main_log.close()


class Burst:
    """A listener that has its next event at once whatever it says, with a log of its own."""

    def __init__(self, bench: Bench) -> None:
        self.goes_on = True
        self.fails = False
        self._clock = FakeClock()
        self._timers = TimerHeap()
        self.unwritten = Unwritten(self._timers, lambda: self._clock.mono_s)
        self.outlet = Hearing(
            self._tap, bench.log.write, None, self.unwritten.put_off, lambda text: None
        )

    def _tap(self, data: object) -> bool:
        if self.fails:
            raise ValueError("a mistake of ours")
        return self.goes_on

    def say(self, piece: bytes) -> None:
        """All that is said in one turn."""
        self.outlet.hear(piece)
        self.outlet.flush()

    def pass_s(self, seconds: float) -> None:
        self._clock.advance_to(self._clock.mono_s + seconds)
        while (callback := self._timers.pop_due(self._clock.mono_s)) is not None:
            callback()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def capturing(bytes_max: int = 1000, **options: Any) -> ProcessSettings:
    return settings(stdout_capture_maxbytes=bytes_max, **options)


class TestCapture:
    def test_capture_goes_to_listeners_and_not_to_the_log(self, bench: Bench) -> None:
        bench.run(capturing(), b"before\n" + BEGIN + b"for you" + END + b"after\n")
        assert bench.hearer.captures_heard == [(7, STDOUT, b"for you")]
        assert bench.logged() == b"before\nafter\n"

    def test_comm_event_is_told_at_debug(self, bench: Bench) -> None:
        bench.run(capturing(), BEGIN + b"x" + END)
        assert bench.told()[-1] == "DEBG 'web' stdout emitted a comm event"

    def test_debug_echo_shows_what_is_captured_but_no_tags(self, bench: Bench) -> None:
        """Between tags: still echoed to the main log at debug."""
        bench.run(capturing(), b"out" + BEGIN + b"in" + END)
        assert bench.told()[:4] == [
            "DEBG 'web' stdout output:",
            "",
            "DEBG 'web' stdout output:",
            "",
        ]
        echoed = (bench.path / "main.log").read_text().splitlines()[1::2][:2]
        assert echoed == ["out", "in"]

    def test_stderr_has_a_capture_of_its_own(self, bench: Bench) -> None:
        process = settings(stderr_capture_maxbytes=100)
        bench.run(process, BEGIN + b"e" + END, channel=STDERR)
        bench.run(process, BEGIN + b"o" + END, channel=STDOUT)
        assert bench.hearer.captures_heard == [(7, STDERR, b"e")]
        assert bench.logged() == BEGIN + b"o" + END

    def test_process_that_ends_inside_loses_the_capture_and_that_is_told(
        self, bench: Bench
    ) -> None:
        """Process dies inside: data lost, no event."""
        bench.run(capturing(), b"out\n" + BEGIN + b"half")
        assert (bench.hearer.captures_heard, bench.logged()) == ([], b"out\n")
        assert bench.told()[-1] == (
            "WARN 'web' stdout ended inside a capture: there was no END tag, 4 bytes are lost"
        )

    def test_capture_that_is_cut_is_told_once_per_start(self, bench: Bench) -> None:
        bench.run(capturing(3), (BEGIN + b"12345" + END) * 2)
        assert [data for _, _, data in bench.hearer.captures_heard] == [b"345", b"345"]
        warnings = [line for line in bench.told() if line.startswith("WARN")]
        assert warnings == [
            "WARN 'web' stdout printed 5 bytes between the tags, only the last 3 are kept "
            "(set stdout_capture_maxbytes to more; told once per start)"
        ]

    def test_tags_are_found_behind_escape_sequences(self, bench: Bench) -> None:
        bench.run(capturing(), BEGIN[:8] + b"\x1b[31m" + BEGIN[8:] + b"x" + END, strip=True)
        assert (bench.hearer.captures_heard, bench.logged()) == ([(7, STDOUT, b"x")], b"")

    def test_l7_last_words_that_look_like_a_tag_are_logged(self, bench: Bench) -> None:
        """Flush everything that cannot be a tag prefix, and all at EOF."""
        bench.run(capturing(), b"bye " + BEGIN[:10])
        assert bench.logged() == b"bye " + BEGIN[:10]

    def test_captured_text_is_not_sent_to_syslog(self, bench: Bench) -> None:
        """Bytes between the tags go to the buffer instead of the log and syslog."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
            syslog.bind(str(bench.path / "syslog"))
            syslog.setblocking(False)
            bench.run(
                capturing(stdout_syslog=True), b"one\nt" + BEGIN + b"in\n" + END + b"wo\nlast"
            )
            lines = [syslog.recv(4096).rpartition(b": ")[2] for _ in range(3)]
            assert lines == [b"web one", b"web two", b"web last"]
            with pytest.raises(BlockingIOError):
                syslog.recv(4096)
        assert bench.hearer.captures_heard == [(7, STDOUT, b"in\n")]


class TestOutputEvents:
    def test_every_chunk_is_an_event_of_its_own(self, bench: Bench) -> None:
        bench.run(settings(stdout_events_enabled=True), b"one\n", b"two\n")
        assert bench.hearer.output_heard == [(7, STDOUT, b"one\n"), (7, STDOUT, b"two\n")]

    def test_output_is_announced_after_strip_ansi(self, bench: Bench) -> None:
        bench.run(settings(stderr_events_enabled=True), b"\x1b[1mx", channel=STDERR, strip=True)
        assert bench.hearer.output_heard == [(7, STDERR, b"x")]

    def test_output_is_not_announced_unless_it_is_asked_for(self, bench: Bench) -> None:
        bench.run(settings(stderr_events_enabled=True), b"out", channel=STDOUT)
        assert bench.hearer.output_heard == []

    def test_l8_e11_captured_text_yields_no_log_events(self, bench: Bench) -> None:
        """Captured text is no log output (L8, E11)."""
        bench.run(capturing(stdout_events_enabled=True), b"a" + BEGIN + b"in" + END + b"b")
        assert bench.hearer.output_heard == [(7, STDOUT, b"a"), (7, STDOUT, b"b")]


class TestConversation:
    def test_tap_gets_every_byte_and_the_log_a_copy(self, bench: Bench) -> None:
        """stdout of a listener is also appended raw to its log; capture is ignored there."""
        heard = bytearray()
        said = b"READY\n" + BEGIN + b"x" + END
        bench.converse(heard.extend, said)
        assert bytes(heard) == bench.logged() == said
        assert (bench.hearer.output_heard, bench.hearer.captures_heard) == ([], [])

    def test_only_the_log_of_a_listener_is_stripped(self, bench: Bench) -> None:
        """strip_ansi: for the stdout of a listener, log only."""
        heard = bytearray()
        bench.converse(heard.extend, b"\x1b[1mREADY\n\x1b[", strip=True)
        assert (bytes(heard), bench.logged()) == (b"\x1b[1mREADY\n\x1b[", b"READY\n\x1b[")

    def test_log_keeps_the_order_of_what_is_read_while_something_is_heard(
        self, bench: Bench
    ) -> None:
        """An answer may lead to anything, even to reading more of the same listener."""
        source = Source(7, settings(), STDOUT, bench.log)

        def hear(data: Any) -> None:
            if bytes(data) == b"one ":
                outlet.give(memoryview(b"two "))
                outlet.flush()
                outlet.give(memoryview(b"three"))

        outlet = Outlets(bench.main_log, lambda: None).of_conversation(  # type: ignore[arg-type, return-value]
            source, hear, strip_ansi=False
        )
        outlet.give(memoryview(b"one "))
        outlet.close()
        assert bench.logged() == b"one two three"

    def test_mistake_in_hearing_is_told_and_the_next_piece_is_heard(self, bench: Bench) -> None:
        """The log has everything all the same."""
        heard = []

        def tap(data: Any) -> None:
            heard.append(bytes(data))
            raise ValueError("a mistake of ours")

        bench.converse(tap, b"one ", b"two")
        assert heard == [b"one ", b"two"]
        assert bench.logged() == b"one two"
        assert sum("was not heard" in line for line in bench.told()) == 2

    def test_what_is_said_in_a_burst_is_written_together(self, bench: Bench) -> None:
        """After a moment at the latest, without a write for each answer."""
        burst = Burst(bench)
        for piece in (b"one ", b"two ", b"three "):
            burst.say(piece)
        assert bench.logged() == b""
        burst.pass_s(WAIT_S)
        assert bench.logged() == b"one two three "
        burst.say(b"four")
        burst.goes_on = False
        burst.say(b"five")
        assert bench.logged() == b"one two three fourfive", "at rest nothing waits"
        burst.pass_s(1.0)
        assert bench.logged() == b"one two three fourfive"

    def test_what_waits_is_bounded(self, bench: Bench) -> None:
        """At the bound it is written, however soon there is more."""
        burst = Burst(bench)
        for _ in range(PIECES_MAX - 1):
            burst.say(b"x")
        assert bench.logged() == b""
        burst.say(b"y")
        assert bench.logged() == b"x" * (PIECES_MAX - 1) + b"y"

    def test_nothing_waits_while_a_log_is_followed(self, bench: Bench) -> None:
        burst = Burst(bench)
        burst.unwritten.is_looked_at = lambda: True
        burst.say(b"one")
        assert bench.logged() == b"one"

    def test_whoever_is_about_to_look_has_it_written(self, bench: Bench) -> None:
        burst = Burst(bench)
        burst.say(b"one")
        burst.unwritten.write()
        assert bench.logged() == b"one"

    def test_what_waits_is_written_at_the_end(self, bench: Bench) -> None:
        """Of the child, in order, and once."""
        burst = Burst(bench)
        burst.say(b"one ")
        burst.outlet.give(memoryview(b"two"))
        burst.outlet.close()
        assert bench.logged() == b"one two"
        burst.pass_s(1.0)
        assert bench.logged() == b"one two"

    def test_nothing_waits_for_a_log_that_is_not_there(self) -> None:
        """Nobody is woken up to write nothing."""
        writes: list[Callable[[], object]] = []

        def put_off(write: Callable[[], object]) -> bool:
            writes.append(write)
            return True

        outlet = Hearing(lambda data: True, None, None, put_off, lambda text: None)
        outlet.hear(b"one")
        outlet.flush()
        assert writes == []

    def test_burst_that_ends_with_a_mistake_of_ours_is_written(self, bench: Bench) -> None:
        burst = Burst(bench)
        burst.say(b"one ")
        burst.fails = True
        burst.say(b"two")
        assert bench.logged() == b"one two"

    def test_output_is_echoed_before_it_is_understood(self, bench: Bench) -> None:
        """Order on a result read: output echo first."""
        bench.converse(lambda data: bench.main_log.log(Level.DEBG, "understood"), b"RESULT 2\nOK")
        assert bench.told() == ["DEBG 'web' stdout output:", "", "DEBG understood"]
        assert "b'RESULT 2\\nOK'" in (bench.path / "main.log").read_text()


def test_children_hand_output_to_whoever_announces_it(tmp_path: Path) -> None:
    """A real child, in capture mode without any log: its words reach the announcer."""
    home = Home(tmp_path)
    hearer = Hearer()
    home.children.announcer = hearer
    script = f"printf '{BEGIN.decode()}in{END.decode()}out'"
    process = capturing(
        command=f'/bin/sh -c "{script}"', stdout_logfile=NO_LOG, stdout_events_enabled=True
    )
    home.add(process).spawn()
    home.wait()
    home.close()
    assert hearer.captures_heard == [(1, STDOUT, b"in")]
    assert hearer.output_heard == [(1, STDOUT, b"out")]


def test_children_hand_the_stdout_of_listeners_to_the_tap(tmp_path: Path) -> None:
    home = Home(tmp_path)
    heard = bytearray()
    home.children.raw_tap = lambda process_id: heard.extend if process_id == 2 else None
    for process_id, name in ((1, "program"), (2, "listener")):
        command = f"/bin/sh -c 'echo {name}; echo of {name} >&2'"
        home.add(settings(name, command=command), process_id).spawn(process_id)
        home.wait(process_id)
    (log,) = home.logs_of("listener", STDOUT)
    home.close()
    assert bytes(heard) == log.read_bytes() == b"listener\n"
