"""Texts of clients for the log: one line, in which nothing is hidden."""


def printable(text: str, chars_max: int) -> str:
    """The text with whatever cannot be printed written as an escape, and cut if it is longer."""
    cut = text[:chars_max]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
    return cut if len(text) <= chars_max else f"{cut}..."
