"""What callers of a plug-in get, whatever it does; and that nobody else notices."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from xmlrpc.client import Fault

import psutil
import pytest

from supervisor.tests.plugins.site import PROBE, PROGRAMS, PluginDaemon, is_reference
from supervisor.tests.support.daemon import wait_until

ANSWERS = """
[rpcinterface:answers]
supervisor.rpcinterface_factory = answers:make
"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginDaemon]:
    place = tmp_path_factory.mktemp("answers")
    with PluginDaemon(PROBE + ANSWERS + PROGRAMS, place) as daemon:
        yield daemon


def refused(daemon: PluginDaemon, method: str, *params: object) -> tuple[int, str]:
    """Code and text of the fault that a call is answered with."""
    with pytest.raises(Fault) as caught:
        getattr(daemon.rpc.answers, method)(*params)
    # The others are served all the same.
    assert daemon.rpc.answers.add(1) == 2
    return caught.value.faultCode, caught.value.faultString


# -- at once --------------------------------------------------------------------------------------


def test_method_answers_with_its_value(daemon: PluginDaemon) -> None:
    """Arguments arrive, defaults count; class methods and lambdas of the class are methods."""
    assert daemon.rpc.answers.add(1, 2) == 3
    assert daemon.rpc.answers.add(1) == 2
    assert daemon.rpc.answers.class_method() == "Answers"
    assert daemon.rpc.answers.lambda_() == "from a lambda"


@pytest.mark.parametrize("name", ["_hidden", "not_a_method", "value", "missing", "add.__call__"])
def test_what_is_no_method_cannot_be_called(daemon: PluginDaemon, name: str) -> None:
    """Private names, static methods and attributes are UNKNOWN_METHOD."""
    with pytest.raises(Fault) as caught:
        getattr(daemon.rpc, f"answers.{name}")()
    assert caught.value.faultCode == 1


def test_call_that_does_not_fit_is_refused_without_a_traceback(daemon: PluginDaemon) -> None:
    """A wrong number of arguments is the caller's mistake."""
    before = daemon.log_text().count("Traceback")

    assert refused(daemon, "add", 1, 2, 3) == (2, "INCORRECT_PARAMETERS")
    assert daemon.log_text().count("Traceback") == before


def test_signature_is_taken_from_the_docstring(daemon: PluginDaemon) -> None:
    """`@param` and `@return` of a plug-in's method make its signature."""
    assert daemon.rpc.system.methodSignature("answers.add") == ["int", "int", "int"]
    with pytest.raises(Fault, match="SIGNATURE_UNSUPPORTED"):
        daemon.rpc.system.methodSignature("answers.crash")


# -- badly ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "code", "text"),
    [
        ("known_fault", 10, "BAD_NAME: x"),
        ("own_fault", 777, "OUT_OF_COFFEE: sorry"),
        ("nameless_fault", 1234, "UNKNOWN: custom"),
        ("later_fault", 30, "FAILED: later"),
    ],
)
def test_rpc_error_is_the_fault_it_says(
    daemon: PluginDaemon, method: str, code: int, text: str
) -> None:
    """RPCError of a plug-in: its own codes get the names that it set on Faults."""
    assert refused(daemon, method) == (code, text)


@pytest.mark.parametrize("method", ["crash", "later_crash", "strange_fault", "without_delay"])
def test_x11_plugin_that_raises_is_a_fault(daemon: PluginDaemon, method: str) -> None:
    """Anything else is FAILED (500 in the reference); the main log has who it was, and why."""
    code, text = refused(daemon, method)
    assert (code, text.partition(":")[0]) == (30, "FAILED")
    daemon.wait_log(f"RPC method answers.{method} raised an unexpected exception")


@pytest.mark.parametrize(
    "how", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "GreenletExit"]
)
@pytest.mark.parametrize("method", ["leave", "later_leave"])
def test_x11_plugin_that_wants_to_end_the_daemon_is_a_fault(
    daemon: PluginDaemon, method: str, how: str
) -> None:
    """No exception of a plug-in leaves children without their daemon."""
    before = len(daemon.log_text())

    code, text = refused(daemon, method, how)

    assert code == 30
    assert text.startswith("FAILED: <class '")
    assert text.endswith(f"{how}'>:3")
    told = daemon.log_text()[before:]
    assert f"RPC method answers.{method} raised an unexpected exception; everything else" in told
    assert f"{how}: 3" in told


def test_x11_property_that_wants_to_end_the_daemon_is_a_fault(daemon: PluginDaemon) -> None:
    """Finding out what is a method runs code of the plug-in, too."""
    assert refused(daemon, "leaving") == (30, "FAILED: <class 'SystemExit'>:3")
    daemon.wait_log("RPC method answers.leaving raised an unexpected exception")


def test_exception_that_cannot_say_what_it_is_about_is_a_fault(daemon: PluginDaemon) -> None:
    """Its class has to do."""
    assert refused(daemon, "unspeakable") == (30, "FAILED: <class 'answers.Unspeakable'>:")
    daemon.wait_log("RPC method answers.unspeakable raised an unexpected exception")


@pytest.mark.parametrize(
    ("method", "what"),
    [("nothing", "NoneType"), ("nonsense", "object"), ("no_function", "partial")],
)
def test_x11_plugin_that_returns_nonsense_is_a_fault(
    daemon: PluginDaemon, method: str, what: str
) -> None:
    """What XML-RPC has no type for is FAILED (500 in the reference)."""
    why = f"answers.{method} returned what XML-RPC cannot carry: a value of type {what}"
    assert refused(daemon, method) == (30, f"FAILED: {why}")
    daemon.wait_log(f"CRIT {why}")


def test_type_error_from_inside_is_told_with_its_traceback(daemon: PluginDaemon) -> None:
    """Plug-ins answer arguments of a wrong type this way; it may as well be a mistake."""
    assert refused(daemon, "type_error") == (2, "INCORRECT_PARAMETERS")
    assert "object of type 'int' has no len()" in daemon.log_text()


def test_plugin_that_takes_long_is_named_with_its_duration(daemon: PluginDaemon) -> None:
    """More than a second: while it took that, nothing else was supervised."""
    assert daemon.rpc.answers.slow() == 1
    daemon.wait_log("RPC method answers.slow took 1.2 s; nothing else was supervised meanwhile")


# -- later ----------------------------------------------------------------------------------------


def test_function_is_asked_until_it_answers(daemon: PluginDaemon) -> None:
    """A function with `delay` makes the call a deferred one, asked no more often than that."""
    assert daemon.rpc.answers.later(4, 0.1) == "done"

    gaps = daemon.rpc.answers.gaps()
    assert isinstance(gaps, list)
    assert len(gaps) == 3
    assert min(gaps) >= 0.1  # type: ignore[type-var]


def test_x20_function_without_delay_keeps_nobody_busy(daemon: PluginDaemon) -> None:
    """A delay of 0 is no busy loop (the reference spins)."""
    assert daemon.rpc.answers.later(5, 0) == "done"

    gaps = daemon.rpc.answers.gaps()
    assert isinstance(gaps, list)
    assert min(gaps) >= 0.01  # type: ignore[type-var]


@pytest.mark.skipif(is_reference(), reason="the reference spins, or dies of it")
@pytest.mark.parametrize("delay", ["nan", "inf"])
def test_function_whose_delay_never_passes_is_refused(daemon: PluginDaemon, delay: str) -> None:
    """Its call is a fault with the reason; timers of others go on."""
    code, text = refused(daemon, "never", delay)

    assert code == 30
    assert text.endswith(f"its delay is {delay}, so it cannot be waited for")
    assert daemon.rpc.answers.later(2, 0.02) == "done"


def test_others_are_served_while_one_waits(daemon: PluginDaemon) -> None:
    """A deferred answer of a plug-in holds up nobody."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: daemon.rpc.answers.later(50, 0.02))
        wait_until(lambda: daemon.rpc.answers.polls() != 0, "it is asked")
        assert daemon.rpc.answers.add(1) == 2
        assert not waiting.done()
        assert waiting.result() == "done"


def test_multicall_waits_for_functions_and_goes_on_after_faults(daemon: PluginDaemon) -> None:
    """Each call of a multicall answers as it would alone."""
    calls = [
        {"methodName": "answers.later", "params": [2, 0.01]},
        {"methodName": "answers.own_fault"},
        {"methodName": "answers.crash"},
        {"methodName": "answers.add", "params": [1]},
    ]
    done, own, crash, two = daemon.rpc.system.multicall(calls)  # type: ignore[misc]
    assert (done, two) == ("done", 2)
    assert own == {"faultCode": 777, "faultString": "OUT_OF_COFFEE: sorry"}
    assert crash == {"faultCode": 30, "faultString": "FAILED: <class 'RuntimeError'>:boom"}


# -- from other threads ---------------------------------------------------------------------------


def test_thread_of_a_plugin_may_look_and_change(daemon: PluginDaemon) -> None:
    """Methods called from another thread are carried out by the loop; the thread waits."""
    code = """
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
import time
rpc = SupervisorNamespaceRPCInterface(supervisord)
later = rpc.startProcess("web:second")
while (result := later()) is NOT_DONE_YET:
    time.sleep(0.01)
process = supervisord.process_groups["web"].processes["second"]
answer = result, process.state, rpc.getProcessInfo("web:second")["pid"] == process.pid
process.stop()
"""
    assert daemon.rpc.answers.in_thread(code) == "(True, 20, True)"

    daemon.wait_state("web:second", "STOPPED")


def test_error_is_raised_in_the_thread_that_asked(daemon: PluginDaemon) -> None:
    """What a change raises is told to who wanted it."""
    code = """
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
SupervisorNamespaceRPCInterface(supervisord).stopProcess("zz")
"""
    answer = daemon.rpc.answers.in_thread(code)
    assert isinstance(answer, str)
    assert "BAD_NAME" in answer


def test_change_that_wants_to_end_the_daemon_is_raised_in_the_thread(
    daemon: PluginDaemon,
) -> None:
    """The loop looks at what plug-ins have written, which may be of a class of their own."""
    code = """
def leave():
    raise SystemExit("not today")
try:
    supervisord.home.inside.in_loop(leave)
except SystemExit as error:
    answer = error.code
"""
    assert daemon.rpc.answers.in_thread(code) == "'not today'"
    assert daemon.rpc.answers.add(1) == 2


def test_daemon_with_plugins_sleeps_when_nothing_happens(daemon: PluginDaemon) -> None:
    """A plug-in that asks for nothing costs nothing."""
    daemon.rpc.answers.later(2, 0.01)
    process = psutil.Process(daemon.pid)

    def is_asleep() -> bool:
        before = process.num_ctx_switches().voluntary
        until_s = time.monotonic() + 0.3
        while time.monotonic() < until_s:
            time.sleep(0.05)
        return process.num_ctx_switches().voluntary - before <= 1

    wait_until(is_asleep, "the daemon makes no wake-ups")
