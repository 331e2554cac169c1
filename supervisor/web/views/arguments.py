"""What a form or a link says: arguments of the query and of the body."""

import re

from supervisor.web.messages import Request

ARGUMENTS_MAX = 100
"""Read of a query or of a body; further ones are left out."""

ARGUMENT_CHARS_MAX = 64 * 1024
"""Of one query or body; what is longer has no arguments."""

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_FORM = "application/x-www-form-urlencoded"


def arguments(request: Request) -> dict[str, str]:
    """By name; of duplicates the first of the query and the last of the body, which wins.

    Bytes that are no UTF-8 are surrogates, as in names of programs.
    """
    found: dict[str, str] = {}
    for name, value in _pairs(request.query.encode("ascii", "replace")):
        found.setdefault(name, value)
    if request.method == "POST" and is_form(request):
        found.update(_pairs(request.body))
    return found


def every_query_argument(request: Request) -> list[tuple[str, str]]:
    """Those of the query, duplicates and all, in their order."""
    return _pairs(request.query.encode("ascii", "replace"))


def query_arguments(request: Request) -> dict[str, str]:
    """Those of the query alone."""
    found: dict[str, str] = {}
    for name, value in _pairs(request.query.encode("ascii", "replace")):
        found.setdefault(name, value)
    return found


def is_form(request: Request) -> bool:
    """Whether the body is one of a form; clients of old do not say what theirs is."""
    kind = request.header(b"content-type")
    return kind is None or kind.partition(";")[0].strip().lower() == _FORM


def _pairs(data: bytes) -> list[tuple[str, str]]:
    if not data or len(data) > ARGUMENT_CHARS_MAX:
        return []
    pairs = []
    for part in data.split(b"&", ARGUMENTS_MAX)[:ARGUMENTS_MAX]:
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_decoded(name), _decoded(value)))
    return pairs


def _decoded(data: bytes) -> str:
    plain = data.replace(b"+", b" ")
    if b"%" in plain:
        plain = _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), plain)
    return plain.decode("utf-8", "surrogateescape")
