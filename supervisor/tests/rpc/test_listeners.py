"""Queries to event listeners, as clients see them."""

from typing import Any

import pytest

from supervisor.errors import Fault, RequestRefused
from supervisor.tests.rpc.world import World, fault_of, program


@pytest.fixture
def world() -> World:
    return World(program("web"))


def answered(world: World, text: str) -> Any:
    """What the client gets when the listener has answered with that."""
    answer = world.wait_for("queryListener", "ears", "how many?")
    world.queries[-1][1].resolve(Fault.SUCCESS, text)
    return answer.result()


def test_query_is_answered_with_the_result(world: World) -> None:
    """A string, when the listener has said it; ten seconds unless told."""
    answer = world.wait_for("queryListener", "ears", "how many?")
    asked, ticket = world.queries[-1]
    assert asked == ("ears", "how many?", 10.0)
    ticket.resolve(Fault.SUCCESS, "seven\n")
    assert answer.result() == "seven\n"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", ""),
        ("grün\t\n", "grün\t\n"),
        ("\udcff", b"\xff"),
        ("a\r\n", b"a\r\n"),
        ("a\x00b", b"a\x00b"),
        ("\ufffe", "\ufffe".encode()),
    ],
)
def test_result_that_xml_cannot_carry_is_base64(world: World, text: str, result: Any) -> None:
    """Not a byte of a result is changed on the way."""
    assert answered(world, text) == result


def test_query_without_result_is_refused_with_the_reason(world: World) -> None:
    """A sentence, not a name."""
    answer = world.wait_for("queryListener", "ears", "x", 3)
    asked, ticket = world.queries[-1]
    assert asked[2] == 3.0
    ticket.resolve(Fault.FAILED, "no listener of pool ears answered within 3 s")
    with pytest.raises(RequestRefused) as refused:
        answer.result()
    assert refused.value.text == "FAILED: no listener of pool ears answered within 3 s"


def test_query_to_a_pool_that_is_none_is_refused(world: World) -> None:
    """BAD_NAME with the name."""
    assert world.fault("queryListener", "nobody", "x") == "BAD_NAME: nobody"


@pytest.mark.parametrize("seconds", [0, -1, 3601, 1e300, "soon"])
def test_query_that_cannot_be_waited_for_is_refused(world: World, seconds: Any) -> None:
    """From one second to an hour."""
    assert world.fault("queryListener", "ears", "x", seconds).startswith("BAD_ARGUMENTS")


def test_query_that_is_no_text_is_refused(world: World) -> None:
    """Nothing is guessed."""
    assert world.fault("queryListener", "ears", 5).startswith("INCORRECT_PARAMETERS")


def test_query_is_refused_while_the_daemon_leaves(world: World) -> None:
    """Like everything else."""
    world.control.shutdown()
    assert world.fault("queryListener", "ears", "x") == "SHUTDOWN_STATE"


def test_query_is_introspected(world: World) -> None:
    """It is listed, and its signature is told."""
    assert "supervisor.queryListener" in world.dispatch("system.listMethods")
    signature = world.dispatch("system.methodSignature", "supervisor.queryListener")
    assert signature == ["string", "string", "string", "int"]
    assert fault_of(lambda: world.dispatch("system.methodHelp", "supervisor.queryNobody"))
