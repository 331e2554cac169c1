"""Thousands of processes: answers are made and sent in pieces, whoever asks."""

import json
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from supervisor.core.component import Timers
from supervisor.rpc.caller import Caller, Role
from supervisor.rpc.listing import SLICE_COUNT, Listing
from supervisor.tests.rpc.world import program
from supervisor.tests.web.api.desk import Desk
from supervisor.web.messages import Answer, Later, Response
from supervisor.web.metrics import make_metrics
from supervisor.web.pieces import PieceStream
from supervisor.web.rpc_endpoint import ANSWER_BYTES_MAX, RpcEndpoint
from supervisor.web.turns import Turns
from supervisor.wire.xmlrpc import encode_response

COUNT = 2 * SLICE_COUNT + 80
HIS = Caller("ann", Role.ADMIN, ("pool:1*",), "token")


def make_desk(handler: Any = None) -> Desk:
    """A daemon with many processes in one group, and some others."""
    specs = [program(f"{n:04}", "pool") for n in range(COUNT)]
    others = [program(name) for name in ("zoo", "ant")]
    return Desk(*specs, *others) if handler is None else Desk(*specs, *others, handler=handler)


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def turn(desk: Desk) -> None:
    """What is due is called, and no more."""
    timers: Timers = desk.world.timers
    callback = timers.pop_due(desk.world.now_s)  # type: ignore[attr-defined]
    assert callback is not None, "nothing would ever come"
    callback()


def read_all(desk: Desk, answer: Answer) -> list[bytes]:
    """All pieces of a stream."""
    assert isinstance(answer, PieceStream), answer
    answer.on_growth(lambda: None)
    pieces = []
    while not answer.is_over:
        piece = answer.read(65536)
        if piece:
            pieces.append(piece)
        elif not answer.is_over:
            turn(desk)
    return pieces


def struct_of(desk: Desk, target: str, **more: Any) -> Any:
    """What a stream of JSON says."""
    return json.loads(b"".join(read_all(desk, desk.ask("GET", f"/api/v1{target}", **more))))


def test_processes_come_in_pieces_sorted_by_name(desk: Desk) -> None:
    """The same structs as those of few processes, at most a slice of them in a piece."""
    pieces = read_all(desk, desk.ask("GET", "/api/v1/processes"))
    assert max(piece.count(b'"namespec"') for piece in pieces) == SLICE_COUNT
    names = [each["namespec"] for each in json.loads(b"".join(pieces))["processes"]]
    assert names == ["ant", *(f"pool:{n:04}" for n in range(COUNT)), "zoo"]


def test_struct_in_a_long_answer_is_that_of_a_short_one(desk: Desk) -> None:
    (found,) = (
        each for each in struct_of(desk, "/processes")["processes"] if each["namespec"] == "zoo"
    )
    _, struct = desk.call("GET", "/processes/zoo")
    del struct["moments"]
    assert found == struct


def test_filter_that_finds_nothing_looks_at_a_slice_in_each_turn(desk: Desk) -> None:
    assert struct_of(desk, "/processes?name=nobody") == {"processes": []}
    assert struct_of(desk, "/processes?name=zoo")["processes"][0]["name"] == "zoo"


def test_groups_come_in_pieces(desk: Desk) -> None:
    groups = struct_of(desk, "/groups")["groups"]
    assert [(each["name"], len(each["processes"])) for each in groups] == [
        ("ant", 1),
        ("pool", COUNT),
        ("zoo", 1),
    ]
    group = struct_of(desk, "/groups/pool")
    assert group == groups[1]
    assert desk.call("GET", "/groups/ant")[1] == groups[0]


def test_process_that_is_removed_meanwhile_is_left_out(desk: Desk) -> None:
    """What has been sent stays sent."""
    answer = desk.ask("GET", "/api/v1/processes")
    assert isinstance(answer, PieceStream)
    answer.read(65536)
    turn(desk)
    begin = answer.read(65536)
    roster = desk.world.core._roster
    roster.remove_group("zoo")
    struct = json.loads(begin + b"".join(read_all(desk, answer)))
    assert struct["processes"][-1]["namespec"] == f"pool:{COUNT - 1:04}"


def test_caller_gets_his_processes(desk: Desk) -> None:
    """A few of many are an answer as ever."""
    status, struct = desk.call("GET", "/processes", caller=HIS)
    assert status == 200
    assert len(struct["processes"]) == len([n for n in range(COUNT) if f"{n:04}"[0] == "1"])


def test_configuration_comes_in_pieces(desk: Desk) -> None:
    infos = [{"name": f"{n:04}", "group": "pool", "inuse": True} for n in range(COUNT)]
    desk.world.configuration.config_listing = lambda sees=None: Listing(infos, iter)  # type: ignore[method-assign]
    assert struct_of(desk, "/config") == {"processes": infos}


def test_any_method_by_its_name_is_answered_in_pieces(desk: Desk) -> None:
    answer = desk.ask("POST", "/api/v1/rpc/supervisor.getAllProcessInfo", {"params": []})
    assert len(json.loads(b"".join(read_all(desk, answer)))["result"]) == COUNT + 2


def test_start_of_all_that_is_not_waited_for_is_202(desk: Desk) -> None:
    """The picture of then comes in pieces, too, with the status that it has."""
    answer = desk.ask("POST", "/api/v1/supervisor/start-all?wait=0")
    assert isinstance(answer, PieceStream)
    assert answer.status == 202
    struct = json.loads(b"".join(read_all(desk, answer)))
    assert {each["statename"] for each in struct["processes"]} == {"STARTING"}


def test_metrics_of_many_are_openmetrics_in_pieces() -> None:
    """A metric is in one place, and no piece is large."""
    desk = make_desk(make_metrics)
    pieces = read_all(desk, desk.ask("GET", "/metrics"))
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 100_000
    families = list(openmetrics(b"".join(pieces).decode()))
    names = [family.name for family in families]
    assert len(set(names)) == len(names)
    (up,) = (family for family in families if family.name == "supervisor_process_up")
    assert len(up.samples) == COUNT + 2


def test_metrics_wait_for_their_sample() -> None:
    """Which takes its turns as well."""
    desk = make_desk(make_metrics)
    desk.world.figures.is_slow = True
    later = desk.ask("GET", "/metrics")
    assert isinstance(later, Later)
    found: list[Any] = []
    later.then(found.append)
    assert found == []
    desk.world.figures.finish()
    assert isinstance(found[0], PieceStream)


# -- XML-RPC


class Endpoint:
    """The way of XML-RPC to a desk."""

    def __init__(self, desk: Desk) -> None:
        self.calls: list[Any] = []
        self.desk = desk
        desk.handler = RpcEndpoint(
            desk.site.gateway.call, desk.world.log, encode_response, Turns(self.calls.append)
        )

    def call(self, body: str) -> tuple[bytes, int]:
        """Body of the answer, and how many turns it took."""
        answer = self.desk.ask("POST", "/RPC2", f"<methodCall>{body}</methodCall>".encode())
        if isinstance(answer, Response):
            return b"".join((answer.body, *answer.more)), 0
        assert isinstance(answer, Later)
        found: list[Any] = []
        answer.then(found.append)
        turns_count = 0
        while not found:
            call = self.calls.pop()
            call()
            turns_count += 1
        return b"".join((found[0].body, *found[0].more)), turns_count


def test_xmlrpc_answer_about_many_is_made_in_slices(desk: Desk) -> None:
    """The bytes are the same, whole, with a Content-Length: one slice of the work in each turn."""
    body, turns_count = Endpoint(desk).call("<methodName>supervisor.getAllProcessInfo</methodName>")
    assert turns_count >= COUNT // SLICE_COUNT
    assert body == encode_response(desk.world.call("getAllProcessInfo"))


def test_xmlrpc_answer_about_few_is_made_at_once() -> None:
    body, turns_count = Endpoint(Desk()).call(
        "<methodName>supervisor.getAllProcessInfo</methodName>"
    )
    assert (turns_count, body.count(b"<struct>")) == (0, 3)


CALL = (
    "<value><struct><member><name>methodName</name><value>"
    "supervisor.getAllProcessInfo</value></member></struct></value>"
)
MULTICALL = (
    "<methodName>system.multicall</methodName><params><param><value><array><data>"
    "{calls}</data></array></value></param></params>"
)


def test_long_answers_of_many_calls_in_one_request_are_made_in_slices(desk: Desk) -> None:
    body, turns_count = Endpoint(desk).call(MULTICALL.format(calls=2 * CALL))
    infos = desk.world.call("getAllProcessInfo")
    assert body == encode_response([infos, infos])
    assert turns_count >= 2 * COUNT // SLICE_COUNT


def test_calls_that_ask_for_too_much_in_one_request_are_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small request must not cost gigabytes."""
    assert ANSWER_BYTES_MAX <= 64 * 1024 * 1024
    monkeypatch.setattr("supervisor.web.rpc_endpoint.ANSWER_BYTES_MAX", 1024 * 1024)
    body, _ = Endpoint(desk).call(MULTICALL.format(calls=9 * CALL))
    assert b"FAILED: the answer has more than 1 MiB: ask for less in one request" in body


def test_answer_that_nobody_waits_for_is_not_gone_on_with(desk: Desk) -> None:
    endpoint = Endpoint(desk)
    answer = desk.ask(
        "POST",
        "/RPC2",
        b"<methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>",
    )
    assert isinstance(answer, Later)
    answer.abandon()
    endpoint.calls.pop()()
    assert endpoint.calls == []
