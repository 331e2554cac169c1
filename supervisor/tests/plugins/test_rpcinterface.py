"""The namespace `supervisor` as a class: called from Python, and derived from."""

from pathlib import Path
from typing import Any
from xmlrpc.client import Fault

import pytest

from supervisor.errors import RPCError
from supervisor.http import NOT_DONE_YET
from supervisor.rpcinterface import (
    isNotRunning,
    isRunning,
    isSignallable,
    make_allfunc,
)
from supervisor.states import ProcessStates
from supervisor.tests.plugins.site import PROGRAMS, PluginDaemon

# -- make_allfunc ---------------------------------------------------------------------------------


class Thing:
    """A process, or a group: it has a name and a state."""

    def __init__(self, name: str, state: int = ProcessStates.RUNNING) -> None:
        self.config = self
        self.name = name
        self.state = state

    def get_state(self) -> int:
        return self.state


def status(name: str, code: int = 80, text: str = "OK") -> dict[str, Any]:
    return {"name": name, "group": "g", "status": code, "description": text}


def members(*names: str) -> list[tuple[Thing, Thing]]:
    return [(Thing("g"), Thing(name)) for name in names]


def test_function_for_nobody_is_done_at_once() -> None:
    """Without processes there is nothing to wait for."""
    assert make_allfunc([], isRunning, len)() == []


def test_each_process_is_asked_by_its_name_with_the_same_arguments() -> None:
    """Names are in short form where group and process have the same one."""
    asked: list[tuple[str, dict[str, Any]]] = []

    def func(name: str, **more: Any) -> bool:
        asked.append((name, more))
        return True

    allfunc = make_allfunc([*members("a"), (Thing("x"), Thing("x"))], isRunning, func, wait=False)
    assert allfunc() == [status("a"), status("x") | {"group": "x"}]
    assert asked == [("g:a", {"wait": False}), ("x", {"wait": False})]


def test_only_those_that_fit_are_asked() -> None:
    """The predicate chooses."""
    things = [(Thing("g"), Thing("a")), (Thing("g"), Thing("b", ProcessStates.STOPPED))]

    assert make_allfunc(things, isNotRunning, lambda name: True)() == [status("b")]


def test_fault_of_one_is_its_status() -> None:
    """The others are asked all the same."""

    def func(name: str) -> bool:
        if name == "g:a":
            raise RPCError(70, "a")
        return True

    assert make_allfunc(members("a", "b"), isRunning, func)() == [
        status("a", 70, "NOT_RUNNING: a"),
        status("b"),
    ]


def test_answers_that_come_later_are_asked_for_again() -> None:
    """NOT_DONE_YET until the last one is known; in order of completion."""
    answers = {"g:a": [NOT_DONE_YET, NOT_DONE_YET, True], "g:b": [NOT_DONE_YET, True]}

    def func(name: str) -> Any:
        return (lambda: answers[name].pop(0)) if name in answers else True

    allfunc = make_allfunc(members("a", "b", "c"), isRunning, func)
    assert [allfunc() for _ in range(3)] == [NOT_DONE_YET] * 3
    assert allfunc() == [status("c"), status("b"), status("a")]


def test_predicates_know_the_states() -> None:
    """STOPPING is signallable, and neither running nor stopped counts there."""
    stopping = Thing("a", ProcessStates.STOPPING)
    backoff = Thing("b", ProcessStates.BACKOFF)

    assert [isRunning(stopping), isNotRunning(stopping), isSignallable(stopping)] == [0, 1, 1]
    assert [isRunning(backoff), isNotRunning(backoff), isSignallable(backoff)] == [1, 0, 0]


# -- called from Python ---------------------------------------------------------------------------


def test_methods_raise_rpc_errors(daemon: PluginDaemon) -> None:
    """A refusal is an RPCError with code and text."""
    code = """
        from supervisor.xmlrpc import RPCError
        try:
            interface.getProcessInfo('zz')
        except RPCError as error:
            answer = (int(error.code), error.text)
    """
    assert daemon.run(code) == (10, "BAD_NAME: zz")


def test_method_that_has_to_wait_returns_a_function(own_daemon: PluginDaemon) -> None:
    """It has `delay` and `rpcinterface`, and is called until it knows."""
    code = """
        from supervisor.http import NOT_DONE_YET
        config.startsecs = 1
        later = interface.startProcess('web:web')
        kept['later'] = later
        answer = (later() is NOT_DONE_YET, later.delay > 0, later.rpcinterface is interface)
    """
    assert own_daemon.run(code) == (True, True, True)
    own_daemon.wait_state("web:web", "RUNNING")

    assert own_daemon.run("answer = kept['later']()") is True


def test_function_raises_what_the_call_is_refused_with(own_daemon: PluginDaemon) -> None:
    """A start that fails is an RPCError of the function."""
    code = """
        config.startsecs, config.startretries, config.command = 10, 0, 'sh -c "exit 1"'
        kept['later'] = interface.startProcess('web:web')
    """
    own_daemon.run(code)
    own_daemon.wait_state("web:web", "FATAL", "BACKOFF")
    code = """
        from supervisor.xmlrpc import RPCError
        try:
            answer = kept['later']()
        except RPCError as error:
            answer = error.text
    """
    assert own_daemon.run(code) == "SPAWN_ERROR: web:web"


@pytest.mark.parametrize(
    "call",
    [
        "startAllProcesses(False)",
        "stopAllProcesses(False)",
        "startProcessGroup('ears', False)",
        "stopProcessGroup('ears')",
        "clearAllProcessLogs()",
    ],
)
def test_methods_for_several_processes_always_return_a_function(
    own_daemon: PluginDaemon, call: str
) -> None:
    """Also if there is nothing to wait for."""
    own_daemon.run(f"kept['later'] = interface.{call}")
    assert own_daemon.run("answer = callable(kept['later'])") is True
    own_daemon.run("for _ in range(9): kept['result'] = kept['later']()")

    assert own_daemon.run("answer = type(kept['result']).__name__") == "list"


def test_promised_helpers(daemon: PluginDaemon) -> None:
    """What derived classes use has its names."""
    code = """
        group, process = interface._getGroupAndProcess('web:web')
        whole = interface._getGroupAndProcess('web:*')
        info = interface.getProcessInfo('web:web')
        answer = (
            group is groups['web'], process is groups['web'].processes['web'], whole[1],
            [p.config.name for _, p in interface._getAllProcesses(lexical=True)],
            [p.config.name for _, p in interface._getAllProcesses()],
            interface._interpretProcessInfo(info),
            interface._interpretProcessInfo({**info, 'state': 20, 'pid': 7,
                                             'start': 100, 'now': 3761}),
        )
        interface._update('x')
        answer += (interface.update_text,)
    """
    assert daemon.run(code) == (
        True,
        True,
        None,
        ["ears", "second", "web"],
        ["ears", "second", "web"],
        "Not started",
        "pid 7, uptime 1:01:01",
        "x",
    )


# -- derived from ---------------------------------------------------------------------------------

DERIVE = """
    from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
    from supervisor.xmlrpc import RPCError
    class Derived(SupervisorNamespaceRPCInterface):
        def __init__(self, supervisord):
            SupervisorNamespaceRPCInterface.__init__(self, supervisord)
            self.called = []
        def _update(self, text):
            self.called.append(text)
            SupervisorNamespaceRPCInterface._update(self, text)
        # Names that the daemon's own interface has for something else.
        def _start(self): pass
        def _group(self): pass
        def _process(self): pass
        {body}
    derived = Derived(supervisord)
"""


def derived(daemon: PluginDaemon, body: str, code: str) -> Any:
    """What a piece of code says, that has an interface derived with this body."""
    return daemon.run(DERIVE.format(body=body) + f"    {code}")


def test_update_is_called_by_each_method_with_its_name(daemon: PluginDaemon) -> None:
    """Plug-ins log calls, or refuse them, in `_update`."""
    code = "derived.getState(); derived.getProcessInfo('web:web'); answer = derived.called"

    assert derived(daemon, "pass", code) == ["getState", "getProcessInfo"]


def test_overridden_lookup_of_names_is_used_by_the_methods(daemon: PluginDaemon) -> None:
    """`_getGroupAndProcess` of a derived class says what a name means."""
    body = (
        "def _getGroupAndProcess(self, name): return SupervisorNamespaceRPCInterface."
        "_getGroupAndProcess(self, 'web:' + name.lower())"
    )
    code = "answer = derived.getProcessInfo('WEB')['name']"

    assert derived(daemon, body, code) == "web"


def test_overridden_description_is_shown(daemon: PluginDaemon) -> None:
    """`_interpretProcessInfo` of a derived class makes the description."""
    body = "def _interpretProcessInfo(self, info): return 'all is well'"
    code = "answer = derived.getProcessInfo('web:web')['description']"

    assert derived(daemon, body, code) == "all is well"


def test_overridden_method_is_used_for_several_processes(own_daemon: PluginDaemon) -> None:
    """`startAllProcesses` goes through a `startProcess` of the derived class."""
    body = "def startProcess(self, name, wait=True): raise RPCError(30, f'{name} {wait}')"
    code = "answer = [each['description'] for each in derived.startAllProcesses(False)()]"

    assert derived(own_daemon, body, code) == [
        "FAILED: ears False",
        "FAILED: web:second False",
        "FAILED: web False",
    ]


def test_method_replaced_at_the_class_is_what_clients_call(tmp_path: Path) -> None:
    """Plug-ins replace methods of the main interface; it is what `supervisor.*` answers with."""
    replacing = "[rpcinterface:x]\nsupervisor.rpcinterface_factory = replacing:make\n"
    with PluginDaemon(replacing + PROGRAMS, tmp_path) as daemon:
        with pytest.raises(Fault) as caught:
            daemon.rpc.supervisor.startProcess("web:second")
        assert caught.value.faultCode == 103

        assert daemon.rpc.supervisor.startProcess("web:web") is True


def test_wrong_number_of_arguments_is_no_mistake_of_ours(own_daemon: PluginDaemon) -> None:
    """The main interface refuses it without a traceback, also in the clothes of plug-ins."""
    with pytest.raises(Fault, match="INCORRECT_PARAMETERS"):
        own_daemon.rpc.supervisor.startProcess()

    assert "Traceback" not in own_daemon.log_text()
