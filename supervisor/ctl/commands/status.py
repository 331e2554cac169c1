"""Looking at processes: status, also continuously, and pid."""

from supervisor.client import failures
from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.exitcodes import LSBInitExitStatuses, LSBStatusExitStatuses
from supervisor.ctl.output import (
    JSON_FLAG,
    UsageError,
    complete_format,
    print_json,
    take_format,
)
from supervisor.ctl.rendering import (
    Info,
    namespec_of,
    state_line,
    status_json,
    status_lines,
    summary_lines,
)
from supervisor.ctl.selection import EVERYBODY, select
from supervisor.errors import Fault
from supervisor.expressions import expression
from supervisor.hints import Any, Callable, Iterable, Sequence
from supervisor.states import STOPPED_STATES
from supervisor.suppressing import nullcontext
from supervisor.tuples import NamedTuple
from supervisor.wire.namespec import split_namespec

STATE_FLAG = "--state"
SUMMARY_FLAG = "--summary"
WATCH_FLAG = "--watch"
WATCH_S_DEFAULT = 2.0
_WATCH_S_MIN = 0.1
_SECONDS = expression(r"[0-9]{1,6}(\.[0-9]{1,6})?")


class Status(Command):
    """Prints the state of processes, as lines or as JSON, once or whenever it changes."""

    name = "status"
    prints_json = True
    help = (
        "status <name>\t\tGet status for a single process\n"
        "status <gname>:*\tGet status for all processes in a group\n"
        "status <name> <name>\tGet status for multiple named processes\n"
        "status\t\t\tGet all process status info\n"
        "status --output json [...]\n"
        "\t\t\tGet the same as a JSON array, for programs; --json: likewise\n"
        "status --state [...]\tGet the state of supervisord itself first\n"
        "status --summary [...]\tGet how many processes are in which state, and lines for those\n"
        "\t\t\tthat are neither RUNNING nor STOPPED\n"
        "status --watch [...]\tShow the status and what becomes of it, until Ctrl-C;\n"
        "\t\t\t--watch <seconds>: ask so often if supervisord is too old to tell\n"
        f"\t\t\tof changes (default: {WATCH_S_DEFAULT:g})"
    )

    def run(self, shell: Shell, argument: str) -> None:
        try:
            words = parse_status(argument)
        except UsageError as error:
            fail(shell, f"Error: {error}", LSBStatusExitStatuses.UNKNOWN, self.help)
            return
        # What is no JSON must not get between the JSON.
        with shell.messages_on_stderr() if words.as_json else nullcontext():
            if not shell.upcheck():
                # The rules for init scripts know one code for all of this: status unknown.
                shell.exitstatus = LSBStatusExitStatuses.UNKNOWN
                return
            try:
                infos: list[Info] = shell.get_supervisor().getAllProcessInfo()
                state = shell.get_supervisor().getState() if words.with_state else None
            except failures.Fault as fault:
                _report_shutdown(shell, fault)
                return
            chosen = _choose(shell, infos, words.names) if words.names else infos
        if words.watch_s is not None:
            if chosen or not words.names:
                _watch(shell, words, words.watch_s)
            return
        if state is not None:
            shell.output(state_line(state))
        if words.is_summary:
            shell.output("\n".join(summary_lines(chosen)))
        else:
            _print(shell, chosen, words.as_json)
        if any(info["state"] in STOPPED_STATES for info in chosen):
            shell.exitstatus = LSBStatusExitStatuses.NOT_RUNNING

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        formats = complete_format(before)
        if "json" in formats:
            return formats
        return [*offer.processes(), *formats, STATE_FLAG, SUMMARY_FLAG, WATCH_FLAG]


class StatusWords(NamedTuple):
    """What the words behind `status` say."""

    names: tuple[str, ...]
    as_json: bool
    with_state: bool
    watch_s: float | None
    """None: once."""
    is_summary: bool = False


def parse_status(argument: str) -> StatusWords:
    """Flags and names, in any order. Raises UsageError."""
    words, as_json = take_format(argument.split())
    names: list[str] = []
    with_state, is_summary, watch_s = False, False, None
    for index, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if word == STATE_FLAG:
            with_state = True
        elif word == SUMMARY_FLAG:
            is_summary = True
        elif flag == WATCH_FLAG:
            watch_s = _seconds(value) if equals else WATCH_S_DEFAULT
        elif index and words[index - 1] == WATCH_FLAG and _SECONDS.fullmatch(word):
            watch_s = _seconds(word)
        elif word.startswith("--"):
            # Nobody names a program like this: it is a flag with a slip of the pen.
            raise UsageError(f"bad argument {word}")
        else:
            names.append(word)
    if (with_state or is_summary) and (as_json or watch_s is not None):
        # The array has no place for it, and readers of the array expect nothing else.
        flag = STATE_FLAG if with_state else SUMMARY_FLAG
        other = JSON_FLAG if as_json else WATCH_FLAG
        raise UsageError(f"{flag} and {other} do not go together")
    return StatusWords(tuple(names), as_json, with_state, watch_s, is_summary)


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or float(text) < _WATCH_S_MIN:
        raise UsageError(f"{WATCH_FLAG} takes a number of seconds, {_WATCH_S_MIN:g} at least")
    return float(text)


def _watch(shell: Shell, words: StatusWords, interval_s: float) -> None:
    # Late: HTTP streams would make every other command slower to start.
    from supervisor.ctl.watching import StatusWatch, Watch

    StatusWatch(shell, Watch(words.names, interval_s, words.as_json)).run()


def _report_shutdown(shell: Shell, fault: "failures.Fault") -> None:
    if fault.faultCode != Fault.SHUTDOWN_STATE:
        raise fault
    # The shutdown began between the version check and this call.
    shell.output("ERROR: supervisor shutting down")
    shell.exitstatus = LSBStatusExitStatuses.UNKNOWN


def _print(shell: Shell, infos: Sequence[Info], as_json: bool) -> None:
    if as_json:
        shell.output(status_json(infos))
        return
    if infos:
        # Thousands of lines are written by one call.
        shell.output("\n".join(status_lines(infos)))


def _choose(shell: Shell, infos: Sequence[Info], names: Iterable[str]) -> list[Info]:
    """Processes in the order of the arguments; unknown names are reported at once."""
    chosen, unknown = select(infos, names)
    for line in unknown:
        fail(shell, line, LSBStatusExitStatuses.UNKNOWN)
    return chosen


class Pid(Command):
    """Prints process ids, one per line, 0 for a process that does not run."""

    name = "pid"
    prints_json = True
    help = (
        "pid\t\t\tGet the PID of supervisord.\n"
        "pid <name>\t\tGet the PID of a single child process by name.\n"
        "pid <gname>:*\t\tGet the PID of every process of a group, one per line.\n"
        "pid all\t\t\tGet the PID of every child process, one per line.\n"
        "pid --output json [...]\tGet the same as JSON: a number, or an object with names and PIDs"
    )

    def run(self, shell: Shell, argument: str) -> None:
        try:
            names, as_json = take_format(argument.split())
        except UsageError as error:
            fail(shell, f"Error: {error}", LSBInitExitStatuses.INVALID_ARGS, self.help)
            return
        if as_json:
            # What is no JSON must not get between the JSON.
            with shell.messages_on_stderr():
                pids = self._all_pids(shell, names, say=lambda pid: None)
        else:
            pids = self._all_pids(shell, names, say=lambda pid: shell.output(str(pid)))
        if as_json and pids is not None:
            print_json(shell, pids)

    def _all_pids(
        self, shell: Shell, names: Sequence[str], say: Callable[[int], None]
    ) -> int | dict[str, int] | None:
        """The pid of the daemon, or those of processes by name; each is said at once.

        None if there is no daemon, which has been said.
        """
        if not shell.upcheck():
            return None
        supervisor = shell.get_supervisor()
        if not names:
            own_pid: int = supervisor.getPID()
            say(own_pid)
            return own_pid
        everybody = EVERYBODY in names
        found: dict[str, int] = {}
        for name in [EVERYBODY] if everybody else names:
            infos = supervisor.getAllProcessInfo() if everybody else _find(supervisor, name)
            if not infos and not everybody:
                fail(shell, f"No such process {name}")
            for info in infos:
                found[namespec_of(info)] = info["pid"]
                say(info["pid"])
                if not info["pid"] and not everybody:
                    shell.exitstatus = LSBInitExitStatuses.NOT_RUNNING
        return found

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        formats = complete_format(before)
        return formats if "json" in formats else [*offer.processes(), *formats]


def _find(supervisor: Any, name: str) -> list[Info]:
    """The processes of a name or a whole group; none if there is none of that name."""
    group, process = split_namespec(name)
    if process is None:
        everyone = supervisor.getAllProcessInfo()
        return [info for info in everyone if info["group"] == group]
    try:
        return [supervisor.getProcessInfo(name)]
    except failures.Fault as fault:
        if fault.faultCode != Fault.BAD_NAME:
            raise
        return []
