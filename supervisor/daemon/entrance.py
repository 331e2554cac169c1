"""The entrance of one server: its gate, and what its pages and API are given.

What is here is needed by every server; the rest is `daemon.access`, which a server loads with its
users, or with the first request that it takes. Users come and go while it is open; but a server
that has once asked somebody who he is never stops asking.
"""

from supervisor.config.record import replaced
from supervisor.config.sections.servers import ServerSettings
from supervisor.config.settings import Settings
from supervisor.hints import TYPE_CHECKING, Callable
from supervisor.lean import partial
from supervisor.web.auth import BasicAuthenticator, is_slow
from supervisor.web.gate import Judge, ServerGate
from supervisor.web.gateway import Gateway
from supervisor.web.service import Ports

if TYPE_CHECKING:
    from supervisor.web.access.desk import Access
    from supervisor.web.access.passwords import ScryptPasswords
    from supervisor.web.site import Site


class Entrance:
    """Made for each server; `scrypt` are the slow passwords, verified for all servers together."""

    __slots__ = ("_access", "_ports", "_scrypt", "_server", "_settings", "gate", "is_open")

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
        self.is_open = not server.username and not settings.users
        """Whether nobody is asked who he is."""
        self.gate = ServerGate(
            self._judge, is_open=self.is_open, quick=self._quick(), username=server.username or ""
        )
        """Who judges requests. With users all that it takes is loaded now, not in an hour."""
        if settings.users:
            self._load()

    def renew(self, read: ServerSettings | None, settings: Settings) -> list[str]:
        """Ask for what these say from now on: the users, and the server's own name and password.

        `read` is the section of the server, None if the file has it no more. Whatever else it says
        waits until the server is opened anew. Returns what has changed here, in words.
        """
        former = self._server
        if read is not None:
            self._server = replaced(former, username=read.username, password=read.password)
        server, self._settings = self._server, settings
        asks_nobody = not server.username and not settings.users
        was_open, self.is_open = self.is_open, self.is_open and asks_nobody
        changes = []
        if _own(server) != _own(former):
            changes.append(f"{server.section}: changed (username or password)")
        if was_open and not self.is_open:
            changes.append(f"{server.section}: now asks who somebody is")
        if asks_nobody and not self.is_open:
            changes.append(
                f"{server.section}: no user is left; it goes on asking who somebody is until it is"
                " restarted (supervisorctl reload)"
            )
        if changes:
            self.gate.change(
                is_open=self.is_open, quick=self._quick(), username=server.username or ""
            )
        if self._access is not None:
            # Late, but loaded before.
            from supervisor.daemon.access import facts_of

            self._access.door.renew(facts_of(server, settings, is_open=self.is_open))
        elif settings.users:
            self._load()
        return changes

    def _quick(self) -> BasicAuthenticator | None:
        """Who knows the server's own user at once; those with slow passwords take longer."""
        name, password = _own(self._server)
        return None if not name or is_slow(password) else BasicAuthenticator(name, password)

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
            from supervisor.daemon.access import access_of, facts_of

            facts = facts_of(self._server, self._settings, is_open=self.is_open)
            self._access = access_of(self._server, facts, self._ports, self._scrypt())
        return self._access


def _own(server: ServerSettings) -> tuple[str, str]:
    """The server's own user name and password."""
    return server.username or "", server.password or ""
