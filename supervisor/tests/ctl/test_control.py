"""start, stop, restart, signal, clear: words in, calls and texts out."""

import pytest

from supervisor.errors import Fault
from supervisor.tests.ctl.session import Outcome, daemon, info, run, status_of
from supervisor.tests.support.peer import raises_fault


@pytest.mark.parametrize(
    ("line", "call", "done"),
    [
        ("start web", ("startProcess", "web"), "web: started"),
        ("start g:p", ("startProcess", "g:p"), "g:p: started"),
        ("stop web", ("stopProcess", "web"), "web: stopped"),
        ("signal HUP web", ("signalProcess", "web", "HUP"), "web: signalled"),
        ("clear web", ("clearProcessLogs", "web"), "web: cleared"),
    ],
)
def test_single_process_is_acted_on(line: str, call: tuple[str, ...], done: str) -> None:
    """One line per affected process, in short form if group and name are equal."""
    method, *params = call
    with daemon(**{method: lambda *_: True}) as peer:
        assert run(peer, line) == Outcome(f"{done}\n", 0)
    assert peer.calls[-1] == (f"supervisor.{method}", *params)


@pytest.mark.parametrize("group", ["g:*", "g:"])
@pytest.mark.parametrize(
    ("line", "method", "done"),
    [
        ("start {}", "startProcessGroup", "started"),
        ("stop {}", "stopProcessGroup", "stopped"),
        ("signal HUP {}", "signalProcessGroup", "signalled"),
    ],
)
def test_group_is_acted_on_member_by_member(group: str, line: str, method: str, done: str) -> None:
    """Group forms print only members the operation applied to."""
    with daemon(**{method: lambda *_: [status_of("g:a"), status_of("g:b")]}) as peer:
        assert run(peer, line.format(group)) == Outcome(f"g:a: {done}\ng:b: {done}\n", 0)
    assert peer.calls[-1][1] == "g"


@pytest.mark.parametrize(
    ("line", "method"),
    [
        ("start web all", "startAllProcesses"),
        ("stop all", "stopAllProcesses"),
        ("signal HUP web all", "signalAllProcesses"),
        ("clear all", "clearAllProcessLogs"),
    ],
)
def test_all_anywhere_means_all(line: str, method: str) -> None:
    """Nothing at all is printed if there were none (exit 0)."""
    with daemon(**{method: lambda *_: []}) as peer:
        assert run(peer, line) == Outcome("", 0)


@pytest.mark.parametrize(
    ("fault", "start", "stop", "signal", "clear"),
    [
        (Fault.BAD_NAME, *[("no such process", 1)] * 4),
        (Fault.NO_FILE, ("no such file", 1), None, None, None),
        (Fault.NOT_EXECUTABLE, ("file is not executable", 1), None, None, None),
        (Fault.ALREADY_STARTED, ("already started", 0), None, None, None),
        (Fault.SPAWN_ERROR, ("spawn error", 7), None, None, None),
        (Fault.ABNORMAL_TERMINATION, ("abnormal termination", 7), None, None, None),
        (Fault.NOT_RUNNING, None, ("not running", 0), ("not running", 7), None),
        (Fault.BAD_SIGNAL, None, None, ("bad signal name", 1), None),
        (Fault.FAILED, None, None, None, ("failed", 1)),
    ],
)
def test_faults_have_their_texts_and_exit_codes(
    fault: Fault,
    start: tuple[str, int] | None,
    stop: tuple[str, int] | None,
    signal: tuple[str, int] | None,
    clear: tuple[str, int] | None,
) -> None:
    """`X: ERROR (TEXT)`; already in that state is no failure."""
    refuse = raises_fault(fault, f"{fault.name}: web")
    with daemon(
        startProcess=refuse, stopProcess=refuse, signalProcess=refuse, clearProcessLogs=refuse
    ) as peer:
        for line, expected in (
            ("start web", start),
            ("stop web", stop),
            ("signal HUP web", signal),
            ("clear web", clear),
        ):
            if expected is not None:
                text, code = expected
                assert run(peer, line) == Outcome(f"web: ERROR ({text})\n", code)


@pytest.mark.parametrize(("line", "code"), [("start g:*", 2), ("stop g:*", 1), ("signal 1 g:", 1)])
def test_unknown_group_is_reported_by_its_bare_name(line: str, code: int) -> None:
    """`G: ERROR (no such group)`, exit 2 for start, 1 else (kept: scripts rely on it)."""
    refuse = raises_fault(Fault.BAD_NAME, "BAD_NAME: g")
    with daemon(
        startProcessGroup=refuse, stopProcessGroup=refuse, signalProcessGroup=refuse
    ) as peer:
        assert run(peer, line) == Outcome("g: ERROR (no such group)\n", code)


@pytest.mark.parametrize("line", ["start web", "stop web", "signal HUP web"])
def test_s19_unknown_result_codes_are_described(line: str) -> None:
    """FAILED and codes without a text of ours: `X: ERROR (description)`, exit 1."""
    refuse = raises_fault(Fault.FAILED, "FAILED: unknown problem")
    with daemon(startProcess=refuse, stopProcess=refuse, signalProcess=refuse) as peer:
        assert run(peer, line) == Outcome("web: ERROR (FAILED: unknown problem)\n", 1)


def test_s20_failed_stop_is_printed_with_the_process_name() -> None:
    """A member that could not be stopped is named."""
    results = [status_of("g:a"), status_of("g:b", Fault.FAILED, "FAILED: EPERM")]
    with daemon(stopProcessGroup=lambda _: results) as peer:
        assert run(peer, "stop g:*") == Outcome("g:a: stopped\ng:b: ERROR (FAILED: EPERM)\n", 1)


def test_later_failures_win_and_success_never_resets() -> None:
    """Later results overwrite earlier ones, but success never resets to 0."""
    faults = {"a": Fault.SPAWN_ERROR, "b": Fault.NO_FILE}

    def start(name: str) -> bool:
        if name in faults:
            raises_fault(faults[name], name)()
        return True

    with daemon(startProcess=start) as peer:
        assert run(peer, "start a b c").exit_code == 1
        assert run(peer, "start b a c").exit_code == 7


@pytest.mark.parametrize(
    ("line", "message", "code"),
    [
        ("start", "Error: start requires a process name", 2),
        ("stop", "Error: stop requires a process name", 1),
        ("restart", "Error: restart requires a process name", 1),
        ("clear", "Error: clear requires a process name", 1),
        ("signal", "Error: signal requires a signal name and a process name", 1),
        ("signal HUP", "Error: signal requires a signal name and a process name", 1),
    ],
)
def test_missing_names_are_reported_with_the_help(line: str, message: str, code: int) -> None:
    """Missing arguments: message, then the command's help text."""
    with daemon() as peer:
        outcome = run(peer, line)
        help_text = run(peer, f"help {line.split()[0]}").stdout
    assert outcome == Outcome(f"{message}\n{help_text}", code)


def test_restart_is_stop_and_start_with_the_same_words() -> None:
    """`restart man` on a stopped process: not running, started, exit 0."""
    with daemon(
        stopProcess=raises_fault(Fault.NOT_RUNNING, "NOT_RUNNING: man"), startProcess=lambda _: True
    ) as peer:
        assert run(peer, "restart man") == Outcome("man: ERROR (not running)\nman: started\n", 0)
    assert sum(call[0] == "supervisor.getVersion" for call in peer.calls) == 1


def test_s17_clear_group_clears_each_member() -> None:
    """`clear 'grp:*'` once said `grp:None: ERROR (no such process)`."""
    infos = [info("g:a"), info("g:b"), info("other")]
    with daemon(getAllProcessInfo=lambda: infos, clearProcessLogs=lambda _: True) as peer:
        assert run(peer, "clear g:*") == Outcome("g:a: cleared\ng:b: cleared\n", 0)
        assert run(peer, "clear x:*") == Outcome("x: ERROR (no such group)\n", 1)
    assert [call[1] for call in peer.calls if call[0].endswith("clearProcessLogs")] == [
        "g:a",
        "g:b",
    ]


def test_action_during_shutdown_says_so() -> None:
    """A shutdown that begins between the version check and the call is no puzzle."""
    with daemon(startProcess=raises_fault(Fault.SHUTDOWN_STATE, "SHUTDOWN_STATE")) as peer:
        assert run(peer, "start web") == Outcome("ERROR: supervisor shutting down\n", 1)
