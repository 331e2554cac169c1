"""Looking at processes: status, pid."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import Any
from xmlrpc.client import Fault as XmlRpcFault

from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.exitcodes import LSBInitExitStatuses, LSBStatusExitStatuses
from supervisor.ctl.rendering import Info, state_line, status_json, status_lines
from supervisor.errors import Fault
from supervisor.states import STOPPED_STATES
from supervisor.wire.namespec import split_namespec

JSON_FLAG = "--json"
STATE_FLAG = "--state"


class Status(Command):
    """Prints the state of processes, as lines or as JSON."""

    name = "status"
    help = (
        "status <name>\t\tGet status for a single process\n"
        "status <gname>:*\tGet status for all processes in a group\n"
        "status <name> <name>\tGet status for multiple named processes\n"
        "status\t\t\tGet all process status info\n"
        "status --json [...]\tGet the same as a JSON array, for programs\n"
        "status --state [...]\tGet the state of supervisord itself first"
    )

    def run(self, shell: Shell, argument: str) -> None:
        names = argument.split()
        as_json, with_state = JSON_FLAG in names, STATE_FLAG in names
        names = [name for name in names if name not in (JSON_FLAG, STATE_FLAG)]
        # Nobody names a program like this: it is a flag with a slip of the pen.
        unknown = [name for name in names if name.startswith("--")]
        if unknown:
            message = f"Error: bad argument {unknown[0]}"
            fail(shell, message, LSBStatusExitStatuses.UNKNOWN, self.help)
            return
        if as_json and with_state:
            # The array has no place for it, and readers of the array expect nothing else.
            message = f"Error: {STATE_FLAG} and {JSON_FLAG} do not go together"
            fail(shell, message, LSBStatusExitStatuses.UNKNOWN, self.help)
            return
        # What is no JSON must not get between the JSON.
        with shell.messages_on_stderr() if as_json else nullcontext():
            if not shell.upcheck():
                # The rules for init scripts know one code for all of this: status unknown.
                shell.exitstatus = LSBStatusExitStatuses.UNKNOWN
                return
            try:
                infos: list[Info] = shell.get_supervisor().getAllProcessInfo()
                state = shell.get_supervisor().getState() if with_state else None
            except XmlRpcFault as fault:
                _report_shutdown(shell, fault)
                return
            chosen = infos if not names or "all" in names else _choose(shell, infos, names)
        if state is not None:
            shell.output(state_line(state))
        _print(shell, chosen, as_json)
        if any(info["state"] in STOPPED_STATES for info in chosen):
            shell.exitstatus = LSBStatusExitStatuses.NOT_RUNNING

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return offer.processes()


def _report_shutdown(shell: Shell, fault: XmlRpcFault) -> None:
    if fault.faultCode != Fault.SHUTDOWN_STATE:
        raise fault
    # The shutdown began between the version check and this call.
    shell.output("ERROR: supervisor shutting down")
    shell.exitstatus = LSBStatusExitStatuses.UNKNOWN


def _print(shell: Shell, infos: Sequence[Info], as_json: bool) -> None:
    if as_json:
        shell.output(status_json(infos))
        return
    for line in status_lines(infos):
        shell.output(line)


def _choose(shell: Shell, infos: Sequence[Info], names: Iterable[str]) -> list[Info]:
    """Processes in the order of the arguments; unknown names are reported at once."""
    chosen = []
    for name in names:
        group, process = split_namespec(name)
        matching = [
            info for info in infos if info["group"] == group and process in (None, info["name"])
        ]
        if not matching:
            what, kind = (group, "group") if process is None else (name, "process")
            shell.output(f"{what}: ERROR (no such {kind})")
            shell.exitstatus = LSBStatusExitStatuses.UNKNOWN
        chosen += matching
    return chosen


class Pid(Command):
    """Prints process ids, one per line, 0 for a process that does not run."""

    name = "pid"
    help = (
        "pid\t\t\tGet the PID of supervisord.\n"
        "pid <name>\t\tGet the PID of a single child process by name.\n"
        "pid <gname>:*\t\tGet the PID of every process of a group, one per line.\n"
        "pid all\t\t\tGet the PID of every child process, one per line."
    )

    def run(self, shell: Shell, argument: str) -> None:
        if not shell.upcheck():
            return
        supervisor = shell.get_supervisor()
        names = argument.split()
        if not names:
            shell.output(str(supervisor.getPID()))
        elif "all" in names:
            for info in supervisor.getAllProcessInfo():
                shell.output(str(info["pid"]))
        else:
            for name in names:
                self._print_pids(shell, supervisor, name)

    @staticmethod
    def _print_pids(shell: Shell, supervisor: Any, name: str) -> None:
        group, process = split_namespec(name)
        try:
            if process is not None:
                infos = [supervisor.getProcessInfo(name)]
            else:
                everyone = supervisor.getAllProcessInfo()
                infos = [info for info in everyone if info["group"] == group]
        except XmlRpcFault as fault:
            if fault.faultCode != Fault.BAD_NAME:
                raise
            infos = []
        if not infos:
            shell.output(f"No such process {name}")
            shell.exitstatus = LSBInitExitStatuses.GENERIC
        for info in infos:
            shell.output(str(info["pid"]))
            if not info["pid"]:
                shell.exitstatus = LSBInitExitStatuses.NOT_RUNNING

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return offer.processes()
