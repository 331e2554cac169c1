"""Queries to event listeners, as clients see them."""

from typing import Any

import pytest

from supervisor.core.pool_snapshot import JournalSnapshot, ListenerSnapshot, PoolSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.states import EventListenerStates
from supervisor.tests.rpc.world import AT_ONCE, World, fault_of, program


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


def test_query_of_a_client_that_has_gone_is_withdrawn(world: World) -> None:
    """Nobody needs the result."""
    answer = world.wait_for("queryListener", "ears", "how many?")
    answer.abandon()
    assert world.withdrawn == [("ears", world.queries[-1][1])]


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


# -- pools -----------------------------------------------------------------------------------------

READY, UNKNOWN = EventListenerStates.READY, EventListenerStates.UNKNOWN


def with_pool(world: World, *states: int, **numbers: Any) -> World:
    """A pool `ears` of the processes of that group, whose conversations are in these states."""
    group = world.control.group("ears")
    assert group is not None
    listeners = tuple(
        ListenerSnapshot(process.id, state)
        for process, state in zip(group.processes, states, strict=True)
    )
    counts = {"waiting": 0, "buffer_size": 10, "busy": 0, "delivered": 0, "rejected": 0}
    fields = {**counts, "dropped": 0, "is_behind": False, **numbers}
    world.pools.append(PoolSnapshot("ears", listeners=listeners, **fields))
    return world


def test_pools_are_told_with_what_became_of_their_events() -> None:
    """Names as commands take them; the conversation and the process of each listener."""
    world = World(program("a", group="ears", start=AT_ONCE), program("b", group="ears"))
    with_pool(world, READY, UNKNOWN).call("startProcess", "ears:a", False)
    world.pools[0] = world.pools[0]._replace(waiting=3, delivered=7, rejected=2, dropped=1)
    assert world.call("getEventPools") == [
        {
            "name": "ears",
            "waiting": 3,
            "buffer_size": 10,
            "delivered": 7,
            "rejected": 2,
            "dropped": 1,
            "behind": False,
            "listeners": [
                {"name": "ears:a", "state": "READY", "process_state": "RUNNING"},
                {"name": "ears:b", "state": "UNKNOWN", "process_state": "STOPPED"},
            ],
        }
    ]


def test_count_that_no_int_can_carry_stays_at_the_largest() -> None:
    """2147483647: a daemon that runs for years still answers."""
    world = with_pool(World(program("ears")), READY, delivered=2**40, is_behind=True)
    (pool,) = world.call("getEventPools")
    assert (pool["delivered"], pool["behind"]) == (2**31 - 1, True)
    assert [each["name"] for each in pool["listeners"]] == ["ears"]


def test_journal_is_told_with_what_it_has_lost(world: World) -> None:
    """An empty path where there is none."""
    assert world.call("getEventJournal") == {"path": "", "lost": 0}
    world.event_journal = JournalSnapshot("/var/events", 5)
    assert world.call("getEventJournal") == {"path": "/var/events", "lost": 5}


@pytest.mark.parametrize("method", ["getEventPools", "getEventJournal"])
def test_pools_are_not_told_while_the_daemon_leaves(world: World, method: str) -> None:
    world.control.shutdown()
    assert world.fault(method) == "SHUTDOWN_STATE"


def test_query_to_listeners_that_have_stopped_is_refused_at_once() -> None:
    """With the state they are in, and what to do; nobody waits ten seconds for nothing."""
    world = with_pool(World(program("ears")), READY)
    assert world.fault("queryListener", "ears", "x") == (
        "FAILED: no listener of pool ears can answer: ears is STOPPED (supervisorctl start ears)"
    )
    assert world.queries == []


def test_query_is_refused_with_a_few_names_of_many() -> None:
    world = with_pool(World(*(program(each, group="ears") for each in "abcde")), *[READY] * 5)
    assert world.fault("queryListener", "ears", "x") == (
        "FAILED: no listener of pool ears can answer: ears:a is STOPPED, ears:b is STOPPED, "
        "ears:c is STOPPED, 2 more likewise (supervisorctl start ears:*)"
    )


def test_query_to_a_listener_that_broke_the_protocol_is_refused() -> None:
    """It gets no event before it is restarted."""
    world = with_pool(World(program("ears", start=AT_ONCE)), UNKNOWN)
    world.call("startProcess", "ears", False)
    assert world.fault("queryListener", "ears", "x") == (
        "FAILED: no listener of pool ears can answer: ears has broken the protocol "
        "(supervisorctl restart ears)"
    )


def test_query_to_a_pool_without_listeners_is_refused(world: World) -> None:
    """A plug-in may have taken them out."""
    counts = (0, 10, 0, 0, 0, 0, False)
    world.pools.append(PoolSnapshot("ears", *counts, ()))
    assert world.fault("queryListener", "ears", "x") == "FAILED: pool ears has no listeners"


def test_query_waits_for_one_listener_that_may_come_up() -> None:
    """STARTING, BACKOFF and BUSY end by themselves."""
    world = World(program("a", group="ears"), program("b", group="ears"))
    with_pool(world, READY, READY).call("startProcess", "ears:a", False)
    assert world.state("ears:a") == "STARTING"
    world.wait_for("queryListener", "ears", "x")
    assert len(world.queries) == 1
