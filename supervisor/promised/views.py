"""The table of pages that plug-ins have, and what the view of a page is made with."""

from typing import Any

VIEWS: dict[str, dict[str, Any]] = {}
"""Path without the leading slash -> `view`, a class, and `template`, a file or None.

The pages of the daemon itself are not in it; one of a plug-in hides that of the daemon.
"""


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
