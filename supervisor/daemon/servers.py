"""The HTTP servers of the configuration: sockets, RPC interfaces, opening and closing."""

from supervisor.config.diff import diff_users
from supervisor.config.sections.plugins import MAIN_RPC_FACTORY, PluginSettings
from supervisor.config.sections.servers import ServerSettings
from supervisor.config.sections.users import UserSettings
from supervisor.config.settings import Settings
from supervisor.daemon.entrance import Entrance
from supervisor.daemon.late import make_certificates
from supervisor.daemon.offers import Offering, own_offering
from supervisor.errors import HostError
from supervisor.hints import TYPE_CHECKING, Any, Callable, Protocol, Sequence
from supervisor.host.sockets import (
    UnixListener,
    open_inet_listener,
    open_unix_listener,
    peer_uid,
    remove_unix,
)
from supervisor.levels import Level
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.ports import Services
from supervisor.rpc.registry import Guest, Registry
from supervisor.tuples import NamedTuple
from supervisor.web.application import make_application
from supervisor.web.gateway import Gateway
from supervisor.web.messages import Handler
from supervisor.web.routes import Guests
from supervisor.web.server import HttpServer
from supervisor.web.service import Ports
from supervisor.web.turns import Turns
from supervisor.wire.xmlrpc import encode_response

if TYPE_CHECKING:
    from supervisor.daemon.tls import Certificates
    from supervisor.web.access.passwords import ScryptPasswords

CLOSE_GRACE_S = 1.0
"""How long clients get at the end to take the answers that are due."""


class Plugins(Protocol):
    """Who makes the RPC interfaces of plug-ins."""

    def make(self, settings: PluginSettings) -> tuple[object, Guest]:
        """An interface, and how its methods are called. Raises HostError."""

    def encode(self, value: Any) -> bytes:
        """The answer to a call. Raises Unmarshallable."""

    def pages(self, server: ServerSettings) -> Guests:
        """What they serve on a server."""


class OpenServer(NamedTuple):
    """A server and what it serves."""

    settings: ServerSettings
    registry: Registry
    server: HttpServer
    entrance: Entrance
    offering: Offering


class Servers:
    """All servers together."""

    def __init__(self, services: Services, ports: Ports, plugins: Plugins | None = None) -> None:
        self._services = services
        self._ports = ports
        self._plugins = plugins
        self.opened: list[OpenServer] = []
        self._unix: list[UnixListener] = []
        self._settings: Sequence[ServerSettings] = ()
        self._users: Sequence[UserSettings] = ()
        self._certificates: Certificates | None = None
        self._slow_passwords: ScryptPasswords | None = None

    def open(self, settings: Settings) -> None:
        """Open all sockets and serve them. Raises HostError, with every socket closed again."""
        self._settings = settings.servers
        self._users = settings.users
        try:
            for each in settings.servers:
                self._open_one(each, settings)
        except BaseException:
            self.close(lambda: None)
            raise

    def probe(self, settings: Sequence[ServerSettings]) -> None:
        """Whether these can be opened when ours are closed. Raises HostError if not.

        Asked before a restart, which must not stop everything only to find a port taken.
        """
        ours = {_address(each) for each in self._settings}
        for each in settings:
            if each.ssl_certfile is not None:
                self._tls().judge(each)
            if _address(each) in ours:
                continue
            if each.kind == "unix":
                unix = open_unix_listener(each.file, each.chmod, each.uid, each.gid, _say)
                unix.socket.close()
                remove_unix(unix.path, unix.identity)
            else:
                open_inet_listener(each.host, each.port).close()

    def renew(self, settings: Settings) -> Sequence[str]:
        """Take what open servers can take from a file that was read again.

        That is their certificates, and who may come in: whoever is in already, and would not be let
        in as the same now, loses his session and his streams. Returns what has changed about that,
        in words. Raises HostError; then nothing has changed.
        """
        if self._certificates is not None:
            self._certificates.renew(settings.servers)
        by_section = {each.section: each for each in settings.servers}
        changes = diff_users(self._users, settings.users)
        self._users = settings.users
        for each in self.opened:
            changes += each.entrance.renew(by_section.get(each.settings.section), settings)
            each.offering.forget()
            each.server.reconsider(each.entrance.gate.holds)
        return changes

    def _open_one(self, settings: ServerSettings, whole: Settings) -> None:
        greeter = None if settings.ssl_certfile is None else self._tls().greeter(settings)
        if settings.kind == "unix":
            unix = open_unix_listener(
                settings.file, settings.chmod, settings.uid, settings.gid, _say
            )
            self._unix.append(unix)
            listener = unix.socket
        else:
            listener = open_inet_listener(settings.host, settings.port)
        try:
            registry = self._registry(whole.rpcinterfaces)
        except HostError:
            listener.close()
            raise
        interfaces = whole.rpcinterfaces
        names = [each.name for each in interfaces if each.factory == MAIN_RPC_FACTORY]
        offering = Offering(registry, names, self._services, self._later)
        entrance = Entrance(settings, whole, self._ports, self._scrypt)
        server = HttpServer(
            listener,
            settings.section,
            app=self._application(registry, settings, offering, entrance),
            gate=entrance.gate,
            ports=self._ports,
            peer_uid=peer_uid,
            greeter=greeter,
        )
        if entrance.is_open and settings.ssl_client_ca is None:
            self._services.log(
                Level.CRIT,
                f"Server '{settings.section}' running without any HTTP authentication checking",
            )
        self.opened.append(OpenServer(settings, registry, server, entrance, offering))
        server.start()

    def _application(
        self, registry: Registry, settings: ServerSettings, offering: Offering, entrance: Entrance
    ) -> Handler:
        services, plugins = self._services, self._plugins
        gateway = Gateway(offering, services, services.log)

        def gateway_of_pages() -> Gateway:
            if "supervisor" in registry.interfaces:
                return gateway
            # Pages work without an RPC interface (manual, HTTP reference).
            return Gateway(own_offering(services, self._later), services, services.log)

        return make_application(
            gateway,
            entrance.site(gateway_of_pages),
            encode=encode_response if plugins is None else plugins.encode,
            guests=None if plugins is None else plugins.pages(settings),
            turns=Turns(self._later),
        )

    def _tls(self) -> "Certificates":
        if self._certificates is None:
            self._certificates = make_certificates(self._ports)
        return self._certificates

    def _scrypt(self) -> "ScryptPasswords":
        if self._slow_passwords is None:
            # Late: see `daemon.entrance`.
            from supervisor.web.access.passwords import ScryptPasswords

            self._slow_passwords = ScryptPasswords(self._ports.clock)
        return self._slow_passwords

    def _registry(self, interfaces: Sequence[PluginSettings]) -> Registry:
        """The RPC interfaces of one server: each server has instances of its own (C25)."""
        objects: list[tuple[str, object]] = []
        guests: dict[str, Guest] = {}
        for interface in interfaces:
            name = interface.name
            if self._plugins is None:
                assert interface.factory == MAIN_RPC_FACTORY, "there are no plug-ins"
                objects.append((name, SupervisorInterface(self._services, is_patient=True)))
            else:
                # Also the built-in one as plug-ins know it: they may replace its methods.
                made, guests[name] = self._plugins.make(interface)
                objects.append((name, made))
            self._services.log(Level.INFO, f"RPC interface {name!r} initialized")
        return Registry(objects, self._services.log, guests, self._later)

    def _later(self, call: Callable[[], None]) -> None:
        self._ports.timers.call_at(self._ports.clock.now().mono_s, call)

    def close(self, on_closed: Callable[[], None]) -> None:
        """Let nobody in any more, send what is owed, then call back; socket files go at once."""
        for unix in self._unix:
            remove_unix(unix.path, unix.identity)
        self._unix.clear()
        if self._certificates is not None:
            self._certificates.forget()
        opened, self.opened = self.opened, []
        left = len(opened)
        if not left:
            on_closed()
            return

        def one_less() -> None:
            nonlocal left
            left -= 1
            if not left:
                on_closed()

        for each in opened:
            each.server.close(CLOSE_GRACE_S, one_less)


def _address(settings: ServerSettings) -> str | int:
    # The port alone: the same one on another interface may be ours to give up, too.
    return settings.file if settings.kind == "unix" else settings.port


def _say(text: str) -> None:
    from supervisor.standard_streams import tell_on_stderr  # late: there is hardly anything to say

    tell_on_stderr(text)
