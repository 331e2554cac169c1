"""Watching: logs of several processes, events.

What carries this out is imported late, by the command that needs it: HTTP streams would make every
other command slower to start.
"""

import getopt
from collections.abc import Iterable, Sequence

from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.log_lines import LogName
from supervisor.ctl.output import UsageError, complete_format, is_json
from supervisor.ctl.rendering import Info, namespec_of
from supervisor.ctl.safe_text import is_terminal, may_colour
from supervisor.ctl.selection import EVERYBODY, select
from supervisor.events import DirectedEvent, TickEvent, event_names, event_type
from supervisor.tuples import NamedTuple

LINES_DEFAULT = 100
LINES_DEFAULT_FOLLOWING = 10
FOLLOWED_MAX = 200
"""Logs that are followed at once: each is a connection to the daemon."""
CHANNELS = ("stdout", "stderr")
DIGITS_MAX = 9
ALL_EVENTS = "EVENT"
"""The type that is above all others but the settled states, as for event listeners."""


class LogWords(NamedTuple):
    """What the words behind `logs` say."""

    names: tuple[str, ...]
    channels: tuple[str, ...]
    lines_max: int | None
    follows: bool
    prefixed: bool | None
    """None: if there is more than one process."""
    raw: bool
    as_json: bool


class Logs(Command):
    """Shows the logs of several processes, and what comes."""

    name = "logs"
    help = (
        "logs <name> <name>\tShow the end of the logs of processes, stdout and stderr\n"
        "logs <gname>:*\t\tShow those of all processes of a group; all: of all processes\n"
        "logs -f <name>\t\tShow what comes, too, until Ctrl-C; also when supervisord restarts\n"
        f"logs -n <count> <name>\tBegin with so many lines of each log (default: {LINES_DEFAULT},"
        f" with -f {LINES_DEFAULT_FOLLOWING}), or with all\n"
        "logs --stderr <name>\tOnly stderr; --stdout: only stdout\n"
        "logs --no-prefix <name>\tWithout the names that stand before lines of several processes;\n"
        "\t\t\t--prefix: with them, also for a single process\n"
        "logs --raw <name>\tSend all that is in the log to the terminal, whatever it does there\n"
        "logs --output json <name>\n"
        "\t\t\tPrint a JSON object for each line, for programs"
    )
    _flags = (
        "follow",
        "lines=",
        "stdout",
        "stderr",
        "prefix",
        "no-prefix",
        "raw",
        "output=",
        "json",
    )

    def run(self, shell: Shell, argument: str) -> None:
        with shell.messages_on_stderr():
            try:
                words = parse_logs(argument)
            except UsageError as error:
                message = f"Error: {error}"
                fail(shell, message, LSBInitExitStatuses.INVALID_ARGS, self.help)
                return
            names = _chosen_logs(shell, words) if shell.upcheck() else []
            if words.follows and len(names) > FOLLOWED_MAX:
                fail(
                    shell,
                    f"Error: cannot follow {len(names)} logs at once, {FOLLOWED_MAX} at most:"
                    " name fewer processes, or choose --stdout or --stderr",
                )
                return
        if names:
            _show(shell, words, names)

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        if before and before[-1] in ("-n", "--lines"):
            return ("all",)
        flags = ["-f", "-n", *(f"--{flag.removesuffix('=')}" for flag in self._flags)]
        formats = complete_format(before)
        return formats if "json" in formats else [*flags, *offer.processes(), "all"]


def parse_logs(argument: str) -> LogWords:
    """Flags and names, in any order. Raises UsageError."""
    try:
        found, names = getopt.gnu_getopt(argument.split(), "fn:", Logs._flags)
    except getopt.GetoptError as error:
        raise UsageError(error.msg) from None
    flags = {{"-f": "--follow", "-n": "--lines"}.get(flag, flag): value for flag, value in found}
    if not names:
        raise UsageError("logs requires a process name")
    follows = "--follow" in flags
    count = flags.get("--lines", str(LINES_DEFAULT_FOLLOWING if follows else LINES_DEFAULT))
    if count != "all" and not _is_number(count):
        raise UsageError("-n requires a number of lines, or all")
    chosen = tuple(channel for channel in CHANNELS if f"--{channel}" in flags)
    prefix = [flag for flag in flags if flag in ("--prefix", "--no-prefix")]
    return LogWords(
        names=tuple(names),
        channels=chosen or CHANNELS,
        lines_max=None if count == "all" else int(count),
        follows=follows,
        prefixed=prefix[-1] == "--prefix" if prefix else None,
        raw="--raw" in flags,
        as_json="--json" in flags or is_json(flags.get("--output", "table")),
    )


def _chosen_logs(shell: Shell, words: LogWords) -> list[LogName]:
    """The logs that are meant; names that mean none are reported at once."""
    infos: list[Info] = shell.get_supervisor().getAllProcessInfo()
    chosen, unknown = select(infos, words.names)
    for line in unknown:
        fail(shell, line)
    logs: dict[LogName, None] = {}
    for info in chosen:
        name = namespec_of(info)
        # A process has no second log if its stderr goes to the first.
        having = [channel for channel in words.channels if info.get(f"{channel}_logfile")]
        if not having:
            fail(shell, f"{name}: ERROR (no log file)")
        logs.update(dict.fromkeys(LogName(name, channel) for channel in having))
    return list(logs)


def _show(shell: Shell, words: LogWords, names: Sequence[LogName]) -> None:
    # Late: see above.
    from supervisor.ctl.log_lines import LineStyle
    from supervisor.ctl.log_viewing import LogViewer, View

    prefixed = words.prefixed
    if prefixed is None:
        prefixed = len({name.process for name in names}) > 1
    style = LineStyle(
        prefixed=prefixed,
        coloured=may_colour(shell.stdout),
        for_terminal=is_terminal(shell.stdout) and not words.raw,
        as_json=words.as_json,
    )
    LogViewer(shell, names, View(words.lines_max, words.follows, style)).show()


class EventWords(NamedTuple):
    """What the words behind `events` say."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    count_max: int | None
    as_json: bool


class Events(Command):
    """Shows events as they happen."""

    name = "events"
    help = (
        "events -f\t\tShow what happens, until Ctrl-C; also when supervisord restarts\n"
        "events -f <name> <gname>:*\n"
        "\t\t\tOnly what is about these processes\n"
        "events -f --type <type>,<type>\n"
        "\t\t\tOnly events of these types and those below them, such as PROCESS_STATE\n"
        "events -n <count>\tShow so many events, then end\n"
        "events --output json\tPrint a JSON object for each event, on one line, for programs"
    )
    _flags = ("follow", "type=", "count=", "output=", "json")

    def run(self, shell: Shell, argument: str) -> None:
        with shell.messages_on_stderr():
            try:
                words = parse_events(argument)
            except UsageError as error:
                message = f"Error: {error}"
                fail(shell, message, LSBInitExitStatuses.INVALID_ARGS, self.help)
                return
            if not shell.upcheck():
                return
            names = _known_names(shell, words.names)
            if words.names and not names:
                return
        if EVERYBODY in names:
            names = []
        # Late: see above.
        from supervisor.ctl.event_viewing import EventView, EventViewer

        EventViewer(shell, EventView(words.types, names, words.count_max, words.as_json)).show()

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        if before and before[-1] == "--type":
            return filter(_is_told, event_names())
        flags = ["-f", "-n", *(f"--{flag.removesuffix('=')}" for flag in self._flags)]
        formats = complete_format(before)
        return formats if "json" in formats else [*flags, *offer.processes()]


def parse_events(argument: str) -> EventWords:
    """Flags and names, in any order. Raises UsageError."""
    try:
        found, names = getopt.gnu_getopt(argument.split(), "fn:", Events._flags)
    except getopt.GetoptError as error:
        raise UsageError(error.msg) from None
    flags = {{"-f": "--follow", "-n": "--count"}.get(flag, flag): value for flag, value in found}
    texts = [value for flag, value in found if flag == "--type"]
    types = [name.upper() for text in texts for name in text.split(",") if name]
    if texts and not types:
        raise UsageError("--type requires an event type")
    count = flags.get("--count")
    if count is not None and not (_is_number(count) and int(count)):
        raise UsageError("-n requires a number of events")
    return EventWords(
        names=tuple(names),
        types=tuple(types) or (ALL_EVENTS,),
        count_max=None if count is None else int(count),
        as_json="--json" in flags or is_json(flags.get("--output", "table")),
    )


def _known_names(shell: Shell, names: Sequence[str]) -> list[str]:
    """The names that mean something; the others are reported at once."""
    if not names:
        return []
    infos: list[Info] = shell.get_supervisor().getAllProcessInfo()
    known = []
    for name in names:
        _, unknown = select(infos, [name])
        for line in unknown:
            fail(shell, line)
        if not unknown:
            known.append(name)
    return known


def _is_told(name: str) -> bool:
    """Whether events of a type are told to those who watch."""
    kind = event_type(name)
    return kind is not None and not issubclass(kind, TickEvent | DirectedEvent)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
