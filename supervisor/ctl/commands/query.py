"""Asking event listeners: query."""

from supervisor.client import failures
from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.output import (
    FLAGS,
    FORMATS,
    JSON_FLAG,
    OUTPUT_FLAG,
    UsageError,
    is_json,
)
from supervisor.ctl.rendering import query_json
from supervisor.errors import Fault
from supervisor.hints import Iterable, Sequence
from supervisor.suppressing import nullcontext
from supervisor.tuples import NamedTuple

TIMEOUT_FLAG = "--timeout"
TIMEOUT_S_DEFAULT = 10
_TIMEOUT_S_MAX = 3600
"""No daemon waits longer."""


class Question(NamedTuple):
    """What the words behind `query` say."""

    pool: str
    text: str
    timeout_s: int
    as_json: bool


class Query(Command):
    """Sends a text to a group of event listeners and prints what one of them answers."""

    name = "query"
    prints_json = True
    help = (
        "query <gname> <text>\tAsk a group of event listeners, print the answer of one of them\n"
        "query --timeout <seconds> <gname> <text>\n"
        f"\t\t\tWait that long for the answer (default: {TIMEOUT_S_DEFAULT})\n"
        "query --output json <gname> <text>\n"
        "\t\t\tPrint the answer as a JSON object, for programs; --json: likewise"
    )

    def run(self, shell: Shell, argument: str) -> None:
        try:
            question = parse_question(argument)
        except UsageError as error:
            fail(shell, f"Error: {error}", LSBInitExitStatuses.INVALID_ARGS, self.help)
            return
        # What is no JSON must not get between the JSON.
        with shell.messages_on_stderr() if question.as_json else nullcontext():
            answer = _ask(shell, question)
        if answer is None:
            return
        if question.as_json:
            shell.output(query_json(question.pool, answer))
        elif isinstance(answer, bytes):
            shell.write_bytes(answer)
        else:
            shell.write(answer if answer.endswith("\n") else f"{answer}\n")

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        words = list(before)
        while words and words[0] in (TIMEOUT_FLAG, *FLAGS):
            flag = words.pop(0)
            if flag != JSON_FLAG:
                if not words:
                    # A time-out is not a word to choose from.
                    return FORMATS if flag == OUTPUT_FLAG else ()
                words.pop(0)
        return () if words else [TIMEOUT_FLAG, *FLAGS, *offer.groups()]


def parse_question(argument: str) -> Question:
    """The flags, the group, and the text as it was typed. Raises UsageError."""
    timeout_s, as_json = TIMEOUT_S_DEFAULT, False
    word, rest = _next_word(argument)
    while word.startswith("--"):
        flag, equals, format_word = word.partition("=")
        if word == JSON_FLAG:
            as_json = True
        elif flag == OUTPUT_FLAG:
            if not equals:
                format_word, rest = _next_word(rest)
            as_json = is_json(format_word)
        elif word == TIMEOUT_FLAG:
            value, rest = _next_word(rest)
            timeout_s = _seconds(value)
        else:
            raise UsageError(f"bad argument {word}")
        word, rest = _next_word(rest)
    if not word or not rest:
        raise UsageError("query requires the name of a group of event listeners and a text")
    return Question(word, rest, timeout_s, as_json)


def _next_word(text: str) -> tuple[str, str]:
    """The first word, and the rest without the blanks between them."""
    word, *rest = text.split(maxsplit=1) or [""]
    return word, rest[0] if rest else ""


def _seconds(text: str) -> int:
    try:
        seconds = int(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= _TIMEOUT_S_MAX:
        raise UsageError(
            f"{TIMEOUT_FLAG} requires a whole number of seconds from 1 to {_TIMEOUT_S_MAX}"
        )
    return seconds


def _ask(shell: Shell, question: Question) -> str | bytes | None:
    """The answer, bytes if it is no plain text; None if there is none and that has been said."""
    if not shell.upcheck():
        return None
    pool = question.pool
    try:
        answer = shell.get_supervisor().queryListener(pool, question.text, question.timeout_s)
    except failures.Fault as fault:
        if fault.faultCode == Fault.BAD_NAME:
            fail(shell, f"{pool}: ERROR (no such group of event listeners)")
        elif fault.faultCode == Fault.UNKNOWN_METHOD:
            fail(shell, f"{pool}: ERROR (this supervisord cannot be queried: it is older than 5.0)")
        elif fault.faultCode == Fault.SHUTDOWN_STATE:
            raise
        else:
            reason = fault.faultString.removeprefix("FAILED: ")
            fail(shell, f"{pool}: ERROR ({reason})")
        return None
    return answer.data if isinstance(answer, failures.Binary) else str(answer)
