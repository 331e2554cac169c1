"""RPC plug-ins: code of others in our own process, called through a `Guard`.

What it sees of the daemon (`daemon.plugin_view`) is loaded with the first plug-in: a daemon without
any stays as small as it is.
"""

import sys

from supervisor.config.sections.plugins import PluginSettings
from supervisor.config.sections.servers import ServerSettings
from supervisor.config.settings import Settings
from supervisor.config.surroundings import SystemSurroundings
from supervisor.core.component import Clock, Poller, Timers
from supervisor.core.supervision import Supervision
from supervisor.daemon.children import Children
from supervisor.daemon.configuration import LiveConfiguration
from supervisor.daemon.eventdesk import EventDesk
from supervisor.daemon.executor import Executor
from supervisor.daemon.guard import Guard, told
from supervisor.daemon.programs import ActiveGroups
from supervisor.daemon.servers import Servers
from supervisor.daemon.services import DaemonIdentity
from supervisor.errors import Fault, HostError, RequestRefused, RPCError
from supervisor.hints import Any, Callable, Sequence
from supervisor.lean import MethodType, import_module
from supervisor.levels import Level
from supervisor.logs.mainlog import MainLog
from supervisor.rpc.polling import Polling
from supervisor.rpc.ports import Services
from supervisor.rpc.registry import is_misfit
from supervisor.tracebacks import traceback_of
from supervisor.tuples import NamedTuple
from supervisor.web.routes import Guests
from supervisor.wire.xmlrpc import Unmarshallable, encode_response

_VIEW = "supervisor.daemon.plugin_view.supervisord"
_PAGES = "supervisor.daemon.plugin_view.pages"
"""Imported with the first plug-in: most daemons have none. That is while the daemon still has all
privileges, unless it is a reload that brings the first one."""

_MARSHALLER_MODULE = "supervisor.xmlrpc"

_CODE_MIN, _CODE_MAX = -(2**31), 2**31 - 1


class Guest:
    """The namespace of one plug-in. Implements `rpc.registry.Guest`."""

    def __init__(self, guard: Guard, polling: Polling) -> None:
        self._guard = guard
        self._polling = polling

    def find(self, method: str, look: Callable[[], MethodType | None]) -> MethodType | None:
        """What a look at the interface finds. Raises RequestRefused, whatever happens."""
        found: MethodType | None = self._ask(method, look, ())
        return found

    def call(self, method: str, function: MethodType, params: Sequence[Any]) -> Any:
        """Make a call: returns a value or a Deferred. Raises RequestRefused, whatever happens."""
        value = self._ask(method, function, params)
        try:
            return self._polling.answer_of(value, lambda call: self._ask(method, call, ()))
        except TypeError as error:
            raise self._failed(method, error) from error

    def _ask(self, method: str, function: Callable[..., Any], params: Sequence[Any]) -> Any:
        try:
            return self._guard.run(_title(method), lambda: _apply(function, params))
        except _Misfit as misfit:
            raise RequestRefused(Fault.INCORRECT_PARAMETERS) from misfit
        except RPCError as error:
            if isinstance(error.code, int) and _CODE_MIN <= error.code <= _CODE_MAX:
                raise
            raise self._failed(method, error) from error
        except RequestRefused:
            raise
        except TypeError as error:
            # How plug-ins have always answered arguments of a wrong type; it may be a mistake, too.
            self._guard.blame(_title(method), "raised an unexpected exception")
            raise RequestRefused(Fault.INCORRECT_PARAMETERS) from error
        except BaseException as error:
            raise self._failed(method, error) from error

    def _failed(self, method: str, error: BaseException) -> RequestRefused:
        self._guard.blame(_title(method), "raised an unexpected exception")
        return RequestRefused(Fault.FAILED, told(error))


def _title(method: str) -> str:
    return f"RPC method {method}"


class _Misfit(Exception):
    """A call that does not fit the signature of the method."""


def _apply(function: Callable[..., Any], params: Sequence[Any]) -> Any:
    try:
        return function(*params)
    except TypeError as error:
        if is_misfit(error):
            raise _Misfit from error
        raise


class Parts(NamedTuple):
    """The parts of the daemon that plug-ins see something of."""

    settings: Settings
    supervision: Supervision
    submit: Callable[[Any], None]
    children: Children
    groups: ActiveGroups
    configuration: LiveConfiguration
    executor: Executor
    events: EventDesk
    identity: DaemonIdentity
    services: Services
    main_log: MainLog
    clock: Clock
    poller: Poller
    program: str
    """How the daemon was called."""


class Plugins:
    """Makes the RPC interfaces of plug-ins."""

    def __init__(self, parts: Parts, timers: Timers) -> None:
        self._log = parts.main_log.log
        self._guard = Guard(parts.clock, self._log)
        self._polling = Polling(timers, parts.clock)
        self._supervisord = import_module(_VIEW).Supervisor.of(parts)
        """What factories are given: the daemon as plug-ins see it."""
        home = self._supervisord.home
        parts.events.attach_plugins(
            self._guard.tell, self._supervisord, home.process, home.inside.look_at
        )

    def serve(self, servers: Servers) -> None:
        """These will be the servers."""
        self._supervisord.serve(servers)

    def close(self) -> None:
        """The daemon is at its end."""
        self._supervisord.close()

    def make(self, settings: PluginSettings) -> tuple[object, Guest]:
        """Call the factory of a section with the section's own keys.

        Raises HostError: without one of its interfaces the daemon does not start.
        """
        name = settings.name
        title = f"factory of RPC interface {name!r}"
        try:
            factory = SystemSurroundings().resolve_entry_point(settings.factory)
            made = self._guard.run(title, lambda: factory(self._supervisord, **settings.options))
        except BaseException as error:
            self._log(Level.WARN, traceback_of())
            raise HostError(f"Could not make {name} rpc interface", call="factory") from error
        return made, Guest(self._guard, self._polling)

    def pages(self, server: ServerSettings) -> Guests:
        """What plug-ins serve on a server, beside their methods."""
        pages: Guests = import_module(_PAGES).GuestPages(
            self._supervisord, server, self._guard, self._polling
        )
        return pages

    def encode(self, value: Any) -> bytes:
        """The answer to a call. Raises Unmarshallable.

        A plug-in that replaced `supervisor.xmlrpc.xmlrpc_marshal` has it used for what XML-RPC
        has no type for, such as None.
        """
        try:
            return encode_response(value)
        except Unmarshallable:
            marshal = _replaced_marshaller()
            if marshal is None:
                raise
            return str(marshal(value)).encode("utf-8")


def _replaced_marshaller() -> Callable[[Any], str] | None:
    module = sys.modules.get(_MARSHALLER_MODULE)
    found: Callable[[Any], str] | None = getattr(module, "xmlrpc_marshal", None)
    return None if getattr(found, "__module__", None) == _MARSHALLER_MODULE else found
