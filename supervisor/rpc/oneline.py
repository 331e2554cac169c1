"""Texts of clients as others are told them: cut to what a person can look at."""

from supervisor.hints import Final

NAME_CHARS_MAX: Final = 255
"""Of a name that is told as it is; of a longer one, which is hardly one, the beginning."""
BEGINNING_CHARS: Final = 80


def told_name(name: str) -> str:
    """A name of a client in a refusal: whoever sends megabytes does not get them back."""
    if len(name) <= NAME_CHARS_MAX:
        return name
    return f"{name[:BEGINNING_CHARS]}... ({len(name):,} characters)"


def printable(text: str, chars_max: int) -> str:
    """The text with whatever cannot be printed written as an escape, and cut if it is longer."""
    cut = text[:chars_max]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
    return cut if len(text) <= chars_max else f"{cut}..."
