"""Reading and clearing logs."""

from typing import Any

import pytest

from supervisor.tests.rpc.world import World, program, status

READS = [
    ("readProcessStdoutLog", "stdout"),
    ("readProcessLog", "stdout"),
    ("readProcessStderrLog", "stderr"),
]
TAILS = [
    ("tailProcessStdoutLog", "stdout"),
    ("tailProcessLog", "stdout"),
    ("tailProcessStderrLog", "stderr"),
]


@pytest.fixture
def world() -> World:
    return World(program("web"), program("db", "g"))


class TestReading:
    @pytest.mark.parametrize(("method", "channel"), READS)
    def test_slice_of_the_channel_is_text(self, world: World, method: str, channel: str) -> None:
        world.logbook.channels[1, channel] = b"0123456789"
        assert world.call(method, "web", 3, 4) == "3456"

    @pytest.mark.parametrize("method", ["readLog", "readMainLog"])
    def test_slice_of_the_main_log_is_text(self, world: World, method: str) -> None:
        world.logbook.main = b"0123456789"
        assert world.call(method, 8, 10) == "89"

    def test_main_log_may_be_missing(self, world: World) -> None:
        world.logbook.main = None
        assert world.fault("readLog", 0, 0) == "NO_FILE"
        assert world.fault("clearLog") == "NO_FILE"

    @pytest.mark.parametrize(("method", "channel"), TAILS)
    def test_tail_is_text_size_and_overflow(self, world: World, method: str, channel: str) -> None:
        world.logbook.channels[1, channel] = b"0123456789"
        assert world.call(method, "web", 0, 4) == ["6789", 10, True]

    def test_tail_of_a_huge_log_can_be_sent(self, world: World) -> None:
        """Sizes are ints of 32 bits: beyond them they saturate."""
        world.logbook.tail = lambda *_: (b"x", 5 * 2**30, True)  # type: ignore[method-assign]
        assert world.call("tailProcessLog", "web", 0, 1) == ["x", 2**31 - 1, True]

    def test_x7_s27_bytes_that_are_no_text_are_replaced(self, world: World) -> None:
        """A slice that cuts a character, or invalid bytes: not HTTP 500."""
        world.logbook.channels[1, "stdout"] = "ä€".encode()
        assert world.call("readProcessLog", "web", 1, 3) == "\ufffd\ufffd"
        assert world.call("tailProcessLog", "web", 0, 4) == ["\ufffd€", 5, True]
        world.logbook.main = b"ok \xff"
        assert world.call("readLog", 0, 0) == "ok \ufffd"

    @pytest.mark.parametrize("value", ["3", " 3 ", 3.9, 3])
    def test_numbers_may_be_strings_or_doubles(self, world: World, value: Any) -> None:
        """Truncated to int."""
        world.call("readProcessLog", "web", value, value)
        world.call("tailProcessLog", "web", value, value)
        world.call("readLog", value, value)
        assert world.logbook.asked == [(3, 3)] * 3

    @pytest.mark.parametrize("value", ["a", "", "1.5", float("inf"), float("nan"), "9" * 5000])
    @pytest.mark.parametrize(
        "call", [("readProcessLog", "web"), ("tailProcessLog", "web"), ("readLog",)]
    )
    def test_x8_offset_that_is_no_number_is_a_bad_argument(
        self, world: World, call: Any, value: Any
    ) -> None:
        """Not HTTP 500."""
        assert world.fault(*call, value, 1) == "BAD_ARGUMENTS: offset must be an int"
        assert world.fault(*call, 1, value) == "BAD_ARGUMENTS: length must be an int"

    @pytest.mark.parametrize("value", [None, [], {}])
    def test_number_of_another_type_is_incorrect(self, world: World, value: Any) -> None:
        assert world.fault("readLog", value, 1) == "INCORRECT_PARAMETERS"

    @pytest.mark.parametrize("method", [name for name, _ in READS + TAILS])
    def test_one_process_must_be_named(self, world: World, method: str) -> None:
        """The name is looked at before the numbers; a whole group is BAD_NAME."""
        assert world.fault(method, "g:*", "a", 1) == "BAD_NAME: g:*"
        assert world.fault(method, "nope", "a", 1) == "BAD_NAME: nope"
        assert world.fault(method, 5, 0, 1).startswith("INCORRECT_PARAMETERS")

    def test_log_that_is_not_configured_is_no_file(self, world: World) -> None:
        """With redirect_stderr the stderr log is unset; a tail is no fault."""
        del world.logbook.channels[1, "stderr"]
        assert world.fault("readProcessStderrLog", "web", 0, 0) == "NO_FILE"
        assert world.call("tailProcessStderrLog", "web", 0, 9) == ["", 0, False]


class TestClearing:
    def test_main_log_is_emptied(self, world: World) -> None:
        world.logbook.main = b"text"
        assert world.call("clearLog") is True
        assert world.logbook.main == b""

    @pytest.mark.parametrize("method", ["clearProcessLogs", "clearProcessLog"])
    def test_x17_logs_of_a_stopped_process_are_emptied(self, world: World, method: str) -> None:
        """Not only those of a running one."""
        world.logbook.channels[1, "stdout"] = world.logbook.channels[1, "stderr"] = b"text"
        assert world.state("web:web") == "STOPPED"
        assert world.call(method, "web") is True
        assert world.logbook.channels[1, "stdout"] == world.logbook.channels[1, "stderr"] == b""

    def test_process_without_logs_has_nothing_to_clear(self, world: World) -> None:
        world.logbook.channels.clear()
        assert world.call("clearProcessLogs", "web") is True

    def test_log_that_cannot_be_emptied_is_told(self, world: World) -> None:
        world.logbook.broken = True
        assert world.fault("clearProcessLogs", "g:db") == "FAILED: g:db"

    def test_one_process_must_be_named_to_clear(self, world: World) -> None:
        assert world.fault("clearProcessLogs", "g:*") == "BAD_NAME: g:*"

    def test_all_logs_are_cleared_in_order_of_priority(self, world: World) -> None:
        assert world.call("clearAllProcessLogs") == [status("g:db"), status("web:web")]

    def test_logs_that_cannot_be_cleared_have_a_status(self, world: World) -> None:
        world.logbook.broken = True
        assert world.call("clearAllProcessLogs") == [
            status("g:db", 30, "FAILED: g:db"),
            status("web:web", 30, "FAILED: web"),
        ]
