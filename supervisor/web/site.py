"""What the code behind a server's late routes is given, in one object.

Pages, API and metrics are made by `make_x(site) -> Handler` when the first request for them comes.
They look at processes through `site.gateway.services(request)` and change them through
`site.gateway.call(request, ...)`, so that every caller sees and does what is his to see and do.
"""

from supervisor.core.component import Timers
from supervisor.hints import Callable, Literal, Protocol
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.ports import Services
from supervisor.tuples import NamedTuple
from supervisor.web.gateway import Gateway
from supervisor.web.messages import Request
from supervisor.web.turns import Turns


class ServerFacts(NamedTuple):
    """Which server this is."""

    section: str
    """Name of its section, such as ``inet_http_server``."""
    kind: Literal["unix", "inet"]
    address: str
    """Path of the socket, or ``host:port`` as configured; the host is ``*`` for all interfaces."""
    has_users: Callable[[], bool]
    """Whether callers have to say who they are; a server may begin to ask."""
    config_path: str
    """The main configuration file; empty if it is not known."""
    allowed_hosts: tuple[str, ...] = ()
    """Names that browsers may use for it, beside its own."""


class Forms(Protocol):
    """Proof that a form was sent from one of our own pages (CSRF tokens)."""

    def token(self, request: Request) -> str:
        """What the forms of a page for this caller carry; letters, digits, dash and underscore."""
        ...

    def check(self, request: Request, token: str) -> str | None:
        """None if a form with that token is to be believed, else why not, in a full sentence."""
        ...


class SignedIn(NamedTuple):
    """Somebody has signed in."""

    cookie: str
    """Value of the Set-Cookie header."""


class Sessions(Protocol):
    """Those who have signed in by the page: a cookie stands for their password."""

    def sign_in(self, request: Request, name: str, password: str) -> Deferred:
        """A `SignedIn`, or why not: a full sentence that says what to do.

        A failure is delayed and logged. The former session of that browser, if any, is over.
        """
        ...

    def sign_out(self, request: Request) -> str:
        """End the session of the request; value of the Set-Cookie header that forgets it."""
        ...


class Site(NamedTuple):
    """One server, for the code behind its late routes."""

    gateway: Gateway
    services: Services
    """Unscoped: for the clock, the log, the identity; never to look at processes."""
    server: ServerFacts
    forms: Forms
    sessions: Sessions
    timers: Timers
    """Who calls back when a time has come, such as the end of a client's patience."""
    turns: Turns
    """Of long answers, which are made in slices."""
