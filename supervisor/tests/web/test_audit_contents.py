"""What callers hand over for a program or a listener is in no line of the log.

Every method is called with a text in each of its parameters that occurs nowhere else. Parameters
are judged here: one that is new is content until somebody says that it is none. Lines at level
trace, which repeat what clients were answered, do not count.
"""

import inspect

import pytest

from supervisor.levels import Level
from supervisor.rpc.caller import ANYBODY, Caller, Role
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.introspection import method_names
from supervisor.tests.rpc.world import World
from supervisor.tests.web.test_gateway import Stage, user

MARK = "hunter2-that-is-nowhere-else"

TOLD = {"name", "pool", "type", "signal", "wait", "offset", "length", "timeout_secs"}
"""Names of parameters that say what is done to whom: the log tells them."""

CONTENTS = [
    (method, place)
    for method in method_names(SupervisorInterface(World()))
    for place, name in enumerate(
        tuple(inspect.signature(getattr(SupervisorInterface, method)).parameters)[1:]
    )
    if name not in TOLD
]
"""Methods, and which of their parameters is content."""

CALLERS = [ANYBODY, user(Role.READ), user(Role.OPERATE), user(Role.ADMIN, "db")]
FIRST = ["web", "db", "nothing", "web:*"]


def test_contents_are_known() -> None:
    """Else the tests below would test nothing."""
    assert CONTENTS == [("queryListener", 1), ("sendProcessStdin", 1), ("sendRemoteCommEvent", 1)]


def with_mark(stage: Stage, caller: Caller, method: str, params: list[object]) -> list[str]:
    """The lines of the log with the mark, after a call alone, in a multicall, and once more."""
    stage.fault(caller, f"supervisor.{method}", *params)
    calls = [{"methodName": f"supervisor.{method}", "params": params}] * 2
    stage.call(caller, "system.multicall", calls)
    return [text for level, text in stage.lines if MARK in text and level > Level.TRAC]


@pytest.mark.parametrize(("method", "place"), CONTENTS)
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: f"{caller.how}-{caller.role.name}")
@pytest.mark.parametrize("first", FIRST)
def test_contents_are_in_no_line(method: str, place: int, caller: Caller, first: str) -> None:
    """Whether the call is done, or refused because of who calls, of whom he names, or of a type."""
    stage = Stage()
    stage.call(ANYBODY, "supervisor.startProcess", "web")
    for content in (MARK, MARK * 1000, f"\n{MARK}\0", MARK.encode(), [MARK], {MARK: MARK}, None):
        params: list[object] = [first, content]
        assert with_mark(stage, caller, method, params) == []
    assert place == 1


@pytest.mark.parametrize(("method", "place"), CONTENTS)
@pytest.mark.parametrize("count", [1, 3, 9])
def test_contents_in_a_wrong_place_are_in_no_line(method: str, place: int, count: int) -> None:
    """Who gives too few or too many parameters may have his contents anywhere but in the first."""
    stage = Stage()
    params: list[object] = ["web", *[MARK] * count]
    for caller in CALLERS:
        assert with_mark(stage, caller, method, params) == []


def test_what_is_told_is_told() -> None:
    """The log is not kept clean by saying nothing: names are there."""
    stage = Stage()
    stage.fault(user(Role.OPERATE), "supervisor.startProcess", MARK)
    assert any(MARK in text for text in stage.audits())
