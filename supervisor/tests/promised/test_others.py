"""Loggers, channels, RPC tools and supervisord: what cannot be compared with the reference."""

import io
import threading

import pytest

from supervisor import dispatchers, loggers, supervisord, xmlrpc
from supervisor.errors import Fault
from supervisor.events import EventTypes


def test_handler_that_fails_never_stops_who_logs(capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong with a log is told on standard error."""

    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    log = loggers.getLogger()
    log.addHandler(loggers.StreamHandler(Broken()))
    log.info("lost")
    assert "No space left on device" in capsys.readouterr().err


def test_handler_without_formats_passes_bytes_on_unchanged() -> None:
    """Output that is no text gets into a binary log as it is."""
    handler = loggers.Handler(io.BytesIO())
    handler.emit(loggers.LogRecord(20, b"\xff\x00"))
    assert handler.stream.getvalue() == b"\xff\x00"


def test_emit_can_be_replaced_on_the_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in with threads wraps `emit` of all handlers in a lock."""
    lock = threading.RLock()
    original = loggers.Handler.emit

    def locked(self: loggers.Handler, record: loggers.LogRecord) -> None:
        with lock:
            original(self, record)

    monkeypatch.setattr(loggers.Handler, "emit", locked)
    log = loggers.getLogger()
    loggers.handle_boundIO(log, "%(message)s")
    log.info("once")
    assert log.getvalue() == b"once"


def test_rotation_that_fails_is_told(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    """A backup that cannot be replaced stops neither the log nor its writer."""
    path = tmp_path / "r.log"
    handler = loggers.RotatingFileHandler(str(path), maxBytes=3, backupCount=1)
    (tmp_path / "r.log.1").mkdir()
    (tmp_path / "r.log.1" / "occupied").touch()
    handler.emit(loggers.LogRecord(20, "full"))
    assert "r.log.1" in capsys.readouterr().err


def test_channels_know_which_way_they_go() -> None:
    """`readable` and `writable` are what they are called, until the channel is closed."""
    output = dispatchers.POutputDispatcher("p", EventTypes.PROCESS_COMMUNICATION_STDERR, 3)
    assert (output.channel, output.readable(), output.writable()) == ("stderr", True, False)
    assert output.event_type is EventTypes.PROCESS_COMMUNICATION_STDERR
    output.removelogs()
    output.reopenlogs()
    output.close()
    assert (output.closed, output.readable()) == (True, False)

    stdin = dispatchers.PInputDispatcher("p", "stdin", 4)
    assert (stdin.readable(), stdin.writable()) == (False, False)
    stdin.input_buffer = b"waits"
    assert stdin.writable()
    assert repr(stdin).endswith("for p (stdin)>")

    listener = dispatchers.PEventListenerDispatcher("p", "stdout", 5)
    assert listener.readable()


def test_error_of_a_plugin_has_the_code_it_was_given() -> None:
    """A plug-in's own codes get names by attributes set on Faults."""
    xmlrpc.Faults.NOT_TODAY = 4711
    try:
        error = xmlrpc.RPCError(4711, "closed")
        assert (error.code, error.text) == (4711, "NOT_TODAY: closed")
    finally:
        del xmlrpc.Faults.NOT_TODAY
    assert xmlrpc.RPCError(4711).text == "UNKNOWN"


def test_faults_have_all_codes() -> None:
    """The class for third parties has what the daemon answers with."""
    assert {fault.name: int(fault) for fault in Fault} == {
        name: code for name, code in vars(xmlrpc.Faults).items() if name.isupper()
    }


def test_multicall_makes_calls_one_after_another() -> None:
    """A call that takes its time is finished before the next one is made."""
    made = []

    class Interface:
        def quick(self) -> str:
            made.append("quick")
            return "q"

        def slow(self):
            asked = []

            def answer() -> object:
                asked.append(1)
                if len(asked) < 3:
                    return xmlrpc.NOT_DONE_YET
                made.append("slow")
                return "s"

            answer.delay = 0.01
            return answer

    system = xmlrpc.SystemNamespaceRPCInterface([("i", Interface())])
    later = system.multicall([{"methodName": f"i.{name}"} for name in ("quick", "slow", "quick")])
    answers = []
    while not answers or answers[-1] is xmlrpc.NOT_DONE_YET:
        assert len(answers) < 10
        answers.append(later())
    assert answers[-1] == ["q", "s", "q"]
    assert made == ["quick", "slow", "quick"]
    assert later.delay > 0


def test_supervisord_runs_from_words(capsys: pytest.CaptureFixture[str]) -> None:
    """`main(args=[…])` returns the exit code."""
    assert supervisord.main(args=["-h"]) == 0
    assert "supervisord -- run a set of applications" in capsys.readouterr().out
    assert supervisord.main(["--no-such-option"], test=True) == 2


def test_supervisord_goes_with_options(capsys: pytest.CaptureFixture[str]) -> None:
    """`go(options)` runs the daemon on the file that the options name."""

    class Options:
        configfile = "/no/such/file.conf"

    assert supervisord.go(Options()) == 2
    assert "could not find config file /no/such/file.conf" in capsys.readouterr().err


def test_unknown_names_are_attribute_errors() -> None:
    """hasattr() works as ever on modules whose names come late."""
    for module in (supervisord, xmlrpc):
        assert not hasattr(module, "no_such_name")
