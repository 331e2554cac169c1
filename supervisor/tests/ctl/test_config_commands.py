"""avail, reread, add, remove, update."""

import pytest

from supervisor.errors import Fault
from supervisor.tests.ctl.session import Outcome, controller, daemon, info, run, status_of
from supervisor.tests.support.peer import Method, Peer, raises_fault


def config(name: str, *, inuse: bool = True, autostart: bool = True) -> dict[str, object]:
    """What `avail` reads of a struct of getAllConfigInfo."""
    group, _, process = name.partition(":")
    return {
        "group": group,
        "name": process or group,
        "inuse": inuse,
        "autostart": autostart,
        "group_prio": 999,
        "process_prio": 5,
    }


def test_avail_lists_what_is_configured() -> None:
    """`{namespec} {in use|avail} {auto|manual} {group_prio}:{process_prio}`."""
    configs = [config("cat"), config("g:long", inuse=False, autostart=False)]
    with daemon(getAllConfigInfo=lambda: configs) as peer:
        assert run(peer, "avail") == Outcome(
            "cat                              in use    auto      999:5\n"
            "g:long                           avail     manual    999:5\n",
            0,
        )


@pytest.mark.parametrize(
    "command", ["avail", "reread", "reload", "shutdown", "version", "clearfatal"]
)
def test_argument_is_refused_with_the_help(command: str) -> None:
    """`Error: CMD accepts no arguments` + help, of which scripts know the first line; exit 1."""
    with daemon() as peer:
        help_text = run(peer, f"help {command}").stdout
        if "--output" in help_text:
            help_text = help_text.splitlines(keepends=True)[0]
        message = f"Error: {command} accepts no arguments\n"
        assert run(peer, f"{command} x") == Outcome(message + help_text, 1)
    assert peer.calls == []


@pytest.mark.parametrize(
    ("difference", "stdout"),
    [
        ([["b"], ["c"], ["a"]], "a: disappeared\nb: available\nc: changed\n"),
        ([[], [], []], "No config updates to processes\n"),
    ],
)
def test_reread_tells_what_update_would_do(difference: list[list[str]], stdout: str) -> None:
    """Sorted `GROUP: available|changed|disappeared`."""
    with daemon(reloadConfig=lambda: [difference]) as peer:
        assert run(peer, "reread") == Outcome(stdout, 0)


@pytest.mark.parametrize("command", ["reread", "update", "reload"])
def test_s21_broken_file_is_told_in_one_line(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`update` and `reload` say the same as `reread`; stderr tells how to see all problems."""
    broken = raises_fault(Fault.CANT_REREAD, "CANT_REREAD: bad line 3")
    with daemon(reloadConfig=broken, restart=broken) as peer:
        assert run(peer, command) == Outcome("ERROR: CANT_REREAD: bad line 3\n", 1)
    assert capsys.readouterr().err == "for all problems: supervisord --check\n"


def test_hint_on_a_broken_file_names_the_file_where_it_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It can be copied and run."""
    broken = raises_fault(Fault.CANT_REREAD, "CANT_REREAD: bad line 3")
    with daemon(reloadConfig=broken) as peer:
        session = controller(peer, configfile="/etc/a.conf")
        session.options.serverurl_given = False
        session.onecmd("reread")
    assert capsys.readouterr().err == "for all problems: supervisord --check -c /etc/a.conf\n"


@pytest.mark.parametrize(
    ("line", "method", "message", "code"),
    [
        ("avail", "getAllConfigInfo", "ERROR: supervisor shutting down", 1),
        ("reread", "reloadConfig", "ERROR: supervisor shutting down", 1),
        ("update", "reloadConfig", "ERROR: already shutting down", 1),
        ("reload", "restart", "ERROR: already shutting down", 1),
        ("shutdown", "shutdown", "ERROR: already shutting down", 0),
        ("add g", "addProcessGroup", "ERROR: shutting down", 1),
        ("remove g", "removeProcessGroup", "ERROR: supervisor shutting down", 1),
        ("version", "getVersion", "ERROR: supervisor shutting down", 1),
        ("clearfatal", "getVersion", "ERROR: supervisor shutting down", 1),
    ],
)
def test_commands_during_shutdown(line: str, method: str, message: str, code: int) -> None:
    """While the daemon shuts down, each command has its text and exit code."""
    with daemon(**{method: raises_fault(Fault.SHUTDOWN_STATE, "SHUTDOWN_STATE")}) as peer:
        assert run(peer, line) == Outcome(f"{message}\n", code)


@pytest.mark.parametrize(
    ("line", "fault", "stdout", "code"),
    [
        ("add g", None, "g: added process group\n", 0),
        ("add g", Fault.ALREADY_ADDED, "ERROR: process group already active\n", 0),
        ("add g", Fault.BAD_NAME, "ERROR: no such process/group: g\n", 1),
        ("add g", Fault.FAILED, "g: ERROR (FAILED: g)\n", 1),
        ("add", Fault.BAD_NAME, "", 0),
        ("remove g", None, "g: removed process group\n", 0),
        ("remove g", Fault.STILL_RUNNING, "ERROR: process/group still running: g\n", 1),
        ("remove g", Fault.BAD_NAME, "ERROR: no such process/group: g\n", 1),
        ("remove", Fault.BAD_NAME, "", 0),
    ],
)
def test_add_and_remove(line: str, fault: Fault | None, stdout: str, code: int) -> None:
    """Adding an active group is no failure (kept); no names do nothing."""
    method: Method = (lambda _: True) if fault is None else raises_fault(fault, f"{fault.name}: g")
    with daemon(addProcessGroup=method, removeProcessGroup=method) as peer:
        assert run(peer, line) == Outcome(stdout, code)


def updating(added: str = "", changed: str = "", removed: str = "", **methods: Method) -> Peer:
    """A daemon whose file has changed; everything can be stopped, removed and added."""
    difference = [added.split(), changed.split(), removed.split()]
    usual = {
        "reloadConfig": lambda: [difference],
        "stopProcessGroup": lambda name: [status_of(f"{name}:p")],
        "removeProcessGroup": lambda _: True,
        "addProcessGroup": lambda _: True,
        "getAllProcessInfo": lambda: [info("old"), info("mod"), info("same")],
    }
    return daemon(**{**usual, **methods})


def test_update_removes_replaces_and_adds() -> None:
    """Disappeared, changed, added groups, in this order."""
    with updating("new", "mod", "old") as peer:
        assert run(peer, "update") == Outcome(
            "old: stopped\nold: removed process group\n"
            "mod: stopped\nmod: updated process group\n"
            "new: added process group\n",
            0,
        )
        assert run(peer, "update all").stdout.count("\n") == 5


def test_update_of_named_groups_leaves_the_others_alone() -> None:
    """Names that are neither active nor newly added: `no such group`; the rest continues."""
    with updating("new", "mod", "old") as peer:
        assert run(peer, "update nope new") == Outcome(
            "ERROR: no such group: nope\nnew: added process group\n", 1
        )
        assert run(peer, "update same") == Outcome("", 0)


def test_update_with_nothing_to_do_is_silent() -> None:
    """Nothing to do: no output, 0."""
    with updating() as peer:
        assert run(peer, "update") == Outcome("", 0)


def test_update_does_not_remove_what_could_not_be_stopped() -> None:
    """A stop result FAILED: `G: has problems; not removing`, exit 1."""
    failed = [status_of("old", Fault.FAILED, "FAILED")]
    with updating("new", "", "old", stopProcessGroup=lambda _: failed) as peer:
        assert run(peer, "update") == Outcome(
            "old: stopped\nold: has problems; not removing\nnew: added process group\n", 1
        )


def test_s22_update_waits_for_members_that_were_already_stopping() -> None:
    """Stopping a group does not wait for those; STILL_RUNNING was a raw fault once."""
    attempts = iter([False, False, True])

    def remove(_: str) -> bool:
        return next(attempts) or bool(raises_fault(Fault.STILL_RUNNING, "STILL_RUNNING: mod")())

    with updating(
        changed="mod",
        removeProcessGroup=remove,
        getAllProcessInfo=lambda: [info("mod", 40, "STOPPING")],
    ) as peer:
        assert run(peer, "update") == Outcome("mod: stopped\nmod: updated process group\n", 0)


def test_s22_update_continues_with_the_other_groups_after_a_refusal() -> None:
    """A fault in the middle concerns one group only."""
    refuse = raises_fault(Fault.STILL_RUNNING, "STILL_RUNNING: mod")
    with updating("new", "mod", "", removeProcessGroup=refuse) as peer:
        assert run(peer, "update") == Outcome(
            "mod: stopped\nmod: ERROR (STILL_RUNNING: mod)\nnew: added process group\n", 1
        )
