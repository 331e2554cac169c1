"""The table of pages that plug-ins have, and what the view of a page is made with."""

from supervisor.hints import Any
from supervisor.lean import import_module


def _late(module: str, name: str) -> Any:
    """A view whose class is loaded when it is called: what it needs is not small."""

    def view(context: "ViewContext") -> Any:
        return getattr(import_module(f"supervisor.promised.{module}"), name)(context)

    return view


_OURS: dict[str, dict[str, Any]] = {
    "index.html": {"template": "ui/status.html", "view": _late("statusview", "StatusView")},
    "tail.html": {"template": "ui/tail.html", "view": _late("statusview", "TailView")},
    "ok.html": {"template": None, "view": _late("meldviews", "OKView")},
}

VIEWS: dict[str, dict[str, Any]] = {name: dict(entry) for name, entry in _OURS.items()}
"""Path without the leading slash -> `view`, a class, and `template`, a file or None.

The pages of the daemon that plug-ins have always known are in it. Whatever is put in their place
hides them; as long as they are what they were, the daemon answers by itself.
"""


def page_of_plug_in(name: str) -> dict[str, Any] | None:
    """The entry of a page, None unless a plug-in has put or changed it."""
    entry = VIEWS.get(name)
    return None if entry == _OURS.get(name) else entry


class ViewContext:
    """What a view is called with: `request`, `form`, `response`, `template`, `supervisord`."""

    request: Any
    """The request as plug-ins know it."""
    form: dict[str, Any]
    """Variables of the request, named as in CGI, and the arguments of query and body."""
    response: dict[str, Any]
    """To be filled in: `headers` by name, and `body`."""
    template: str | None
    supervisord: Any

    def __init__(self, **kwargs: Any) -> None:
        self.__dict__.update(kwargs)
