"""Which view answers which path: a line for each page.

A view is a function of the request and the site. It looks at processes through
`site.gateway.services(request)` and changes them through `site.gateway.call` alone.
"""

from collections.abc import Callable, Mapping

from supervisor.tuples import NamedTuple
from supervisor.web.messages import Answer, Request
from supervisor.web.site import Site
from supervisor.web.views import statics, theme

View = Callable[[Request, Site], Answer]


class Page(NamedTuple):
    """A path and who answers it."""

    view: View
    methods: tuple[str, ...] = ("GET", "HEAD", "POST")


def pages() -> Mapping[str, Page]:
    """Path without leading slashes -> page."""
    found = {
        "theme": Page(lambda request, site: theme.choose(request), ("POST",)),
    }
    static = Page(lambda request, site: statics.serve(request), ("GET", "HEAD"))
    found.update(dict.fromkeys(statics.FILES, static))
    return found
