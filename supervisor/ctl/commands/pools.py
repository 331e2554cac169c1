"""Looking at groups of event listeners: pools."""

from supervisor.client import failures
from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.output import UsageError, complete_format, take_format
from supervisor.ctl.rendering import Info, journal_lines, pool_lines, pools_json
from supervisor.errors import Fault
from supervisor.hints import Iterable, Sequence
from supervisor.suppressing import nullcontext


class Pools(Command):
    """Prints what became of the events of each group of event listeners, as a table or as JSON."""

    name = "pools"
    prints_json = True
    help = (
        "pools\t\t\tShow the groups of event listeners and what became of their events\n"
        "pools --output json\tShow the same as a JSON object, for programs; --json: likewise"
    )

    def run(self, shell: Shell, argument: str) -> None:
        try:
            wrong, as_json = take_format(argument.split())
            if wrong:
                raise UsageError(f"bad argument {wrong[0]}")
        except UsageError as error:
            fail(shell, f"Error: {error}", LSBInitExitStatuses.INVALID_ARGS, self.help)
            return
        # What is no JSON must not get between the JSON.
        with shell.messages_on_stderr() if as_json else nullcontext():
            found = _ask(shell)
        if found is None:
            return
        pools, journal = found
        if as_json:
            shell.output(pools_json(pools, journal))
            return
        for line in (*pool_lines(pools), *journal_lines(journal)):
            shell.output(line)

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return complete_format(before)


def _ask(shell: Shell) -> tuple[list[Info], Info] | None:
    """All pools, and the journal; None if there is no answer and that has been said."""
    if not shell.upcheck():
        return None
    supervisor = shell.get_supervisor()
    try:
        return supervisor.getEventPools(), supervisor.getEventJournal()
    except failures.Fault as fault:
        if fault.faultCode != Fault.UNKNOWN_METHOD:
            raise
        fail(shell, "ERROR: this supervisord does not count events: it is older than 5.0")
        return None
