"""The pipes of a child."""

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from supervisor.errors import SpawnError
from supervisor.host.pipes import channels_refused, open_pipes, pending_bytes
from supervisor.tests.host.child import open_fd_count


@contextmanager
def room_for_fds(count: int) -> Iterator[None]:
    """Let this process open so many more fds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probes = [os.dup(0) for _ in range(count + 1)]
    for probe in probes:
        os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(probes), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_pipes_connect_both_ends() -> None:
    """What one end writes, the other one reads."""
    pipes = open_pipes("web", redirect_stderr=False)
    assert pipes.stdin is not None and pipes.child_stdin is not None and pipes.stderr is not None
    os.write(pipes.stdin, b"in")
    os.write(pipes.child_stdout, b"out")
    os.write(pipes.child_stderr, b"err")

    assert os.read(pipes.child_stdin, 10) == b"in"
    assert os.read(pipes.stdout, 10) == b"out"
    assert os.read(pipes.stderr, 10) == b"err"
    pipes.close()


def test_only_our_ends_never_block_and_none_is_inherited() -> None:
    """Programs expect blocking fds; the daemon must never wait."""
    pipes = open_pipes("web", redirect_stderr=False)
    ours = [pipes.stdin, pipes.stdout, pipes.stderr]
    theirs = [pipes.child_stdin, pipes.child_stdout, pipes.child_stderr]

    assert [os.get_blocking(fd) for fd in ours if fd is not None] == [False] * 3
    assert [os.get_blocking(fd) for fd in theirs if fd is not None] == [True] * 3
    assert not any(os.get_inheritable(fd) for fd in ours + theirs if fd is not None)
    pipes.close()


def test_redirected_stderr_shares_the_pipe_of_stdout() -> None:
    """`redirect_stderr`: one pipe, one reader."""
    pipes = open_pipes("web", redirect_stderr=True)

    assert pipes.stderr is None
    assert pipes.child_stderr == pipes.child_stdout
    pipes.close()


def test_pipes_can_do_without_stdin() -> None:
    """A child that is given another fd 0 needs no pipe for it."""
    pipes = open_pipes("web", redirect_stderr=True, want_stdin=False)

    assert (pipes.stdin, pipes.child_stdin) == (None, None)
    pipes.close()


def test_every_end_is_closed_once_whatever_the_order() -> None:
    """Child ends after the spawn, the released ones by their new owner, the rest by close."""
    fds = open_fd_count()
    pipes = open_pipes("web", redirect_stderr=True)
    pipes.close_child_ends()
    pipes.close_child_ends()
    ours = pipes.release()
    pipes.close()

    assert open_fd_count() == fds + 2
    for fd in ours:
        if fd is not None:
            os.close(fd)
    assert open_fd_count() == fds


@pytest.mark.parametrize("room", range(6))
def test_l21_no_pipe_stays_open_if_another_cannot_be_opened(room: int) -> None:
    """All pipes or none: nothing leaks when fds run out half way."""
    fds = open_fd_count()
    with room_for_fds(room), pytest.raises(SpawnError) as caught:
        open_pipes("web", redirect_stderr=False)

    assert str(caught.value) == "too many open files to spawn 'web'"
    assert (caught.value.step, caught.value.errno) == ("pipes", errno.EMFILE)
    assert open_fd_count() == fds


def test_channels_that_cannot_be_made_are_told() -> None:
    """Any other error of a pipe or log file is told by its name."""
    error = channels_refused("web", FileNotFoundError(errno.ENOENT, "gone"), step="logs")

    assert str(error) == "unknown error making dispatchers for 'web': ENOENT"
    assert (error.step, error.errno) == ("logs", errno.ENOENT)


def test_pending_bytes_are_counted_without_reading() -> None:
    """What a dead child has left in its pipe is known before it is read."""
    pipes = open_pipes("web", redirect_stderr=True)
    assert pending_bytes(pipes.stdout) == 0
    os.write(pipes.child_stdout, b"x" * 1000)

    assert pending_bytes(pipes.stdout) == 1000
    pipes.close()
