"""Children with the real kernel and real files: what they are given, and what is left of them."""

import errno
import os
import resource
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.config.values import NO_LOG, FileLog
from supervisor.errors import Fault, RequestRefused, SpawnError
from supervisor.levels import Level
from supervisor.tests.daemon.nursery import Home, open_fds, settings

ECHO = "/bin/sh -c 'echo out; echo err >&2'"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


class TestOutput:
    def test_channels_go_to_files_of_their_own(self, home: Home) -> None:
        files = {"stdout_logfile": FileLog("out.log"), "stderr_logfile": FileLog("err.log")}
        home.add(settings(command=ECHO, **files)).spawn()
        assert home.wait().exitcode == 0
        assert (home.path / "out.log").read_bytes() == b"out\n"
        assert (home.path / "err.log").read_bytes() == b"err\n"

    def test_redirected_stderr_goes_to_the_file_of_stdout(self, home: Home) -> None:
        """AUTO + redirect_stderr: only a stdout file."""
        home.add(settings(command=ECHO, redirect_stderr=True)).spawn()
        home.wait()
        (out,) = home.logs_of("web", "stdout")
        assert out.read_bytes() == b"out\nerr\n"
        assert home.logs_of("web", "stderr") == []

    def test_output_that_is_not_logged_is_read_all_the_same(self, home: Home) -> None:
        """NONE: output read and dropped; the child never blocks on it."""
        command = f"{sys.executable} -c \"import sys; sys.stdout.write('x' * 1000000)\""
        home.add(settings(command=command, stdout_logfile=NO_LOG)).spawn()
        assert home.wait().exitcode == 0
        assert home.logs_of("web", "stdout") == []

    def test_everything_that_a_child_wrote_before_it_died_is_in_its_log(self, home: Home) -> None:
        """Remaining output is drained from the pipes."""
        home.add(settings(command="/bin/sh -c 'seq 1 5000; kill -9 $$'")).spawn()
        assert home.wait().signum == 9
        (out,) = home.logs_of("web", "stdout")
        assert out.read_bytes().endswith(b"\n5000\n")

    def test_log_grows_over_the_runs_of_a_process(self, home: Home) -> None:
        """Append mode, at every spawn."""
        home.add(settings(command="/bin/echo again"))
        for _ in range(3):
            home.spawn()
            home.wait()
        (out,) = home.logs_of("web", "stdout")
        assert out.read_bytes() == b"again\n" * 3

    @pytest.mark.parametrize(
        ("command", "shown"),
        [("/bin/echo hi", "hi\n"), (r"/usr/bin/printf '\210\n'", r"Undecodable: b'\x88\n'")],
    )
    def test_debug_log_shows_output(self, tmp_path: Path, command: str, shown: str) -> None:
        home = Home(tmp_path, Level.DEBG)
        home.add(settings(command=command)).spawn()
        home.wait()
        home.close()
        assert f"DEBG 'web' stdout output:\n{shown}" in home.main_log()
        assert "closed, stopped monitoring <stdout of web>" in home.main_log()


class TestAutoLogs:
    def test_auto_logs_are_made_with_the_process_and_private(self, home: Home) -> None:
        """Mode 0600, created when the group is created."""
        home.add(settings())
        for channel in ("stdout", "stderr"):
            (log,) = home.logs_of("web", channel)
            assert stat.S_IMODE(log.stat().st_mode) == 0o600

    def test_auto_logs_are_kept_when_the_process_is_removed(self, home: Home) -> None:
        """L20: deleting would destroy the evidence of the previous run."""
        home.add(settings())
        home.children.remove(1)
        assert len(home.logs_of("web", "stdout")) == 1

    def test_auto_log_that_cannot_be_made_is_told_and_the_child_runs(self, home: Home) -> None:
        """A vanished directory: the child never dies because of our log trouble."""
        home.children.nursery = _elsewhere(home, "/nonexistent")
        home.add(settings(command=ECHO)).spawn()
        assert home.wait().exitcode == 0
        assert "cannot create a log file for stdout of web in /nonexistent" in home.main_log()

    def test_auto_log_that_was_deleted_is_made_again_by_the_next_run(self, home: Home) -> None:
        home.add(settings(command="/bin/echo hi"))
        (log,) = home.logs_of("web", "stdout")
        log.unlink()
        home.spawn()
        home.wait()
        assert log.read_bytes() == b"hi\n"
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def _elsewhere(home: Home, directory: str) -> Any:
    return home.children.nursery._replace(childlogdir=directory)


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"command": "no-such-thing-x"}, "can't find command 'no-such-thing-x'"),
    "path": ({"command": "/no/such"}, "can't find command '/no/such'"),
    "directory": ({"command": "/tmp"}, "command at '/tmp' is a directory"),
    "plain": ({"command": "/etc/passwd"}, "command at '/etc/passwd' is not executable"),
    "quote": (
        {"command": '/bin/sh "x'},
        "can't parse command '/bin/sh \"x': No closing quotation",
    ),
    "empty": ({"command": "  "}, "command is empty"),
    "log": (
        {"stdout_logfile": FileLog("no/such/dir.log")},
        "unknown error making dispatchers for 'web': ENOENT",
    ),
    "second log": (
        {"stderr_logfile": FileLog("no/such/dir.log")},
        "unknown error making dispatchers for 'web': ENOENT",
    ),
    "chdir": ({"directory": "/no/such"}, "couldn't chdir to /no/such: ENOENT"),
}


class TestRefusedSpawns:
    """Whatever goes wrong: the reason is told, and nothing stays open (L21)."""

    @pytest.mark.parametrize("case", REFUSALS)
    def test_l21_refused_spawn_leaves_nothing_open(self, home: Home, case: str) -> None:
        options, reason = REFUSALS[case]
        home.add(settings(**options))
        before = open_fds()
        for _ in range(3):
            with pytest.raises(SpawnError) as caught:
                home.spawn()
            assert caught.value.reason == reason
        assert open_fds() <= before

    def test_script_without_an_interpreter_is_refused_by_exec(self, home: Home) -> None:
        """ENOEXEC for a script without `#!`."""
        script = home.path / "script"
        script.write_text("echo hi\n")
        script.chmod(0o755)
        home.add(settings(command=str(script)))
        before = open_fds()
        with pytest.raises(SpawnError) as caught:
            home.spawn()
        assert caught.value.reason == f"couldn't exec {script}: ENOEXEC"
        assert open_fds() <= before
        (log,) = home.logs_of("web", "stderr")
        assert log.read_text() == (
            f"supervisor: couldn't exec {script}: ENOEXEC\n"
            "supervisor: child process was not spawned\n"
        )

    def test_refusal_in_the_child_goes_to_the_log_that_its_stderr_goes_to(self, home: Home) -> None:
        home.add(settings(directory="/no/such", redirect_stderr=True))
        with pytest.raises(SpawnError):
            home.spawn()
        (log,) = home.logs_of("web", "stdout")
        assert log.read_text().startswith("supervisor: couldn't chdir to /no/such: ENOENT\n")

    def test_too_many_open_files_is_a_refusal_that_leaves_nothing_open(self, home: Home) -> None:
        home.add(settings())
        with FewDescriptors():
            before = open_fds()
            with pytest.raises(SpawnError, match="too many open files to spawn 'web'"):
                home.spawn()
            assert open_fds() <= before
        home.spawn()

    def test_output_that_cannot_be_watched_makes_no_child_and_leaves_nothing_open(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The system has bounds for what a process may poll, too (epoll_ctl, ENOSPC)."""
        home.add(settings())
        before = open_fds()
        watches = []

        def refuse_second(*arguments: Any) -> None:
            watches.append(arguments)
            if len(watches) == 2:
                raise OSError(errno.ENOSPC, "no space for a watch")

        with monkeypatch.context() as patch:
            patch.setattr(type(home.poller), "watch", refuse_second)
            with pytest.raises(SpawnError, match="making dispatchers for 'web': ENOSPC"):
                home.spawn()
        assert open_fds() <= before
        assert home.kernel.reap() == []
        home.spawn()

    def test_process_can_be_spawned_once_the_cause_is_gone(self, home: Home) -> None:
        home.add(settings(command=ECHO, stdout_logfile=FileLog("later/out.log")))
        with pytest.raises(SpawnError):
            home.spawn()
        (home.path / "later").mkdir()
        home.spawn()
        home.wait()
        assert (home.path / "later/out.log").read_bytes() == b"out\n"


class FewDescriptors:
    """Within it, descriptors run out before all pipes of a child are open."""

    def __enter__(self) -> None:
        self._limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._filling: list[int] = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(open_fds()) + 20, self._limits[1]))
        with pytest.raises(OSError):
            while True:
                self._filling.append(os.dup(0))
        for fd in self._filling[-4:]:
            os.close(fd)
        del self._filling[-4:]

    def __exit__(self, *error: object) -> None:
        for fd in self._filling:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, self._limits)


class TestEnd:
    def test_everything_is_closed_when_the_child_has_ended(self, home: Home) -> None:
        home.add(settings(command=ECHO))
        before = open_fds()
        home.spawn()
        home.wait()
        assert open_fds() <= before

    def test_grandchild_that_holds_the_pipes_keeps_nothing_open(self, home: Home) -> None:
        home.add(settings(command="/bin/sh -c 'read line & sleep 100 & echo $!'"))
        before = open_fds()
        home.spawn()
        home.wait()
        assert open_fds() <= before
        (log,) = home.logs_of("web", "stdout")
        os.kill(int(log.read_text()), 9)

    def test_living_child_costs_three_pipes_and_its_logs(self, home: Home) -> None:
        home.add(settings())
        before = open_fds()
        home.spawn()
        assert len(open_fds() - before) == 5

    def test_process_without_a_child_can_be_removed(self, home: Home) -> None:
        home.add(settings(command=ECHO)).spawn()
        home.wait()
        home.children.remove(1)
        with pytest.raises(KeyError):
            home.children.body(1)

    def test_process_with_a_child_that_cannot_be_signalled_is_removed_clean(
        self, home: Home
    ) -> None:
        """UNKNOWN is a stopped state: the child is left to itself, its pipes are not."""
        before = open_fds()
        pid = home.add(settings()).spawn()
        home.children.remove(1)
        assert open_fds() <= before
        assert not home.children.knows(1)
        home.forget(pid)


class TestStdin:
    def test_child_reads_what_it_is_sent(self, home: Home) -> None:
        home.add(settings(stdout_logfile=FileLog("out.log"))).spawn()
        home.children.send(1, b"hello\n")
        log = home.path / "out.log"
        home.turn_until(lambda: log.read_bytes() == b"hello\n")

    def test_process_without_a_child_has_no_stdin(self, home: Home) -> None:
        home.add(settings())
        with pytest.raises(RequestRefused) as caught:
            home.children.send(1, b"hello")
        assert caught.value.fault == Fault.NO_FILE

    def test_stdin_stays_open_while_the_child_lives(self, home: Home) -> None:
        """A `cat` runs for ever."""
        pid = home.add(settings()).spawn()
        home.poller.turn(0.0)
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)


class TestCommandCheck:
    @pytest.mark.parametrize(
        ("command", "fault"),
        [
            ("no-such-thing-x", Fault.NO_FILE),
            ("/no/such", Fault.NO_FILE),
            ("/tmp", Fault.NOT_EXECUTABLE),
            ("/etc/passwd", Fault.NOT_EXECUTABLE),
            ("/bin/sh 'x", Fault.NOT_EXECUTABLE),
            ("", Fault.NOT_EXECUTABLE),
        ],
    )
    def test_command_that_cannot_be_run_is_refused(
        self, home: Home, command: str, fault: Fault
    ) -> None:
        """The same check runs in the RPC start call, which faults immediately."""
        home.add(settings(command=command))
        with pytest.raises(RequestRefused) as caught:
            home.children.check_command(1)
        assert caught.value.fault == fault
        assert caught.value.extra

    def test_command_that_can_be_run_passes(self, home: Home) -> None:
        home.add(settings(command="cat"))
        home.children.check_command(1)

    def test_path_of_the_program_counts(self, home: Home) -> None:
        tool = home.path / "tool"
        tool.write_text("#!/bin/sh\necho tool\n")
        tool.chmod(0o755)
        home.add(settings(command="tool", environment={"PATH": str(home.path)}))
        home.children.check_command(1)
        home.spawn()
        home.wait()
        (log,) = home.logs_of("web", "stdout")
        assert log.read_bytes() == b"tool\n"


class TestReopening:
    def test_open_logs_are_opened_by_name_again(self, home: Home) -> None:
        home.add(settings(stdout_logfile=FileLog("out.log"))).spawn()
        log, moved = home.path / "out.log", home.path / "moved.log"
        self._say(home, b"one\n", lambda: log.read_bytes() == b"one\n")
        log.rename(moved)
        home.children.reopen_logs()
        self._say(home, b"two\n", lambda: log.read_bytes() == b"two\n")
        assert moved.read_bytes() == b"one\n"

    def test_logs_of_processes_without_a_child_stay_closed(self, home: Home) -> None:
        home.add(settings())
        before = open_fds()
        home.children.reopen_logs()
        assert open_fds() <= before

    @staticmethod
    def _say(home: Home, data: bytes, seen: Callable[[], bool]) -> None:
        home.children.send(1, data)
        home.turn_until(seen)
