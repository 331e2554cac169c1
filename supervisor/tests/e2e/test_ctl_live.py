"""supervisorctl while something goes on: logs, events and status --watch, with real daemons."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from supervisor.tests.support.daemon import (
    OUR_CTL,
    OUR_DAEMON,
    PAIR,
    LiveDaemon,
    clean_environment,
    reference_daemon,
    wait_until,
)
from supervisor.tests.support.terminal import CTRL_C, Typist

CONFIG = r"""
[program:cat]
command = cat
startsecs = 0

[program:idle]
command = cat
autostart = false
startsecs = 0

[program:talker]
command = sh -c 'echo out 1; echo err 1 >&2; printf "\033[31mred\033[0m \033]0;evil\007 \377\n"; echo last; cat'
startsecs = 0

[program:joined]
command = sh -c 'echo joined out; echo joined err >&2; cat'
redirect_stderr = true
startsecs = 0

[program:mute]
command = cat
stdout_logfile = NONE
stderr_logfile = NONE
startsecs = 0
"""  # noqa: E501
RUNNING = ("cat", "talker", "joined", "mute", "pair:left", "pair:right")


def commands() -> list[object]:
    """Both daemons, the reference's only where it is installed."""
    reference = reference_daemon()
    absent = pytest.mark.skipif(reference is None, reason="the reference is not installed")
    return [
        pytest.param(OUR_DAEMON, id="ours"),
        pytest.param(reference, id="reference", marks=absent),
    ]


@pytest.fixture(params=commands())
def any_daemon(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveDaemon]:
    """Our daemon, and one that has no JSON API."""
    with LiveDaemon(request.param, CONFIG + PAIR, tmp_path) as live:
        settle(live)
        yield live


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LiveDaemon]:
    """Our daemon."""
    with LiveDaemon(OUR_DAEMON, CONFIG + PAIR, tmp_path) as live:
        settle(live)
        yield live


def settle(live: LiveDaemon) -> None:
    """Wait until everything runs and has talked."""
    for name in RUNNING:
        live.wait_state(name, "RUNNING")
    for path in (log_of(live, "talker", "stdout"), log_of(live, "joined", "stdout")):
        wait_until(lambda path=path: path.read_bytes().count(b"\n") >= 2, "talkers have talked")


def log_of(live: LiveDaemon, name: str, channel: str) -> Path:
    """File of a log."""
    return Path(live.info(name)[f"{channel}_logfile"])


class Follower:
    """A supervisorctl that goes on, its output in files."""

    def __init__(self, live: LiveDaemon, *words: str) -> None:
        name = re.sub(r"\W+", "_", "-".join(words))
        self._out = live.directory / f"{name}.out"
        self._err = live.directory / f"{name}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [*OUR_CTL, "-c", str(live.config), *words],
                cwd=live.directory,
                env=clean_environment(OUR_CTL),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def out(self) -> str:
        """What it has printed."""
        return self._out.read_text("utf-8", "backslashreplace")

    @property
    def err(self) -> str:
        """What it has said on stderr."""
        return self._err.read_text("utf-8")

    def wait_out(self, text: str) -> str:
        """What it has printed, once `text` is there."""
        wait_until(lambda: text in self.out or self._ended(), f"{text!r} is printed")
        assert text in self.out, (self.out, self.err)
        return self.out

    def wait_err(self, text: str) -> None:
        """Wait until it has said that."""
        wait_until(lambda: text in self.err, f"{text!r} is said")

    def _ended(self) -> bool:
        return self.process.poll() is not None

    def __enter__(self) -> "Follower":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def interrupt(self) -> int:
        """The exit code after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


def say(live: LiveDaemon, name: str, text: str) -> None:
    """Have a cat say something."""
    live.rpc.supervisor.sendProcessStdin(name, text)


# ---------------------------------------------------------------- logs


def test_logs_shows_the_ends_of_logs(daemon: LiveDaemon) -> None:
    """stdout and stderr of one process without prefix; what it wrote, to the byte."""
    done = subprocess.run(
        [*OUR_CTL, "-c", str(daemon.config), "logs", "talker"],
        cwd=daemon.directory, env=clean_environment(OUR_CTL), capture_output=True, timeout=20,
        check=False,
    )  # fmt: skip
    expected = b"out 1\n\x1b[31mred\x1b[0m \x1b]0;evil\x07 \xff\nlast\nerr 1\n"
    assert (done.stdout, done.stderr, done.returncode) == (expected, b"", 0)
    assert daemon.ctl("logs", "-n", "1", "--stdout", "talker").stdout == "last\n"


def test_logs_of_several_have_names(any_daemon: LiveDaemon) -> None:
    """Aligned; groups are meant, too; a process without a second log is no mistake."""
    say(any_daemon, "pair:left", "one\ntwo\n")
    wait_until(lambda: log_of(any_daemon, "pair:left", "stdout").stat().st_size, "it is said")
    done = any_daemon.ctl("logs", "-n", "1", "joined", "pair:*")
    assert done.stdout == "joined            | joined err\npair:left         | two\n"
    assert (done.stderr, done.returncode) == ("", 0)


def test_unknown_names_are_told_in_the_words_of_other_commands(any_daemon: LiveDaemon) -> None:
    """On stderr, at once; the others are shown all the same; exit code 1."""
    done = any_daemon.ctl("logs", "nope", "joined", "x:*", "mute")
    assert done.stderr == (
        "nope: ERROR (no such process)\nx: ERROR (no such group)\nmute: ERROR (no log file)\n"
    )
    assert "joined out\njoined err\n" in done.stdout
    assert done.returncode == 1


def test_logs_f_merges_what_comes(any_daemon: LiveDaemon) -> None:
    """Whole lines only, each with its name; Ctrl-C ends it with 0."""
    with Follower(any_daemon, "logs", "-f", "cat", "pair:*") as logs:
        say(any_daemon, "cat", "part")
        say(any_daemon, "pair:left", "left\n")
        assert "part" not in logs.wait_out("pair:left         | left\n")
        say(any_daemon, "cat", "ial\n")
        logs.wait_out("cat               | partial\n")
        say(any_daemon, "pair:right", "no end")
        wait_until(lambda: log_of(any_daemon, "pair:right", "stdout").stat().st_size, "it is said")
        assert logs.interrupt() == 0
    assert "^C" not in logs.out
    assert logs.err == ""


def test_logs_f_goes_on_after_a_restart_of_the_daemon(any_daemon: LiveDaemon) -> None:
    """It says so, and shows what was written since then once."""
    with Follower(any_daemon, "logs", "-f", "joined", "cat") as logs:
        say(any_daemon, "cat", "before\n")
        logs.wait_out("before")
        any_daemon.stop()
        logs.wait_err("supervisord does not answer")
        any_daemon.start()
        logs.wait_err("supervisord is back")
        any_daemon.wait_state("cat", "RUNNING")
        say(any_daemon, "cat", "after\n")
        logs.wait_out("after")
        assert logs.out.count("before") == 1
        assert logs.interrupt() == 0


def test_logs_f_survives_rotation(tmp_path: Path) -> None:
    """Not a line is lost when the log begins anew."""
    config = (
        "[program:cat]\ncommand = cat\nstartsecs = 0\n"
        "stdout_logfile_maxbytes = 200\nstdout_logfile_backups = 2\n"
    )
    with LiveDaemon(OUR_DAEMON, config, tmp_path) as live:
        live.wait_state("cat", "RUNNING")
        with Follower(live, "logs", "-f", "cat") as logs:
            for number in range(60):
                say(live, "cat", f"line {number:02}\n")
                logs.wait_out(f"line {number:02}\n")
            assert logs.out.splitlines() == [f"line {number:02}" for number in range(60)]


def test_process_that_is_removed_leaves_the_others_alone(daemon: LiveDaemon) -> None:
    """Its log may end, theirs go on."""
    with Follower(daemon, "logs", "-f", "cat", "idle") as logs:
        say(daemon, "cat", "one\n")
        logs.wait_out("one")
        daemon.rpc.supervisor.removeProcessGroup("idle")
        say(daemon, "cat", "two\n")
        logs.wait_out("two")
        assert logs.interrupt() in (0, 1)


def test_more_logs_than_streams_of_events_are_followed(tmp_path: Path) -> None:
    """A daemon has few of those for one caller, but logs as many as liked."""
    config = (
        "[program:many]\ncommand = cat\nstartsecs = 0\n"
        "numprocs = 35\nprocess_name = %(process_num)02d\n"
    )
    with LiveDaemon(OUR_DAEMON, config, tmp_path) as live:
        for name in ("many:00", "many:34"):
            live.wait_state(name, "RUNNING")
        with Follower(live, "logs", "-f", "all") as logs:
            for name in ("many:00", "many:34"):
                say(live, name, f"I am {name}\n")
                logs.wait_out(f"{name}        | I am {name}\n")
            assert logs.interrupt() == 0


@pytest.mark.parametrize("words", [["logs", "-f", "idle"], ["events"], ["status", "--watch"]])
def test_reader_that_leaves_ends_it_without_a_word(daemon: LiveDaemon, words: list[str]) -> None:
    """`supervisorctl logs -f x | head -1`, even if there is nothing to write any more."""
    read_end, write_end = os.pipe()
    with subprocess.Popen(
        [*OUR_CTL, "-c", str(daemon.config), *words],
        cwd=daemon.directory, env=clean_environment(OUR_CTL), stdin=subprocess.DEVNULL,
        stdout=write_end, stderr=subprocess.PIPE,
    ) as command:  # fmt: skip
        os.close(write_end)
        os.close(read_end)
        assert command.wait(20) == 141
        assert command.stderr is not None
        assert command.stderr.read() == b""


def test_json_lines_of_logs(daemon: LiveDaemon) -> None:
    """An object for each line."""
    lines = daemon.ctl("logs", "--output", "json", "--stdout", "talker").stdout.splitlines()
    texts = [json.loads(line) for line in lines]
    assert texts[0] == {"process": "talker", "stream": "stdout", "text": "out 1"}
    assert texts[1]["text"].endswith("\\xff")


# ---------------------------------------------------------------- events


def test_events_are_told_as_they_happen(daemon: LiveDaemon) -> None:
    """Time, type, process, details; only what was asked for."""
    words = ("events", "-f", "--type", "PROCESS_STATE", "nope", "idle")
    with Follower(daemon, *words) as events:
        begin_watching(daemon, events)
        daemon.rpc.supervisor.startProcess("pair:left")
        daemon.rpc.supervisor.startProcess("idle")
        out = events.wait_out("PROCESS_STATE_RUNNING")
        assert re.search(
            r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  PROCESS_STATE_STARTING +idle +"
            r"from_state:\w+ tries:0$",
            out,
            re.MULTILINE,
        )
        assert "left" not in out
        assert events.err == "nope: ERROR (no such process)\n"
        assert events.interrupt() == 1


def begin_watching(live: LiveDaemon, events: Follower) -> None:
    """Make things happen until the first of them is told."""

    def told() -> bool:
        live.rpc.supervisor.startProcess("idle")
        live.rpc.supervisor.stopProcess("idle")
        return bool(events.out)

    live.rpc.supervisor.stopProcess("pair:left")
    wait_until(told, "events are told")


def test_events_come_as_json_and_end_after_so_many(daemon: LiveDaemon) -> None:
    """For scripts that wait for something to happen."""
    with Follower(daemon, "events", "-n", "2", "--json", "--type", "PROCESS_STATE") as events:
        begin_watching(daemon, events)
        assert events.process.wait(20) == 0
        structs = [json.loads(line) for line in events.out.splitlines()]
    assert len(structs) == 2
    assert {"serial", "time", "type", "group", "name", "payload"} <= structs[0].keys()


def test_events_go_on_after_a_restart(daemon: LiveDaemon) -> None:
    """What cannot be known any more is told as missed."""
    with Follower(daemon, "events", "-f") as events:
        begin_watching(daemon, events)
        daemon.rpc.supervisor.restart()
        events.wait_err("some events were missed")
        daemon.wait_state("cat", "RUNNING")
        before = len(events.out)
        daemon.rpc.supervisor.startProcess("idle")
        wait_until(lambda: "RUNNING" in events.out[before:], "events are told again")


def test_unknown_event_type_is_refused(daemon: LiveDaemon) -> None:
    """The daemon knows its types, those of plug-ins included."""
    done = daemon.ctl("events", "--type", "PROCESS_STATE_RUNNIN")
    assert done.stderr.startswith("ERROR: --type must be one of EVENT, ")
    assert (done.stdout, done.returncode) == ("", 1)


# ---------------------------------------------------------------- status --watch


def test_watch_prints_each_change(any_daemon: LiveDaemon) -> None:
    """Not on a terminal: the table first, then a line for every process that has changed."""
    with Follower(any_daemon, "status", "--watch", "0.2", "idle", "pair:*") as watch:
        out = watch.wait_out("pair:right")
        assert [line.split()[:2] for line in out.splitlines()] == [
            ["idle", "STOPPED"],
            ["pair:left", "RUNNING"],
            ["pair:right", "RUNNING"],
        ]
        any_daemon.rpc.supervisor.startProcess("idle")
        watch.wait_out("idle                             RUNNING   pid ")
        any_daemon.rpc.supervisor.stopProcess("pair:left")
        watch.wait_out("pair:left                        STOPPED   ")
        assert "cat" not in watch.out
        assert watch.interrupt() == 0


def test_watch_as_json_has_an_object_for_each_change(daemon: LiveDaemon) -> None:
    with Follower(daemon, "status", "--watch", "--json", "idle") as watch:
        watch.wait_out("\n")
        daemon.rpc.supervisor.removeProcessGroup("idle")
        watch.wait_out('removed": true')
        structs = [json.loads(line) for line in watch.out.splitlines()]
    assert (structs[0]["namespec"], structs[0]["statename"]) == ("idle", "STOPPED")
    assert structs[-1] == {"namespec": "idle", "removed": True}


def test_watch_of_unknown_names_only_ends(daemon: LiveDaemon) -> None:
    done = daemon.ctl("status", "--watch", "nope")
    assert (done.stdout, done.returncode) == ("nope: ERROR (no such process)\n", 4)


# ---------------------------------------------------------------- at a terminal


def sit(live: LiveDaemon, *words: str, **variables: str) -> Typist:
    """Sit down at a terminal."""
    environment: Mapping[str, str] = {**clean_environment(OUR_CTL), **variables}
    command = ["env", "TERM=xterm", *OUR_CTL, "-c", str(live.config), *words]
    return Typist(command, live.directory, environment)


def test_terminal_gets_colours_and_nothing_that_could_harm_it(daemon: LiveDaemon) -> None:
    """Titles and the like are shown; --raw passes them; NO_COLOR leaves the colours out."""
    with sit(daemon, "logs", "--stdout", "talker") as typist:
        shown = typist.expect("last\n".replace("\n", "\r\n"))
        assert "\x1b[31mred\x1b[0m \\x1b]0;evil\\x07 \\xff" in shown
    with sit(daemon, "logs", "--stdout", "talker", NO_COLOR="1") as typist:
        assert "red \\x1b]0;evil\\x07 \\xff" in typist.expect("last")
        assert b"\x1b[" not in typist.screen
    with sit(daemon, "logs", "--raw", "--stdout", "talker") as typist:
        typist.expect("last")
        assert b"\x1b]0;evil\x07 \xff" in typist.screen


def test_ctrl_c_ends_following_and_the_shell_goes_on(daemon: LiveDaemon) -> None:
    """In the shell as in a command."""
    with sit(daemon) as shell:
        shell.expect("supervisor> ")
        shell.line("logs -f joined cat")
        shell.expect("joined err")
        shell.expect_by(CTRL_C, "supervisor> ")
        shell.line("version")
        shell.expect("supervisor> ")


def test_table_is_drawn_in_place(any_daemon: LiveDaemon) -> None:
    """A head with the counts, the states in colours, and no scrolling."""
    with sit(any_daemon, "status", "--watch", "0.2", "idle", "cat") as typist:
        typist.expect("\x1b[2J\x1b[H")
        assert "1 RUNNING, 1 STOPPED" in typist.expect("idle")
        typist.expect("\x1b[32mRUNNING\x1b[0m")
        any_daemon.rpc.supervisor.startProcess("idle")
        typist.expect("2 RUNNING")
        _, code = typist.end_by(CTRL_C)
        assert code == 0


# ---------------------------------------------------------------- an older daemon, and formats


def test_older_daemon_is_told_to_be_old(tmp_path: Path) -> None:
    """In clear words, with the exit code 1."""
    reference = reference_daemon()
    if reference is None:
        pytest.skip("the reference is not installed")
    with LiveDaemon(reference, "[program:cat]\ncommand = cat\nstartsecs = 0\n", tmp_path) as live:
        done = live.ctl("events", "-f")
    message = "ERROR: this supervisord does not tell its events: it is older than 5.0\n"
    assert (done.stdout, done.stderr, done.returncode) == ("", message, 1)


@pytest.mark.parametrize(
    ("words", "check"),
    [
        ("status --output json cat", lambda found: found[0]["namespec"] == "cat"),
        ("avail --output json", lambda found: {"namespec", "inuse"} <= found[0].keys()),
        ("version --output=json", lambda found: re.match(r"\d", found["version"])),
        ("pid --json", lambda found: isinstance(found, int)),
        ("pid --json pair:* idle", lambda found: found["idle"] == 0 and found["pair:left"] > 0),
    ],
)
def test_programs_get_json(daemon: LiveDaemon, words: str, check: Any) -> None:
    """`--output json` where it makes sense; `--json` is short for it."""
    assert check(json.loads(daemon.ctl(*words.split()).stdout))
    plain = words.replace("--output json", "--output table").replace("=json", "=table")
    assert daemon.ctl(*plain.replace("--json ", "").replace("--json", "").split()).stdout


@pytest.mark.parametrize("command", ["status", "avail", "version", "pid", "pools", "logs x"])
def test_unknown_format_is_refused(daemon: LiveDaemon, command: str) -> None:
    done = daemon.ctl(*command.split(), "--output", "yaml")
    assert "Error: --output must be one of: table, json\n" in done.stdout + done.stderr
    assert done.returncode in (2, 4)
