"""A plug-in for tests: pages and handlers, good and bad."""

import os
from pathlib import Path
from typing import Any

from supervisor.http import NOT_DONE_YET, supervisor_auth_handler
from supervisor.medusa import default_handler, filesys
from supervisor.medusa.http_server import http_date
from supervisor.web import VIEWS, MeldView, OKView, StatusView, TailView, ViewContext

TEMPLATE = str(Path(__file__).with_name("page.html"))


class Page(MeldView):
    """Does what its arguments say, and shows the argument `text`."""

    delay = 0.02
    asked = 0

    def render(self) -> Any:
        form, headers = self.context.form, self.context.response["headers"]
        self.asked += 1
        self.delay = float(form.get("delay", self.delay))
        if form.get("times", "1") > str(self.asked):
            return NOT_DONE_YET
        if "raise" in form:
            raise ValueError("no page today")
        if "leave" in form:
            raise SystemExit("no daemon tomorrow")
        for key in ("Location", "X-Own"):
            if key in form:
                headers[key] = form[key]
        if "nonsense" in form:
            return 5
        root = self.clone()
        root.findmeld("text").content(form.get(form.get("show", "text"), "nothing"))
        root.findmeld("header").content("|".join(sorted(self.context.request.header)))
        return root.write_xhtmlstring()


class Image:
    """Bytes, without a template."""

    delay = 0.5

    def __init__(self, context: ViewContext) -> None:
        self.context = context

    def __call__(self) -> dict[str, Any]:
        response = self.context.response
        response["headers"]["Content-Type"] = "image/png"
        response["headers"]["Expires"] = http_date.build_http_date(0)
        response["body"] = b"\x89PNG"
        return response


class Broken(Image):
    """Cannot be made."""

    def __init__(self, context: ViewContext) -> None:
        raise KeyError("not even made")


class Actions(StatusView):
    """Says what has become of an action."""

    delay = 0.02

    def render(self) -> Any:
        if self.callback is None:
            form = self.context.form
            self.callback = self.make_callback(form.get("processname"), form.get("action"))
        return self.callback()


class Echo:
    """A handler for one path."""

    def match(self, request: Any) -> bool:
        return bool(request.split_uri()[0] == "/echo")

    def handle_request(self, request: Any) -> None:
        if request.command == "PUT":
            raise OSError("cannot put")
        if request.command == "OPTIONS":
            return
        request["Content-Type"] = "text/x-echo"
        request.push(f"{request.command} {request.uri} ")
        request.push(b"done")
        request.done()


class Pages:
    """No methods; everything is done when it is made."""

    def __init__(self, supervisord: Any, **config: str) -> None:
        self.supervisord = supervisord
        VIEWS["page.html"] = {"template": TEMPLATE, "view": Page}
        VIEWS["image.png"] = {"template": None, "view": Image}
        VIEWS["broken.html"] = {"template": None, "view": Broken}
        VIEWS["missing.html"] = {"template": "/nonexistent/page.html", "view": Page}
        VIEWS["actions.html"] = {"template": TEMPLATE, "view": Actions}
        VIEWS["tail2.html"] = {"template": TEMPLATE, "view": TailView}
        VIEWS["fine.html"] = {"template": None, "view": OKView}
        VIEWS["index.html"] = {"template": TEMPLATE, "view": Page}

    def put_handlers(self, folder: str) -> bool:
        """Put handlers into the server, one of them for the files of a folder."""
        handlers = self.supervisord.options.httpservers[0][1].handlers
        files = default_handler.default_handler(filesys.os_filesystem(folder))
        handlers[-1] = supervisor_auth_handler({"me": "secret"}, files)
        handlers.insert(3, Echo())
        return os.path.isdir(folder)
