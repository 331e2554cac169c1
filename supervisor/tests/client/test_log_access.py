"""Reading logs from daemons of any age: what there was, and where to go on."""

import xmlrpc.client
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.client import log_access
from supervisor.client.api import Api, problem_fault
from supervisor.client.http_stream import Answered
from supervisor.client.log_access import (
    EVENT_STREAMS_MAX,
    STREAM_HEAD_BYTES,
    End,
    NewLogAccess,
    OldLogAccess,
    known_head_bytes,
    without_cut_character,
)
from supervisor.client.transport import server_proxy
from supervisor.errors import Fault, ProtocolViolation
from supervisor.tests.support.peer import Peer, raises_fault
from supervisor.tests.support.script import Script


def piece(data: bytes, begin: int, end: int, status: str = "200 OK") -> bytes:
    """A piece of a log as the API answers it."""
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain;charset=utf-8\r\n"
        f"X-Log-Begin: {begin}\r\nX-Log-Next: {begin + len(data)}\r\nX-Log-End: {end}\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    ).encode() + data


def access(script: Script, log_count: int = 1) -> NewLogAccess:
    """The logs of a scripted daemon."""
    return NewLogAccess(Api(script.serverurl, None, None), log_count)


def test_end_of_a_log_is_read_in_pieces(tmp_path: Path) -> None:
    """A daemon gives only so much at a time."""
    answers = [piece(b"cde", 2, 8), piece(b"fg", 5, 8), piece(b"h", 7, 8)]
    with Script(tmp_path / "s", *answers) as script:
        assert access(script).end("g:p q", "stderr", 6) == End(b"cdefgh", False, 8)
    paths = [request.split()[1] for request in script.requests]
    length = log_access.PIECE_BYTES
    start = "/api/v1/processes/g%3Ap%20q/logs/stderr?from="
    assert paths == [f"{start}{offset}&length={length}" for offset in (-6, 5, 7)]


def test_whole_log_is_known_as_such(tmp_path: Path) -> None:
    with Script(tmp_path / "s", piece(b"all", 0, 3)) as script:
        assert access(script).end("p", "stdout", 100) == End(b"all", True, 3)


def test_end_without_content_tells_where_to_go_on(tmp_path: Path) -> None:
    """`logs -f -n 0`: only what comes."""
    with Script(tmp_path / "s", piece(b"x", 41, 42)) as script:
        assert access(script).end("p", "stdout", 0) == End(b"", False, 42)


def test_log_that_shrinks_while_it_is_read_is_no_trouble(tmp_path: Path) -> None:
    """It was emptied: there is nothing at that offset any more."""
    with Script(tmp_path / "s", piece(b"abc", 0, 6), piece(b"", 0, 0)) as script:
        assert access(script).end("p", "stdout", 100) == End(b"abc", True, 0)


def test_refusal_has_the_fault_of_xml_rpc(tmp_path: Path) -> None:
    """One table of texts serves all daemons."""
    problem = b'{"code": 20, "detail": "There is no such file."}'
    answer = piece(problem, 0, 0, "404 Not Found").replace(
        b"text/plain", b"application/problem+json"
    )
    with Script(tmp_path / "s", answer) as script, pytest.raises(xmlrpc.client.Fault) as raised:
        access(script).end("p", "stdout", 100)
    assert raised.value.faultCode == Fault.NO_FILE


@pytest.mark.parametrize(
    ("status", "body", "code", "text"),
    [
        (404, b'{"code": 10, "detail": "No."}', 10, "No."),
        (409, b'{"title": "Conflict"}', 30, "Conflict"),
        (404, b"<html>", 10, "HTTP status 404"),
        (500, b"[1]", 30, "HTTP status 500"),
        (400, b'{"detail": 5, "code": "x"}', 30, "HTTP status 400"),
        (400, b"\xff", 30, "HTTP status 400"),
    ],
)
def test_problem_becomes_a_fault(status: int, body: bytes, code: int, text: str) -> None:
    """Whatever answers."""
    fault = problem_fault(status, body)
    assert (fault.faultCode, fault.faultString) == (code, text)


def test_followed_log_goes_on_from_its_last_event(tmp_path: Path) -> None:
    """Ids are offsets; a rotation begins at 0."""
    with Script(tmp_path / "s") as script:
        source = access(script).source("p", "stdout", 7)
    path, headers = source.request()
    assert path == "/api/v1/processes/p/logs/stdout?from=7"
    assert headers["Accept"] == "text/event-stream"
    assert source.expects(Answered(200, "text/event-stream", {}))
    assert not source.expects(Answered(200, "text/plain", {}))
    event = 'event: log\nid: 10\ndata: {"offset": 7, "text": "gr\\u00fcn"}\n\n'
    assert source.feed(event.encode()) == ["grün".encode()]
    assert source.request()[0].endswith("?from=10")
    assert source.feed(b'event: anew\nid: 0\ndata: {"reason": "rotated"}\n\n') == []
    assert source.request()[0].endswith("?from=0")


@pytest.mark.parametrize("data", [b"5", b"{}", b'{"text": 5}', b"nonsense"])
def test_log_event_without_text_is_a_violation(tmp_path: Path, data: bytes) -> None:
    with Script(tmp_path / "s") as script:
        source = access(script).source("p", "stdout", 0)
    source.request()
    with pytest.raises(ProtocolViolation):
        source.feed(b"event: log\ndata: " + data + b"\n\n")


def test_many_logs_are_followed_as_plain_text(tmp_path: Path) -> None:
    """Streams of events are few; bytes are counted instead."""
    with Script(tmp_path / "s") as script:
        source = access(script, EVENT_STREAMS_MAX + 1).source("p", "stdout", 7)
    assert source.request()[0].endswith("?from=7&follow=true")
    assert source.expects(Answered(200, "text/plain", {}))
    assert list(source.feed(b"\xff\n")) == [b"\xff\n"]
    assert source.request()[0].endswith("?from=9&follow=true")


@given(st.text(), st.integers(0, 20))
def test_character_that_is_cut_is_left_for_later(text: str, cut_bytes: int) -> None:
    """What is left out is read again, with its rest."""
    data = text.encode("utf-8", "replace")
    data = data[: len(data) - min(cut_bytes, len(data))]
    kept, position = without_cut_character(data, 100 + len(data))
    assert data.startswith(kept)
    assert len(data) - len(kept) < 4
    assert position == 100 + len(kept)
    kept.decode()


@given(st.binary())
def test_bytes_that_are_no_text_lose_nothing_but_a_beginning(data: bytes) -> None:
    """Of any bytes at most three are left for later."""
    kept, position = without_cut_character(data, len(data))
    assert data.startswith(kept)
    assert len(data) - len(kept) < 4
    assert position == len(kept)


# ---------------------------------------------------------------- older daemons


def tailing(text: str, size: int, overflow: bool) -> Peer:
    """A daemon whose logs end like this."""
    return Peer({"supervisor.tailProcessStdoutLog": lambda *_: [text, size, overflow]})


def test_older_daemon_is_asked_by_xml_rpc() -> None:
    with tailing("grün", 100, overflow=True) as peer:
        old = OldLogAccess(server_proxy(peer.serverurl).supervisor)
        assert old.end("p", "stdout", 50) == End("grün".encode(), False, 100)
    assert peer.calls == [("supervisor.tailProcessStdoutLog", "p", 0, 50)]


def test_missing_log_of_an_older_daemon_is_told() -> None:
    """Asking for its end does not tell; reading does."""
    with tailing("", 0, overflow=False) as peer:
        peer.methods["supervisor.readProcessStdoutLog"] = raises_fault(20, "NO_FILE")
        old = OldLogAccess(server_proxy(peer.serverurl).supervisor)
        with pytest.raises(xmlrpc.client.Fault, match="NO_FILE"):
            old.end("p", "stdout", 50)


def test_older_daemon_that_cuts_characters_is_asked_for_more() -> None:
    """Release 4 answers 500 if the piece begins within a character, and always for other bytes."""
    with Peer() as peer:
        peer.answer("/RPC2", 500)
        old = OldLogAccess(server_proxy(peer.serverurl).supervisor)
        with pytest.raises(xmlrpc.client.Fault, match="FAILED"):
            old.end("p", "stdout", 50)
    assert len(peer.requests) == 4


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_known_head_of_a_stream_is_left_out(position: int, grown_bytes: int) -> None:
    """Of the last 1024 bytes with which it begins, those before the position."""
    size_bytes = position + grown_bytes
    head_bytes = min(STREAM_HEAD_BYTES, size_bytes)
    known = known_head_bytes(position, size_bytes)
    assert known == max(0, min(position, STREAM_HEAD_BYTES - grown_bytes))
    assert 0 <= known <= head_bytes


def test_log_that_began_anew_is_all_news() -> None:
    """Rotated or emptied while nobody followed."""
    assert known_head_bytes(500, 100) == 0
