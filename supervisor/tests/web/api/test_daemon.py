"""The daemon over the API: itself, its configuration, listeners, and any method by its name."""

from typing import Any

import pytest

from supervisor.core.pool_snapshot import JournalSnapshot, ListenerSnapshot, PoolSnapshot
from supervisor.errors import Fault
from supervisor.rpc.caller import Caller, Role
from supervisor.states import EventListenerStates
from supervisor.tests.rpc.world import program
from supervisor.tests.web.api.desk import Desk


@pytest.fixture
def desk() -> Desk:
    desk = Desk(program("web"), program("ears"))
    listener = ListenerSnapshot(desk.world.ids["ears:ears"], EventListenerStates.READY)
    desk.world.pools = [PoolSnapshot("ears", 1, 10, 0, 4, 1, 2, False, (listener,))]
    return desk


def test_daemon_tells_who_and_how_it_is(desk: Desk) -> None:
    assert desk.call("GET", "/supervisor") == (
        200,
        {
            "identifier": "supervisor",
            "version": "5.0.0",
            "api_version": "3.0",
            "pid": 4711,
            "statecode": 1,
            "statename": "RUNNING",
            "reason": None,
            "uptime_s": 100,
        },
    )


def test_daemon_that_leaves_tells_its_state_and_refuses_the_rest(desk: Desk) -> None:
    desk.wait("POST", "/processes/web/start")
    desk.world.child("web:web").stubborn = True
    assert desk.call("POST", "/supervisor/shutdown") == (200, {"result": True})
    assert desk.call("GET", "/supervisor")[1]["statename"] == "SHUTDOWN"
    for verb, path in (("GET", "/processes"), ("POST", "/processes/web/start"), ("GET", "/config")):
        status, struct = desk.call(verb, path)
        assert (status, struct["code"], struct["fault"]) == (503, 6, "SHUTDOWN_STATE")


def test_configuration_is_told_and_read_again(desk: Desk) -> None:
    desk.world.configuration.difference = (["a"], ["b"], ["c"])
    desk.world.configuration.changed_users = ["user x: added"]
    assert desk.call("POST", "/config/reread") == (
        200,
        {"added": ["a"], "changed": ["b"], "removed": ["c"], "user_changes": ["user x: added"]},
    )
    desk.world.configuration.problem = "bad.conf:1: no"
    status, detail = desk.problem("POST", "/config/reread")
    assert (status, detail) == (409, "The configuration cannot be used: bad.conf:1: no")


def test_restart_is_refused_with_a_configuration_that_cannot_be_used(desk: Desk) -> None:
    desk.world.configuration.problem = "bad"
    assert desk.call("POST", "/supervisor/restart")[1]["fault"] == "CANT_REREAD"
    assert desk.call("GET", "/supervisor")[1]["statename"] == "RUNNING"


def test_pools_and_journal_are_told(desk: Desk) -> None:
    pool = desk.call("GET", "/listeners")[1]["pools"][0]
    assert (pool["name"], pool["waiting"], pool["listeners"][0]["state"]) == ("ears", 1, "READY")
    assert desk.call("GET", "/journal") == (200, {"path": "", "lost": 0})
    desk.world.event_journal = JournalSnapshot("/j", 3)
    assert desk.call("GET", "/journal") == (200, {"path": "/j", "lost": 3})
    others = Caller("ann", Role.READ, ("web",), "password")
    assert desk.call("GET", "/listeners", caller=others) == (200, {"pools": []})


@pytest.mark.parametrize(
    ("answer", "text", "data"), [("yes", "yes", None), ("\udcff", None, "/w=="), ("", "", None)]
)
def test_listener_is_asked_and_its_answer_told(
    desk: Desk, answer: str, text: str | None, data: str | None
) -> None:
    desk.call("POST", "/processes/ears/start?wait=0")
    desk.world.pass_s(1.0)
    body = {"data": "how?", "timeout_secs": 5}
    pending = desk.wait("POST", "/listeners/ears/query", body)
    query, ticket = desk.world.queries[0]
    assert query == ("ears", "how?", 5.0)
    ticket.resolve(Fault.SUCCESS, answer)
    assert pending.get() == (200, {"group": "ears", "result": text, "result_base64": data})


def test_query_of_a_client_that_has_gone_is_withdrawn(desk: Desk) -> None:
    desk.call("POST", "/processes/ears/start?wait=0")
    desk.world.pass_s(1.0)
    pending = desk.wait("POST", "/listeners/ears/query", {"data": "how?"})
    pending.later.abandon()
    assert [name for name, _ in desk.world.withdrawn] == ["ears"]


def test_event_is_sent_to_listeners(desk: Desk) -> None:
    assert desk.call("POST", "/events", {"type": "deploy", "data": "v2"})[0] == 200
    assert desk.world.announced == [("deploy", "v2")]


def test_methods_are_listed_and_explained(desk: Desk) -> None:
    names = desk.call("GET", "/methods")[1]["methods"]
    assert names == desk.world.dispatch("system.listMethods")
    status, struct = desk.call("GET", "/methods/supervisor.startProcess")
    assert struct["signature"] == ["boolean", "string", "boolean"]
    assert struct["help"].startswith("Start a process")
    status, struct = desk.call("GET", "/methods/supervisor.__init__")
    assert (status, struct["fault"]) == (404, "SIGNATURE_UNSUPPORTED")


def test_any_method_is_called_by_its_name(desk: Desk) -> None:
    """Batches and methods of plug-ins are called so."""
    assert desk.call("POST", "/rpc/supervisor.getPID") == (200, {"result": 4711})
    calls = [{"methodName": "supervisor.getPID"}, {"methodName": "no.such"}]
    assert desk.call("POST", "/rpc/system.multicall", {"params": [calls]})[1] == {
        "result": [4711, {"faultCode": 1, "faultString": "UNKNOWN_METHOD"}]
    }
    pending = desk.wait("POST", "/rpc/supervisor.startProcess", {"params": ["web"]})
    desk.world.pass_s(1.0)
    assert pending.get() == (200, {"result": True})


@pytest.mark.parametrize(
    "method",
    [
        "no.such",
        "supervisor",
        "supervisor._services",
        "supervisor.__init__",
        "supervisor.getPID.__func__",
        "supervisor.getPID.im_func",
        "system._call",
        "",
        "supervisor.",
        ".",
        "__class__",
    ],
)
def test_method_names_are_never_walked(desk: Desk, method: str) -> None:
    """The class of faults of CVE-2017-11610."""
    status, struct = desk.call("POST", f"/rpc/{method}")
    assert (status, struct["code"]) == (404, 1)


@pytest.mark.parametrize("params", [[1], ["web", True, 3], [None], [[]], [{"a": 1}]])
def test_parameters_that_do_not_fit_are_refused(desk: Desk, params: list[Any]) -> None:
    status, _ = desk.call("POST", "/rpc/supervisor.startProcess", {"params": params})
    assert status == 400


def test_mistake_of_ours_is_a_problem_with_a_traceback_in_the_log(desk: Desk) -> None:
    pending = desk.wait("POST", "/processes/web/start")
    desk.world.figures = None  # type: ignore[assignment]
    desk.world.pass_s(1.0)
    status, struct = pending.get()
    assert (status, struct["title"]) == (500, "Internal Server Error")
    assert "AttributeError" in desk.world.lines[-1]
    assert desk.world.state("web:web") == "RUNNING"
