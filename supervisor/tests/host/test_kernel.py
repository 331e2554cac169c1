"""What a real child finds when it starts, and what is told when it cannot."""

import errno
import gc
import os
import resource
import signal
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest

from supervisor.errors import SpawnError
from supervisor.host.kernel import SystemKernel
from supervisor.tests.host.child import ending_of, open_fds, plan_for, run_child

SH = "/bin/sh"
NOBODY_UID = 65534

WAYS = [{}, {"umask": 0o022}]
"""Changes of a plan: without any it is carried out by posix_spawn, with a umask by Popen."""

both_ways = pytest.mark.parametrize("way", WAYS, ids=["posix_spawn", "popen"])

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def status_line(name: str) -> str:
    """A command for the child that prints one line of its own process status."""
    return f"grep ^{name}: /proc/self/status"


def refused(*argv: str, **changes: object) -> SpawnError:
    with pytest.raises(SpawnError) as caught:
        SystemKernel().spawn(plan_for(argv, **changes))
    return caught.value


# ------------------------------------------------------------------- the child


@both_ways
def test_child_gets_argv_and_environment_of_the_plan(way: dict[str, Any]) -> None:
    """argv[0] is the word as written in `command`; the environment is exactly that of the plan."""
    text, ending = run_child(
        ["my sh", "-c", 'echo "$0 $1"; /usr/bin/env', "zero", "one"],
        file=SH,
        env={"KEY": "wörd = %s"},
        **way,
    )

    assert "zero one\n" in text
    assert "KEY=wörd = %s\n" in text
    assert "HOME=" not in text
    assert ending.exitcode == 0


@both_ways
def test_child_leads_its_own_process_group_in_our_session(way: dict[str, Any]) -> None:
    """Ctrl-C reaches the daemon only: every child has a process group of its own."""
    text, _ = run_child(["/bin/sh", "-c", "exec cat /proc/self/stat"], **way)
    pid, _, _, _, group, session = text.split()[:6]

    assert group == pid
    assert int(session) == os.getsid(0)


@both_ways
def test_l18_child_has_no_fds_but_the_standard_ones(way: dict[str, Any]) -> None:
    """Everything from fd 3 on is closed: what we were started with, and what we opened since."""
    script = (
        "import os, socket\n"
        "from supervisor.host.kernel import SystemKernel\n"
        "from supervisor.host.process import mark_inherited_fds_cloexec\n"
        "from supervisor.tests.host.child import plan_for, ending_of\n"
        "mark_inherited_fds_cloexec()\n"
        "kept = os.pipe(), socket.socketpair(), open('/dev/null')\n"
        f"plan = plan_for(['/bin/sh', '-c', 'echo /proc/self/fd/*'], **{way!r})\n"
        "assert ending_of(SystemKernel().spawn(plan)).exitcode == 0\n"
    )
    low, high = os.open(os.devnull, os.O_RDONLY), 900
    os.dup2(low, high, inheritable=True)
    try:
        result = subprocess.run(
            [sys.executable, "-c", script],
            pass_fds=(low, high),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=20,
        )
    finally:
        os.close(low)
        os.close(high)

    # The shell opens the directory itself to list it, at the first free number.
    assert set(result.stdout.split()) <= {f"/proc/self/fd/{n}" for n in (0, 1, 2, 3)}


def test_child_starts_in_directory_with_umask(tmp_path: Path) -> None:
    """`directory` and `umask` hold for the child alone."""
    before = os.getcwd()
    text, _ = run_child([SH, "-c", "pwd; umask"], cwd=str(tmp_path), umask=0o077)

    assert text == f"{tmp_path}\n0077\n"
    assert os.getcwd() == before


@both_ways
def test_child_without_directory_starts_in_that_of_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: dict[str, Any]
) -> None:
    """Without `directory` nothing is changed."""
    monkeypatch.chdir(tmp_path)
    text, _ = run_child(["/bin/pwd"], **way)

    assert text == f"{tmp_path}\n"


@both_ways
def test_child_has_no_signal_blocked(way: dict[str, Any]) -> None:
    """A child can be stopped by the first signal it gets: its mask is empty."""
    text, _ = run_child([SH, "-c", status_line("SigBlk")], **way)

    assert int(text.split()[1], 16) == 0


@both_ways
def test_child_has_default_dispositions_for_signals_that_we_handle(way: dict[str, Any]) -> None:
    """What the daemon catches is back to the default in a child."""
    earlier = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        text, _ = run_child([SH, "-c", status_line("SigIgn") + "; " + status_line("SigCgt")], **way)
    finally:
        signal.signal(signal.SIGUSR1, earlier)
    ignored, _caught = (int(line.split()[1], 16) for line in text.splitlines())

    assert not ignored & 1 << (signal.SIGUSR1 - 1)


@both_ways
@pytest.mark.parametrize(("restore", "is_ignored"), [(False, True), (True, False)])
def test_l10_child_ignores_sigpipe_unless_told_to_restore(
    restore: bool, is_ignored: bool, way: dict[str, Any]
) -> None:
    """SIGPIPE and SIGXFSZ stay ignored by default; a setting restores their defaults."""
    text, _ = run_child([SH, "-c", status_line("SigIgn")], restore_signals=restore, **way)
    ignored = int(text.split()[1], 16)

    for signum in (signal.SIGPIPE, signal.SIGXFSZ):
        assert bool(ignored & 1 << (signum - 1)) is is_ignored


@both_ways
def test_child_writes_stdout_and_stderr_to_different_fds(way: dict[str, Any]) -> None:
    """fd 1 and fd 2 are the fds of the plan."""
    reader, writer = os.pipe()
    try:
        text, _ = run_child([SH, "-c", "echo out; echo err >&2"], stderr_fd=writer, **way)
        os.close(writer)
        assert text == "out\n"
        assert os.read(reader, 100) == b"err\n"
    finally:
        os.close(reader)


@both_ways
def test_child_can_have_our_own_standard_fds(way: dict[str, Any]) -> None:
    """Fds 0 to 2 of the daemon may be handed on in any order."""
    script = (
        "from supervisor.host.kernel import SystemKernel\n"
        "from supervisor.tests.host.child import plan_for, ending_of\n"
        "shell = ['/bin/sh', '-c', 'read word; echo $word; echo err >&2']\n"
        f"plan = plan_for(shell, stdin_fd=2, stdout_fd=0, stderr_fd=1, **{way!r})\n"
        "assert ending_of(SystemKernel().spawn(plan)).exitcode == 0\n"
    )
    reader, writer = os.pipe()
    os.write(writer, b"word\n")
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        subprocess.run(
            [sys.executable, "-c", script],
            stdin=stdout,
            stdout=stderr,
            stderr=reader,
            check=True,
            timeout=20,
        )
        written = os.pread(stdout.fileno(), 100, 0), os.pread(stderr.fileno(), 100, 0)
    os.close(reader)
    os.close(writer)

    assert written == (b"word\n", b"err\n")


@both_ways
def test_signals_sent_right_after_spawn_are_never_lost(way: dict[str, Any]) -> None:
    """spawn returns when the program is running: it has no handler or mask of ours any more."""
    kernel = SystemKernel()
    earlier = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        for _ in range(50):
            pid = kernel.spawn(plan_for(["/bin/sleep", "1000"], **way))
            kernel.kill(pid, signal.SIGTERM, to_group=False)
            assert ending_of(pid).signum == signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, earlier)


def test_group_signal_reaches_the_children_of_the_child() -> None:
    """`stopasgroup` and `killasgroup` signal everything that the child has started."""
    kernel = SystemKernel()
    reader, writer = os.pipe()
    pid = kernel.spawn(plan_for([SH, "-c", "sleep 1000 & echo ready; wait"], stdout_fd=writer))
    os.close(writer)
    with open(reader, "rb") as output:
        assert output.read(6) == b"ready\n"
        kernel.kill(pid, signal.SIGKILL, to_group=True)
        # End of file: the grandchild, which holds the pipe too, is gone.
        assert output.read() == b""
    assert ending_of(pid).signum == signal.SIGKILL


@both_ways
def test_spawning_leaves_no_trace_in_this_process(way: dict[str, Any]) -> None:
    """No fd, no warning, no object that would reap behind our back."""
    # What earlier tests left ends first, or its end would be counted here: objects in cycles, and
    # children that the next Popen looks after.
    subprocess.run(["/bin/true"], check=True)
    gc.collect()
    fds = open_fds()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pid = SystemKernel().spawn(plan_for(["/bin/true"], **way))
        gc.collect()
    # The next Popen would reap it here if the first one had asked for that.
    subprocess.run(["/bin/true"], check=True)

    assert ending_of(pid).exitcode == 0
    assert open_fds() <= fds


# --------------------------------------------------------------------- as user


@needs_root
def test_child_runs_as_user_with_its_groups() -> None:
    """`user`: supplementary groups, group and user are those of the account, for good."""
    text, _ = run_child(
        [SH, "-c", "; ".join(map(status_line, ("Uid", "Gid", "Groups", "CapEff")))],
        uid=NOBODY_UID,
        gid=NOBODY_UID,
        groups=(NOBODY_UID, 4711),
    )
    uid, gid, groups, capabilities = (line.split()[1:] for line in text.splitlines())

    assert uid == [str(NOBODY_UID)] * 4
    assert gid == [str(NOBODY_UID)] * 4
    assert groups == ["4711", str(NOBODY_UID)]
    assert int(capabilities[0], 16) == 0


@needs_root
def test_we_stay_root_when_a_child_runs_as_user() -> None:
    """Becoming another user is the child's affair."""
    before = (os.getresuid(), os.getresgid(), os.getgroups())
    run_child(["/bin/true"], uid=NOBODY_UID, gid=NOBODY_UID, groups=(NOBODY_UID,))

    assert (os.getresuid(), os.getresgid(), os.getgroups()) == before


@needs_root
def test_child_enters_directory_as_user(tmp_path: Path) -> None:
    """The user comes before the directory: one that only root may enter is refused."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    error = refused("/bin/true", uid=NOBODY_UID, gid=NOBODY_UID, cwd=str(private))

    assert (str(error), error.step) == (f"couldn't chdir to {private}: EACCES", "chdir")
    assert os.geteuid() == 0


@needs_root
def test_spawn_as_our_own_user_changes_nothing() -> None:
    """Nothing is done about users and groups when the daemon is that user already."""
    text, _ = run_child([SH, "-c", status_line("Groups")], uid=0, gid=0, groups=(4711,))

    assert "4711" not in text


@needs_root
def test_spawn_as_user_is_refused_when_we_are_not_root() -> None:
    """Only root can become somebody else."""
    os.seteuid(NOBODY_UID)
    try:
        error = refused("/bin/true", uid=1, gid=1)
    finally:
        os.seteuid(0)

    assert str(error) == "couldn't setuid to 1: Can't drop privilege as nonroot user"
    assert (error.step, error.errno) == ("setuid", errno.EPERM)


# -------------------------------------------------------------------- refusals


def test_spawn_tells_that_a_directory_is_missing() -> None:
    """A directory that cannot be entered is known at once."""
    error = refused("/bin/true", cwd="/nonexistent")

    assert str(error) == "couldn't chdir to /nonexistent: ENOENT"
    assert (error.step, error.errno) == ("chdir", errno.ENOENT)


@both_ways
def test_spawn_tells_that_a_file_is_no_program(tmp_path: Path, way: dict[str, Any]) -> None:
    """A script needs a first line that names its interpreter."""
    script = tmp_path / "script"
    script.write_text("echo hello\n")
    script.chmod(0o755)
    error = refused("./script", file=str(script), **way)

    assert (str(error), error.step) == ("couldn't exec ./script: ENOEXEC", "exec")


@both_ways
def test_spawn_tells_that_words_cannot_be_passed_on(way: dict[str, Any]) -> None:
    """No program can be given a NUL character."""
    nul_in_word = refused("/bin/echo", "a\0b", **way)
    nul_in_value = refused("/bin/echo", env={"KEY": "a\0b"}, **way)
    sign_in_name = refused("/bin/echo", env={"KEY=a": "b"}, **way)

    for error in (nul_in_word, nul_in_value, sign_in_name):
        assert (str(error), error.step) == ("couldn't exec /bin/echo: EINVAL", "exec")


@both_ways
def test_spawn_tells_that_there_are_too_many_open_files(way: dict[str, Any]) -> None:
    """EMFILE has a text of its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_fd = os.dup(0)
    os.close(next_fd)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_fd, hard))
    try:
        error = refused("/bin/true", **way)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert str(error) == "too many open files to spawn 'web'"
    assert (error.step, error.errno) == ("pipes", errno.EMFILE)


@needs_root
@both_ways
def test_spawn_tells_that_there_are_too_many_processes(way: dict[str, Any]) -> None:
    """EAGAIN has a text of its own; limits on processes hold for ordinary users only."""
    script = (
        "import os, resource\n"
        "from supervisor.errors import SpawnError\n"
        "from supervisor.host.kernel import SystemKernel\n"
        "from supervisor.tests.host.child import plan_for\n"
        # That user may have no right to read what has not been loaded yet.
        "import supervisor.host.popen\n"
        "resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))\n"
        "os.setresuid(54321, 54321, 54321)\n"
        "try:\n"
        f"    SystemKernel().spawn(plan_for(['/bin/true'], **{way!r}))\n"
        "except SpawnError as error:\n"
        "    print(error.step, error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=True
    )

    assert result.stdout == "fork Too many processes in process table to spawn 'web'\n"


@pytest.mark.parametrize("pid", [1, 0, -1])
def test_kernel_never_signals_everybody(pid: int) -> None:
    """Numbers that mean many processes to the system are a mistake of ours."""
    with pytest.raises(AssertionError):
        SystemKernel().kill(pid, 0, to_group=True)
