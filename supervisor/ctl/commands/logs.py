"""Reading logs: tail, maintail; and fg, which shows one while talking to the process."""

from supervisor.client import failures
from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.errors import Fault
from supervisor.hints import Any, ClassVar, Iterable, Mapping, Sequence

TAIL_BYTES = 1600
XMLRPC_INT_MAX = 2**31 - 1
"""What XML-RPC can carry; no larger part of a log can be asked for."""
CHANNELS = ("stdout", "stderr")


def parse_modifier(word: str) -> int | None:
    """Number of bytes for `-N`, None for `-f`; raises ValueError for anything else."""
    if word == "-f":
        return None
    digits = word.removeprefix("-")
    if word == digits or not (digits.isascii() and digits.isdigit()):
        raise ValueError(word)
    count = int(digits)
    if count > XMLRPC_INT_MAX:
        raise ValueError(word)
    return count


def warn_about_encoding(shell: Shell) -> None:
    """Say so if the terminal cannot show all that a log may contain."""
    encoding = getattr(shell.stdout, "encoding", None) or "utf-8"
    if not encoding.lower().startswith("utf"):
        shell.output(
            f"Warning: sys.stdout.encoding is set to {encoding}, so Unicode output may fail. "
            "Check your LANG and PYTHONIOENCODING environment settings."
        )


def last_bytes(read: Any, *name: str, count: int) -> str:
    """The end of a log; an offset of 0 would mean all of it. Raises Fault."""
    if count == 0:
        # Still ask, so that a name or a log that does not exist is reported.
        read(*name, 0, 1)
        return ""
    text: str = read(*name, -count, 0)
    return text


class Tail(Command):
    """Prints the end of a process log, or follows it."""

    name = "tail"
    help = (
        "tail [-f] <name> [stdout|stderr] (default stdout)\n"
        "Ex:\n"
        "tail -f <name>\t\tContinuous tail of named process stdout\n"
        "\t\t\tCtrl-C to exit.\n"
        "tail -100 <name>\tlast 100 *bytes* of process stdout\n"
        "tail <name> stderr\tlast 1600 *bytes* of process stderr"
    )
    _errors: ClassVar[Mapping[int, str]] = {
        Fault.NO_FILE: "no log file",
        Fault.FAILED: "unknown error reading log",
        Fault.BAD_NAME: "no such process name",
    }

    def run(self, shell: Shell, argument: str) -> None:
        if not shell.upcheck():
            return
        words = argument.split()
        if not words:
            fail(shell, "Error: too few arguments", help_text=self.help)
            return
        if len(words) > 3:
            fail(shell, "Error: too many arguments", help_text=self.help)
            return
        modifier = words.pop(0) if words[0].startswith("-") else None
        if not words:
            fail(shell, "Error: tail requires process name")
            return
        name, *rest = words
        channel = rest[-1].lower() if rest else "stdout"
        if channel not in CHANNELS:
            fail(shell, f"Error: bad channel '{channel}'")
            return
        try:
            count = TAIL_BYTES if modifier is None else parse_modifier(modifier)
        except ValueError:
            fail(shell, f"Error: bad argument {modifier}")
            return
        warn_about_encoding(shell)
        if count is None:
            from supervisor.ctl.log_following import follow_process  # late: HTTP streams

            follow_process(shell, name, channel)
        else:
            self._print(shell, name, channel, count)

    def _print(self, shell: Shell, name: str, channel: str, count: int) -> None:
        supervisor = shell.get_supervisor()
        read = (
            supervisor.readProcessStdoutLog
            if channel == "stdout"
            else supervisor.readProcessStderrLog
        )
        try:
            shell.output(last_bytes(read, name, count=count))
        except failures.Fault as fault:
            if fault.faultCode not in self._errors:
                raise
            fail(shell, f"{name}: ERROR ({self._errors[fault.faultCode]})")

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return offer.processes()


class MainTail(Command):
    """Prints the end of the daemon's own log, or follows it."""

    name = "maintail"
    help = (
        "maintail -f\tContinuous tail of supervisor main log file (Ctrl-C to exit)\n"
        "maintail -100\tlast 100 *bytes* of supervisord main log file\n"
        "maintail\tlast 1600 *bytes* of supervisor main log file"
    )
    _errors: ClassVar[Mapping[int, str]] = {
        Fault.NO_FILE: "no log file",
        Fault.FAILED: "unknown error reading log",
    }

    def run(self, shell: Shell, argument: str) -> None:
        if not shell.upcheck():
            return
        words = argument.split()
        if len(words) > 1:
            fail(shell, "Error: too many arguments", help_text=self.help)
            return
        try:
            count = parse_modifier(words[0]) if words else TAIL_BYTES
        except ValueError:
            fail(shell, f"Error: bad argument {words[0]}")
            return
        warn_about_encoding(shell)
        if count is None:
            from supervisor.ctl.log_following import follow_daemon  # late: as above

            follow_daemon(shell)
            return
        try:
            shell.output(last_bytes(shell.get_supervisor().readLog, count=count))
        except failures.Fault as fault:
            if fault.faultCode not in self._errors:
                raise
            fail(shell, f"supervisord: ERROR ({self._errors[fault.faultCode]})")


class Foreground(Command):
    """Connects the terminal to a process."""

    name = "fg"
    help = "fg <process>\tConnect to a process in foreground mode\n\t\tCtrl-C to exit"

    def run(self, shell: Shell, argument: str) -> None:
        if not shell.upcheck():
            return
        names = argument.split()
        if not names:
            fail(shell, "ERROR: no process name supplied", help_text=self.help)
            return
        if len(names) > 1:
            fail(shell, "ERROR: too many process names supplied")
            return
        # Late: threads and HTTP streams.
        from supervisor.ctl.foreground import bring_to_foreground, is_running

        (name,) = names
        try:
            running = is_running(shell.get_supervisor(), name)
        except failures.Fault as fault:
            unknown = fault.faultCode == Fault.BAD_NAME
            message = "ERROR: bad process name supplied" if unknown else f"ERROR: {fault}"
            fail(shell, message)
            return
        if not running:
            fail(shell, "ERROR: process not running")
            return
        bring_to_foreground(shell, name)

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return offer.processes()
