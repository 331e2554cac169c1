"""The helpers that event listeners import."""

import io
import subprocess
import sys
import time
import xmlrpc.client

import pytest

from supervisor import childutils
from supervisor.tests.support.daemon import OUR_DAEMON, clean_environment
from supervisor.tests.support.peer import Peer


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("ver:3.0 len:5\n", {"ver": "3.0", "len": "5"}),
        ("a:b   c:d", {"a": "b", "c": "d"}),
        ("", {}),
        ("empty:", {"empty": ""}),
    ],
)
def test_headers_are_blank_separated_tokens(line: str, headers: dict[str, str]) -> None:
    """`get_headers(line)`: dict of `k:v` tokens; strings."""
    assert childutils.get_headers(line) == headers


def test_e16_x47_header_values_may_contain_colons() -> None:
    """Split at the first `:`."""
    assert childutils.get_headers("at:12:30 url:http://x") == {"at": "12:30", "url": "http://x"}


def test_header_without_colon_is_refused() -> None:
    """ValueError, as ever."""
    with pytest.raises(ValueError, match="'c'"):
        childutils.get_headers("a:b c")


def test_event_data_is_split_at_the_first_line_feed() -> None:
    """`(headers dict, data)`."""
    assert childutils.eventdata("a:b\nfoo\nbar") == ({"a": "b"}, "foo\nbar")
    assert childutils.eventdata("a:b\n") == ({"a": "b"}, "")


def test_asctime_is_that_of_the_main_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """`YYYY-MM-DD HH:MM:SS,mmm` local."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert childutils.get_asctime(1.5) == "1970-01-01 00:00:01,500"
    assert childutils.get_asctime(0) == "1970-01-01 00:00:00,000"
    assert len(childutils.get_asctime()) == 23


def test_listener_waits_for_an_event_and_answers() -> None:
    """READY, header line, `len` characters; then the result."""
    stdin = io.StringIO("ver:3.0 len:5\nabcdeREST")
    stdout = io.StringIO()
    headers, payload = childutils.listener.wait(stdin, stdout)
    assert (headers, payload) == ({"ver": "3.0", "len": "5"}, "abcde")
    assert stdin.read() == "REST"
    childutils.listener.ok(stdout)
    childutils.listener.fail(stdout)
    childutils.listener.ready(stdout)
    assert stdout.getvalue() == "READY\nRESULT 2\nOKRESULT 4\nFAILREADY\n"


def test_payload_with_other_line_ends_is_read_to_its_end() -> None:
    """CR LF counts two characters; a text stream that made one of them waited for ever."""
    raw = io.BytesIO(b"ver:3.0 len:6\na\r\nb\rcver:3.0 len:1\nX")
    stdin = io.TextIOWrapper(raw, encoding="utf-8")
    assert childutils.listener.wait(stdin, io.StringIO())[1] == "a\r\nb\rc"
    assert childutils.listener.wait(stdin, io.StringIO())[1] == "X"


def test_daemon_that_has_gone_is_a_key_error() -> None:
    """Which is how listeners have always ended."""
    with pytest.raises(KeyError):
        childutils.listener.wait(io.StringIO(""), io.StringIO())


@pytest.mark.parametrize(("encoding", "length"), [("utf-8", 5), ("latin-1", 4)])
def test_result_length_is_told_in_bytes(encoding: str, length: int) -> None:
    """The daemon counts bytes."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    childutils.listener.send("grün", stream)
    assert raw.getvalue() == f"RESULT {length}\ngrün".encode(encoding)
    stdout = io.StringIO()
    childutils.listener.send("grün", stdout)
    assert stdout.getvalue() == "RESULT 5\ngrün"


def test_e15_x46_capture_tags_are_written_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    """They raised TypeError, being bytes written to a text stream."""
    stream = io.StringIO()
    childutils.pcomm.send("hi", stream)
    expected = "<!--XSUPERVISOR:BEGIN-->hi<!--XSUPERVISOR:END-->"
    assert stream.getvalue() == expected
    code = "from supervisor.childutils import pcomm; pcomm.stdout('hi'); pcomm.stderr('hi')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=clean_environment(OUR_DAEMON),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (expected, expected)


def test_interface_comes_from_the_environment() -> None:
    """URL required; name and password default to empty, and are sent even then."""
    with Peer({"supervisor.getPID": lambda: 7}) as peer:
        proxy = childutils.getRPCInterface({"SUPERVISOR_SERVER_URL": peer.serverurl})
        assert isinstance(proxy, xmlrpc.client.ServerProxy)
        assert proxy.supervisor.getPID() == 7
    assert peer.requests[0][1]["Authorization"] == "Basic Og=="
    with pytest.raises(KeyError):
        childutils.getRPCTransport({})


def test_listener_that_only_waits_stays_small() -> None:
    """Nothing of the daemon is imported but names for annotations, XML-RPC only on first use."""
    code = (
        "import sys, supervisor.childutils; print(*sorted(m for m in sys.modules if"
        " m.startswith(('supervisor.', 'xmlrpc', 'http', 'email', 'ssl'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=clean_environment(OUR_DAEMON),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["supervisor.childutils", "supervisor.hints"]
