"""What became of an action, told on the next page.

It travels in the address, signed: nobody else can make a page say something, nothing is kept here,
and scripts that look at ``message=`` in a redirect find it there as ever.
"""

from supervisor.tuples import NamedTuple
from supervisor.web.access.digests import keyed_text, matches, random_key
from supervisor.web.messages import Request
from supervisor.web.views.arguments import query_arguments
from supervisor.web.views.kit import quoted

TEXT_CHARS_MAX = 1000
"""Of a message; more is cut off."""

SHOWN_S = 15 * 60
"""For so long an address shows its message; a bookmark of it is silent later."""

_KEY = random_key()
"""Of this life of the daemon."""


class Notice(NamedTuple):
    """A message and when it was given."""

    text: str
    is_good: bool
    wall_s: float


def address(base: str, text: str, is_good: bool, wall_s: float) -> str:
    """The relative address of a page of ours that tells this, too."""
    text = text if len(text) <= TEXT_CHARS_MAX else f"{text[: TEXT_CHARS_MAX - 1]}…"
    at = str(int(wall_s))
    name, hash_, place = base.partition("#")
    joint = "&" if "?" in name else "?"
    # The message is the first of the three, and encoded as ever: blanks are %20.
    return (
        f"{name}{joint}message={quoted(text)}&at={at}&sig={_signature(text, is_good, at)}"
        f"{hash_}{place}"
    )


def read(now_wall_s: float, request: Request) -> Notice | None:
    """What a request is to be told; None if there is nothing, or we did not say it."""
    said = query_arguments(request)
    text, at, signature = said.get("message", ""), said.get("at", ""), said.get("sig", "")
    if not text or not signature or not (at.isascii() and at.isdigit()):
        return None
    for is_good in (True, False):
        right = _signature(text, is_good, at)
        if matches(signature.encode("utf-8", "replace"), right.encode()) and (
            now_wall_s - int(at) < SHOWN_S
        ):
            return Notice(text, is_good, float(at))
    return None


def _signature(text: str, is_good: bool, at: str) -> str:
    return keyed_text(_KEY, "good" if is_good else "bad", at, text)
