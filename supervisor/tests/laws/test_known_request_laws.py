"""Requests whose head was read before: the short way reads them as the careful one does."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supervisor.web import heads
from supervisor.web.budget import Budget
from supervisor.web.connection import Head, RequestReader
from supervisor.web.limits import DEFAULT_LIMITS
from supervisor.web.messages import Request

FIELDS = [name for name in Request.__slots__ if name != "body"]
JUDGED = ["Host", "Connection", "Content-Length", "Transfer-Encoding", "Expect"]
NAMES = st.sampled_from([*JUDGED, "Authorization", "Cookie", "X-Y"])
VALUES = st.sampled_from(["a", "close", "Keep-Alive, x", "3", "0", "100-continue", "chunked", ""])
HEADS = st.builds(
    lambda method, target, version, lines, end: (
        f"{method} {target} HTTP/{version}{end}"
        + "".join(f"{name}: {value}{end}" for name, value in lines)
        + end
    ).encode(),
    st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    st.sampled_from(["/RPC2", "/RPC2?x=1", "/%41%zz", "*", "http://h/x"]),
    st.sampled_from(["1.0", "1.1", "2.0"]),
    st.lists(st.tuples(NAMES, VALUES), max_size=3),
    st.sampled_from(["\r\n", "\n"]),
)


def reader() -> RequestReader:
    return RequestReader(DEFAULT_LIMITS, Budget(10_000))


def read_carefully(data: bytes) -> list[Any]:
    careful = reader()
    careful.feed(data)
    return [message for _ in range(3) if (message := careful.next_message()) is not None]


@given(HEADS, st.sampled_from([b"", b"abc", b"abcGET / HTTP/1.1\r\n\r\n"]), st.data())
def test_known_request_is_what_the_careful_way_reads(head: bytes, rest: bytes, draw: Any) -> None:
    """If it is one at all: anything else is left to that way, with nothing taken."""
    heads._known.clear()
    cut = draw.draw(st.integers(0, len(head + rest)))
    for data in (head + rest, (head + rest)[:cut]):
        messages = read_carefully(data)
        quick = reader()
        whole = quick.whole_request(data)
        if whole is None:
            quick.feed(data)
            assert [type(quick.next_message()) for _ in messages] == list(map(type, messages))
            continue
        assert [type(each) for each in messages] == [Head, Request], "one request, and no more"
        assert whole.body == messages[1].body
        for field in FIELDS:
            assert getattr(whole, field) == getattr(messages[1], field), field


def test_heads_with_credentials_are_not_kept() -> None:
    heads._known.clear()
    for name in ("Authorization", "Cookie"):
        read_carefully(f"GET / HTTP/1.1\r\nHost: x\r\n{name}: secret\r\n\r\n".encode())
    read_carefully(b"GET /?token=secret HTTP/1.1\r\nHost: x\r\n\r\n")
    assert not heads._known


def test_number_and_size_of_kept_heads_are_bounded() -> None:
    heads._known.clear()
    for number in range(2 * heads.KNOWN_HEADS_MAX):
        read_carefully(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number)
    assert len(heads._known) == heads.KNOWN_HEADS_MAX
    heads._known.clear()
    read_carefully(b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % (b"x" * heads.KNOWN_HEAD_BYTES_MAX))
    assert not heads._known


def test_known_request_does_not_remember_who_sent_the_one_before() -> None:
    heads._known.clear()
    data = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    first = read_carefully(data)[1]
    first.caller, first.peer, first.is_proven, first.is_secure = None, "someone", True, True
    again = reader().whole_request(data)
    assert again is not None
    assert (again.peer, again.is_proven, again.is_secure) == ("", False, False)
    assert again.caller is not None
