"""FastCGI sockets: each is there while a process of its section runs, and shared by them all.

The rule of this module: a socket belongs to its section, wherever the processes of that section
are grouped (C7). The first of them to be started opens it, the last one to be gone closes it.
"""

from supervisor.config.sections.fcgi import SOCKET_MODE_DEFAULT, FcgiSettings
from supervisor.config.sections.group import GroupSettings
from supervisor.errors import HostError, SpawnError
from supervisor.hints import Callable, Iterable
from supervisor.host.fcgisocket import (
    FCGI_BACKLOG_COUNT,
    FcgiPlan,
    FcgiSocket,
    open_fcgi_socket,
    probe_fcgi_socket,
)
from supervisor.levels import Level
from supervisor.rpc.ports import Log

_Key = tuple[str, FcgiPlan]
"""Section and plan: after a reread, processes of an old and a new form may both be running."""


class Lease:
    """The right of one child to a shared socket; `fd` becomes its descriptor 0."""

    __slots__ = ("_give_back", "fd")

    def __init__(self, fd: int, give_back: Callable[[], None]) -> None:
        self.fd = fd
        self._give_back: Callable[[], None] | None = give_back

    def close(self) -> None:
        """Give the socket back; harmless when repeated."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()


class _Shared:
    """An open socket and the number of children that have it."""

    __slots__ = ("lease_count", "opened")

    def __init__(self, opened: FcgiSocket) -> None:
        self.opened = opened
        self.lease_count = 0


class SharedSockets:
    """All FastCGI sockets of the daemon."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._shared: dict[_Key, _Shared] = {}

    def probe(self, groups: Iterable[GroupSettings]) -> None:
        """See whether the sockets of new groups can be made. Raises HostError if one cannot."""
        for key in _keys(groups):
            if key in self._shared:
                # By processes of the section that are in another group.
                continue
            _, plan = key
            self._log(Level.INFO, f"Creating socket {plan.url}")
            probe_fcgi_socket(plan)
            self._log(Level.INFO, f"Closing socket {plan.url}")

    def probe_before_restart(self, groups: Iterable[GroupSettings]) -> None:
        """The same in silence, for groups that come when all sockets of ours have been closed."""
        # The port alone: the same one on another interface may be ours to give up, too.
        ours = {plan.port for _, plan in self._shared if plan.path is None}
        for _, plan in _keys(groups):
            if plan.path is not None or plan.port not in ours:
                probe_fcgi_socket(plan)

    def lend(self, settings: FcgiSettings) -> Lease:
        """A lease of the section's socket, opened if need be. Raises SpawnError (L12)."""
        key = _key(settings)
        shared = self._shared.get(key)
        if shared is None:
            shared = self._shared[key] = _Shared(self._open(key[1]))
        shared.lease_count += 1
        return Lease(shared.opened.socket.fileno(), lambda: self._take_back(key))

    def _open(self, plan: FcgiPlan) -> FcgiSocket:
        self._log(Level.INFO, f"Creating socket {plan.url}")
        try:
            return open_fcgi_socket(plan)
        except HostError as error:
            raise SpawnError(error.message, step="socket", errno=error.errno) from error

    def _take_back(self, key: _Key) -> None:
        shared = self._shared[key]
        shared.lease_count -= 1
        if not shared.lease_count:
            del self._shared[key]
            self._log(Level.INFO, f"Closing socket {key[1].url}")
            shared.opened.close()


def _keys(groups: Iterable[GroupSettings]) -> dict[_Key, None]:
    """Every socket that the groups need, once and in their order."""
    return {
        _key(process.fcgi): None
        for group in groups
        for process in group.processes
        if process.fcgi is not None
    }


def _key(settings: FcgiSettings) -> _Key:
    address, owner, mode = settings.socket, settings.socket_owner, settings.socket_mode
    assert address is not None, "a configuration without a socket line is refused"
    plan = FcgiPlan(
        address.url,
        address.path,
        address.host,
        address.port,
        settings.socket_backlog or FCGI_BACKLOG_COUNT,
        SOCKET_MODE_DEFAULT if mode is None else mode,
        None if owner is None else owner.uid,
        None if owner is None else owner.gid,
    )
    return settings.section, plan
