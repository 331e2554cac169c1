"""Roles on every method, for calls alone and in multicalls; what the log is told of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.daemon.offers import Offering, own_offering
from supervisor.errors import Fault, RequestRefused
from supervisor.levels import Level
from supervisor.rpc.caller import ANYBODY, Caller, Role
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.introspection import method_names, role_of_docstring
from supervisor.rpc.oneline import printable
from supervisor.rpc.registry import Registry
from supervisor.rpc.system import SystemInterface
from supervisor.tests.rpc.world import AT_ONCE, World, program
from supervisor.web.gateway import REFUSAL_CHARS_MAX, Gateway, shown_call
from supervisor.web.messages import Request

INTERFACE = SupervisorInterface(World())
METHODS = [f"supervisor.{name}" for name in method_names(INTERFACE)]
METHODS += [f"system.{name}" for name in dir(SystemInterface) if not name.startswith("_")]
ADMINS = {
    "addProcessGroup", "clearFatal", "clearLog", "reloadConfig", "removeProcessGroup", "restart",
    "shutdown",
}  # fmt: skip
READERS = {
    "getAPIVersion", "getAllConfigInfo", "getAllProcessInfo", "getDaemonState", "getEventJournal",
    "getEventPools", "getIdentification", "getUserChanges", "getPID", "getProcessInfo", "getState",
    "getSupervisorVersion", "getVersion", "readLog", "readMainLog", "readProcessLog",
    "readProcessStderrLog", "readProcessStdoutLog", "tailProcessLog", "tailProcessStderrLog",
    "tailProcessStdoutLog", "listMethods", "methodHelp", "methodSignature", "multicall",
}  # fmt: skip


def role_of(method: str) -> Role:
    """The role that this test expects of a method."""
    name = method.partition(".")[2]
    return Role.ADMIN if name in ADMINS else Role.READ if name in READERS else Role.OPERATE


class Plugin:
    """A plug-in's namespace."""

    ran: int = 0

    def look(self) -> str:
        """Says nothing about roles."""
        self.ran += 1
        return "all processes of everybody"

    def harmless(self) -> str:
        """Anybody may call it.

        @role read
        """
        return "hello"


class Guest:
    """Calls it without a guard."""

    def find(self, method: str, look: Any) -> Any:
        return look()

    def call(self, method: str, function: Any, params: Any) -> Any:
        return function(*params)


class Stage:
    """The gateway of a world with a plug-in."""

    def __init__(self) -> None:
        self.world = World(program("web", start=AT_ONCE), program("db", start=AT_ONCE))
        self.plugin = Plugin()
        self.lines: list[tuple[int, str]] = []
        registry = Registry(
            [("supervisor", self.world.interface), ("plug", self.plugin)],
            self.log,
            {"plug": Guest()},
        )
        offering = Offering(registry, ["supervisor"], self.world, lambda call: call())
        self.gateway = Gateway(offering, self.world, self.log)

    def log(self, level: int, text: str) -> None:
        self.lines.append((level, text))

    def call(self, caller: Caller, method: str, *params: Any) -> Any:
        value = self.gateway.call(request(caller), method, list(params))
        return value.result() if isinstance(value, Deferred) and value.done else value

    def fault(self, caller: Caller, method: str, *params: Any) -> Fault | None:
        try:
            self.call(caller, method, *params)
        except RequestRefused as refused:
            return refused.fault
        return None

    def audits(self) -> list[str]:
        return [text for level, text in self.lines if text.startswith("audit: ")]


def request(caller: Caller) -> Request:
    made = Request("POST", "/RPC2", "1.1", "/RPC2", "", [])
    made.caller, made.peer = caller, "192.0.2.7:4711"
    return made


def user(role: Role, *programs: str) -> Caller:
    return Caller("carla", role, programs, "password")


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("role", list(Role))
def test_method_is_refused_to_those_below_its_role(role: Role, method: str) -> None:
    """Called alone, in a multicall, and by a user with programs: FORBIDDEN before anything else."""
    stage = Stage()
    allowed = role >= role_of(method)
    for caller in (user(role), user(role, "web")):
        # Too many parameters: whoever may call it is told that, and nothing happens.
        wrong = ["x"] * 9
        expected = Fault.INCORRECT_PARAMETERS if allowed else Fault.FORBIDDEN
        assert stage.fault(caller, method, *wrong) is expected
        assert stage.gateway.may(request(caller), method) is allowed
        if method != "system.multicall":
            calls = [{"methodName": method, "params": wrong}]
            (struct,) = stage.call(caller, "system.multicall", calls)
            assert struct["faultCode"] == expected
    assert stage.world.left is False


def test_roles_are_those_of_the_docstrings() -> None:
    """What the manual says is what is enforced."""
    for method in METHODS:
        kind = SupervisorInterface if method.startswith("supervisor.") else SystemInterface
        docstring = getattr(kind, method.partition(".")[2]).__doc__
        assert role_of_docstring(docstring) is role_of(method), method


@pytest.mark.parametrize(
    "method",
    [
        "supervisor._refuse_while_leaving",
        "supervisor.__class__",
        "supervisor.__init__.__globals__",
        "supervisor._services.control.shutdown",
        "supervisor.supervisord.options.execve",
        "system._call",
        "supervisor",
        "",
        ".",
        "..",
        "plug.ran",
        "plug.__class__.__init__",
        "x" * 100_000,
        "supervisor.shutdown\n",
        "supervisor.shutdown\0",
        "SUPERVISOR.shutdown",
    ],
)
def test_names_are_never_walked(stage: Stage, method: str) -> None:
    """The class of CVE-2017-11610, for the most powerful caller; nothing is logged as an action."""
    for caller in (user(Role.ADMIN), user(Role.ADMIN, "web"), ANYBODY):
        assert stage.fault(caller, method) is Fault.UNKNOWN_METHOD
        calls = [{"methodName": method, "params": []}]
        (struct,) = stage.call(caller, "system.multicall", calls)
        assert struct["faultCode"] == Fault.UNKNOWN_METHOD
        assert "__class__" not in str(stage.call(caller, "system.listMethods"))
    assert not any("\n" in text or "\0" in text for _, text in stage.lines)


def test_methods_of_plugins_take_an_admin_unless_they_say_otherwise(stage: Stage) -> None:
    assert stage.fault(user(Role.OPERATE), "plug.look") is Fault.FORBIDDEN
    assert stage.plugin.ran == 0
    assert stage.call(user(Role.ADMIN), "plug.look") == "all processes of everybody"
    assert stage.call(user(Role.READ), "plug.harmless") == "hello"
    assert stage.fault(user(Role.READ), "plug.nothing") is Fault.FORBIDDEN


def test_plugins_do_not_exist_for_users_with_programs(stage: Stage) -> None:
    """They see the whole daemon."""
    caller = user(Role.ADMIN, "web")
    assert stage.fault(caller, "plug.look") is Fault.UNKNOWN_METHOD
    assert stage.fault(caller, "plug.harmless") is Fault.UNKNOWN_METHOD
    assert not any(name.startswith("plug") for name in stage.call(caller, "system.listMethods"))
    assert stage.plugin.ran == 0


def test_registry_of_a_user_is_made_once(stage: Stage) -> None:
    """Users with the same programs share it; the names that clients ask for are not kept."""
    offer: Any = stage.gateway._offer
    first = offer.registry(user(Role.READ, "web"))
    assert offer.registry(Caller("dora", Role.ADMIN, ("web",))) is first
    assert offer.registry(user(Role.READ, "db")) is not first
    for number in range(1000):
        stage.fault(ANYBODY, f"plug.method{number}")
        stage.fault(ANYBODY, f"supervisor.method{number}")
    assert len(offer._roles) <= len(METHODS)


def test_pages_have_the_methods_without_an_rpc_interface() -> None:
    world = World(program("web", start=AT_ONCE))
    gateway = Gateway(own_offering(world, lambda call: call()), world, world.log)
    assert gateway.call(request(ANYBODY), "supervisor.startProcess", ["web"]) is True


# -- the log -------------------------------------------------------------------------------------


def test_every_action_leaves_a_line(stage: Stage) -> None:
    """Who, how he is known, from where, what, and how it went; looking leaves none."""
    carla = user(Role.OPERATE)
    stage.call(carla, "supervisor.startProcess", "web")
    stage.fault(carla, "supervisor.startProcess", "web")
    stage.fault(carla, "supervisor.shutdown")
    stage.fault(carla, "supervisor.stopProcess", "nothing")
    stage.call(carla, "supervisor.getAllProcessInfo")
    stage.call(ANYBODY, "supervisor.stopAllProcesses", True)
    carla_said = "audit: carla (password) from 192.0.2.7:4711: supervisor"
    assert stage.audits() == [
        f"{carla_said}.startProcess('web'): done",
        f"{carla_said}.startProcess('web'): refused: ALREADY_STARTED: web",
        f"{carla_said}.shutdown(): refused: FORBIDDEN: supervisor.shutdown takes the role admin",
        f"{carla_said}.stopProcess('nothing'): refused: BAD_NAME: nothing",
        "audit: anybody (open) from 192.0.2.7:4711: supervisor.stopAllProcesses(True): done",
    ]


def test_log_without_users_is_what_it_has_always_been(stage: Stage) -> None:
    """What anybody did is told at level debug; what users do, at level info."""
    stage.call(ANYBODY, "supervisor.startProcess", "web")
    stage.call(user(Role.OPERATE), "supervisor.stopProcess", "web")
    levels = [level for level, text in stage.lines if text.startswith("audit: ")]
    assert levels == [Level.DEBG, Level.INFO]


def test_calls_within_a_multicall_leave_a_line_each(stage: Stage) -> None:
    calls = [
        {"methodName": "supervisor.startProcess", "params": ["web"]},
        {"methodName": "supervisor.getPID", "params": []},
        {"methodName": "supervisor.shutdown", "params": []},
    ]
    stage.call(user(Role.OPERATE), "system.multicall", calls)
    assert [line.rpartition(" from ")[2].partition(": ")[2] for line in stage.audits()] == [
        "supervisor.startProcess('web'): done",
        "supervisor.shutdown(): refused: FORBIDDEN: supervisor.shutdown takes the role admin",
    ]


def test_action_that_takes_time_is_told_when_it_is_known() -> None:
    stage = Stage()
    stage.world.children[1].stubborn = True
    stage.call(ANYBODY, "supervisor.startProcess", "web")
    waiting = stage.call(ANYBODY, "supervisor.stopProcess", "web")
    assert isinstance(waiting, Deferred)
    assert len(stage.audits()) == 1
    stage.world.exited("web:web")
    assert stage.audits()[1].endswith("supervisor.stopProcess('web'): done")


def test_contents_are_not_logged(stage: Stage) -> None:
    """What is typed into a program may be a password; so may a message or a query."""
    carla = user(Role.OPERATE)
    stage.call(carla, "supervisor.startProcess", "web")
    stage.call(carla, "supervisor.sendProcessStdin", "web", "hunter2\n")
    stage.call(carla, "supervisor.sendRemoteCommEvent", "kind", "hunter2")
    stage.fault(carla, "supervisor.queryListener", "ears", "hunter2", 3)
    assert not any("hunter2" in text for _, text in stage.lines)
    assert "sendProcessStdin('web', 8 characters): done" in stage.audits()[1]
    assert "sendRemoteCommEvent('kind', 7 characters): done" in stage.audits()[2]


def test_messages_leave_no_line_where_nobody_is_asked_who_he_is(stage: Stage) -> None:
    """Daemons talk to each other by them many times a second."""
    stage.call(ANYBODY, "supervisor.sendRemoteCommEvent", "kind", "data")
    assert stage.audits() == []


TEXT = st.text(max_size=200)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=10,
)


@given(name=TEXT, params=st.lists(VALUES, max_size=5), refusal=TEXT)
def test_law_audit_line_is_one_line_that_can_be_read(
    name: str, params: list[Any], refusal: str
) -> None:
    """Whatever a client sends: no second line, no control character, bounded."""
    for text in (
        shown_call("supervisor.x", params),
        shown_call("supervisor.sendProcessStdin", params),
        printable(name, 80),
        printable(refusal, REFUSAL_CHARS_MAX),
    ):
        assert text.isprintable()
        assert len(text) < 10 * REFUSAL_CHARS_MAX


def test_huge_parameters_are_not_written_out() -> None:
    """Bounded time, too: 24 MB of text, a number of a million digits, a list of lists."""
    shown = shown_call("m", ["x" * 24_000_000, 10**100_000, [[1]] * 1000, {"a": "b" * 10**6}])
    assert len(shown) < 200
