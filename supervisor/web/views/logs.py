"""Panes of logs, and the lines in them: the same for pages and for what is sent to open ones."""

import re

from supervisor.tuples import NamedTuple
from supervisor.web.messages import Request
from supervisor.web.views.ansi import paint, plain
from supervisor.web.views.arguments import query_arguments
from supervisor.web.views.kit import NOTHING, Html, Template, attributes, escape, joined, quoted
from supervisor.web.views.lines import Line
from supervisor.web.views.parts import Part, read_part
from supervisor.web.views.sources import MAIN, LogSource
from supervisor.web.views.words import plural, size

CHUNK_LINES = 200
"""Lines that are laid out, and taken away, together."""

QUERY_CHARS_MAX = 200
"""Longer words are cut before they are searched for."""

_PANE = Template("pane.html")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) ([A-Z]{4}) ")
_LEVELS = {"CRIT": "a1 ab", "ERRO": "a1 ab", "WARN": "a3"}
_GRAVE = ("CRIT", "ERRO")
_GAVE_UP = "gave up: "


class Wish(NamedTuple):
    """What is asked about one log."""

    query: str = ""
    """Text to be found."""
    before: int | None = None
    """Offset before which a part is wanted; None for the newest one."""


NO_WISH = Wish()


def wish_of(request: Request, stream: str) -> Wish:
    """What a page is asked about one of its logs."""
    said = query_arguments(request)
    if said.get("stream", stream) != stream:
        return NO_WISH
    before = said.get("before", "")
    is_offset = before.isascii() and before.isdigit() and len(before) <= 18
    return Wish(said.get("q", "")[:QUERY_CHARS_MAX], int(before) if is_offset else None)


# -- lines


def line_html(
    stream: str, line: Line, pattern: re.Pattern[str] | None = None, tag: str = ""
) -> Html:
    """A line of a log as an item of a list; what matches the pattern is marked."""
    text = line.text
    kind = ""
    if stream == MAIN and (stamp := _STAMP.match(text)) is not None:
        body, kind = _stamped(text, stamp, pattern)
    elif pattern is None and text.isprintable():
        body = escape(text)
    else:
        body = painted(text, pattern)
    return _PANE["line"](
        stream=stream,
        begin=line.begin,
        text=joined((_PANE["tag"](text=tag), body)) if tag else body,
        attrs=attributes(class_=kind) if kind else NOTHING,
    )


def lines_html(stream: str, lines: list[Line], pattern: re.Pattern[str] | None = None) -> Html:
    """The items of some lines."""
    return joined(line_html(stream, line, pattern) for line in lines)


def gap_html(text: str) -> Html:
    """An item that tells what is no line of the log."""
    return _PANE["gap"](text=text)


def _stamped(text: str, stamp: re.Match[str], pattern: re.Pattern[str] | None) -> tuple[Html, str]:
    """A line of the main log: time and level stand back, unless the level is a bad one."""
    when, level = stamp[1], stamp[2]
    rest = text[stamp.end() :]
    time = _PANE["run"](classes="a8", text=_marked(when, pattern))
    word = _PANE["run"](classes=_LEVELS.get(level, "a8"), text=_marked(level, pattern))
    is_grave = level in _GRAVE or rest.startswith(_GAVE_UP)
    return joined((time, Html(" "), word, Html(" "), painted(rest, pattern))), (
        "err" if is_grave else ""
    )


def painted(text: str, pattern: re.Pattern[str] | None = None) -> Html:
    """A line as HTML: its colours are classes, and what matches the pattern is marked."""
    return joined(
        _PANE["run"](classes=classes, text=_marked(run, pattern))
        if classes
        else _marked(run, pattern)
        for classes, run in paint(text)
    )


def _marked(text: str, pattern: re.Pattern[str] | None) -> Html:
    if pattern is None:
        return escape(text)
    parts = []
    at = 0
    for found in pattern.finditer(text):
        parts += [escape(text[at : found.start()]), _PANE["mark"](text=found[0])]
        at = found.end()
    return joined([*parts, escape(text[at:])])


def pattern_of(query: str) -> re.Pattern[str] | None:
    """Finds a text, whatever its case; None if there is nothing to be found."""
    return re.compile(re.escape(query), re.IGNORECASE) if query else None


# -- panes


class Place(NamedTuple):
    """Where a pane stands."""

    page: str
    """Address of the page without its query."""
    is_tall: bool = False


def pane(source: LogSource, wish: Wish, place: Place) -> Html:
    """A log with its bar: the last part, or an older one."""
    part = read_part(source, wish.before)
    pattern = pattern_of(wish.query)
    address = f"{place.page}?{source.query}"
    is_live = part.is_newest and not part.trouble
    return _PANE["pane"](
        stream=source.stream,
        heading=source.heading,
        label=source.label,
        size="" if part.trouble else size(part.log_end - part.log_begin),
        of=_PANE["of"](name=source.namespec) if source.namespec else NOTHING,
        query=wish.query,
        hits=_hits(part, pattern),
        follow=_PANE["follow"]() if is_live else NOTHING,
        plain=_PANE["plain"](plain=source.plain_address, heading=source.heading),
        download=_PANE["download"](download=f"download?{source.query}", heading=source.heading),
        kind="log tall" if place.is_tall else "log",
        live=attributes(data_at=f"{source.stream}:{part.next}") if part.is_newest else NOTHING,
        older=_older(part, wish, address, source.stream),
        chunks=_chunks(source.stream, part.lines, pattern),
        empty=_PANE["empty"](text=_why_empty(part)) if not part.lines else NOTHING,
        jump=_PANE["jump"]() if is_live else _newest(part, wish, address, source.stream),
    )


def merged_pane(sources: list[LogSource]) -> Html:
    """A pane for both logs of a process, which begins empty.

    Files carry no common clock, so old lines cannot be put into one order truthfully.
    """
    ends = " ".join(f"{each.stream}:{read_part(each).next}" for each in sources)
    return _PANE["pane"](
        stream="merged",
        heading="stdout and stderr",
        label=f"stdout and stderr of {sources[0].namespec}",
        size="",
        of=_PANE["of"](name=sources[0].namespec),
        query="",
        hits="",
        follow=_PANE["follow"](),
        plain=NOTHING,
        download=NOTHING,
        kind="log tall",
        live=attributes(data_at=ends),
        older=_PANE["start"](
            words="Lines of both logs come here in the order in which they are written, from now"
            " on. What is older has no common clock: see the two logs side by side."
        ),
        chunks=_PANE["chunk"](lines=NOTHING),
        empty=NOTHING,
        jump=_PANE["jump"](),
    )


def _chunks(stream: str, lines: list[Line], pattern: re.Pattern[str] | None) -> Html:
    """At least one, so that there is a place for what comes."""
    starts = range(0, len(lines), CHUNK_LINES) or (0,)
    return joined(
        _PANE["chunk"](lines=lines_html(stream, lines[at : at + CHUNK_LINES], pattern))
        for at in starts
    )


def _older(part: Part, wish: Wish, address: str, stream: str) -> Html:
    if part.trouble or not part.log_end:
        return NOTHING
    missing_bytes = part.begin - part.log_begin
    if missing_bytes <= 0:
        return _PANE["start"](words="The file begins here.") if not part.is_newest else NOTHING
    so_much = size(min(missing_bytes, 64 * 1024))
    whole = size(part.log_end - part.log_begin)
    return _PANE["older"](
        address=_address(address, wish.query, part.begin, stream),
        words=f"Show the {so_much} before this (of {whole})",
    )


def _newest(part: Part, wish: Wish, address: str, stream: str) -> Html:
    if part.is_newest:
        return NOTHING
    return _PANE["newer"](address=_address(address, wish.query, None, stream))


def _address(address: str, query: str, before: int | None, stream: str) -> str:
    asked = f"&q={quoted(query)}" if query else ""
    back = "" if before is None else f"&before={before}"
    return f"{address}{asked}{back}#pane-{stream}"


def _why_empty(part: Part) -> str:
    return part.trouble or "Nothing has been written to it yet."


def _hits(part: Part, pattern: re.Pattern[str] | None) -> str:
    """Honest: what is found in this part, not in the whole log."""
    if pattern is None:
        return ""
    count = sum(len(pattern.findall(plain(line.text))) for line in part.lines)
    return f"{plural(count, 'hit')} in this part" if count else "not in this part"
