"""The daemon's own process: its standard fds, its directory, and what it inherited."""

import os

from supervisor.hints import Iterable

_FIRST_OTHER_FD = 3
_LIKELY_FDS_MAX = 1024


def fill_standard_fds() -> None:
    """Open /dev/null on those of fds 0, 1 and 2 that are closed.

    Otherwise a log file or a pipe might become fd 1 and be written to by mistake.
    """
    while True:
        fd = os.open(os.devnull, os.O_RDWR)
        if fd >= _FIRST_OTHER_FD:
            os.close(fd)
            return
        os.set_inheritable(fd, True)


def null_standard_fds() -> None:
    """Turn fds 0, 1 and 2 to /dev/null: the terminal is no longer ours."""
    null_fd = os.open(os.devnull, os.O_RDWR)
    for fd in range(_FIRST_OTHER_FD):
        os.dup2(null_fd, fd, inheritable=True)
    if null_fd >= _FIRST_OTHER_FD:
        os.close(null_fd)


def mark_inherited_fds_cloexec() -> None:
    """Let no child inherit what we were started with beyond fds 0, 1 and 2.

    `Kernel.spawn` relies on it: the cheap way to start a child closes nothing (decision 0003).
    """
    for fd in _open_fds():
        if fd >= _FIRST_OTHER_FD:
            try:
                os.set_inheritable(fd, False)
            except OSError:
                # Not open: such as the fd through which the list was read.
                continue


def _open_fds() -> Iterable[int]:
    """Numbers that may be open fds; /dev/fd exists on Linux, macOS and the BSDs."""
    try:
        return [int(name) for name in os.listdir("/dev/fd")]
    except OSError:
        # A bare chroot: try the numbers that a starter is likely to have used.
        return range(_LIKELY_FDS_MAX)
