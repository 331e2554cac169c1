"""The command pidproxy: stands in, as child of the daemon, for a program that detaches itself.

It runs the command, forwards signals to the process named in the pidfile at that moment, and ends
with the command.
"""

import os
import shutil
import signal
import sys
from types import FrameType

from supervisor.hints import Sequence
from supervisor.standard_streams import write_now

USAGE = """\
pidproxy -- run command and proxy signals to it via its pidfile.

This executable runs a command and then monitors a pidfile.  When this
executable receives a signal, it sends the same signal to the pid
in the pidfile.

Usage: {progname} <pidfile name> <command> [<cmdarg1> ...]
"""

FORWARDED = (
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGQUIT,
)
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
"""After one of these was forwarded, pidproxy ends, whatever the command makes of it."""


class PidProxy:
    """One command and its pidfile; `args` is the command line, pidproxy's own name included."""

    def __init__(self, args: Sequence[str]) -> None:
        """Raises ValueError if there is no pidfile or no command."""
        if len(args) < 3:
            raise ValueError("pidproxy needs a pidfile and a command")
        self.pidfile = args[1]
        self.cmdargs = list(args[2:])
        self.abscmd = _found(self.cmdargs[0])
        self.command_pid = 0

    def go(self) -> int:
        """Run the command to its end; its exit status, 128 + N if signal N ended it.

        Raises OSError if it cannot be run.
        """
        for number in FORWARDED:
            signal.signal(number, self.forward)
        # The handlers are Python's: the command gets the default dispositions back by the exec.
        self.command_pid = os.posix_spawn(self.abscmd, self.cmdargs, os.environ)
        _, status = os.waitpid(self.command_pid, 0)
        exit_code = os.waitstatus_to_exitcode(status)
        return exit_code if exit_code >= 0 else 128 - exit_code

    def forward(self, number: int, frame: FrameType | None) -> None:
        """Send a signal to the process in the pidfile; end with code 0 if it asks for the end."""
        try:
            with open(self.pidfile, encoding="ascii", errors="replace") as file:
                pid = int(file.read().strip())
        except (OSError, ValueError):
            print(f"Can't read child pidfile {self.pidfile}!", flush=True)
        else:
            self._send(number, pid)
        if number in ENDING:
            sys.exit(0)

    def _send(self, number: int, pid: int) -> None:
        try:
            os.kill(pid, number)
        except OSError as error:
            why = error.strerror
            print(f"cannot send signal {number} to {pid}: {why}", file=sys.stderr, flush=True)


def _found(command: str) -> str:
    """The file to run: in the current directory as ever, else a bare name as a shell finds it."""
    here = os.path.abspath(command)
    if "/" in command or os.path.exists(here):
        return here
    return shutil.which(command) or here


def main() -> None:
    """Entry point."""
    try:
        proxy = PidProxy(sys.argv)
    except ValueError:
        write_now(sys.stdout, USAGE.format(progname=sys.argv[0]) + "\n")
        sys.exit(1)
    try:
        sys.exit(proxy.go())
    except OSError as error:
        print(f"cannot run {proxy.abscmd}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main()
