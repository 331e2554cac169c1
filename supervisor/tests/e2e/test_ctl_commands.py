"""supervisorctl as a command, against our daemon and against the reference release."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.tests.support.daemon import (
    OUR_CTL,
    OUR_DAEMON,
    PAIR,
    LiveDaemon,
    clean_environment,
    free_port,
    reference_ctl,
    reference_daemon,
    wait_until,
)

PROGRAMS = """
[program:cat]
command = cat
startsecs = 0

[program:idle]
command = cat
autostart = false
startsecs = 0

[program:missing]
command = /no/such/file
autostart = false

[program:talker]
command = sh -c 'printf "grün\\n1234567890\\n"; exec cat'
startsecs = 0
"""


def commands() -> list[object]:
    """Both daemons, the reference's only where it is installed."""
    reference = reference_daemon()
    absent = pytest.mark.skipif(reference is None, reason="the reference is not installed")
    return [
        pytest.param(OUR_DAEMON, id="ours"),
        pytest.param(reference, id="reference", marks=absent),
    ]


@pytest.fixture(scope="module", params=commands())
def daemon(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveDaemon]:
    """A daemon for the whole module; each test uses programs of its own, or only looks."""
    directory = tmp_path_factory.mktemp("ctl")
    with LiveDaemon(request.param, PROGRAMS + PAIR, directory) as live:
        for name in ("cat", "talker", "pair:left", "pair:right"):
            live.wait_state(name, "RUNNING")
        wait_until(lambda: "0" in live.ctl("tail", "talker").stdout, "talker has talked")
        yield live


@pytest.fixture
def own_daemon(tmp_path: Path) -> Iterator[Callable[..., LiveDaemon]]:
    """Our daemon for one test."""
    made = []

    def make(config: str, **options: object) -> LiveDaemon:
        made.append(LiveDaemon(OUR_DAEMON, config, tmp_path, **options))
        return made[-1].start()

    yield make
    for live in made:
        live.cleanup()


READ_ONLY = [
    "status cat nope idle", "status pair:* x:*", "status missing", "version", "pid", "pid all",
    "pid cat idle", "pid nope", "tail", "tail talker", "tail -11 talker", "tail -100000 talker",
    "tail -5", "tail talker foo", "tail -xyz talker", "tail a b c d", "tail nope",
    "tail talker stderr", "maintail x", "fg", "fg a b", "fg idle", "fg nope", "fg pair:*",
    "start", "start nope", "start nope:*", "start missing", "start cat", "start pair:*",
    "stop", "stop idle", "stop nope", "stop nope:*", "restart", "signal HUP", "signal FOO cat",
    "signal FOO pair:*", "signal CONT cat pair:*", "signal CONT idle", "signal 18 nope:*",
    "clear nope", "avail", "avail x", "reread", "update", "update nope cat", "add", "add cat",
    "add nope", "remove", "remove cat", "remove nope", "open foo", "!ls", "foo bar",
    "help help", "help nope", "help start", "reload x", "shutdown x",
]  # fmt: skip
EXIT_CODES = ["status cat", "status cat nope", "status idle", "start", "start nope:*",
              "start missing", "stop idle", "signal HUP idle", "pid idle", "foo",
              "EOF"]  # fmt: skip


def without_times(text: str) -> str:
    """Two commands never run at the same time."""
    return re.sub(r"uptime \d+:\d\d:\d\d", "uptime", text)


def test_output_is_that_of_the_reference(daemon: LiveDaemon) -> None:
    """Scripts compare lines: they are the same, byte for byte, in one session of each."""
    reference = reference_ctl()
    if reference is None:
        pytest.skip("the reference is not installed")
    typed = "".join(f"{line}\n" for line in READ_ONLY)
    answers = [
        without_times(daemon.ctl(command=command, typed=typed).stdout).split("supervisor> ")
        for command in (OUR_CTL, reference)
    ]
    ours, theirs = (dict(zip(["at start", *READ_ONLY], texts, strict=False)) for texts in answers)
    assert len(answers[0]) == len(READ_ONLY) + 2
    assert ours == theirs


OF_OURS = {"clearfatal", "events", "hash-password", "logs", "make-token", "pools", "query"}
"""Commands that the reference does not have."""


def test_help_lists_the_commands_of_the_reference(daemon: LiveDaemon) -> None:
    """The same head, the same words, and those of ours."""
    reference = reference_ctl()
    if reference is None:
        pytest.skip("the reference is not installed")
    ours, theirs = (
        daemon.ctl("help", command=command).stdout.splitlines() for command in (OUR_CTL, reference)
    )
    assert ours[:3] == theirs[:3]
    words, their_words = ({*" ".join(lines[3:]).split()} for lines in (ours, theirs))
    assert words == their_words | OF_OURS


@pytest.mark.parametrize("line", EXIT_CODES)
def test_exit_code_is_that_of_the_reference(daemon: LiveDaemon, line: str) -> None:
    """Scripts look at exit codes."""
    reference = reference_ctl()
    if reference is None:
        pytest.skip("the reference is not installed")
    theirs = daemon.ctl(*line.split(), command=reference)
    ours = daemon.ctl(*line.split())
    assert ours.returncode == theirs.returncode
    assert without_times(ours.stdout) == without_times(theirs.stdout)


def test_processes_are_stopped_started_and_restarted(daemon: LiveDaemon) -> None:
    """Calls wait for completion; one line per process."""
    assert daemon.ctl("start", "idle").stdout == "idle: started\n"
    assert daemon.ctl("restart", "idle").stdout == "idle: stopped\nidle: started\n"
    assert daemon.info("idle")["statename"] == "RUNNING"
    assert daemon.ctl("stop", "idle").stdout == "idle: stopped\n"
    assert daemon.ctl("status", "idle").returncode == 3


def test_status_json_is_read_by_a_program(daemon: LiveDaemon) -> None:
    """`status --json` prints the INFO structs."""
    done = daemon.ctl("status", "--json", "cat", "pair:*")
    processes = json.loads(done.stdout)
    assert [each["namespec"] for each in processes] == ["cat", "pair:left", "pair:right"]
    assert all(each["uptime_s"] >= 0 and each["started"] for each in processes)
    assert done.returncode == 0


def test_tail_f_shows_what_comes(daemon: LiveDaemon) -> None:
    """`tail -f` and `maintail -f` stream until Ctrl-C, which is no failure."""
    for words, expected in ((["tail", "-f", "talker"], "grün"), (["maintail", "-f"], " INFO ")):
        follower = subprocess.Popen(
            [*OUR_CTL, "-c", str(daemon.config), *words],
            stdout=subprocess.PIPE,
            env=clean_environment(OUR_CTL),
        )
        assert follower.stdout is not None
        lines = [follower.stdout.readline().decode()]
        assert lines == ["==> Press Ctrl-C to exit <==\n"]
        while expected not in lines[-1]:
            lines.append(follower.stdout.readline().decode())
            assert lines[-1], "the stream ended"
        follower.send_signal(2)
        rest = follower.communicate(timeout=10)[0]
        assert rest.endswith(b"\n")
        assert follower.returncode == 0


def test_s28_tail_f_of_an_unknown_name_exits_with_1(daemon: LiveDaemon) -> None:
    """It exited with 0 once."""
    done = daemon.ctl("tail", "-f", "nope")
    assert done.returncode == 1
    assert done.stderr == f"{daemon.serverurl}/logtail/nope/stdout Cannot read, status code 404\n"


def test_clear_group_empties_the_logs(daemon: LiveDaemon) -> None:
    """`clear 'grp:*'` works on each member."""
    done = daemon.ctl("clear", "pair:*")
    assert (done.stdout, done.returncode) == ("pair:left: cleared\npair:right: cleared\n", 0)


def test_script_on_standard_input_is_a_session(daemon: LiveDaemon) -> None:
    """Without action the shell reads commands, status first; exit code 0."""
    done = daemon.ctl(typed="pid\nbogus\n\nstatus nope\n")
    lines = done.stdout.split("supervisor> ")
    assert "cat  " in lines[0]
    assert lines[1].strip().isdigit()
    assert lines[2:] == ["*** Unknown syntax: bogus\n", "", "nope: ERROR (no such process)\n", "\n"]
    assert done.returncode == 0


def test_reader_that_leaves_ends_the_command_quietly(daemon: LiveDaemon) -> None:
    """`supervisorctl … | head` is no reason for a traceback."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        done = subprocess.run(
            [*OUR_CTL, "-c", str(daemon.config), "status"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            env=clean_environment(OUR_CTL),
            timeout=20,
            check=False,
        )
    assert done.stderr == b""


# ---------------------------------------------------------------- configuration and connection


def test_update_follows_the_file(own_daemon: Callable[..., LiveDaemon]) -> None:
    """reread tells, update does; a broken file is told in one line and changes nothing."""
    program = "[program:{0}]\ncommand = cat\nstartsecs = 0\n"
    live = own_daemon(program.format("gone") + program.format("mod"))
    live.write_config(program.format("mod") + "umask = 077\n" + program.format("new"))
    assert live.ctl("reread").stdout == "gone: disappeared\nmod: changed\nnew: available\n"
    assert live.ctl("update").stdout == (
        "gone: stopped\ngone: removed process group\n"
        "mod: stopped\nmod: updated process group\n"
        "new: added process group\n"
    )
    live.wait_state("new", "RUNNING")
    live.write_config("[program:bad]\nautostart = true\n")
    for command in ("reread", "update"):
        done = live.ctl(command)
        assert done.stdout.startswith("ERROR: CANT_REREAD: ")
        assert done.returncode == 1
    assert live.ctl("status", "mod", "new").returncode == 0


def test_shutdown_by_a_fed_confirmation(own_daemon: Callable[..., LiveDaemon]) -> None:
    """`-i shutdown` fed by a pipe is in use; the action's exit code is kept."""
    live = own_daemon("")
    done = live.ctl("-i", "shutdown", typed="n\n")
    assert done.stdout == "Really shut the remote supervisord process down y/N? "
    done = live.ctl("-i", "shutdown", typed="y\n")
    assert done.stdout.endswith("y/N? Shut down\n")
    assert (done.returncode, live.wait()) == (0, 0)
    done = live.ctl("shutdown")
    expected = f"ERROR: {live.serverurl} no such file (already shut down?)\n"
    assert (done.stdout, done.returncode) == (expected, 1)
    done = live.ctl("status")
    assert (done.stdout, done.returncode) == (f"{live.serverurl} no such file\n", 4)
    assert f"supervisord is not running; try: supervisord -c {live.config}" in done.stderr


def test_tcp_server_with_password(own_daemon: Callable[..., LiveDaemon]) -> None:
    """-s, -u, -p; a one-shot 401 is one line and exit 1."""
    port = free_port()
    live = own_daemon(
        f"[inet_http_server]\nport = 127.0.0.1:{port}\nusername = u\npassword = {'long' * 20}\n"
    )
    url = f"http://127.0.0.1:{port}"
    done = live.ctl("-s", url, "-u", "u", "-p", "long" * 20, "pid")
    assert (done.stdout, done.returncode) == (f"{live.pid}\n", 0)
    for flags in ([], ["-u", "u"], ["-u", "u", "-p", "wrong"]):
        done = live.ctl("-s", url, *flags, "pid")
        assert (done.stdout, done.returncode) == ("Server requires authentication\n", 1)
        assert "try: supervisorctl -u NAME" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-c", "nowhere.conf", "status"], "could not find config file nowhere.conf"),
        (["-c", "/", "status"], "could not read config file /"),
        (["-s", "foo", "status"], "invalid value for -s 'foo': value 'foo' is not a URL"),
        (["-s", "a:b", "-s", "a:c"], "conflicting command line option '-s'"),
        (["-x"], "option -x not recognized"),
    ],
)
def test_usage_errors_are_two_lines(tmp_path: Path, words: list[str], message: str) -> None:
    """stderr `Error: TEXT`, `For help, use PROG -h`, exit 2."""
    done = run_ctl(tmp_path, *words)
    assert re.fullmatch(rf"Error: {re.escape(message)}\nFor help, use \S+ -h\n", done.stderr)
    assert (done.stdout, done.returncode) == ("", 2)


def test_s3_missing_section_is_fatal_only_without_url(tmp_path: Path) -> None:
    """A config that was found, not named, does not matter once `-s` is given."""
    (tmp_path / "supervisord.conf").write_text("[supervisord]\n")
    message = "Error: .ini file does not include supervisorctl section\n"
    assert run_ctl(tmp_path, "status").stderr.startswith(message)
    url = f"unix://{tmp_path}/s.sock"
    done = run_ctl(tmp_path, "-s", url, "status")
    assert (done.stdout, done.returncode) == (f"{url} no such file\n", 4)


def test_s5_malformed_file_is_a_usage_error(tmp_path: Path) -> None:
    """It was a traceback once."""
    (tmp_path / "supervisord.conf").write_text("no section\n[supervisorctl\n")
    done = run_ctl(tmp_path, "status")
    assert done.stderr.startswith("Error: ")
    assert done.returncode == 2


def test_s4_section_may_live_in_an_included_file(tmp_path: Path) -> None:
    """`[include]` was ignored by supervisorctl once."""
    (tmp_path / "supervisord.conf").write_text("[include]\nfiles = more.ini\n")
    (tmp_path / "more.ini").write_text("[supervisorctl]\nserverurl = unix:///no/such.sock\n")
    assert run_ctl(tmp_path, "status").stdout == "unix:///no/such.sock no such file\n"


@pytest.mark.parametrize("flag", ["-r", "--history-file", "--history_file"])
def test_s1_both_spellings_of_the_history_flag_are_accepted(tmp_path: Path, flag: str) -> None:
    """The usage text named one, the parser took the other."""
    assert run_ctl(tmp_path, flag, "h", "help", "help").returncode == 0


@pytest.mark.parametrize("before", [("--output", "json"), ("--output=json",), ("--json",)])
@pytest.mark.parametrize("command", ["status", "status cat", "pid", "pools", "avail", "version"])
def test_output_may_stand_before_the_command(
    daemon: LiveDaemon, before: tuple[str, ...], command: str
) -> None:
    """As it does behind it, and whatever is typed there wins."""
    words = command.split()
    behind = daemon.ctl(words[0], "--output", "json", *words[1:])
    done = daemon.ctl(*before, *words)
    assert (done.stderr, done.returncode) == (behind.stderr, behind.returncode)
    if command.startswith("status"):
        found, wanted = json.loads(done.stdout), json.loads(behind.stdout)
        assert [each["name"] for each in found] == [each["name"] for each in wanted]
    else:
        assert done.stdout == behind.stdout
        # A daemon of release 4 has no pools to tell about.
        assert not done.stdout or json.loads(done.stdout) is not None
    table = daemon.ctl(*before, words[0], "--output", "table", *words[1:])
    assert table.stdout.split()[:1] == daemon.ctl(*words).stdout.split()[:1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "--output json start cat",
            "start does not take --output: it has nothing to print as JSON",
        ),
        ("--json make-token", "make-token does not take --output: it has nothing to print as JSON"),
        ("--output xml status", "--output must be one of: table, json"),
        ("--output json", "--output takes an action, such as: --output json status"),
        ("--output", "option --output requires argument"),
        ("--output json --json status", None),
    ],
)
def test_output_that_cannot_be_is_refused(tmp_path: Path, words: str, said: str | None) -> None:
    """Before anything is done; with what would work."""
    done = run_ctl(tmp_path, *words.split())
    if said is None:
        assert "Error" not in done.stderr
    else:
        assert done.stderr.startswith(f"Error: {said}\n")
        assert (done.stdout, done.returncode) == ("", 2)


def test_plugin_of_a_configuration_adds_commands(tmp_path: Path) -> None:
    """`[ctlplugin:x]` with `supervisor.ctl_factory`; its other keys are given to the factory."""
    (tmp_path / "greeter.py").write_text(
        "from supervisor.supervisorctl import ControllerPluginBase\n"
        "class Greeter(ControllerPluginBase):\n"
        "    def __init__(self, controller, greeting):\n"
        "        self.ctl, self.greeting = controller, greeting\n"
        "    def do_greet(self, arg):\n"
        "        self.ctl.output(f'{self.greeting} {arg} from {self.name}')\n"
    )
    (tmp_path / "supervisord.conf").write_text(
        "[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory = greeter:Greeter\ngreeting = hi\n"
    )
    done = run_ctl(tmp_path, "greet", "you", PYTHONPATH=str(tmp_path))
    assert done.stdout == "hi you from x\n"


def run_ctl(directory: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Our supervisorctl in a directory of its own."""
    environment = clean_environment(OUR_CTL)
    for name, value in variables.items():
        environment[name] = os.pathsep.join(filter(None, [environment.get(name), value]))
    return subprocess.run(
        [*OUR_CTL, *words],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
