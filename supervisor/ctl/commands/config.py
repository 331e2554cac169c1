"""The configuration of the daemon: avail, reread, add, remove, update."""

from supervisor.client import failures
from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.output import UsageError, complete_format, print_json, take_format
from supervisor.ctl.rendering import config_line, namespec_of
from supervisor.errors import Fault
from supervisor.hints import Any, Callable, Iterable, Sequence
from supervisor.states import RUNNING_STATES
from supervisor.suppressing import nullcontext

_UPDATE_EFFECT = "Reload config and add/remove as necessary, and will restart affected programs"
STOPPING_POLL_S = 0.1
STOPPING_WAIT_S_MAX = 3600.0
"""How long `update` waits for members that others had begun to stop; stopwaitsecs may be long."""


def takes_no_arguments(command: Command, shell: Shell, argument: str) -> bool:
    """True if there was no argument, as it must be; else that is reported."""
    if argument:
        fail(shell, f"Error: {command.name} accepts no arguments", help_text=command.help)
    return not argument


def format_alone(command: Command, shell: Shell, argument: str) -> bool | None:
    """Whether JSON is wanted by what has no other arguments; None if that is not so, and said."""
    try:
        words, as_json = take_format(argument.split())
    except UsageError as error:
        fail(shell, f"Error: {error}", LSBInitExitStatuses.INVALID_ARGS, command.help)
        return None
    if words:
        once = command.help.partition("\n")[0]
        fail(shell, f"Error: {command.name} accepts no arguments", help_text=once)
        return None
    return as_json


def report_broken_file(shell: Shell, fault: "failures.Fault") -> None:
    """Tell what the daemon said, and how to see the rest: a fault carries one problem only."""
    fail(shell, f"ERROR: {fault.faultString}")
    options = shell.options
    # With a URL given by hand, the daemon's file need not be the one that was found here.
    known = options.configfile is not None and not options.serverurl_given
    file = f" -c {options.configfile}" if known else ""
    shell.hint(f"for all problems: supervisord --check{file}")


Difference = tuple[list[str], list[str], list[str]]
"""Groups of the file against those that are active: added, changed, removed."""


def reload_config(shell: Shell, shutting_down: str) -> Difference | None:
    """What differs after rereading the file; None if that is refused.

    What changed about users has been said then: it counts already.
    """
    try:
        ((added, changed, removed),), user_changes = _reread(shell)
    except failures.Fault as fault:
        if fault.faultCode == Fault.SHUTDOWN_STATE:
            fail(shell, shutting_down)
        elif fault.faultCode == Fault.CANT_REREAD:
            report_broken_file(shell, fault)
        else:
            raise
        return None
    for change in user_changes:
        shell.output(change)
    return added, changed, removed


def _reread(shell: Shell) -> tuple[list[Difference], list[str]]:
    """The answers of reloadConfig and of getUserChanges, which older daemons do not have.

    With one request: another one might be refused, if our own user has changed.
    """
    names = ("supervisor.reloadConfig", "supervisor.getUserChanges")
    calls = [{"methodName": name, "params": []} for name in names]
    try:
        difference, changes = shell.get_server_proxy("system").multicall(calls)
    except failures.Fault as fault:
        if fault.faultCode != Fault.UNKNOWN_METHOD:
            raise
        return shell.get_supervisor().reloadConfig(), []
    if isinstance(difference, dict):
        failures.raise_fault(difference["faultCode"], difference["faultString"])
    return difference, changes if isinstance(changes, list) else []


class Avail(Command):
    """Lists the processes of the configuration that was read last."""

    name = "avail"
    prints_json = True
    help = (
        "avail\t\t\tDisplay all configured processes\n"
        "avail --output json\tGet the same as a JSON array, for programs"
    )

    def run(self, shell: Shell, argument: str) -> None:
        as_json = format_alone(self, shell, argument)
        if as_json is None:
            return
        # What is no JSON must not get between the JSON.
        with shell.messages_on_stderr() if as_json else nullcontext():
            try:
                configs = shell.get_supervisor().getAllConfigInfo()
            except failures.Fault as fault:
                if fault.faultCode != Fault.SHUTDOWN_STATE:
                    raise
                fail(shell, "ERROR: supervisor shutting down")
                return
        if as_json:
            print_json(shell, [{**each, "namespec": namespec_of(each)} for each in configs])
            return
        for config in configs:
            shell.output(config_line(config))

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return complete_format(before)


class Reread(Command):
    """Rereads the configuration file and says what `update` would do."""

    name = "reread"
    help = "reread\t\t\tReload the daemon's configuration files without add/remove"

    def run(self, shell: Shell, argument: str) -> None:
        if not takes_no_arguments(self, shell, argument):
            return
        difference = reload_config(shell, "ERROR: supervisor shutting down")
        if difference is None:
            return
        words = ("available", "changed", "disappeared")
        changes = [
            (group, word)
            for groups, word in zip(difference, words, strict=True)
            for group in groups
        ]
        for group, word in sorted(changes):
            shell.output(f"{group}: {word}")
        if not changes:
            shell.output("No config updates to processes")


class Add(Command):
    """Activates groups of the configuration that was read last."""

    name = "add"
    help = "add <name> [...]\tActivates any updates in config for process/group"

    def run(self, shell: Shell, argument: str) -> None:
        supervisor = shell.get_supervisor()
        for name in argument.split():
            try:
                supervisor.addProcessGroup(name)
            except failures.Fault as fault:
                self._report(shell, name, fault)
            else:
                shell.output(f"{name}: added process group")

    @staticmethod
    def _report(shell: Shell, name: str, fault: "failures.Fault") -> None:
        if fault.faultCode == Fault.ALREADY_ADDED:
            # Not a failure: scripts add without looking first.
            shell.output("ERROR: process group already active")
        elif fault.faultCode == Fault.SHUTDOWN_STATE:
            fail(shell, "ERROR: shutting down")
        elif fault.faultCode == Fault.BAD_NAME:
            fail(shell, f"ERROR: no such process/group: {name}")
        elif fault.faultCode == Fault.FAILED:
            fail(shell, f"{name}: ERROR ({fault.faultString})")
        else:
            raise fault

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return offer.inactive_groups()


class Remove(Command):
    """Takes stopped groups out of service."""

    name = "remove"
    help = "remove <name> [...]\tRemoves process/group from active config"

    def run(self, shell: Shell, argument: str) -> None:
        supervisor = shell.get_supervisor()
        for name in argument.split():
            try:
                supervisor.removeProcessGroup(name)
            except failures.Fault as fault:
                self._report(shell, name, fault)
            else:
                shell.output(f"{name}: removed process group")

    @staticmethod
    def _report(shell: Shell, name: str, fault: "failures.Fault") -> None:
        if fault.faultCode == Fault.STILL_RUNNING:
            fail(shell, f"ERROR: process/group still running: {name}")
        elif fault.faultCode == Fault.BAD_NAME:
            fail(shell, f"ERROR: no such process/group: {name}")
        else:
            raise fault

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return offer.groups()


class Update(Command):
    """Rereads the file, then stops, removes, adds and restarts what has changed."""

    name = "update"
    help = (
        f"update\t\t\t{_UPDATE_EFFECT}\n"
        f"update all\t\t{_UPDATE_EFFECT}\n"
        "update <gname> [...]\tUpdate specific groups"
    )

    def run(self, shell: Shell, argument: str) -> None:
        difference = reload_config(shell, "ERROR: already shutting down")
        if difference is None:
            return
        added, changed, removed = difference
        names = set(argument.split())
        if names and "all" not in names:
            self._report_unknown(shell, names, added)
            added, changed, removed = (
                [group for group in groups if group in names] for groups in difference
            )
        for group in removed:
            self._guarded(shell, group, self._remove)
        for group in changed:
            self._guarded(shell, group, self._replace)
        for group in added:
            self._guarded(shell, group, self._add)

    @staticmethod
    def _report_unknown(shell: Shell, names: set[str], added: Sequence[str]) -> None:
        known = {info["group"] for info in shell.get_supervisor().getAllProcessInfo()}
        for name in sorted(names - known - set(added)):
            fail(shell, f"ERROR: no such group: {name}")

    @staticmethod
    def _guarded(shell: Shell, group: str, work: Callable[[Shell, str], None]) -> None:
        """Do the work for one group; if it is refused, say so: the others have their turn."""
        try:
            work(shell, group)
        except failures.Fault as fault:
            fail(shell, f"{group}: ERROR ({fault.faultString})")

    @staticmethod
    def _remove(shell: Shell, group: str) -> None:
        results = shell.get_supervisor().stopProcessGroup(group)
        shell.output(f"{group}: stopped")
        if any(result["status"] == Fault.FAILED for result in results):
            fail(shell, f"{group}: has problems; not removing")
            return
        remove_when_stopped(shell.get_supervisor(), group)
        shell.output(f"{group}: removed process group")

    @staticmethod
    def _replace(shell: Shell, group: str) -> None:
        supervisor = shell.get_supervisor()
        supervisor.stopProcessGroup(group)
        shell.output(f"{group}: stopped")
        remove_when_stopped(supervisor, group)
        supervisor.addProcessGroup(group)
        shell.output(f"{group}: updated process group")

    @staticmethod
    def _add(shell: Shell, group: str) -> None:
        shell.get_supervisor().addProcessGroup(group)
        shell.output(f"{group}: added process group")

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return [*offer.groups(), *offer.inactive_groups()]


def remove_when_stopped(supervisor: Any, group: str) -> None:
    """Remove a group, once the members that were already being stopped have ended.

    Stopping a group does not wait for those. Raises Fault STILL_RUNNING if a member runs, or does
    not end within STOPPING_WAIT_S_MAX.
    """
    from threading import Event  # late: no other command waits

    for _ in range(int(STOPPING_WAIT_S_MAX / STOPPING_POLL_S)):
        try:
            supervisor.removeProcessGroup(group)
        except failures.Fault as fault:
            if fault.faultCode != Fault.STILL_RUNNING or _is_running(supervisor, group):
                raise
        else:
            return
        Event().wait(STOPPING_POLL_S)
    supervisor.removeProcessGroup(group)


def _is_running(supervisor: Any, group: str) -> bool:
    everyone = supervisor.getAllProcessInfo()
    return any(info["state"] in RUNNING_STATES for info in everyone if info["group"] == group)
