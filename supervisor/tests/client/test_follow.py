"""Following a log: how bytes become text, and what the server may answer."""

import socket
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.client.follow import LogStream, StreamRefused, TextDecoder, process_log_path
from supervisor.tests.support.daemon import wait_until
from supervisor.tests.support.peer import Peer


def decode(chunks: list[bytes]) -> str:
    """All text that a decoder gives for some chunks."""
    decoder = TextDecoder()
    return "".join([*map(decoder.feed, chunks), decoder.close()])


@given(st.text(), st.lists(st.integers(0, 400)))
def test_s30_text_is_the_same_however_it_is_cut(text: str, cuts: list[int]) -> None:
    """A multi-byte character that is split between two chunks arrives whole."""
    data = text.encode("utf-8", "replace")
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[a:b] for a, b in pairwise(edges)]
    assert decode(chunks) == data.decode()


@given(st.lists(st.binary()))
def test_any_bytes_give_text(chunks: list[bytes]) -> None:
    """Nothing that a log contains stops the reader."""
    assert isinstance(decode(chunks), str)


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    """Undecodable chunks print as `Undecodable: b'…'`; the next chunk is text again."""
    assert decode([b"ok ", b"bad\xff", b"ok"]) == "ok Undecodable: b'bad\\xff'\nok"
    assert decode([b"cut \xc3"]) == "cut Undecodable: b'\\xc3'\n"


def test_rest_of_a_character_at_the_start_is_dropped() -> None:
    """A stream begins anywhere in a log, even inside a character."""
    assert decode(["é".encode()[1:] + b"tat"]) == "tat"
    assert decode([b"\x82", b"\xac", "100 €".encode()]) == "100 €"


def test_stream_gives_text_as_it_comes_and_ends_with_the_daemon(tmp_path: Path) -> None:
    """Chunks arrive in order; the end of the stream is the end of the iteration."""
    with Peer(unix=tmp_path / "p.sock") as peer:
        peer.answer("/mainlogtail", 200, b"one \xe2\x82", b"\xac\n", b"two\n")
        stream = LogStream(peer.serverurl, "/mainlogtail", "u", "p" * 80)
        stream.open()
        assert "".join(stream) == "one €\ntwo\n"
        stream.close()
    path, headers = peer.requests[0]
    assert path == "/mainlogtail"
    assert headers["Host"] == "localhost"
    assert "\n" not in headers["Authorization"]


def test_skipped_bytes_are_left_out() -> None:
    """What was in the log before can be skipped, wherever chunks end."""
    with Peer() as peer:
        peer.answer("/mainlogtail", 200, b"old", b" old new", b" newer")
        stream = LogStream(peer.serverurl, "/mainlogtail", None, None)
        stream.open()
        stream.skip(8)
        assert "".join(stream) == "new newer"


def test_refused_stream_tells_the_status() -> None:
    """An unknown process is a 404."""
    with Peer() as peer:
        stream = LogStream(peer.serverurl, process_log_path("x", "stdout"), None, None)
        with pytest.raises(StreamRefused) as raised:
            stream.open()
    assert raised.value.status == 404
    assert str(raised.value) == "Cannot read, status code 404"


def test_s29_names_are_escaped_in_the_path() -> None:
    """A name may contain anything but blanks and colons; the path stays one path."""
    assert (
        process_log_path("grp:a/b?c#ü%", "stderr") == "/logtail/grp%3Aa%2Fb%3Fc%23%C3%BC%25/stderr"
    )


def test_close_wakes_a_waiting_reader_up(tmp_path: Path) -> None:
    """fg ends at once although the process says nothing."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        stream = LogStream(f"unix://{path}", "/mainlogtail", None, None)
        seen: list[str] = []
        ended = threading.Event()

        def follow() -> None:
            stream.open()
            seen.extend(stream)
            ended.set()

        reader = threading.Thread(target=follow, daemon=True)
        reader.start()
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            wait_until(lambda: seen, "the first text has arrived")
            stream.close()
            assert ended.wait(5)


def test_stream_that_was_closed_before_it_was_open_does_not_open() -> None:
    """Closing wins, whoever is faster."""
    with Peer() as peer:
        stream = LogStream(peer.serverurl, "/mainlogtail", None, None)
        stream.close()
        with pytest.raises(ConnectionAbortedError):
            stream.open()
