"""The flag `--output table|json` of commands that programs read, and `--json`, its short form.

It stands behind the command, or before it as an option of supervisorctl.
"""

from supervisor.ctl.command import Shell
from supervisor.hints import Container, Sequence

OUTPUT_FLAG = "--output"
JSON_FLAG = "--json"
FORMATS = ("table", "json")
FLAGS = (OUTPUT_FLAG, JSON_FLAG)


class UsageError(ValueError):
    """The words behind a command do not say what to do; the text says why."""


def take_format(words: Sequence[str]) -> tuple[list[str], bool]:
    """The other words, and whether JSON is wanted. Raises UsageError."""
    rest: list[str] = []
    as_json = False
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        flag, equals, value = word.partition("=")
        if word == JSON_FLAG:
            as_json = True
        elif flag == OUTPUT_FLAG:
            as_json = is_json(value if equals else "".join(waiting[:1]))
            del waiting[: 0 if equals else 1]
        else:
            rest.append(word)
    return rest, as_json


def is_json(value: str) -> bool:
    """What the value of `--output` says. Raises UsageError."""
    if value not in FORMATS:
        raise UsageError(f"{OUTPUT_FLAG} must be one of: {', '.join(FORMATS)}")
    return value == "json"


def with_format(action: Sequence[str], output: str, printers: Container[str]) -> list[str]:
    """An action that prints in a format which was given before it. Raises UsageError.

    `printers` are the commands that know formats. What stands behind the command wins.
    """
    is_json(output)
    if not action:
        raise UsageError(f"{OUTPUT_FLAG} takes an action, such as: {OUTPUT_FLAG} {output} status")
    # What is asked of listeners goes out as it was typed: the rest stays as it is.
    command, _, rest = " ".join(action).strip().partition(" ")
    if command not in printers:
        raise UsageError(f"{command} does not take {OUTPUT_FLAG}: it has nothing to print as JSON")
    return [command, OUTPUT_FLAG, output, *([rest] if rest else [])]


def complete_format(before: Sequence[str]) -> Sequence[str]:
    """The formats, if the word before asks for one; else the flags."""
    return FORMATS if before and before[-1] == OUTPUT_FLAG else FLAGS


def print_json(shell: Shell, value: object) -> None:
    """Print a value as JSON, over several lines, as people like to read it."""
    # Late: no other command should pay for the import.
    import json

    shell.output(json.dumps(value, indent=2, ensure_ascii=False))


def print_json_line(shell: Shell, value: object) -> None:
    """Print a value as JSON on one line, as programs like to read what never ends."""
    # Late, as above.
    import json

    shell.output(json.dumps(value, ensure_ascii=False))
