"""The daemon as one caller may see it: processes that are not his do not exist for him.

What concerns the whole daemon (its end, its main log, messages to all listeners) is refused to
those who may not see all programs, whatever their role.
"""

from supervisor.core.control import Control, Ticket
from supervisor.core.pool_snapshot import PoolSnapshot
from supervisor.core.snapshot import GroupRoll, GroupSnapshot, ProcessSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any, Callable, NoReturn, Sequence
from supervisor.rpc.caller import Caller
from supervisor.rpc.listing import Listing
from supervisor.rpc.oneline import told_name
from supervisor.rpc.ports import Configuration, Feed, Listeners, Logbook, News, Services

_DAEMON_NEWS = "SUPERVISOR_STATE_CHANGE"
"""Begin of the types of events that are about nobody's programs."""
_FATAL = "SUPERVISOR_STATE_CHANGE_FATAL"
"""Has the reason as its payload."""

_TROUBLE = "the system refuses something to supervisord; those who see all programs are told what"


def _refuse(*_: object, **__: object) -> NoReturn:
    raise RequestRefused(
        Fault.FORBIDDEN, "this concerns the whole daemon: it takes a user who may see all programs"
    )


class ScopedControl:
    """A `Control` that knows only the processes of one caller.

    What is asked by process id is handed on: an id is only got from a picture that was seen.
    """

    def __init__(self, control: Control, caller: Caller) -> None:
        self._control = control
        self._caller = caller
        self.shutdown = self.restart = self.clear_fatal = _refuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._control, name)

    def trouble(self) -> str | None:
        """That something is wrong; what it is may be about others' programs."""
        return None if self._control.trouble() is None else _TROUBLE

    def groups(self) -> Sequence[GroupSnapshot]:
        """His groups, with his processes."""
        seen = (self._seen(group) for group in self._control.groups())
        return [group for group in seen if group is not None]

    def rolls(self) -> Sequence[GroupRoll]:
        """Who is in which of his groups."""
        sees = self._caller.sees
        seen = (
            roll._replace(members=tuple(each for each in roll.members if sees(roll.name, each[0])))
            for roll in self._control.rolls()
        )
        return [roll for roll in seen if roll.members]

    def group(self, name: str) -> GroupSnapshot | None:
        """The group of that name, if it is one of his."""
        group = self._control.group(name)
        return None if group is None else self._seen(group)

    def find(self, group_name: str, name: str) -> ProcessSnapshot | None:
        """The process of that name, if it is one of his."""
        return self._control.find(group_name, name) if self._caller.sees(group_name, name) else None

    def knows(self, name: str) -> bool:
        """Whether a group has a process of his; of one that is gone: whether he names it."""
        if self._control.group(name) is None:
            return self._caller.names(name)
        return self.group(name) is not None

    def owns_all_of(self, name: str) -> bool:
        """Whether every process of an active group is his."""
        whole, seen = self._control.group(name), self.group(name)
        return seen is not None and whole is not None and seen.processes == whole.processes

    def _seen(self, group: GroupSnapshot) -> GroupSnapshot | None:
        mine = tuple(each for each in group.processes if self._caller.sees(group.name, each.name))
        return group._replace(processes=mine) if mine else None


class ScopedLogbook:
    """The logs of the processes. The main log tells about everybody's."""

    def __init__(self, logbook: Logbook) -> None:
        self._logbook = logbook

    def __getattr__(self, name: str) -> Any:
        return _refuse if "main" in name else getattr(self._logbook, name)


class ScopedConfiguration:
    """A `Configuration` that has only the groups of one caller."""

    def __init__(
        self, configuration: Configuration, control: ScopedControl, caller: Caller
    ) -> None:
        self._configuration = configuration
        self._control = control
        self._caller = caller
        self.prepare_restart = self.user_changes = _refuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._configuration, name)

    def reread(self) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        """Read the file again: what became of his groups."""
        try:
            changes = self._configuration.reread()
        except RequestRefused as refused:
            # It may quote a line about somebody else's program.
            raise RequestRefused(
                refused.fault, "the configuration cannot be used; supervisord's log says why"
            ) from refused
        his = {info["group"] for info in self.all_config_info()}
        his |= {group.name for group in self._control.groups()}
        added, changed, removed = ([name for name in names if name in his] for names in changes)
        return added, changed, removed

    def add_group(self, name: str) -> None:
        """Make a group active of which every process is his."""
        whole = [info for info in self._configuration.all_config_info() if info["group"] == name]
        mine = [info for info in whole if self._sees(info)]
        if not mine:
            raise RequestRefused(Fault.BAD_NAME, told_name(name))
        if len(mine) < len(whole):
            _refuse_shared(name)
        self._configuration.add_group(name)

    def remove_group(self, name: str) -> None:
        """Take a group out of which every process is his."""
        if self._control.group(name) is None:
            raise RequestRefused(Fault.BAD_NAME, told_name(name))
        if not self._control.owns_all_of(name):
            _refuse_shared(name)
        self._configuration.remove_group(name)

    def all_config_info(self) -> list[dict[str, Any]]:
        """Structs of getAllConfigInfo about his processes."""
        return [info for info in self._configuration.all_config_info() if self._sees(info)]

    def config_listing(self, sees: Callable[[str, str], bool] | None = None) -> Listing:
        """The same, made slice by slice."""
        return self._configuration.config_listing(self._caller.sees)

    def _sees(self, info: dict[str, Any]) -> bool:
        return self._caller.sees(info["group"], info["name"])


def _refuse_shared(name: str) -> NoReturn:
    raise RequestRefused(Fault.FORBIDDEN, f"group {name} has programs that are not yours")


class ScopedListeners:
    """The pools whose listeners are all his."""

    def __init__(self, listeners: Listeners, control: ScopedControl) -> None:
        self._listeners = listeners
        self._control = control

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listeners, name)

    def query(self, name: str, data: str, timeout_s: float) -> Ticket:
        """Ask a pool, if it is one of his."""
        if not self._control.owns_all_of(name):
            raise RequestRefused(Fault.BAD_NAME, told_name(name))
        return self._listeners.query(name, data, timeout_s)

    def snapshots(self) -> Sequence[PoolSnapshot]:
        """His pools."""
        pools = self._listeners.snapshots()
        return [pool for pool in pools if self._control.owns_all_of(pool.name)]


class ScopedFeed:
    """A `Feed` of what happens to his processes and groups, and of the states of the daemon."""

    def __init__(self, feed: Feed, control: ScopedControl, caller: Caller) -> None:
        self._feed = feed
        self._control = control
        self._caller = caller

    def __getattr__(self, name: str) -> Any:
        return getattr(self._feed, name)

    def watch(self, callback: Callable[[News], object]) -> Callable[[], None]:
        """Call back with every event that is for him."""

        def tell(news: News) -> None:
            if (his := self._as_told(news)) is not None:
                callback(his)

        return self._feed.watch(tell)

    def since(self, serial: int) -> Sequence[News] | None:
        """The events after that one that are for him; None if not all of them are known."""
        known = self._feed.since(serial)
        if known is None:
            return None
        return [his for news in known if (his := self._as_told(news)) is not None]

    def _as_told(self, news: News) -> News | None:
        """An event as he is told it; None if it is not for him."""
        if news.name:
            return news if self._caller.sees(news.group, news.name) else None
        if news.group:
            return news if self._control.knows(news.group) else None
        if news.type == _FATAL:
            return news._replace(payload=_TROUBLE)
        return news if news.type.startswith(_DAEMON_NEWS) else None


class ScopedAnnouncer:
    """Tells nobody: whatever is announced goes to everybody's listeners."""

    remote_communication = staticmethod(_refuse)


class ScopedServices:
    """Everything of `Services`, as far as it is one caller's."""

    def __init__(self, services: Services, caller: Caller) -> None:
        self._services = services
        self.control = control = ScopedControl(services.control, caller)
        self.logbook = ScopedLogbook(services.logbook)
        self.configuration = ScopedConfiguration(services.configuration, control, caller)
        self.listeners = ScopedListeners(services.listeners, control)
        self.announcer = ScopedAnnouncer()
        self._caller = caller

    @property
    def feed(self) -> ScopedFeed:
        """What happens to his processes."""
        return ScopedFeed(self._services.feed, self.control, self._caller)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._services, name)


def scoped(services: Services, caller: Caller) -> Services:
    """The services as a caller may use them: themselves, if he may see all programs."""
    if not caller.programs:
        return services
    seen: Any = ScopedServices(services, caller)
    return seen  # type: ignore[no-any-return]
