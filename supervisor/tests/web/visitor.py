"""Somebody with a browser in front of the pages of a daemon without a system.

What he sees is parsed as a browser parses it, so that a test looks at elements and at texts, never
at how they are written.
"""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from supervisor.core.policies import ProcessSpec
from supervisor.daemon.offers import own_offering
from supervisor.rpc.caller import ANYBODY, Caller
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.ports import Services, Setting
from supervisor.tests.rpc.world import World
from supervisor.web.access.forms import FormTokens
from supervisor.web.access.sessions import SessionStore
from supervisor.web.gateway import Gateway
from supervisor.web.messages import Answer, Later, Request, Response, Stream
from supervisor.web.site import ServerFacts, SignedIn, Site
from supervisor.web.turns import turns_by
from supervisor.web.views import make_pages
from supervisor.web.views.login import make_sign_in

BROWSER = {
    "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "accept-language": "de",
    "host": "here:9001",
}
CURL = {"accept": "*/*", "host": "here:9001", "user-agent": "curl/8"}

_VOID = {"meta", "link", "input", "br", "hr", "img"}


class Element(NamedTuple):
    """A start tag, and all text up to its end."""

    tag: str
    attributes: dict[str, str]
    texts: list[str]

    @property
    def text(self) -> str:
        """What is in it, blanks as a reader sees them."""
        return " ".join("".join(self.texts).split())

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def has_class(self, name: str) -> bool:
        """Whether it is of that class."""
        return name in self.attributes.get("class", "").split()


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"attributes twice: {attrs}"
        element = Element(tag, {name: value or "" for name, value in attrs}, [])
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"{tag} ends within {self._open[-1].tag}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)

    def close(self) -> None:
        super().close()
        assert not self._open, f"not ended: {[each.tag for each in self._open]}"


class Seen:
    """An answer as somebody sees it."""

    def __init__(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        self.status = status
        self.headers = dict(headers)
        self.html = body.decode("utf-8")
        parser = _Parser()
        if self.html.startswith("<!DOCTYPE html>"):
            parser.feed(self.html)
            parser.close()
        self.elements = parser.elements

    @property
    def location(self) -> str:
        """Where it leads to."""
        return self.headers["Location"]

    @property
    def message(self) -> str:
        """What the place that it leads to is to say."""
        return parse_qs(urlsplit(self.location).query).get("message", [""])[0]

    def id(self, name: str) -> Element:
        """The one element of that id."""
        found = [each for each in self.elements if each.attributes.get("id") == name]
        assert len(found) == 1, f"{len(found)} elements have the id {name!r}"
        return found[0]

    def all(self, tag: str = "", class_: str = "", **attributes: str) -> list[Element]:
        """Elements with that tag, class and attributes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            each
            for each in self.elements
            if (not tag or each.tag == tag)
            and (not class_ or each.has_class(class_))
            and all(each.attributes.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str = "", class_: str = "", **attributes: str) -> Element:
        """The only one of them."""
        found = self.all(tag, class_, **attributes)
        assert len(found) == 1, f"{len(found)} elements: {tag} {class_} {attributes}"
        return found[0]

    @property
    def headline(self) -> str:
        """What it is about; that of a dialog behind it does not count."""
        return self.all("h1")[0].text

    @property
    def notice(self) -> str:
        """What the page says about the last action."""
        return self.id("notice").text

    @property
    def names(self) -> list[str]:
        """Namespecs of the rows that are shown."""
        return [
            each["data-n"]
            for each in self.all("tr", role="row")
            if "data-n" in each.attributes and "hidden" not in each.attributes
        ]


class SignIns:
    """Who may sign in, as it is scripted. Implements `web.site.Sessions`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answer = Deferred()

    def sign_in(self, request: Request, name: str, password: str) -> Deferred:
        self.asked.append((name, password))
        return self.answer

    def sign_out(self, request: Request) -> str:
        return "session=; Max-Age=0"

    def let_in(self) -> None:
        self.answer.settle(lambda: SignedIn("session=secret; HttpOnly"))

    def refuse(self, why: str) -> None:
        self.answer.settle(lambda: why)


class Visitor:
    """Looks at pages and uses their forms."""

    def __init__(self, *specs: ProcessSpec, caller: Caller = ANYBODY) -> None:
        self.world = World(*specs)
        self.caller = caller
        self.keys: dict[str, str] = {"stopsignal": "TERM", "stopwaitsecs": "10"}
        self.sign_ins = SignIns()
        config: Any = self.world.configuration
        config.keys_of = lambda process_id: [
            Setting(key, value, value, "") for key, value in self.keys.items()
        ]
        services = cast(Services, self.world)
        gateway = Gateway(own_offering(services, lambda call: call()), services, self.world.log)
        self.forms = FormTokens(SessionStore(self.world, "session"))
        asks = caller.how == "nobody"
        facts = ServerFacts("inet_http_server", "inet", "here:9001", lambda: asks, "/etc/s.conf")
        timers = self.world.timers
        turns = turns_by(timers, services.clock)
        self.site = Site(gateway, services, facts, self.forms, self.sign_ins, timers, turns)
        self.cookie = ""

    def ask(
        self,
        target: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] = BROWSER,
        method: str = "",
    ) -> Answer:
        """The answer to a request; with a form it is a POST."""
        path, _, query = target.partition("?")
        path = "/" + path.partition("#")[0].removeprefix("./").lstrip("/")
        body = b"" if form is None else urlencode(form, errors="surrogateescape").encode()
        lines = {**headers, **({"cookie": self.cookie} if self.cookie else {})}
        if form is not None:
            lines["content-type"] = "application/x-www-form-urlencoded"
        request = Request(
            method or ("GET" if form is None else "POST"),
            target,
            "1.1",
            unquote(path, errors="replace"),
            query.partition("#")[0],
            [(name.encode(), value.encode()) for name, value in lines.items()],
            body,
        )
        request.caller = self.caller
        is_stranger = self.caller.how == "nobody"
        make = make_sign_in if is_stranger else make_pages
        return make(self.site)(request)

    def see(self, target: str = "", **options: Any) -> Seen:
        """What is answered at once, or after some turns of the loop."""
        answer = self.ask(target, **options)
        if isinstance(answer, Later):
            answer = self.after_turns(answer)
        if isinstance(answer, Response):
            return Seen(answer.status, answer.headers, answer.body)
        return Seen(200, answer.headers, read_all(answer))

    def after_turns(self, later: Later) -> Response | Stream:
        """What is answered when some turns of the loop have been taken."""
        answers: list[Response | Stream] = []
        later.then(answers.append)
        while not answers:
            call = self.world.timers.pop_due(self.world.now_s)
            assert call is not None, "the answer is to come"
            call()
        return answers[0]

    def wait(self, target: str, **options: Any) -> "Pending":
        """An answer that does not come at once."""
        answer = self.ask(target, **options)
        assert isinstance(answer, Later), answer
        return Pending(answer)

    def act(self, **form: str) -> Seen:
        """What a button of a page does."""
        return self.see("act", form={"token": self.token, **form})

    @property
    def token(self) -> str:
        """What forms for this visitor carry."""
        request = Request("GET", "/", "1.1", "/", "", [])
        request.caller = self.caller
        return self.forms.token(request)


class Pending:
    """An answer that is to come."""

    def __init__(self, later: Later) -> None:
        self.later = later
        self._response: Response | None = None
        later.then(self._take)

    def _take(self, response: Response) -> None:
        self._response = response

    @property
    def is_known(self) -> bool:
        """Whether it has come."""
        return self._response is not None

    def seen(self) -> Seen:
        """The answer that has come."""
        assert self._response is not None, "the answer is still to come"
        return Seen(self._response.status, self._response.headers, self._response.body)


def read_all(stream: Stream) -> bytes:
    """A stream to its end, as the server reads it."""
    pieces = []
    ending: Any = stream
    while not ending.is_over:
        pieces.append(stream.read(65536))
    return b"".join(pieces)
