"""Requests that were read before mean what they meant, and new ones are read as ever."""

import xmlrpc.client
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.errors import ProtocolViolation
from supervisor.wire import xmlrpc_known
from supervisor.wire.xmlrpc import decode_carefully, decode_request
from supervisor.wire.xmlrpc_known import (
    BARE_CALL_BYTES_MAX,
    BARE_CALLS_MAX,
    BEGINS_MAX,
    FEW_TEXTS,
    PIECE_CHARS_MAX,
    PIECES_MAX,
    TEXTS_BYTES_MAX,
    read_request,
    read_texts,
)
from supervisor.wire.xmlrpc_plain import TAGS_MAX

BARE = "<methodCall><methodName>{}</methodName></methodCall>"
PARAM = "<params><param><value><string>secret</string></value></param></params>"
EVENT = {"methodName": "supervisor.sendRemoteCommEvent", "params": ["kind", "text"]}
STATE = {"methodName": "supervisor.getState", "params": []}
INFO = {"methodName": "supervisor.getProcessInfo", "params": ["web:a"]}

PLACES = (xmlrpc_known._PARAM, xmlrpc_known._NAME, xmlrpc_known._VALUE)
MEMORIES: list[dict[Any, Any]] = [
    xmlrpc_known._bare_calls,
    xmlrpc_known._begins,
    *(known for place in PLACES for known in (place.ways, place.ends)),
]


@pytest.fixture(autouse=True)
def _nothing_is_known() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    for memory in MEMORIES:
        memory.clear()


def request(*params: Any, method: str = "m") -> bytes:
    return xmlrpc.client.dumps(params, method).encode()


def multicall(*calls: object) -> bytes:
    return request(list(calls), method="system.multicall")


def outcome(read: Any, data: bytes) -> object:
    """What a request is read as, or how it is refused."""
    try:
        return read(data)
    except ProtocolViolation as violation:
        return type(violation), str(violation)


@given(st.lists(st.sampled_from(["a", "b", "", "<x/>", "a</methodName>" + PARAM]), max_size=6))
def test_request_is_read_as_the_long_way_does_however_often(names: list[str]) -> None:
    for name in names:
        data = BARE.format(name).encode()
        assert outcome(read_request, data) == outcome(decode_carefully, data)


def test_list_of_parameters_is_a_new_one_each_time() -> None:
    """Whoever is called may change it."""
    data = BARE.format("m").encode()
    read_request(data)[1].append("x")
    read_request(data)[1].append("x")
    assert read_request(data) == ("m", [])


@pytest.mark.parametrize(
    "data",
    [
        request("a"),
        request("a", True),
        multicall(EVENT),
        multicall(*[EVENT] * 20),
        multicall(*[STATE] * 30),
    ],
)
def test_what_is_read_is_made_anew_each_time(data: bytes) -> None:
    """Whoever is called may change all of it."""
    expected = decode_carefully(data)
    for _ in range(3):
        method, params = read_request(data)
        assert (method, params) == expected
        if isinstance(params[0], list):
            for call in params[0]:
                call["params"].append("x")
                call["x"] = "y"
            params[0].append("x")
        params.append("x")


@pytest.mark.parametrize(
    "data",
    [
        request("a"),
        request("a", "", "b\tc\nd]"),
        request("a", True),
        request("a", "b", False),
        request("a", -5, 1000),
        request("a", 0, True),
        request("x" * 5000),
        multicall(EVENT),
        multicall(STATE),
        multicall(STATE, EVENT, INFO, STATE, STATE, INFO),
        multicall(*[EVENT] * 100),
        multicall(*[STATE] * 100),
        multicall(*[EVENT] * 50, INFO, STATE),
        multicall(*[INFO] * 50, EVENT),
    ],
)
@pytest.mark.parametrize("space", ["\n", "", "\r\n\t  "])
def test_texts_are_read_without_a_parser(data: bytes, space: str) -> None:
    """From the first time on, however long they are, and whatever space is between the tags."""
    spaced = data.replace(b">\n<", f">{space}<".encode())
    assert read_texts(spaced) == decode_carefully(spaced) == read_texts(spaced)


@pytest.mark.parametrize(
    "data",
    [
        request(),
        request("a", 5, "b"),
        request("a", 2.5),
        request("a", 7).replace(b"7", b"7" * 65),
        request("a", 7).replace(b"7", b"x"),
        request("a", 7).replace(b"7", b"--7"),
        request("a", 7).replace(b"7", b""),
        request("a", True, "b"),
        request("a", "\u00e4"),
        request("a", ["b"]),
        request("a").replace(b">a<", b">&#65;<"),
        request("a").replace(b"?>", b" encoding='cp037'?>"),
        request("a").replace(b"string", b"text"),
        multicall({"methodName": "m", "params": [1]}),
        multicall({"methodName": "m", "params": ["a", ["b"]]}),
        multicall({"methodName": "m"}),
        multicall({"params": ["a"], "methodName": "m"}),
        multicall({"methodName": "m", "params": [], "more": "a"}),
        multicall(EVENT).replace(b"<name>params", b"<name> params"),
        multicall(EVENT).replace(b"methodName</name>", b"methodName </name>"),
        request("x" * TEXTS_BYTES_MAX),
    ],
)
def test_everything_else_goes_another_way(data: bytes) -> None:
    assert read_texts(data) is None
    assert outcome(read_request, data) == outcome(decode_carefully, data)


END = b"</value>\n</param>\n</params>\n</methodCall>\n"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        # Texts that do not begin, or do not end; all of them, too.
        (b"</string>", b""),
        (b"<string>", b""),
        (b"</string>" + END, END),
        # The wrong way round.
        (b"<string>text</string>", b"</string>text<string>"),
        (b"<string></string>", b"</string>"),
        (b"<string></string>", b"<string>"),
        (b"kind</string></value>\n<value><string>", b"kind</string>"),
        (b"</string></value>\n</param>\n<param>\n<value><string>", b"</string>"),
        (b"text", b"</string>text<string>"),
        (b"text", b"</string><string>"),
        (b"text", b"</string>text"),
        (b"text", b"<b>text</b>"),
        (b"text", b"]]>"),
        (b"text", b"a > b"),
        (b"text", b"\r\n"),
        (b"text", b"\x01"),
        (b"text", b"&amp;"),
        (b"text", b"<!-- -->"),
        (b"text", b"<![CDATA[a]]>"),
        (b"</value>", b"</ value>"),
        (b"</value>", b"</value>x"),
        (b"<value>", b"<va lue>"),
        (b"<value>", b"<value >"),
        (b"<value>", b"<value a='b'>"),
        (b"<methodName>", b"<methodName> "),
        (b"</methodCall>", b"</methodCall>string>x</"),
        (b"</methodCall>", b"</methodCall><string>x</string>"),
        (b"<?xml", b"\n<?xml"),
        (b"?>", b"?><!DOCTYPE a>"),
        (b"params", b"parms"),
        (b"</params>", b"</params><params></params>"),
        (b"supervisor.sendRemoteCommEvent", b""),
        (b"system.multicall", b""),
        (b"kind", b"k&"),
    ],
)
@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_what_is_wrong_stays_wrong_when_its_like_is_known(
    good: bytes, bad: bytes, count: int
) -> None:
    """Once, and everywhere."""
    for text in ("text", ""):
        event = {**EVENT, "params": ["kind", text]}
        data = multicall(*[event] * count)
        if not count:
            data = request("kind", text, method="supervisor.sendRemoteCommEvent")
        read_request(data)
        last = bad.join(data.rsplit(good, 1))
        for damaged in (data.replace(good, bad, 1), data.replace(good, bad), last):
            check_refused(damaged, outcome(decode_carefully, damaged))


def check_refused(damaged: bytes, expected: object) -> None:
    assert outcome(read_request, damaged) == expected
    assert outcome(read_texts, damaged) in (None, expected)


@pytest.mark.parametrize("count", [1, 2, 40])
def test_end_of_another_request_is_none(count: int) -> None:
    """Each is known, but not there; nor is one without the text that it ends."""
    calls = [multicall(*[kind] * count) for kind in (EVENT, STATE)]
    known = [request("a"), request("a", 5), request("a", True), *calls]
    for data in known:
        read_request(data)
    for data in known:
        begin, _, _ = data.partition(b"<string>")
        texts, _, own = data.rpartition(b"</string>")
        for end in {other.rpartition(b"</string>")[2] for other in known} - {own}:
            for damaged in (texts + b"</string>" + end, begin + b"<string>" + end):
                check_refused(damaged, outcome(decode_carefully, damaged))
        with pytest.raises(ProtocolViolation):
            read_request(begin + b"<string>" + own)


@pytest.mark.parametrize("kind", [EVENT, STATE])
def test_what_stands_between_two_calls_stands_nowhere_else(kind: Any) -> None:
    """Moved from before the last name to before the first, there is as much of it as there was."""
    data = multicall(*[kind] * 40)
    read_request(data)
    begin, tag, texts = data.partition(b"<string>")
    name = kind["methodName"].encode()
    before = texts[: texts.index(name, 1)].rpartition(b"</string>")[2]
    head, _, tail = texts.rpartition(before)
    damaged = begin + tag + before + head + tail
    assert len(damaged) == len(data)
    with pytest.raises(ProtocolViolation):
        read_request(damaged)


FRAGMENTS = [
    *(b"", b"<string>", b"</string>", b"string>", b"<value>", b"</value>", b"<string/>", b"text"),
    *(b"<int>", b"</int>", b"<int>5</int>", b"<int>-</int>", b"5", b"-", b" ", b"\n", b"\r", b"&"),
    *(b"<value><string>", b"</string></value>", b"</string></value>\n<value><string>", b"<", b">"),
    *(b"<boolean>1</boolean>", b"<param>\n<value><boolean>0</boolean></value>\n</param>\n", END),
    *(b"</string></value>\n</param>\n<param>\n<value><string>", b"<data>\n</data>", b"<!---->"),
    *(b"</data></array></value>\n</member>\n", b"<name>params</name>\n", b"\xc3\xa4"),
]
TEXTS = st.text(st.sampled_from("ab /:'\"\t\n%;=]\x7f"), max_size=5)
CALLS = st.lists(
    st.builds(
        lambda method, params, times: [{"methodName": method, "params": params}] * times,
        TEXTS.map(lambda text: f"a{text}"),
        st.lists(TEXTS, max_size=3),
        st.sampled_from([1, 1, 2, 12, 30]),
    ),
    max_size=3,
).map(lambda runs: [call for run in runs for call in run])
REQUESTS = st.lists(TEXTS | st.booleans() | st.integers(-9, 99), max_size=3).map(
    lambda texts: request(*texts)
) | CALLS.map(lambda calls: multicall(*calls))


@given(
    REQUESTS,
    st.lists(
        st.tuples(
            st.sampled_from(FRAGMENTS), st.sampled_from(FRAGMENTS), st.sampled_from([1, 2, -1])
        ),
        max_size=2,
    ),
    st.lists(st.tuples(st.integers(0, 900), st.sampled_from(FRAGMENTS), st.integers(0, 40))),
    st.booleans(),
)
def test_law_nobody_can_tell_what_was_read_before(
    data: bytes,
    replaced: list[tuple[bytes, bytes, int]],
    inserted: list[tuple[int, bytes, int]],
    is_first_known: bool,
) -> None:
    """Any request, damaged in one place or in all that are alike: the same call or refusal."""
    if is_first_known:
        assert read_request(data) == decode_carefully(data)
    for old, new, times in replaced:
        data = data.replace(old or new, new, times)
    for place, new, removed in inserted[:2]:
        data = data[:place] + new + data[place + removed :]
    for _ in range(2):
        assert outcome(read_request, data) == outcome(decode_carefully, data)


def test_parameters_are_not_kept() -> None:
    """They may be secret, or numbers without end."""
    secret = [{"methodName": "secret", "params": ["secret"]}] * FEW_TEXTS
    for data in (
        f"<methodCall><methodName>m</methodName>{PARAM}</methodCall>".encode(),
        request("secret", "secret", True),
        request("secret", True, 777),
        multicall(*secret),
        multicall(*secret, {"methodName": "secret", "params": [777]}),
        request("a").replace(b"<param>", b"secret<param>"),
    ):
        read_request(data)
        read_request(data.replace(b"<string>", b"").replace(b"</string>", b""))
    kept = [piece for memory in MEMORIES for piece in memory]
    assert kept
    assert not [piece for piece in kept if "secret" in str(piece) or "777" in str(piece)]


def test_what_is_kept_is_bounded() -> None:
    """However many kinds of requests come, and however large they are."""
    for number in range(2 * BARE_CALLS_MAX):
        read_request(BARE.format(number).encode())
        for data in (request("a", "b"), multicall(EVENT, STATE, EVENT), multicall(STATE, STATE)):
            for changed in (data, data.replace(b"\n", b" " * number)):
                read_request(changed.replace(b"<methodName>", b"<methodName>m%d" % number))
        read_request(request("a", method=f"m{number}"))
    sizes = [len(memory) for memory in MEMORIES]
    assert sizes[:2] == [BARE_CALLS_MAX, BEGINS_MAX]
    assert max(sizes[2:]) == PIECES_MAX
    forget()
    read_request(BARE.format("m" * BARE_CALL_BYTES_MAX).encode())
    read_request(request("a", method="m" * PIECE_CHARS_MAX))
    read_request(multicall(EVENT, STATE).replace(b"\n", b" " * PIECE_CHARS_MAX))
    assert sum(map(len, MEMORIES)) == 0


@pytest.mark.parametrize("make", [BARE.format, lambda name: request("a", method=name).decode()])
def test_strange_requests_do_not_take_the_places_of_usual_ones_for_good(make: Any) -> None:
    """Whoever fills the memory makes others slow only for as long as he goes on."""
    for number in range(2 * BEGINS_MAX):
        read_request(make(f"strange{number}").encode())
    usual = make("usual").encode()
    read_request(usual)
    assert any("usual" in str(piece) for memory in MEMORIES for piece in memory)


def test_requests_cut_at_their_texts_have_no_more_tags_than_those_that_are_plain() -> None:
    assert len("<data>") * TAGS_MAX >= TEXTS_BYTES_MAX


def test_long_way_is_the_one_of_requests_that_are_not_known() -> None:
    data = request("a", 2.5)
    assert read_request(data) == decode_request(data) == decode_carefully(data)
