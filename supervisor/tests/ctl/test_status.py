"""status and pid."""

import json

import pytest

from supervisor.errors import Fault
from supervisor.tests.ctl.session import Outcome, daemon, info, run
from supervisor.tests.support.peer import Peer, raises_fault

INFOS = [
    info("cat", description="pid 1, uptime 0:00:05", start=100, now=105),
    info("grp:a", 10, "STARTING"),
    info("grp:b", 10, "STARTING"),
    info("man", 0, "STOPPED", description="Not started"),
]
CAT = "cat                              RUNNING   pid 1, uptime 0:00:05\n"
GRP = "grp:a                            STARTING  \ngrp:b                            STARTING  \n"
MAN = "man                              STOPPED   Not started\n"


@pytest.fixture
def peer():
    """A daemon with four processes."""

    def get_info(name: str) -> dict[str, object]:
        for each in INFOS:
            if name in (f"{each['group']}:{each['name']}", each["group"]) and name != "grp":
                return each
        return raises_fault(Fault.BAD_NAME, f"BAD_NAME: {name}")()

    with daemon(
        getAllProcessInfo=lambda: INFOS, getProcessInfo=get_info, getPID=lambda: 4711
    ) as running:
        yield running


@pytest.mark.parametrize(
    ("line", "stdout", "code"),
    [
        ("status", CAT + GRP + MAN, 3),
        ("status nope all", CAT + GRP + MAN, 3),
        ("status cat", CAT, 0),
        ("status cat:cat", CAT, 0),
        ("status cat cat", CAT + CAT, 0),
        ("status grp:*", GRP, 0),
        ("status grp:", GRP, 0),
        ("status grp", "grp: ERROR (no such process)\n", 4),
        ("status cat x g:p y:*",
         "x: ERROR (no such process)\ng:p: ERROR (no such process)\ny: ERROR (no such group)\n"
         + CAT, 4),
        ("status nope man", "nope: ERROR (no such process)\n" + MAN, 3),
    ],
)  # fmt: skip
def test_status_lines_and_exit_codes(peer: Peer, line: str, stdout: str, code: int) -> None:
    """Trailing blanks are kept; errors first as they are found; a stopped process gives 3."""
    assert run(peer, line) == Outcome(stdout, code)


@pytest.mark.parametrize("line", ["status --jsn", "status cat --jsn", "status --json --jsn"])
def test_status_takes_a_word_with_two_hyphens_for_a_flag(line: str) -> None:
    """A mistyped flag is no unknown process; nothing is asked."""
    with daemon() as peer:
        help_text = run(peer, "help status").stdout
        assert run(peer, line) == Outcome(f"Error: bad argument --jsn\n{help_text}", 4)
    assert peer.calls == []


def test_status_takes_a_word_with_one_hyphen_for_a_name() -> None:
    """Such names are possible."""
    with daemon(getAllProcessInfo=lambda: [info("-x")]) as peer:
        assert run(peer, "status -x").stdout.startswith("-x ")


def test_status_column_grows_with_the_longest_name() -> None:
    """W = max(30, longest listed namespec) + 3."""
    with daemon(getAllProcessInfo=lambda: [info("x" * 40), info("y")]) as peer:
        lines = run(peer, "status").stdout.splitlines()
        assert [line.index("RUNNING") for line in lines] == [43, 43]
        assert run(peer, "status y").stdout.index("RUNNING") == 33


def test_status_as_json_is_the_structs_and_readable_fields(peer: Peer) -> None:
    """`status --json` prints one array and nothing else; the exit code stays."""
    outcome = run(peer, "status --json cat man")
    assert outcome.exit_code == 3
    cat, man = json.loads(outcome.stdout)
    assert cat.items() >= INFOS[0].items()
    assert (cat["namespec"], cat["uptime_s"], cat["started"]) == ("cat", 5, "1970-01-01T00:01:40Z")
    assert (man["uptime_s"], man["started"], man["stopped"]) == (None, None, None)
    assert [each["namespec"] for each in json.loads(run(peer, "status --json").stdout)] == [
        "cat",
        "grp:a",
        "grp:b",
        "man",
    ]


def test_status_as_json_keeps_messages_off_stdout(
    peer: Peer, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no JSON must not get between the JSON."""
    assert run(peer, "status --json nope") == Outcome("[]\n", 4)
    assert capsys.readouterr().err == "nope: ERROR (no such process)\n"


FATAL = {"statecode": 2, "statename": "FATAL", "reason": "cannot clear /log: Is a directory"}


@pytest.mark.parametrize(
    ("state", "header"),
    [
        ({"statecode": 1, "statename": "RUNNING"}, "supervisord: RUNNING\n"),
        (FATAL, "supervisord: FATAL (cannot clear /log: Is a directory)\n"),
    ],
)
@pytest.mark.parametrize("line", ["status --state cat", "status cat --state"])
def test_status_with_state_has_a_header(line: str, state: dict[str, object], header: str) -> None:
    """`status --state` prints the state of supervisord first; the exit code is of the processes."""
    with daemon(getAllProcessInfo=lambda: INFOS, getState=lambda: state) as peer:
        assert run(peer, line) == Outcome(header + CAT, 0)
        assert run(peer, "status --state").exit_code == 3


def test_status_of_many_can_be_had_as_a_summary() -> None:
    """`status --summary` counts the states, and has lines for what is not as it should be."""
    many = [info(f"pool:{number:04}") for number in range(4000)]
    others = [info("off", 0, "STOPPED"), info("bad", 200, "FATAL", description="no such file")]
    with daemon(getAllProcessInfo=lambda: [*many, *others]) as peer:
        assert run(peer, "status --summary") == Outcome(
            "4002 processes: 4000 RUNNING, 1 STOPPED, 1 FATAL\n"
            "bad                              FATAL     no such file\n",
            3,
        )
        assert run(peer, "status --summary pool:0001").stdout == "1 process: 1 RUNNING\n"


def test_status_asks_for_the_state_on_request_only(peer: Peer) -> None:
    """The plain table is as ever."""
    run(peer, "status")
    assert "supervisor.getState" not in [call[0] for call in peer.calls]


def test_status_with_state_is_no_json() -> None:
    """The JSON array has no place for a header."""
    with daemon() as peer:
        outcome = run(peer, "status --json --state")
    assert outcome.exit_code == 4
    assert outcome.stdout.startswith("Error: --state and --json do not go together\n")
    assert peer.calls == []


def test_clearfatal_says_what_was_accepted() -> None:
    """The reason is printed: it is the last time that it can be seen."""
    with daemon(getState=lambda: FATAL, clearFatal=lambda: True) as peer:
        expected = Outcome("supervisord: cleared (cannot clear /log: Is a directory)\n", 0)
        assert run(peer, "clearfatal") == expected
    assert [call[0] for call in peer.calls][-1] == "supervisor.clearFatal"


def test_clearfatal_of_a_healthy_daemon_is_no_error() -> None:
    """Like starting what runs."""
    state = {"statecode": 1, "statename": "RUNNING"}
    with daemon(getState=lambda: state, clearFatal=lambda: True) as peer:
        assert run(peer, "clearfatal") == Outcome("supervisord: not FATAL\n", 0)


@pytest.mark.parametrize("method", ["getVersion", "getAllProcessInfo"])
def test_s11_status_during_shutdown_is_clear(method: str) -> None:
    """A clear message, and 4: status unknown."""
    with daemon(**{method: raises_fault(Fault.SHUTDOWN_STATE, "SHUTDOWN_STATE")}) as peer:
        assert run(peer, "status") == Outcome("ERROR: supervisor shutting down\n", 4)


@pytest.mark.parametrize(
    ("line", "stdout", "code"),
    [
        ("pid", "4711\n", 0),
        ("pid all", "1\n0\n0\n0\n", 0),
        ("pid cat", "1\n", 0),
        ("pid cat man", "1\n0\n", 7),
        ("pid nope cat", "No such process nope\n1\n", 1),
        ("pid grp:*", "0\n0\n", 7),
        ("pid nope:*", "No such process nope:*\n", 1),
    ],
)
def test_pid_lines_and_exit_codes(peer: Peer, line: str, stdout: str, code: int) -> None:
    """No name: the daemon; `all`: 0 for stopped, exit 0; a name: `0` and exit 7."""
    assert run(peer, line) == Outcome(stdout, code)
