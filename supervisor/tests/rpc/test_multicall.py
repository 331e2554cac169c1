"""Several calls in one request."""

from typing import Any

import pytest

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.multicall import CALLS_PER_TURN_MAX
from supervisor.rpc.registry import Registry
from supervisor.tests.rpc.world import World, fault_of, program, status

WRONG = "INCORRECT_PARAMETERS"


class Plugin:
    """Remembers the order of calls; answers of `wait` are given by the test."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.waiting: list[Deferred] = []

    def echo(self, value: Any = "nothing") -> Any:
        self.calls.append(value)
        return value

    def wait(self) -> Deferred:
        self.calls.append("wait")
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def known(self) -> Deferred:
        answer = Deferred()
        answer.settle(lambda: "known")
        return answer

    def refuse(self) -> None:
        raise RequestRefused(Fault.BAD_NAME, "nobody")

    def wrong_type(self) -> int:
        return len(5)  # type: ignore[arg-type]

    def fail(self) -> None:
        raise ValueError("boo")


class Fixture:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.plugin = Plugin()
        self.registry = Registry([("p", self.plugin)], lambda level, text: self.lines.append(text))

    def __call__(self, *calls: Any) -> Any:
        return self.registry.dispatch("system.multicall", [list(calls)])


@pytest.fixture
def multicall() -> Fixture:
    return Fixture()


def one(method: Any, *params: Any) -> dict[str, Any]:
    return {"methodName": method, "params": list(params)}


def test_multicall_answers_with_bare_values(multicall: Fixture) -> None:
    """Not one-element arrays: dashboards rely on it."""
    assert multicall(one("p.echo", 1), one("p.echo", [2])) == [1, [2]]


def test_multicall_of_nothing_is_empty(multicall: Fixture) -> None:
    assert multicall() == []


def test_params_may_be_left_out(multicall: Fixture) -> None:
    assert multicall({"methodName": "p.echo"}) == ["nothing"]


@pytest.mark.parametrize(
    ("call", "code", "text"),
    [
        ({}, 2, f"{WRONG}: No methodName"),
        (one("system.multicall", []), 2, f"{WRONG}: Recursive system.multicall forbidden"),
        (one("p.refuse"), 10, "BAD_NAME: nobody"),
        (one("p.nope"), 1, "UNKNOWN_METHOD"),
        (one(""), 1, "UNKNOWN_METHOD"),
        (one("p.echo", 1, 2), 2, WRONG),
        (one("p.wrong_type"), 2, WRONG),
        (one("p.fail"), 30, "FAILED: <class 'ValueError'>:boo"),
        (one(5), 2, f"{WRONG}: methodName must be a string"),
        ({"methodName": "p.echo", "params": "ab"}, 2, f"{WRONG}: params must be an array"),
        (5, 2, f"{WRONG}: a call must be a struct"),
        ("abc", 2, f"{WRONG}: a call must be a struct"),
    ],
)
def test_call_that_fails_contributes_a_struct(
    multicall: Fixture, call: Any, code: int, text: str
) -> None:
    """Each failure is a struct of faultCode and faultString; the others are made all the same."""
    before, failed, after = multicall(one("p.echo", 1), call, one("p.echo", 2))
    assert (before, after) == (1, 2)
    assert failed == {"faultCode": code, "faultString": text}


def test_unexpected_exception_is_logged(multicall: Fixture) -> None:
    """It is hidden in a code 30 fault; the log has the traceback."""
    multicall(one("p.fail"))
    assert any("ValueError: boo" in line and "Traceback" in line for line in multicall.lines)


@pytest.mark.parametrize("calls", [5, {}, "abc", None])
def test_calls_that_are_no_array_are_refused(multicall: Fixture, calls: Any) -> None:
    """INCORRECT_PARAMETERS, never HTTP 500."""
    text = fault_of(lambda: multicall.registry.dispatch("system.multicall", [calls]))
    assert text == WRONG


def test_deferred_call_is_finished_before_the_next_begins(multicall: Fixture) -> None:
    """Calls run strictly one after another."""
    answer = multicall(one("p.wait"), one("p.echo", 1), one("p.wait"), one("p.echo", 2))
    assert isinstance(answer, Deferred)
    assert multicall.plugin.calls == ["wait"]
    multicall.plugin.waiting[0].settle(lambda: "first")
    assert multicall.plugin.calls == ["wait", 1, "wait"]
    assert not answer.done
    multicall.plugin.waiting[1].settle(lambda: "second")
    assert answer.result() == ["first", 1, "second", 2]


def test_deferred_call_may_fail(multicall: Fixture) -> None:
    def refuse() -> None:
        raise RequestRefused(Fault.SPAWN_ERROR, "web")

    answer = multicall(one("p.wait"), one("p.wait"), one("p.echo", 1))
    multicall.plugin.waiting[0].settle(refuse)
    multicall.plugin.waiting[1].settle(lambda: 1 // 0)
    refused, failed, last = answer.result()
    assert refused == {"faultCode": 50, "faultString": "SPAWN_ERROR: web"}
    assert failed["faultCode"] == 30
    assert last == 1


def test_reply_is_immediate_if_nothing_has_to_be_waited_for(multicall: Fixture) -> None:
    assert multicall(one("p.known"), one("p.echo", 1)) == ["known", 1]


def test_multicall_of_many_calls_does_not_recurse(multicall: Fixture) -> None:
    """A dashboard may ask for everything at once."""
    calls = [one("p.known"), one("p.echo", 1)] * 2000
    assert multicall(*calls) == ["known", 1] * 2000


def test_calls_run_while_the_daemon_leaves_and_each_gets_its_own_fault() -> None:
    """system.* has no state check; inside a multicall each sub-call gets its own fault."""
    world = World(program("web"))
    world.call("shutdown")
    assert world.dispatch(
        "system.multicall", [one("supervisor.getPID"), one("system.methodHelp", "x")]
    ) == [
        {"faultCode": 6, "faultString": "SHUTDOWN_STATE"},
        {"faultCode": 4, "faultString": "SIGNATURE_UNSUPPORTED"},
    ]


def test_x19_deferred_results_need_no_polling() -> None:
    """Starts and stops in one multicall are answered by the state changes alone."""
    world = World(program("web"), program("db"))
    answer = world.dispatch(
        "system.multicall",
        [
            one("supervisor.startProcess", "web"),
            one("supervisor.startAllProcesses"),
            one("supervisor.stopProcess", "web"),
            one("supervisor.stopProcess", "web"),
        ],
    )
    world.pass_s(1.0)
    assert not answer.done
    world.pass_s(1.0)
    assert answer.result() == [
        True,
        [status("db:db")],
        True,
        {"faultCode": 70, "faultString": "NOT_RUNNING: web"},
    ]


def test_calls_after_a_deferred_one_see_the_effects_of_those_before() -> None:
    """As if they had come one by one."""
    world = World(program("web"), program("db"))
    world.call("startProcess", "db", False)
    world.child("db:db").stubborn = True
    answer = world.dispatch(
        "system.multicall",
        [
            one("supervisor.startProcess", "web"),
            one("supervisor.stopProcess", "db", False),
            one("supervisor.getProcessInfo", "db"),
            one("supervisor.stopProcess", "db", False),
        ],
    )
    world.pass_s(1.0)
    started, stopped, info, refused = answer.result()
    assert (started, stopped, info["statename"]) == (True, True, "STOPPING")
    assert refused == {"faultCode": 70, "faultString": "NOT_RUNNING: db"}


def test_long_multicall_lets_others_have_their_turn() -> None:
    """After some calls the rest is made in the next turn of the loop, in order."""
    plugin, waiting = Plugin(), []
    registry = Registry([("p", plugin)], lambda level, text: None, later=waiting.append)
    count = 2 * CALLS_PER_TURN_MAX + 1
    calls = [{"methodName": "p.echo", "params": [number]} for number in range(count)]

    answer = registry.dispatch("system.multicall", [calls])

    for turn in (1, 2):
        assert plugin.calls == list(range(turn * CALLS_PER_TURN_MAX))
        assert not answer.done
        waiting.pop()()
    assert not waiting
    assert answer.result() == list(range(count))


def test_multicall_of_few_is_answered_at_once() -> None:
    """At the bound there is nothing left for another turn."""
    plugin, waiting = Plugin(), []
    registry = Registry([("p", plugin)], lambda level, text: None, later=waiting.append)
    calls = [{"methodName": "p.echo"}] * CALLS_PER_TURN_MAX

    assert registry.dispatch("system.multicall", [calls]) == ["nothing"] * CALLS_PER_TURN_MAX
    assert not waiting
