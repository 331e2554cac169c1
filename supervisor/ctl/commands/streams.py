"""Watching: logs of several processes, events.

What carries this out is imported late, by the command that needs it: HTTP streams would make every
other command slower to start.
"""

from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.output import UsageError, complete_format
from supervisor.hints import Iterable, Sequence


class Logs(Command):
    """Shows the logs of several processes, and what comes."""

    name = "logs"
    prints_json = True
    help = (
        "logs <name> <name>\tShow the end of the logs of processes, stdout and stderr\n"
        "logs <gname>:*\t\tShow those of all processes of a group; all: of all processes\n"
        "logs -f <name>\t\tShow what comes, too, until Ctrl-C; also when supervisord restarts\n"
        "logs -n <count> <name>\tBegin with so many lines of each log, or with all\n"
        "\t\t\t(default: 100, with -f 10)\n"
        "logs --stderr <name>\tOnly stderr; --stdout: only stdout\n"
        "logs --no-prefix <name>\tWithout the names that stand before lines of several processes;\n"
        "\t\t\t--prefix: with them, also for a single process\n"
        "logs --raw <name>\tSend all that is in the log to the terminal, whatever it does there\n"
        "logs --output json <name>\n"
        "\t\t\tPrint a JSON object for each line, for programs"
    )
    _flags = ("-f", "-n", "--follow", "--lines", "--stdout", "--stderr", "--prefix", "--no-prefix",
              "--raw")  # fmt: skip

    def run(self, shell: Shell, argument: str) -> None:
        # Late: see above.
        from supervisor.ctl.log_viewing import chosen_logs, show_logs
        from supervisor.ctl.stream_words import parse_logs

        with shell.messages_on_stderr():
            try:
                words = parse_logs(argument)
            except UsageError as error:
                message = f"Error: {error}"
                fail(shell, message, LSBInitExitStatuses.INVALID_ARGS, self.help)
                return
            names = chosen_logs(shell, words) if shell.upcheck() else []
        if names:
            show_logs(shell, words, names)

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        if before and before[-1] in ("-n", "--lines"):
            return ("all",)
        formats = complete_format(before)
        return formats if "json" in formats else [*self._flags, *formats, *offer.processes(), "all"]


class Events(Command):
    """Shows events as they happen."""

    name = "events"
    prints_json = True
    help = (
        "events -f\t\tShow what happens, until Ctrl-C; also when supervisord restarts\n"
        "events -f <name> <gname>:*\n"
        "\t\t\tOnly what is about these processes\n"
        "events -f --type <type>,<type>\n"
        "\t\t\tOnly events of these types and those below them, such as PROCESS_STATE\n"
        "events -n <count>\tShow so many events, then end\n"
        "events --output json\tPrint a JSON object for each event, on one line, for programs"
    )
    _flags = ("-f", "-n", "--follow", "--count", "--type")

    def run(self, shell: Shell, argument: str) -> None:
        # Late: see above.
        from supervisor.ctl.event_viewing import EventViewer, known_names
        from supervisor.ctl.stream_words import parse_events

        with shell.messages_on_stderr():
            try:
                words = parse_events(argument)
            except UsageError as error:
                message = f"Error: {error}"
                fail(shell, message, LSBInitExitStatuses.INVALID_ARGS, self.help)
                return
            if not shell.upcheck():
                return
            names = known_names(shell, words.names)
        if names or not words.names:
            EventViewer(shell, words, names).show()

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        if before and before[-1] == "--type":
            from supervisor.events import event_names  # late: fifty classes

            return filter(_is_told, event_names())
        formats = complete_format(before)
        return formats if "json" in formats else [*self._flags, *formats, *offer.processes()]


def _is_told(name: str) -> bool:
    """Whether events of a type are told to those who watch."""
    from supervisor.events import DirectedEvent, TickEvent, event_type  # late: as above

    kind = event_type(name)
    return kind is not None and not issubclass(kind, TickEvent | DirectedEvent)
