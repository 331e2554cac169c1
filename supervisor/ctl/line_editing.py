"""Line editing at the prompt: words, Tab and history by readline, where there is one.

A history file that cannot be read or written is no reason to disturb anybody.
"""

import contextlib

from supervisor.ctl.completion import WORD_PARTS

try:
    import readline
except ImportError:
    # Some builds of Python have none: then lines can be typed, but not edited.
    readline = None  # type: ignore[assignment]

HISTORY_LINES_MAX = 10_000


def set_up(history_file: str | None) -> None:
    """Prepare the words for completion and read the history."""
    if readline is None:
        return
    delimiters = readline.get_completer_delims()
    readline.set_completer_delims("".join(c for c in delimiters if c not in WORD_PARTS))
    if "libedit" in (readline.__doc__ or ""):
        readline.parse_and_bind("bind ^I rl_complete")
    if history_file:
        with contextlib.suppress(OSError):
            readline.read_history_file(history_file)


def save_history(history_file: str | None) -> None:
    """Write the history, as far as the file takes it."""
    if readline is None or not history_file:
        return
    readline.set_history_length(HISTORY_LINES_MAX)
    with contextlib.suppress(OSError):
        readline.write_history_file(history_file)


def line_around_cursor() -> str:
    """The line left of the word that is being completed."""
    if readline is None:
        return ""
    return readline.get_line_buffer()[: readline.get_begidx()]
