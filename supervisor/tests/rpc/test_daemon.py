"""The daemon itself, its configuration, and what is sent through it."""

from typing import Any

import pytest

from supervisor.errors import RequestRefused
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.introspection import method_names, method_of, signature_of
from supervisor.tests.rpc.world import AT_ONCE, World, program

ARGUMENTS = {"name": "web", "wait": True, "signal": "HUP", "offset": 0, "length": 0, "chars": "x"}
UNCHECKED = ("sendRemoteCommEvent", "getDaemonState")


@pytest.fixture
def world() -> World:
    return World(program("web", start=AT_ONCE), program("db", "g"))


class TestIdentity:
    @pytest.mark.parametrize("method", ["getAPIVersion", "getVersion"])
    def test_api_version_is_what_clients_insist_on(self, world: World, method: str) -> None:
        assert world.call(method) == "3.0"

    def test_daemon_tells_who_it_is(self, world: World) -> None:
        assert world.call("getSupervisorVersion") == "5.0.0"
        assert world.call("getIdentification") == "supervisor"
        assert world.call("getPID") == 4711
        assert world.call("getState") == {"statecode": 1, "statename": "RUNNING"}


class TestFatal:
    @pytest.fixture
    def ill(self, world: World) -> World:
        """A daemon that may not signal one of its children."""
        world.call("startProcess", "web")
        world.child("web:web").untouchable = True
        assert world.fault("signalProcess", "web", "HUP").startswith("FAILED: ")
        return world

    @pytest.mark.parametrize("method", ["getState", "getDaemonState"])
    def test_state_is_fatal_with_a_reason(self, ill: World, method: str) -> None:
        """The key `reason` is there only then."""
        assert ill.call(method) == {
            "statecode": 2,
            "statename": "FATAL",
            "reason": "cannot signal web (pid 101): [Errno 1] Operation not permitted",
        }

    def test_it_is_running_again_when_the_process_is_gone(self, ill: World) -> None:
        """The cause is gone: nobody has to do anything more."""
        ill.exited("web:web")
        assert ill.call("getState") == {"statecode": 1, "statename": "RUNNING"}

    def test_it_is_running_again_on_request(self, ill: World) -> None:
        assert ill.call("clearFatal") is True
        assert ill.call("getState") == {"statecode": 1, "statename": "RUNNING"}
        assert ill.call("clearFatal") is True

    def test_everything_can_be_called_all_the_same(self, ill: World) -> None:
        """FATAL refuses nothing: the state check is about leaving alone."""
        for method in method_names(ill.interface):
            if method in ("shutdown", "restart", "clearFatal"):
                continue
            code = method_of(ill.interface, method)
            assert code is not None
            names = code.__code__.co_varnames[1 : code.__code__.co_argcount]
            try:
                ill.dispatch(f"supervisor.{method}", *(ARGUMENTS.get(n, "x") for n in names))
            except RequestRefused as refused:
                assert refused.fault.name != "SHUTDOWN_STATE", method
        assert ill.call("getState")["statename"] == "FATAL"

    @pytest.mark.parametrize("leave", ["shutdown", "restart"])
    def test_it_can_be_left(self, ill: World, leave: str) -> None:
        assert ill.call(leave) is True
        assert ill.left
        assert ill.fault("getState") == "SHUTDOWN_STATE"
        assert ill.call("getDaemonState")["statecode"] <= 0


class TestLeaving:
    def test_shutdown_is_answered(self, world: World) -> None:
        assert world.call("shutdown") is True
        assert world.left

    def test_restart_is_answered(self, world: World) -> None:
        assert world.call("restart") is True
        assert world.configuration.asked == ["prepare restart"]
        assert world.left

    def test_l5_restart_with_a_broken_file_is_refused(self, world: World) -> None:
        """C3: nothing is stopped."""
        world.configuration.problem = "File contains no section headers."
        world.call("startProcess", "web")
        assert world.fault("restart") == "CANT_REREAD: File contains no section headers."
        assert world.call("getState")["statename"] == "RUNNING"
        assert world.state("web:web") == "RUNNING"

    @pytest.mark.parametrize("leave", ["shutdown", "restart"])
    @pytest.mark.parametrize("method", sorted(method_names(SupervisorInterface(None))))  # type: ignore[arg-type]
    def test_methods_are_refused_while_leaving(self, world: World, leave: str, method: str) -> None:
        """Keep: getState and shutdown as well; two have no check."""
        world.call(leave)
        code = method_of(world.interface, method)
        assert code is not None
        names = code.__code__.co_varnames[1 : code.__code__.co_argcount]
        params = [ARGUMENTS.get(name, "x") for name in names]
        if method in UNCHECKED:
            assert world.call(method, *params)
        else:
            assert world.fault(method, *params) == "SHUTDOWN_STATE"

    @pytest.mark.parametrize(
        ("leave", "code", "name"), [("shutdown", -1, "SHUTDOWN"), ("restart", 0, "RESTARTING")]
    )
    def test_state_can_be_seen_while_leaving(
        self, world: World, leave: str, code: int, name: str
    ) -> None:
        """getState faults, and clients rely on it: there is another read-only way."""
        world.call(leave)
        assert world.call("getDaemonState") == {"statecode": code, "statename": name}

    def test_wrong_number_of_parameters_comes_first(self, world: World) -> None:
        world.call("shutdown")
        assert world.fault("getState", 1) == "INCORRECT_PARAMETERS"


class TestConfiguration:
    def test_reload_nests_the_triple_once_too_often(self, world: World) -> None:
        """Keep for compatibility."""
        world.configuration.difference = (["new"], ["other"], ["old"])
        assert world.call("reloadConfig") == [[["new"], ["other"], ["old"]]]

    def test_reload_of_a_broken_file_is_refused(self, world: World) -> None:
        world.configuration.problem = "no such section"
        assert world.fault("reloadConfig") == "CANT_REREAD: no such section"

    def test_groups_are_added_and_removed_by_name(self, world: World) -> None:
        assert world.call("addProcessGroup", "new") is True
        assert world.configuration.asked == ["add new"]
        assert world.fault("removeProcessGroup", "g") == "STILL_RUNNING: g"

    def test_x6_config_infos_with_autorestart_true_can_be_sent(self, world: World) -> None:
        """autorestart=true is a boolean, not something that answers 500."""
        assert world.call("getAllConfigInfo") == [{"name": "web", "autorestart": True}]


class TestStdin:
    def test_text_is_sent_as_utf8_without_newline(self, world: World) -> None:
        world.call("startProcess", "web")
        assert world.call("sendProcessStdin", "web", "ä") is True
        assert world.sent == [(1, b"\xc3\xa4")]

    @pytest.mark.parametrize("chars", [5, None, ["x"], True])
    def test_text_must_be_a_string(self, world: World, chars: Any) -> None:
        """Checked before the name."""
        fault = f"INCORRECT_PARAMETERS: {chars}"
        assert world.fault("sendProcessStdin", "nope", chars) == fault

    def test_process_must_run(self, world: World) -> None:
        assert world.fault("sendProcessStdin", "nope", "x") == "BAD_NAME: nope"
        assert world.fault("sendProcessStdin", "g:*", "x") == "BAD_NAME: g:*"
        assert world.fault("sendProcessStdin", "web", "x") == "NOT_RUNNING: web"

    def test_stopping_process_gets_nothing(self, world: World) -> None:
        world.call("startProcess", "web")
        world.child("web:web").stubborn = True
        world.call("stopProcess", "web", False)
        assert world.fault("sendProcessStdin", "web", "x") == "NOT_RUNNING: web"

    def test_closed_stdin_is_no_file(self, world: World) -> None:
        world.call("startProcess", "web")
        world.closed_stdin = True
        assert world.fault("sendProcessStdin", "web", "x") == "NO_FILE: web"


@pytest.mark.parametrize(
    ("kind", "data", "announced"),
    [("a", "b", ("a", "b")), (5, [1], ("5", "[1]"))],
)
def test_comm_event_is_announced(
    world: World, kind: Any, data: Any, announced: tuple[str, str]
) -> None:
    """Non-strings are accepted."""
    assert world.call("sendRemoteCommEvent", kind, data) is True
    assert world.announced == [announced]


SIGNATURES = {
    "boolean": "clearLog shutdown restart clearFatal",
    "boolean,string": "addProcessGroup removeProcessGroup clearProcessLog clearProcessLogs",
    "boolean,string,boolean": "startProcess stopProcess",
    "boolean,string,string": "signalProcess sendProcessStdin sendRemoteCommEvent",
    "array": "getAllConfigInfo getAllProcessInfo reloadConfig clearAllProcessLogs getEventPools"
    " getUserChanges",
    "array,boolean": "startAllProcesses stopAllProcesses",
    "array,string,boolean": "startProcessGroup stopProcessGroup",
    "array,string": "signalAllProcesses",
    "array,string,string": "signalProcessGroup",
    "array,string,int,int": "tailProcessLog tailProcessStdoutLog tailProcessStderrLog",
    "string": "getAPIVersion getVersion getSupervisorVersion getIdentification",
    "string,int,int": "readLog readMainLog",
    "string,string,int,int": "readProcessLog readProcessStdoutLog readProcessStderrLog",
    "string,string,string,int": "queryListener",
    "struct": "getState getDaemonState getEventJournal",
    "struct,string": "getProcessInfo",
    "int": "getPID",
}


def test_methods_and_signatures_are_the_published_ones(world: World) -> None:
    """Legacy aliases included, and those of ours."""
    published = {
        name: types.split(",") for types, names in SIGNATURES.items() for name in names.split()
    }
    found = {
        name: signature_of(getattr(world.interface, name).__doc__)
        for name in method_names(world.interface)
    }
    assert found == published
    system = {
        "listMethods": ["array"],
        "methodHelp": ["string", "string"],
        "methodSignature": ["array", "string"],
        "multicall": ["array", "array"],
    }
    for name, types in system.items():
        assert world.dispatch("system.methodSignature", f"system.{name}") == types


def test_refusals_are_the_only_exceptions(world: World) -> None:
    """Whatever clients send, methods answer or refuse; HTTP 500 is for mistakes of ours."""
    values: list[Any] = ["web", "g:*", "", 0, -1, 2**40, 1.5, float("nan"), True, None, [], {}]
    for method in method_names(world.interface):
        if method in ("shutdown", "restart"):
            continue
        for one in values:
            for params in ([], [one], [one, one], [one, one, one], ["web", one], ["web", one, one]):
                try:
                    world.dispatch(f"supervisor.{method}", *params)
                except RequestRefused:
                    continue
    assert not any("Traceback" in line for line in world.lines)
