"""Acting on processes: start, stop, restart, signal, clear.

Each word is carried out by itself, in the order given; `all` anywhere means everything.
"""

from supervisor.client import failures
from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.rendering import namespec_of
from supervisor.ctl.results import (
    CLEARED,
    SIGNALLED,
    STARTED,
    STOPPED,
    Result,
    Wording,
    no_such_group,
    refused,
    report_results,
    result_line,
    succeeded,
)
from supervisor.errors import Fault
from supervisor.hints import Any, Callable, ClassVar, Iterable, Sequence
from supervisor.lean import partial
from supervisor.tuples import NamedTuple
from supervisor.wire.namespec import split_namespec

# Offered on Tab: what people send, the most frequent first. Any other name is accepted as well.
SIGNAL_NAMES = ("HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "CONT", "STOP", "WINCH")


class Calls(NamedTuple):
    """The three scopes of one action on the daemon."""

    on_all: Callable[[], Any]
    on_group: Callable[[str], Any]
    on_one: Callable[[str], Any]


def carry_out(calls: Calls, names: Sequence[str]) -> Iterable[Result]:
    """Results as they come: STATUS structs of groups, and one made up for a single process."""
    if "all" in names:
        yield from calls.on_all()
        return
    for name in names:
        group, process = split_namespec(name)
        try:
            answer = calls.on_group(group) if process is None else calls.on_one(name)
        except failures.Fault as fault:
            if fault.faultCode == Fault.SHUTDOWN_STATE:
                raise
            yield refused(name, fault)
        else:
            yield from answer if isinstance(answer, list) else [succeeded(name)]


class ProcessAction(Command):
    """A command that does one thing to every process it is given."""

    wording: ClassVar[Wording]
    nameless_exit_code: ClassVar[int] = LSBInitExitStatuses.GENERIC
    missing: ClassVar[str] = "a process name"

    def run(self, shell: Shell, argument: str) -> None:
        if not shell.upcheck():
            return
        names = self.names(argument.split())
        if not names:
            message = f"Error: {self.name} requires {self.missing}"
            fail(shell, message, self.nameless_exit_code, self.help)
            return
        self.act(shell, argument.split(), names)

    def names(self, words: list[str]) -> list[str]:
        """The words that name processes; none if that is an error."""
        return words

    def act(self, shell: Shell, words: Sequence[str], names: Sequence[str]) -> None:
        """Do it and report every result."""
        calls = self.calls(shell.get_supervisor(), words)
        line_of = partial(self.line_of, shell)
        report_results(shell, carry_out(calls, names), self.wording, line_of)

    def line_of(self, shell: Shell, result: Result) -> str:
        """What is said about one result."""
        return result_line(result, self.wording)

    def calls(self, supervisor: Any, words: Sequence[str]) -> Calls:
        """The calls that do it."""
        raise NotImplementedError

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return offer.processes()


class Start(ProcessAction):
    """Starts processes and waits until they run."""

    name = "start"
    help = (
        "start <name>\t\tStart a process\n"
        "start <gname>:*\t\tStart all processes in a group\n"
        "start <name> <name>\tStart multiple processes or groups\n"
        "start all\t\tStart all processes"
    )
    wording = STARTED
    nameless_exit_code = LSBInitExitStatuses.INVALID_ARGS

    def calls(self, supervisor: Any, words: Sequence[str]) -> Calls:
        return Calls(
            supervisor.startAllProcesses, supervisor.startProcessGroup, supervisor.startProcess
        )

    def line_of(self, shell: Shell, result: Result) -> str:
        # A plug-in with faults of its own has words for them.
        line: str = shell.options.plugins[0]._startresult(result)
        return line


class Stop(ProcessAction):
    """Stops processes and waits until they have ended."""

    name = "stop"
    help = (
        "stop <name>\t\tStop a process\n"
        "stop <gname>:*\t\tStop all processes in a group\n"
        "stop <name> <name>\tStop multiple processes or groups\n"
        "stop all\t\tStop all processes"
    )
    wording = STOPPED

    def calls(self, supervisor: Any, words: Sequence[str]) -> Calls:
        return Calls(
            supervisor.stopAllProcesses, supervisor.stopProcessGroup, supervisor.stopProcess
        )


class Restart(ProcessAction):
    """Stops and starts processes; the configuration stays as it was read last."""

    name = "restart"
    help = (
        "restart <name>\t\tRestart a process\n"
        "restart <gname>:*\tRestart all processes in a group\n"
        "restart <name> <name>\tRestart multiple processes or groups\n"
        "restart all\t\tRestart all processes\n"
        "Note: restart does not reread config files. For that, see reread and update."
    )

    def act(self, shell: Shell, words: Sequence[str], names: Sequence[str]) -> None:
        for step in (Stop(), Start()):
            step.act(shell, words, names)


class Signal(ProcessAction):
    """Sends a signal to processes, not to their process groups."""

    name = "signal"
    help = (
        "signal <signal name> <name>\t\tSignal a process\n"
        "signal <signal name> <gname>:*\t\tSignal all processes in a group\n"
        "signal <signal name> <name> <name>\tSignal multiple processes or groups\n"
        "signal <signal name> all\t\tSignal all processes"
    )
    wording = SIGNALLED
    missing = "a signal name and a process name"

    def names(self, words: list[str]) -> list[str]:
        return words[1:]

    def calls(self, supervisor: Any, words: Sequence[str]) -> Calls:
        signal = words[0]
        return Calls(
            lambda: supervisor.signalAllProcesses(signal),
            lambda group: supervisor.signalProcessGroup(group, signal),
            lambda name: supervisor.signalProcess(name, signal),
        )

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return offer.processes() if before else SIGNAL_NAMES


class Clear(ProcessAction):
    """Empties the logs of processes."""

    name = "clear"
    help = (
        "clear <name>\t\tClear a process' log files.\n"
        "clear <gname>:*\t\tClear the log files of all processes in a group\n"
        "clear <name> <name>\tClear multiple process' log files\n"
        "clear all\t\tClear all process' log files"
    )
    wording = CLEARED

    def calls(self, supervisor: Any, words: Sequence[str]) -> Calls:
        def clear_group(group: str) -> list[Result]:
            # The daemon clears single processes or all of them, so the group is taken apart here.
            everyone = supervisor.getAllProcessInfo()
            members = [namespec_of(info) for info in everyone if info["group"] == group]
            if not members:
                return [no_such_group(group)]
            single = Calls(supervisor.clearAllProcessLogs, clear_group, supervisor.clearProcessLogs)
            return list(carry_out(single, members))

        return Calls(supervisor.clearAllProcessLogs, clear_group, supervisor.clearProcessLogs)
