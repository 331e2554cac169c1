"""Processes and groups over the API: looking, starting, stopping, waiting."""

import pytest

from supervisor.rpc.caller import Caller, Role
from supervisor.rpc.figures import Usage
from supervisor.tests.rpc.world import EXIT_3, program
from supervisor.tests.web.api.desk import Desk, opened
from supervisor.web.messages import Response


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_process_is_what_getprocessinfo_tells_and_more(desk: Desk) -> None:
    """JSON for all that XML-RPC offers, made from the same methods."""
    desk.wait("POST", "/processes/web/start")
    desk.world.pass_s(5.0)
    status, struct = desk.call("GET", "/processes/web")
    assert status == 200
    info = desk.world.call("getProcessInfo", "web")
    assert {name: struct[name] for name in info} == info
    assert struct["namespec"] == "web"
    assert struct["uptime_s"] == 5
    assert struct["started"] == "2023-11-14T22:30:00Z"
    assert struct["stopped"] is None
    assert struct["starts"] == 1
    assert struct["usage"] is None
    assert [moment["statename"] for moment in struct["moments"]] == ["STARTING", "RUNNING"]


def test_usage_is_sampled_only_when_it_is_asked_for(desk: Desk) -> None:
    desk.world.figures.by_process[desk.world.ids["web:web"]] = Usage(12.5, 4096, 7, 2.5, (), ())
    _, struct = desk.call("GET", "/processes/web")
    assert struct["usage"] == {"cpu_percent": 12.5, "memory_bytes": 4096, "descriptors": 7}
    assert desk.world.figures.sampled_count == 0
    desk.call("GET", "/processes?usage=true")
    assert desk.world.figures.sampled_count == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["pool:1", "pool:2", "web"]),
        ("?group=pool", ["pool:1", "pool:2"]),
        ("?state=RUNNING", ["web"]),
        ("?state=RUNNING,STOPPED&name=pool:*", ["pool:1", "pool:2"]),
        ("?state=FATAL", []),
        ("?name=1", ["pool:1"]),
        ("?name=%77eb", ["web"]),
    ],
)
def test_processes_are_filtered(desk: Desk, query: str, names: list[str]) -> None:
    desk.wait("POST", "/processes/web/start")
    desk.world.pass_s(2.0)
    status, struct = desk.call("GET", f"/processes{query}")
    assert status == 200
    assert [each["namespec"] for each in struct["processes"]] == names


def test_start_is_answered_when_the_process_is_running(desk: Desk) -> None:
    pending = desk.wait("POST", "/processes/web/start")
    desk.world.pass_s(1.0)
    status, struct = pending.get()
    assert (status, struct["statename"]) == (200, "RUNNING")


def test_start_that_fails_is_a_problem_with_the_fault_of_xml_rpc(desk: Desk) -> None:
    """Errors are problem documents with the same codes."""
    pending = desk.wait("POST", "/processes/web/start")
    desk.world.exited("web:web", EXIT_3)
    status, struct = pending.get()
    assert status == 409
    assert (struct["code"], struct["fault"]) == (50, "SPAWN_ERROR")
    assert (struct["type"], struct["title"], struct["status"]) == ("about:blank", "Conflict", 409)
    assert struct["detail"] == "The process could not be started, or ended too quickly: web"


def test_client_that_does_not_wait_gets_the_process_at_once(desk: Desk) -> None:
    status, struct = desk.call("POST", "/processes/web/start?wait=0")
    assert (status, struct["statename"]) == (202, "STARTING")
    status, struct = desk.call("POST", "/processes/web/start?wait=0")
    assert (status, struct["fault"]) == (409, "ALREADY_STARTED")


def test_client_waits_as_long_as_it_says(desk: Desk) -> None:
    desk = Desk(program("web"))
    desk.world.child("web:web").stubborn = True
    desk.wait("POST", "/processes/web/start")
    desk.world.pass_s(1.0)
    pending = desk.wait("POST", "/processes/web/stop?wait=3")
    desk.world.pass_s(2.0)
    assert _due(desk) == 0
    assert pending.response is None
    desk.world.pass_s(1.0)
    assert _due(desk) == 1
    status, struct = pending.get()
    assert (status, struct["statename"]) == (202, "STOPPING")
    desk.world.exited("web:web")
    assert desk.call("GET", "/processes/web")[1]["statename"] == "STOPPED"


def test_answer_before_the_time_is_the_only_one(desk: Desk) -> None:
    pending = desk.wait("POST", "/processes/web/start?wait=30")
    desk.world.pass_s(1.0)
    assert pending.get()[0] == 200
    desk.world.pass_s(60.0)
    assert _due(desk) == 0


def test_client_that_has_gone_is_not_waited_for_any_more(desk: Desk) -> None:
    pending = desk.wait("POST", "/processes/web/start?wait=30")
    pending.later.abandon()
    desk.world.pass_s(60.0)
    assert _due(desk) == 0
    assert desk.world.state("web:web") == "RUNNING"


def _due(desk: Desk) -> int:
    """Call the timers that are due; how many."""
    count = 0
    while (callback := desk.world.timers.pop_due(desk.world.now_s)) is not None:
        callback()
        count += 1
    return count


@pytest.mark.parametrize("name", ["nobody", "pool", "pool:*", "pool:", "", "web%2F1", "..", "%00"])
@pytest.mark.parametrize("action", ["start", "stop", "restart"])
def test_only_a_process_is_a_process(desk: Desk, name: str, action: str) -> None:
    """What means a whole group elsewhere acts on no group here."""
    for verb, path in (("POST", f"/processes/{name}/{action}"), ("GET", f"/processes/{name}")):
        status, struct = desk.call(verb, path)
        assert (status, struct["fault"]) == (404, "BAD_NAME")
    assert desk.world.state("pool:1") == "STOPPED"


def test_names_may_hold_slashes() -> None:
    desk = Desk(program("a/b", "x"))
    assert desk.call("GET", "/processes/x%3Aa%2Fb")[1]["name"] == "a/b"
    assert desk.call("GET", "/processes/x:a/b")[0] == 404


def test_restart_stops_and_starts(desk: Desk) -> None:
    desk.wait("POST", "/processes/web/start")
    desk.world.pass_s(1.0)
    pid = desk.call("GET", "/processes/web")[1]["pid"]
    pending = desk.wait("POST", "/processes/web/restart")
    desk.world.pass_s(1.0)
    status, struct = pending.get()
    assert (status, struct["statename"], struct["pid"]) == (200, "RUNNING", pid + 1)


def test_restart_waits_for_the_end_of_a_stubborn_process(desk: Desk) -> None:
    desk.world.child("web:web").stubborn = True
    desk.wait("POST", "/processes/web/start")
    desk.world.pass_s(1.0)
    pending = desk.wait("POST", "/processes/web/restart")
    desk.world.pass_s(1.0)
    desk.world.exited("web:web")
    desk.world.pass_s(1.0)
    assert pending.get()[1]["statename"] == "RUNNING"


def test_restart_goes_on_for_a_client_that_does_not_wait(desk: Desk) -> None:
    desk.world.child("web:web").stubborn = True
    desk.wait("POST", "/processes/web/start")
    desk.world.pass_s(1.0)
    pending = desk.wait("POST", "/processes/web/restart?wait=0")
    assert _due(desk) == 1
    assert pending.get()[1]["statename"] == "STOPPING"
    desk.world.exited("web:web")
    desk.world.pass_s(1.0)
    assert desk.world.state("web:web") == "RUNNING"


def test_restart_of_what_does_not_run_starts_it(desk: Desk) -> None:
    pending = desk.wait("POST", "/processes/web/restart")
    desk.world.pass_s(1.0)
    assert pending.get()[1]["statename"] == "RUNNING"


def test_group_is_started_and_each_result_told(desk: Desk) -> None:
    desk.world.child("pool:2").spawn_error = "no such file"
    pending = desk.wait("POST", "/groups/pool/start")
    desk.world.pass_s(2.0)
    status, struct = pending.get()
    assert status == 200
    results = {each["name"]: each["status"] for each in struct["results"]}
    assert results == {"1": 80, "2": 50}


def test_group_that_is_not_waited_for_is_shown(desk: Desk) -> None:
    status, struct = desk.call("POST", "/groups/pool/start?wait=0")
    assert status == 202
    assert [each["statename"] for each in struct["processes"]] == ["STARTING", "STARTING"]
    assert (struct["name"], struct["kind"], struct["priority"]) == ("pool", "program", 999)


def test_restart_of_a_group_tells_what_could_not_be_stopped(desk: Desk) -> None:
    desk.call("POST", "/groups/pool/start?wait=0")
    desk.world.pass_s(1.0)
    desk.world.child("pool:2").untouchable = True
    pending = desk.wait("POST", "/groups/pool/restart")
    desk.world.pass_s(1.0)
    results = [(each["name"], each["status"]) for each in pending.get()[1]["results"]]
    assert results[0] == ("2", 30)
    assert ("1", 80) in results


def test_all_processes_are_started_and_stopped(desk: Desk) -> None:
    status, struct = desk.call("POST", "/supervisor/start-all?wait=0")
    assert status == 202
    assert {each["statename"] for each in struct["processes"]} == {"STARTING"}
    desk.world.pass_s(1.0)
    status, struct = desk.call("POST", "/supervisor/stop-all")
    assert status == 200
    assert [each["status"] for each in struct["results"]] == [80, 80, 80]


@pytest.mark.parametrize("signal", ["HUP", "sighup", "1", 1])
def test_signal_is_a_name_or_a_number(desk: Desk, signal: str | int) -> None:
    desk.call("POST", "/processes/web/start?wait=0")
    status, struct = desk.call("POST", "/processes/web/signal", {"signal": signal})
    assert (status, struct["name"]) == (200, "web")
    assert desk.world.child("web:web").signals == [1]


def test_text_is_sent_to_stdin(desk: Desk) -> None:
    desk.call("POST", "/processes/web/start?wait=0")
    assert desk.call("POST", "/processes/web/stdin", {"chars": "grüß\n"}) == (200, {"result": True})
    assert desk.world.sent == [(desk.world.ids["web:web"], "grüß\n".encode())]


def test_groups_are_listed_added_and_removed(desk: Desk) -> None:
    status, struct = desk.call("GET", "/groups")
    assert [each["name"] for each in struct["groups"]] == ["pool", "web"]
    assert desk.call("GET", "/groups/web")[1]["processes"][0]["name"] == "web"
    assert desk.call("PUT", "/groups/web")[0] == 200
    assert desk.world.configuration.asked == ["add web"]
    status, struct = desk.call("DELETE", "/groups/web")
    assert (status, struct["fault"]) == (409, "STILL_RUNNING")
    assert desk.call("GET", "/groups/nobody")[0] == 404


def test_caller_sees_and_touches_only_his_programs(desk: Desk) -> None:
    """Others are for him as if they did not exist."""
    his = Caller("ann", Role.OPERATE, ("pool",), "password")
    structs = desk.call("GET", "/processes", caller=his)[1]["processes"]
    assert [each["namespec"] for each in structs] == ["pool:1", "pool:2"]
    assert [each["name"] for each in desk.call("GET", "/groups", caller=his)[1]["groups"]] == [
        "pool"
    ]
    for verb, path in (
        ("GET", "/processes/web"),
        ("POST", "/processes/web/start"),
        ("GET", "/groups/web"),
        ("POST", "/groups/web/start"),
        ("GET", "/processes/web/logs/stdout"),
    ):
        assert desk.call(verb, path, caller=his)[1]["fault"] == "BAD_NAME", path
    desk.call("POST", "/supervisor/start-all?wait=0", caller=his)
    assert desk.world.state("web:web") == "STOPPED"
    assert desk.world.state("pool:1") == "STARTING"


def test_role_decides_what_may_be_done(desk: Desk) -> None:
    reader = Caller("bob", Role.READ, (), "token")
    assert desk.call("GET", "/processes", caller=reader)[0] == 200
    for verb, path, body in (
        ("POST", "/processes/web/start", None),
        ("POST", "/processes/web/restart", None),
        ("POST", "/processes/web/stdin", {"chars": "x"}),
        ("DELETE", "/processes/web/logs", None),
        ("POST", "/supervisor/shutdown", None),
        ("POST", "/rpc/supervisor.shutdown", None),
        ("PUT", "/groups/web", None),
    ):
        status, struct = desk.call(verb, path, body, caller=reader)
        assert (status, struct["code"], struct["fault"]) == (403, 110, "FORBIDDEN"), path
    assert desk.world.state("web:web") == "STOPPED"


def test_head_has_the_headers_of_get(desk: Desk) -> None:
    answer = desk.ask("HEAD", "/api/v1/processes")
    assert isinstance(answer, Response)
    assert opened(answer)[0] == 200  # The body is left out when it is sent.
