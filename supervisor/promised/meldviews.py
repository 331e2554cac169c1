"""Bases of the pages that plug-ins have."""

import os.path

import supervisor
from supervisor.hints import Any
from supervisor.promised.views import ViewContext
from supervisor.rpc.polling import NOT_DONE_YET
from supervisor.web.pages import load_template

_PACKAGE = os.path.dirname(os.path.abspath(supervisor.__file__))

_NO_CACHE = {
    "Pragma": "no-cache",
    "Cache-Control": "no-cache",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
}
"""Headers of a page that is made anew for each request."""


class MeldView:
    """A page made from a template; derived classes have a `render`.

    Raises OSError if the template cannot be read. A relative path is one below this package.
    """

    content_type = "text/html;charset=utf-8"
    delay: float = 0.5
    """Seconds until it is called again after it has returned NOT_DONE_YET."""

    def __init__(self, context: ViewContext) -> None:
        self.context = context
        self.callback: Any = None
        """For derived classes: what the page waits for."""
        self.root: Any = None
        if context.template is not None:
            self.root = load_template(os.path.join(_PACKAGE, context.template))

    def __call__(self) -> Any:
        """The response with what `render` returned as its body, or NOT_DONE_YET."""
        body = self.render()
        if body is NOT_DONE_YET:
            return NOT_DONE_YET
        response = self.context.response
        response["headers"].update({"Content-Type": self.content_type, **_NO_CACHE})
        response["body"] = body.encode() if isinstance(body, str) else body
        return response

    def render(self) -> Any:
        """Text or bytes of the page, or NOT_DONE_YET."""
        raise NotImplementedError

    def clone(self) -> Any:
        """A copy of the template, to be filled in."""
        return self.root.clone()


class OKView:
    """Says OK."""

    delay: float = 0

    def __init__(self, context: ViewContext) -> None:
        self.context = context

    def __call__(self) -> Any:
        """The response."""
        response = self.context.response
        response["headers"]["Content-Type"] = "text/plain"
        response["body"] = b"OK"
        return response
