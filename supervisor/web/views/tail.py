"""``tail.html``: the ends of both logs of a process, as old bookmarks ask for them.

It answers in all circumstances: whatever is wrong is told where the text would be.
"""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Iterator
from supervisor.web.messages import Answer, Request
from supervisor.web.site import Site
from supervisor.web.views import layout
from supervisor.web.views.arguments import arguments
from supervisor.web.views.kit import NOTHING, Html, Template, escape, joined, quoted
from supervisor.web.views.logs import painted

BYTES_MIN = 1024
"""Shown at least."""

BYTES_MAX = 1024 * 1024
"""Shown at most: a page of more is of no use to anybody."""

_TAIL = Template("tails.html")
_PARTS = {"heading": NOTHING, "text": NOTHING}
_METHODS = {"stdout": "readProcessStdoutLog", "stderr": "readProcessStderrLog"}


def view(request: Request, site: Site) -> Answer:
    """The page."""
    said = arguments(request)
    name = said.get("processname", "")
    title = f"{name or 'No process'} – ends of logs"
    if not name:
        main = _TAIL["page"](
            name=name or "no process",
            again=NOTHING,
            texts=_TAIL["text"](text="No process name found"),
            **_PARTS,
        )
    else:
        asked = said.get("limit", "")
        main = _TAIL["page"](
            name=name or "no process",
            again=_again(name, asked),
            texts=_texts(request, site, name, limit_of(asked)),
            **_PARTS,
        )
    return layout.answer(site, request, layout.Page(title, "processes"), main)


def limit_of(text: str) -> int:
    """Bytes that are asked for: BYTES_MIN if that is no number, or too small."""
    is_number = text.isascii() and text.isdigit() and len(text) <= 18
    return min(max(int(text) if is_number else BYTES_MIN, BYTES_MIN), BYTES_MAX)


def ends(request: Request, site: Site, name: str, limit: int) -> Iterator[tuple[str, Html]]:
    """The ends of both logs of a process: the stream, and `limit` bytes as they are shown.

    Without a stream: why there is nothing.
    """
    for stream, method in _METHODS.items():
        try:
            text = str(site.gateway.call(request, f"supervisor.{method}", [name, -limit, 0]))
        except RequestRefused as refused:
            if stream == "stderr" and refused.fault == Fault.NO_FILE:
                continue
            yield "", escape(_why_not(name, refused))
            if refused.fault != Fault.NO_FILE:
                return
            continue
        yield stream, Html("\n".join(painted(line) for line in text.split("\n")))


def _texts(request: Request, site: Site, name: str, limit: int) -> Html:
    parts = []
    for stream, text in ends(request, site, name, limit):
        parts += [_TAIL["heading"](stream=stream) if stream else NOTHING, _TAIL["text"](text=text)]
    return joined(parts)


def _why_not(name: str, refused: RequestRefused) -> str:
    if refused.fault == Fault.NO_FILE:
        return f"No file for {name}"
    return f"ERROR: unexpected rpc fault [{int(refused.fault)}] {refused.text}"


def _again(name: str, limit: str) -> Html:
    asked = f"&limit={quoted(limit)}" if limit else ""
    return _TAIL["again"](address=f"tail.html?processname={quoted(name)}{asked}")
