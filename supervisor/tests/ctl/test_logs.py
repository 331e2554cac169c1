"""tail, maintail, fg: arguments and errors; the streams themselves are tested in client."""

import io

import pytest

from supervisor.ctl.commands.logs import parse_modifier
from supervisor.ctl.foreground import STREAM_HEAD_BYTES, old_head_bytes
from supervisor.errors import Fault
from supervisor.tests.ctl.session import Outcome, controller, daemon, info, outcome_of, run
from supervisor.tests.support.peer import Peer, raises_fault

CTRL_C = "==> Press Ctrl-C to exit <==\n"


def reading() -> Peer:
    """A daemon whose logs say how they were read."""
    return daemon(
        readProcessStdoutLog=lambda *a: f"out{a}",
        readProcessStderrLog=lambda *a: f"err{a}",
        readLog=lambda *a: f"main{a}",
    )


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("tail cat", "out('cat', -1600, 0)\n"),
        ("tail -100 cat", "out('cat', -100, 0)\n"),
        ("tail cat STDERR", "err('cat', -1600, 0)\n"),
        ("tail -100000 g:p stdout", "out('g:p', -100000, 0)\n"),
        ("maintail", "main(-1600, 0)\n"),
        ("maintail -20", "main(-20, 0)\n"),
    ],
)
def test_tail_reads_the_last_bytes(line: str, stdout: str) -> None:
    """Default: last 1600 bytes, followed by a newline; the channel is case-insensitive."""
    with reading() as peer:
        assert run(peer, line) == Outcome(stdout, 0)


@pytest.mark.parametrize(
    ("line", "message", "helps"),
    [
        ("tail", "Error: too few arguments", True),
        ("tail a b c d", "Error: too many arguments", True),
        ("tail -f", "Error: tail requires process name", False),
        ("tail cat foo", "Error: bad channel 'foo'", False),
        ("tail cat FOO", "Error: bad channel 'foo'", False),
        ("tail -xyz cat", "Error: bad argument -xyz", False),
        ("maintail a b", "Error: too many arguments", True),
        ("maintail x", "Error: bad argument x", False),
        ("maintail 5", "Error: bad argument 5", False),
    ],
)
def test_bad_arguments_of_tail(line: str, message: str, helps: bool) -> None:
    """Each has its message; exit 1."""
    with reading() as peer:
        help_text = run(peer, f"help {line.split()[0]}").stdout if helps else ""
        assert run(peer, line) == Outcome(f"{message}\n{help_text}", 1)


def test_s26_tail_of_zero_bytes_is_empty() -> None:
    """`tail -0` once returned the whole log."""
    with daemon(readProcessStdoutLog=lambda name, offset, length: "x" * length) as peer:
        assert run(peer, "tail -0 cat") == Outcome("\n", 0)
        peer.methods["supervisor.readProcessStdoutLog"] = raises_fault(Fault.BAD_NAME, "BAD_NAME")
        assert run(peer, "tail -0 cat").exit_code == 1


@pytest.mark.parametrize("word", ["--5", "-", "-5x", "5", "-²", "-1_0", "- 5", f"-{2**31}"])
def test_s26_tail_modifier_must_be_a_number(word: str) -> None:
    """`tail --5` once read from offset 5."""
    with pytest.raises(ValueError, match=word):
        parse_modifier(word)


@pytest.mark.parametrize("digits", ["2147483648", "9" * 20, "9" * 5000])
@pytest.mark.parametrize("line", ["tail -{0} cat", "maintail -{0}"])
def test_tail_of_more_than_can_be_asked_for_is_refused(line: str, digits: str) -> None:
    """XML-RPC carries 32 bits; more ended in an OverflowError once."""
    with reading() as peer:
        expected = Outcome(f"Error: bad argument -{digits}\n", 1)
        assert run(peer, line.format(digits)) == expected
        assert run(peer, "maintail -2147483647") == Outcome("main(-2147483647, 0)\n", 0)


@pytest.mark.parametrize(
    ("fault", "tail", "maintail"),
    [
        (Fault.NO_FILE, "cat: ERROR (no log file)", "supervisord: ERROR (no log file)"),
        (
            Fault.FAILED,
            "cat: ERROR (unknown error reading log)",
            "supervisord: ERROR (unknown error reading log)",
        ),
        (Fault.BAD_NAME, "cat: ERROR (no such process name)", None),
    ],
)
def test_unreadable_logs(fault: Fault, tail: str, maintail: str | None) -> None:
    """NO_FILE, FAILED and BAD_NAME have their texts; exit 1."""
    refuse = raises_fault(fault, fault.name)
    with daemon(readProcessStdoutLog=refuse, readLog=refuse) as peer:
        assert run(peer, "tail cat") == Outcome(f"{tail}\n", 1)
        if maintail is not None:
            assert run(peer, "maintail") == Outcome(f"{maintail}\n", 1)


def test_tail_f_prints_the_stream_until_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """No superfluous line, a split character arrives whole, and the end is told on stderr."""
    with daemon() as peer:
        peer.answer("/logtail/g%3Ap/stdout", 200, b"a\xc3", b"\xa9b\n")
        peer.answer("/mainlogtail", 200, b"main\n")
        assert run(peer, "tail -f g:p") == Outcome(f"{CTRL_C}aéb\n", 0)
        assert run(peer, "maintail -f") == Outcome(f"{CTRL_C}main\n", 0)
    assert capsys.readouterr().err == "".join(
        f"{peer.serverurl}{path} the daemon ended the connection\n"
        for path in ("/logtail/g:p/stdout", "/mainlogtail")
    )
    headers = peer.requests[-1][1]
    assert headers["Host"] == peer.serverurl.removeprefix("http://")


def test_s28_tail_f_of_an_unknown_name_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """`Cannot read, status code 404` on stderr; the exit code was 0 once."""
    with daemon() as peer:
        assert run(peer, "tail -f nope stderr") == Outcome(CTRL_C, 1)
    expected = f"{peer.serverurl}/logtail/nope/stderr Cannot read, status code 404\n"
    assert capsys.readouterr().err == expected


def test_encoding_that_cannot_show_everything_is_told_first() -> None:
    """The warning names LANG and PYTHONIOENCODING; then what cannot be shown is escaped."""
    with daemon(readProcessStdoutLog=lambda *_: "grün") as peer:
        raw = io.BytesIO()
        session = controller(peer)
        session.stdout = io.TextIOWrapper(raw, encoding="ascii")
        session.onecmd("tail cat")
    assert raw.getvalue().decode() == (
        "Warning: sys.stdout.encoding is set to ascii, so Unicode output may fail. "
        "Check your LANG and PYTHONIOENCODING environment settings.\n"
        "gr\\xfcn\n"
    )


@pytest.mark.parametrize(
    ("line", "message", "helps"),
    [
        ("fg", "ERROR: no process name supplied", True),
        ("fg a b", "ERROR: too many process names supplied", False),
        ("fg nope", "ERROR: bad process name supplied", False),
        ("fg g:*", "ERROR: bad process name supplied", False),
        ("fg man", "ERROR: process not running", False),
        ("fg odd", "ERROR: <Fault 30: 'FAILED'>", False),
    ],
)
def test_fg_refuses_what_does_not_run(line: str, message: str, helps: bool) -> None:
    """Exit 1 in every case; another fault gave 0 once."""

    def get_info(name: str) -> dict[str, object]:
        if name == "man":
            return info("man", 0, "STOPPED")
        fault = (Fault.FAILED, "FAILED") if name == "odd" else (Fault.BAD_NAME, "BAD_NAME")
        return raises_fault(*fault)()

    with daemon(getProcessInfo=get_info) as peer:
        help_text = run(peer, "help fg").stdout if helps else ""
        assert run(peer, line) == Outcome(f"{message}\n{help_text}", 1)


def foreground(peer: Peer, typed: str) -> Outcome:
    """`fg cat` with these lines on standard input; its logs are empty."""
    for channel in ("Stdout", "Stderr"):
        peer.methods[f"supervisor.tailProcess{channel}Log"] = lambda *_: ["", 0, False]
    session = controller(peer)
    session.terminal._stdin = io.StringIO(typed)
    session.onecmd("fg cat")
    return outcome_of(session)


def test_fg_sends_lines_until_the_input_ends() -> None:
    """Each line goes to the process with its newline; then `Exiting foreground`."""
    with daemon(getProcessInfo=lambda _: info("cat"), sendProcessStdin=lambda *_: True) as peer:
        assert foreground(peer, "one\ntwo") == Outcome(f"{CTRL_C}Exiting foreground\n", 0)
    sent = [call[1:] for call in peer.calls if call[0].endswith("sendProcessStdin")]
    assert sent == [("cat", "one\n"), ("cat", "two\n")]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault.NOT_RUNNING, "Process got killed"),
        (Fault.NO_FILE, "ERROR: <Fault 20: 'NO_FILE'>"),
    ],
)
def test_fg_ends_when_the_process_takes_no_more(fault: Fault, message: str) -> None:
    """Process gone, or its stdin closed."""
    with daemon(
        getProcessInfo=lambda _: info("cat"), sendProcessStdin=raises_fault(fault, fault.name)
    ) as peer:
        outcome = foreground(peer, "one\ntwo\n")
    assert outcome.stdout == f"{CTRL_C}{message}\nExiting foreground\n"


def test_s31_fg_ends_with_its_process() -> None:
    """The end of the process is noticed although nothing was typed after it."""
    states = iter([20, 20, 100])
    with daemon(
        getProcessInfo=lambda _: info("cat", next(states)), sendProcessStdin=lambda *_: True
    ) as peer:
        outcome = foreground(peer, "one\ntwo\nthree\n")
    assert outcome.stdout == f"{CTRL_C}Process got killed\nExiting foreground\n"


@pytest.mark.parametrize(
    ("before", "after", "skipped"),
    [
        (0, 0, 0),
        (10, 10, 10),
        (5000, 5000, STREAM_HEAD_BYTES),
        (10, 30, 10),
        (5000, 5024, STREAM_HEAD_BYTES - 24),
        (5000, 9000, 0),
        (1000, 1100, STREAM_HEAD_BYTES - 100),
        (5000, 10, STREAM_HEAD_BYTES),
    ],
)
def test_s31_fg_leaves_old_output_out(before: int, after: int, skipped: int) -> None:
    """The first KiB of a stream is old; new output is never skipped, even in a race."""
    assert old_head_bytes(before, after) == skipped
