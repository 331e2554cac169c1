"""The entrance of one server: its gate, and what its pages and API are given.

What is here is needed by every server; the rest is `daemon.access`, which a server loads with its
users, or with the first request that it takes.
"""

from collections.abc import Callable
from functools import partial

from supervisor.config.sections.servers import ServerSettings
from supervisor.config.settings import Settings
from supervisor.hints import TYPE_CHECKING
from supervisor.web.auth import BasicAuthenticator, is_slow
from supervisor.web.gate import Gate, Judge, ServerGate
from supervisor.web.gateway import Gateway
from supervisor.web.service import Ports

if TYPE_CHECKING:
    from supervisor.web.access.desk import Access
    from supervisor.web.access.passwords import ScryptPasswords
    from supervisor.web.site import Site


class Entrance:
    """Made for each server; `scrypt` are the slow passwords, verified for all servers together."""

    __slots__ = ("_access", "_ports", "_scrypt", "_server", "_settings")

    def __init__(
        self,
        server: ServerSettings,
        settings: Settings,
        ports: Ports,
        scrypt: "Callable[[], ScryptPasswords]",
    ) -> None:
        self._server = server
        self._settings = settings
        self._ports = ports
        self._scrypt = scrypt
        self._access: Access | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked who he is."""
        return not self._server.username and not self._settings.users

    def gate(self) -> Gate:
        """Who judges requests. With users all that it takes is loaded now, not in an hour."""
        server = self._server
        if self._settings.users:
            self._load()
        password = server.password or ""
        if not server.username or is_slow(password):
            return ServerGate(self._judge, is_open=self.is_open)
        quick = BasicAuthenticator(server.username, password)
        return ServerGate(self._judge, is_open=False, quick=quick, username=server.username)

    def site(self, gateway: Callable[[], Gateway]) -> "Callable[[], Site]":
        """What makes the object that late routes are given; `gateway` makes the one for them."""
        return partial(self._site, gateway)

    def _judge(self) -> Judge:
        return self._load().door

    def _site(self, gateway: Callable[[], Gateway]) -> "Site":
        access = self._load()
        # Late: most daemons are asked for no page.
        from supervisor.daemon.access import site_of

        return site_of(gateway(), self._server, self._settings, access, self._ports)

    def _load(self) -> "Access":
        if self._access is None:
            # Late: most servers have no users and are asked by no browser.
            from supervisor.daemon.access import access_of

            self._access = access_of(self._server, self._settings, self._ports, self._scrypt())
        return self._access
