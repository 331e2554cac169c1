"""What the API makes of requests that are not what it wants: paths, verbs, queries, bodies."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from supervisor.tests.web.api.desk import JSON, Desk, opened
from supervisor.web.api.fields import BODY_BYTES_MAX
from supervisor.web.messages import Response


@pytest.fixture
def desk() -> Desk:
    return Desk()


def problem(desk: Desk, verb: str, target: str, body: bytes = b"") -> tuple[int, str]:
    """Status and detail of a problem with a request whose body is said to be JSON."""
    answer = desk.ask(verb, target, body, headers=(JSON,))
    assert isinstance(answer, Response)
    assert answer.content_type == "application/problem+json"
    status, struct = opened(answer)
    assert struct["status"] == status
    assert struct["type"] == "about:blank"
    return status, struct["detail"]


@pytest.mark.parametrize(
    "target",
    [
        "/api",
        "/api/",
        "/api/v2/processes",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/processes/web/start/now",
        "/api/v1/../v1/processes",
        "//api/v1/processes",
        "/api/v1//processes",
        "/api/v1/process%65s",
        "*",
    ],
)
def test_path_of_nothing_says_where_to_look(desk: Desk, target: str) -> None:
    status, detail = problem(desk, "GET", target)
    assert status == 404
    assert "/api/v1/openapi.json" in detail


def test_path_may_come_with_a_host(desk: Desk) -> None:
    """Proxies are sent the absolute form."""
    answer = desk.ask("GET", "http://here:9001/api/v1/supervisor?")
    assert isinstance(answer, Response)
    assert answer.status == 200


@pytest.mark.parametrize("verb", ["POST", "PUT", "TRACE", "get", "DELETE", "PROPFIND"])
def test_verb_that_does_nothing_is_answered_with_those_that_do(desk: Desk, verb: str) -> None:
    answer = desk.ask(verb, "/api/v1/processes")
    assert isinstance(answer, Response)
    assert answer.status == 405
    assert dict(answer.headers)["Allow"] == "GET, HEAD, OPTIONS"


def test_options_tells_what_is_possible(desk: Desk) -> None:
    answer = desk.ask("OPTIONS", "/api/v1/groups/web")
    assert isinstance(answer, Response)
    assert opened(answer) == (200, {"allow": ["DELETE", "GET", "HEAD", "OPTIONS", "PUT"]})
    assert dict(answer.headers)["Allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"


def test_nothing_is_allowed_to_other_origins(desk: Desk) -> None:
    """No CORS: pages of others get no answer that their browser would let them read."""
    for verb in ("GET", "OPTIONS"):
        answer = desk.ask(verb, "/api/v1/processes", headers=(("origin", "http://evil.example"),))
        assert isinstance(answer, Response)
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("nothing=1", "There is no query field 'nothing' here; known are"),
        ("state=RUNNING&state=FATAL", "The query field state is given twice."),
        ("state=running", "The query field state must be one of STOPPED,"),
        ("state=", "The query field state must be one of"),
        ("usage=yes", "The query field usage must be of type boolean."),
        ("name=%ff", "The query is not percent-encoded UTF-8."),
        (f"name={'[' * 257}", "The query field name must have 256 characters at most."),
        ("%00=1", "There is no query field '\\x00' here"),
    ],
)
def test_query_is_read_strictly(desk: Desk, query: str, words: str) -> None:
    status, detail = problem(desk, "GET", f"/api/v1/processes?{query}")
    assert status == 400
    assert detail.startswith(words)


@pytest.mark.parametrize("wait", ["-1", "3601", "1.5", "x", "", "²", "1e3", "9" * 30, "--1"])
def test_time_to_wait_is_a_number_of_seconds_within_bounds(desk: Desk, wait: str) -> None:
    assert problem(desk, "POST", f"/api/v1/processes/web/start?wait={wait}")[0] == 400
    assert desk.world.state("web:web") == "STOPPED"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "The body is not JSON at character 1"),
        (b"[]", "The body must be a JSON object."),
        (b"null", "The body must be a JSON object."),
        (b"{}", "The member chars is missing: The text."),
        (b'{"chars": 1}', "The member chars must be of type string."),
        (b'{"chars": null}', "The member chars must be of type string."),
        (b'{"chars": "a", "x": 1}', "There is no member 'x' here; known are chars."),
        (b'{"chars": "a", "chars": "b"}', "The body gives the name 'chars' twice."),
        (b'{"chars": NaN}', "The body holds NaN, which is no number of JSON."),
        (b'{"chars": -Infinity}', "The body holds -Infinity"),
        (b'{"chars": 1e999}', "The body holds a number that is too large."),
        (b'{"chars": %b}' % (b"1" * 65), "The body holds a number of more than 64 characters."),
        (b'{"chars": "\\ud800"}', "The body holds half of a surrogate pair."),
        (b'{"\\udfff": "a"}', "The body holds half of a surrogate pair."),
        (b'{"chars": "\xff"}', "The body is not UTF-8 at byte 11."),
        (b'\xef\xbb\xbf{"chars": "a"}', "The body is not JSON at character 0"),
        (b'{"chars": "a"} {}', "The body is not JSON at character 15"),
        (b"{'chars': 'a'}", "The body is not JSON"),
        (b'{"chars": "a\n"}', "The body is not JSON"),
        (b'{"x": %b}' % (b"[" * 100 + b"]" * 100), "The body is nested more than 32 levels deep."),
        (b"[" * 1_000_000, "The body has more than 100000 elements."),
        (b"[" * 90_000, "The body is nested more than 32 levels deep."),
        (b"[%b0]" % (b"0," * 200_000), "The body has more than 100000 elements."),
    ],
)
def test_json_is_read_strictly(desk: Desk, body: bytes, words: str) -> None:
    """What two readers might understand differently is refused."""
    status, detail = problem(desk, "POST", "/api/v1/processes/web/stdin", body)
    assert status == 400
    assert detail.startswith(words)


@pytest.mark.parametrize("end", [b"", b"\\"], ids=["open", "half an escape"])
def test_text_of_escapes_that_never_ends_is_refused_at_once(desk: Desk, end: bytes) -> None:
    """Looking for its end behind each quote took hours, in which the daemon did nothing else."""
    escapes = b'\\"' * 300_000 + end
    for begin, words in (
        (b"0," * 100_001, "The body has more than 100000 elements."),
        (b'",' + b",," * 50_000, "The body is not JSON at character 1: Unterminated string"),
    ):
        body = b"[" + begin + (b'"' if begin[:1] == b"0" else b"") + escapes
        status, detail = problem(desk, "POST", "/api/v1/processes/web/stdin", body)
        assert status == 400
        assert detail.startswith(words)


def test_long_text_may_hold_any_number_of_commas(desk: Desk) -> None:
    """The bound is on elements, not on what strings hold."""
    desk.call("POST", "/processes/web/start?wait=0")
    text = '1,2,[3],{"4"}\\' * 50_000
    assert desk.call("POST", "/processes/web/stdin", {"chars": text}) == (200, {"result": True})
    assert desk.world.sent[0][1] == text.encode()


def test_body_must_be_said_to_be_json(desk: Desk) -> None:
    """Forms of foreign pages cannot say so."""
    body = b'{"chars": "a"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""):
        headers = (("content-type", kind),) if kind else ()
        answer = desk.ask("POST", "/api/v1/processes/web/stdin", body, headers=headers)
        assert isinstance(answer, Response)
        assert answer.status == 415
    kind = "Application/JSON; charset=utf-8"
    answer = desk.ask(
        "POST", "/api/v1/processes/web/stdin", body, headers=(("content-type", kind),)
    )
    assert isinstance(answer, Response)
    assert opened(answer)[1]["fault"] == "NOT_RUNNING"


def test_body_is_bounded_where_none_is_bulky(desk: Desk) -> None:
    at_limit = b'{"signal": "%b"}'
    at_limit %= b"x" * (BODY_BYTES_MAX - len(at_limit) + 2)
    assert len(at_limit) == BODY_BYTES_MAX
    assert problem(desk, "POST", "/api/v1/processes/web/signal", at_limit)[0] == 400
    assert problem(desk, "POST", "/api/v1/processes/web/signal", at_limit + b" ")[0] == 413


@pytest.mark.parametrize("number", [1, 1.0, 3600])
def test_whole_number_may_be_written_with_a_fraction(desk: Desk, number: Any) -> None:
    """1.0 is an integer to a JSON schema."""
    status, struct = desk.call(
        "POST", "/listeners/nobody/query", {"data": "x", "timeout_secs": number}
    )
    assert (status, struct["fault"]) == (404, "BAD_NAME")


@pytest.mark.parametrize("number", [0, 3601, 1.5, "1", True, None, 10**40])
def test_number_that_does_not_fit_is_refused(desk: Desk, number: Any) -> None:
    body = {"data": "x", "timeout_secs": number}
    assert desk.call("POST", "/listeners/ears/query", body)[0] == 400


def test_hostile_names_come_back_as_json(desk: Desk) -> None:
    name = "<script>\"'\r\nX: y\x00\u2028"
    body = json.dumps({"data": "x"}).encode()
    status, detail = problem(desk, "POST", f"/api/v1/listeners/{quote(name, safe='')}/query", body)
    assert status == 404
    assert detail.endswith(name)


def test_name_given_twice_behind_a_hundred_thousand_others_is_found_at_once(desk: Desk) -> None:
    """Everything else waits meanwhile: comparing each with all others took minutes."""
    members = b",".join(b'"%d":0' % number for number in range(90_000))
    body = b'{%b,"89999":1}' % members
    status, detail = problem(desk, "POST", "/api/v1/rpc/supervisor.getState", body)
    assert (status, detail) == (400, "The body gives the name '89999' twice.")


def test_pattern_of_events_is_bounded(desk: Desk) -> None:
    """It is read again by fnmatch for each event that may be told."""
    status, detail = problem(desk, "GET", f"/api/v1/events?name={'[' * 257}")
    assert (status, detail) == (400, "The query field name must have 256 characters at most.")


LONG = "n\u20ac" * 150_000


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("supervisor.getProcessInfo", [LONG]),
        ("supervisor.startProcess", [f"{LONG}:{LONG}"]),
        ("supervisor.stopProcess", [f"{LONG}:*"]),
        ("supervisor.startProcessGroup", [LONG]),
        ("supervisor.signalProcess", ["web", LONG]),
        ("supervisor.sendProcessStdin", [LONG, "x"]),
        ("supervisor.tailProcessStdoutLog", [LONG, 0, 0]),
        ("system.multicall", [[{"methodName": LONG}, {"methodName": LONG, "params": []}]]),
        ("system.methodHelp", [LONG]),
    ],
)
def test_name_of_megabytes_is_not_sent_back(desk: Desk, method: str, params: list[Any]) -> None:
    """Its beginning and its length are: nothing of that size is quoted, searched or logged."""
    answer = desk.ask("POST", f"/api/v1/rpc/{method}", {"params": params})
    assert isinstance(answer, Response)
    assert len(answer.body) < 2048
    assert max(map(len, desk.world.lines)) < 10_000


def test_name_of_megabytes_is_told_by_its_beginning_and_its_length(desk: Desk) -> None:
    _, struct = desk.call("POST", "/rpc/supervisor.getProcessInfo", {"params": ["n" * 1_000_000]})
    assert struct["detail"] == (
        f"There is no process or group of that name: {'n' * 80}... (1,000,000 characters)"
    )
    _, struct = desk.call("POST", "/rpc/supervisor.getProcessInfo", {"params": ["n" * 255]})
    assert struct["detail"] == f"There is no process or group of that name: {'n' * 255}"


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_member_or_field_of_thousands_of_characters_is_cut(desk: Desk, verb: str) -> None:
    if verb == "GET":
        answer = desk.ask("GET", f"/api/v1/processes?{LONG[:9000]}")
    else:
        answer = desk.ask("POST", "/api/v1/rpc/supervisor.getState", {LONG: 1})
    assert isinstance(answer, Response)
    assert answer.status == 400
    assert len(answer.body) < 2048


@pytest.mark.parametrize("text", ['"\\ud800"', '"x\\uDFFF"', '{"\\uD83D":1}', '["\\ud83dx"]'])
def test_half_of_a_pair_is_found_however_it_is_written(desk: Desk, text: str) -> None:
    body = b'{"params":[%b]}' % text.encode()
    status, detail = problem(desk, "POST", "/api/v1/rpc/supervisor.getState", body)
    assert (status, detail) == (400, "The body holds half of a surrogate pair.")
