"""Did you mean …? Only imported when there is something to complain about."""

import difflib

from supervisor.hints import Collection

_SIMILARITY_MIN = 0.7


def suggest(word: str, known: Collection[str]) -> str | None:
    """A question with the nearest known word, None if there is none near."""
    if len(word) > 2 * max(map(len, known), default=0):
        return None
    near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=_SIMILARITY_MIN)
    return f"did you mean {near[0]}?" if near else None


def suggest_section(name: str, known: Collection[str]) -> str | None:
    """A question with the nearest kind of section; known kinds look like ``program:NAME``."""
    kind, colon, own_name = name.partition(":")
    kinds = {each.partition(":")[0]: each for each in known}
    near = difflib.get_close_matches(kind.strip().lower(), kinds, n=1, cutoff=_SIMILARITY_MIN)
    if not near:
        return None
    meant = kinds[near[0]]
    if colon and own_name:
        meant = meant.replace("NAME", own_name.strip())
    return f"did you mean [{meant}]?"
