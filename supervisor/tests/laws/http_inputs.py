"""Inputs of the HTTP servers as hypothesis makes them, and what must hold for each.

Used by the tests of these laws and by `tools/fuzz`, which tries them for longer. An input that
ever broke a law is kept in `golden/fuzz`, one file each, and is tried with every run.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from hypothesis import strategies as st

from supervisor.errors import ProtocolViolation
from supervisor.rpc.caller import ANYBODY
from supervisor.tests.rpc.world import World, program
from supervisor.tests.web.api.desk import Desk, make_site, opened
from supervisor.web.api.fields import BODY_BYTES_MAX
from supervisor.web.api.jsons import BadJson, read_json, write_json
from supervisor.web.api.table import all_operations
from supervisor.web.budget import Budget
from supervisor.web.connection import Head, Refusal, RequestReader
from supervisor.web.limits import DEFAULT_LIMITS
from supervisor.web.log_stream import MainLogTail, ProcessLogTail
from supervisor.web.messages import REASONS, Later, Request, Response
from supervisor.web.metrics import make_metrics
from supervisor.web.rpc_endpoint import RpcEndpoint
from supervisor.wire.xmlrpc import decode_request

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "fuzz"

OPERATIONS: Final = list(all_operations())

# -- pieces ----------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["web", "pool:1", "pool", "pool:*", "", ":", "%", "..", "a/b"]) | st.text(
    max_size=12
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | _NAMES
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=10,
)
_FIELD_NAMES = sorted(
    {field.name for each in OPERATIONS for field in (*each.query, *each.body)} | {"", "x"}
)
_QUERIES = st.lists(
    st.tuples(
        st.sampled_from(_FIELD_NAMES),
        st.sampled_from(["0", "1", "true", "-1", "RUNNING", "RUNNING,FATAL", "", "9" * 20])
        | st.text(max_size=8),
    ),
    max_size=3,
)
_METHODS = st.sampled_from(World(program("x")).dispatch("system.listMethods")) | st.sampled_from(
    ["", "supervisor", "supervisor.", "supervisor._services", "system.multicall", "a.b.c"]
)


def json_bytes(value: Any) -> bytes:
    """A document as Python writes it, with NaN and halves of surrogate pairs."""
    return json.dumps(value).encode()


JSON_DOCUMENTS = st.binary(max_size=200) | _JSON.map(json_bytes).flatmap(
    lambda data: st.tuples(
        st.integers(0, len(data)), st.integers(0, len(data)), st.binary(max_size=3)
    ).map(lambda cut: data[: cut[0]] + cut[2] + data[cut[1] :])
)
"""Bytes, and documents that somebody has cut and pasted."""

XML_DOCUMENTS = st.binary(max_size=200) | st.lists(
    st.sampled_from(
        [
            b"<?xml version='1.0'?>",
            b"<methodCall>",
            b"</methodCall>",
            b"<methodName>supervisor.getState</methodName>",
            b"<methodName>",
            b"</methodName>",
            b"<params>",
            b"</params>",
            b"<param>",
            b"</param>",
            b"<value>",
            b"</value>",
            b"<string>",
            b"</string>",
            b"<int>",
            b"</int>",
            b"<double>1e999</double>",
            b"<base64>////</base64>",
            b"<array><data>",
            b"</data></array>",
            b"<struct><member><name>",
            b"</name>",
            b"</member></struct>",
            b"<!DOCTYPE x [<!ENTITY a 'aa'>]>",
            b"&a;",
            b"&#0;",
            b"<![CDATA[",
            b"]]>",
            b"<!--",
            b"-->",
            b"\xff",
            b"9" * 70,
        ]
    ),
    max_size=14,
).map(b"".join)

HTTP_BYTES = st.lists(
    st.sampled_from(
        [
            b"GET / HTTP/1.1\r\n",
            b"POST /RPC2 HTTP/1.1\r\n",
            b"POST /api/v1/events HTTP/1.0\r\n",
            b"HEAD /%ff%00 HTTP/1.1\r\n",
            b"Host: x\r\n",
            b"Content-Length: 5\r\n",
            b"Content-Length: -1\r\n",
            b"Content-Length: 5, 5\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Expect: 100-continue\r\n",
            b" folded\r\n",
            b"X: \x00\r\n",
            b"\r\n",
            b"\n",
            b"\r",
            b"hello",
            b":",
            b"0\r\n\r\n",
        ]
    )
    | st.binary(max_size=20),
    max_size=10,
).map(b"".join)


@st.composite
def api_requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request to the API, as plain data that can be kept in a file."""
    operation = draw(st.sampled_from(OPERATIONS))
    path = operation.path
    for name in operation.names:
        word = draw(_METHODS if name == "method" else _NAMES)
        safe = "" if draw(st.booleans()) else ":/%"
        path = path.replace(f"{{{name}}}", quote(word, safe=safe))
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in draw(_QUERIES))
    body = b""
    if operation.verb != "GET" or draw(st.booleans()):
        body = draw(st.just(b"") | JSON_DOCUMENTS | _bodies(operation).map(json_bytes))
    return {
        "verb": draw(st.just(operation.verb) | st.sampled_from(["GET", "HEAD", "OPTIONS", "PUT"])),
        "target": f"/api/v1{path}" + (f"?{query}" if query else ""),
        "body": body.decode("latin-1"),
        "type": draw(st.sampled_from(["application/json", "application/json", "text/plain", ""])),
        "accept": draw(st.sampled_from(["", "", "text/event-stream"])),
    }


def _bodies(operation: Any) -> st.SearchStrategy[Any]:
    """Bodies with the members of an operation, some of them, and of any type."""
    members = {
        field.name: _NAMES | _JSON if field.kinds != ("array",) else st.lists(_JSON, max_size=4)
        for field in operation.body
    }
    return st.fixed_dictionaries({}, optional=members)


# -- laws ------------------------------------------------------------------------------------------


def law_of_json(data: bytes) -> None:
    """Read and written it is read as the same, or it is refused in words."""
    try:
        value = read_json(data)
    except BadJson as bad:
        assert str(bad)
        return
    assert read_json(write_json(value)) == value


def law_of_http(data: bytes) -> None:
    """Whatever comes: requests, then at most one refusal with a known status."""
    reader = RequestReader(DEFAULT_LIMITS, Budget(DEFAULT_LIMITS.bodies_bytes_max))
    reader.feed(data)
    refused = False
    while (message := reader.next_message()) is not None:
        assert not refused
        if isinstance(message, Refusal):
            refused = True
            assert message.status in REASONS
            assert message.line.isprintable()
        elif not isinstance(message, Head):
            assert message.line.isprintable()
            _ask_everything(message)


def law_of_xml_rpc(data: bytes) -> None:
    """A call, or a violation of the protocol; the endpoint never answers 500."""
    try:
        method, params = decode_request(data)
        assert isinstance(method, str) and isinstance(params, list)
    except ProtocolViolation:
        pass
    desk = Desk()
    endpoint = RpcEndpoint(desk.site.gateway.call, desk.world.log)
    request = Request("POST", "/RPC2", "1.1", "/RPC2", "", [], data)
    answer = endpoint(request)
    if isinstance(answer, Response):
        assert answer.status in (200, 400), answer


def law_of_api(asked: dict[str, Any]) -> None:
    """An answer that is no server error; what is a problem says so in a problem document."""
    desk = Desk()
    headers = [("content-type", asked["type"]), ("accept", asked["accept"])]
    answer = desk.ask(
        asked["verb"],
        asked["target"],
        asked["body"].encode("latin-1"),
        headers=[(name, value) for name, value in headers if value],
    )
    if isinstance(answer, Later):
        answer.abandon()
    elif isinstance(answer, Response):
        _check(answer)
    else:
        answer.read(65536)
        answer.close()
    assert not [line for line in desk.world.lines if "Traceback" in line]


def _check(answer: Response) -> None:
    # 503 is what a daemon answers that was asked to leave.
    assert answer.status < 500 or answer.status == 503, answer
    if answer.status >= 400:
        assert answer.content_type == "application/problem+json"
        assert opened(answer)[1]["status"] == answer.status
    for name, value in answer.headers:
        assert (name + value).isprintable()
    assert len(answer.body) < BODY_BYTES_MAX


def _ask_everything(request: Request) -> None:
    """Whatever a request says, no handler of ours fails."""
    desk = Desk()
    request.caller = ANYBODY
    site = make_site(desk.world)
    for handler in (
        desk.handler,
        make_metrics(site),
        ProcessLogTail(site.gateway, desk.world.clock),
        MainLogTail(site.gateway, desk.world.clock),
    ):
        try:
            answer = handler(request)
        except AssertionError as error:
            # The logs of this world cannot be followed in the old way.
            assert "do not follow logs" in str(error)
            continue
        if isinstance(answer, Response):
            assert answer.status in REASONS


LAWS: Final[dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], None]]]] = {
    "json": (JSON_DOCUMENTS, law_of_json),
    "http": (HTTP_BYTES, law_of_http),
    "xmlrpc": (XML_DOCUMENTS, law_of_xml_rpc),
    "api": (api_requests(), law_of_api),
}
"""Name -> inputs, and what must hold for each."""


def kept(law: str) -> list[Path]:
    """Inputs that once broke a law."""
    return sorted(GOLDEN.glob(f"{law}-*"))


def read_input(path: Path) -> Any:
    """An input that was kept: bytes as they are, everything else as JSON."""
    return json.loads(path.read_text("utf-8")) if path.suffix == ".json" else path.read_bytes()


def keep_input(law: str, value: Any) -> Path:
    """Keep an input that broke a law: it is tried with every run of the tests from now on."""
    is_bytes = isinstance(value, bytes)
    data = value if is_bytes else json.dumps(value, indent=1).encode()
    number = 1 + len(kept(law))
    path = GOLDEN / f"{law}-{number:03}{'.bin' if is_bytes else '.json'}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
