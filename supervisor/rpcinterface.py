"""Promised names: the namespace `supervisor` as a class that RPC plug-ins call and derive from.

It is the daemon's own interface in the clothes that plug-ins know: it raises RPCError, answers that
come later are functions to be called until they know, and what derived classes override is used by
the other methods, too. Of the package only the rim uses this module: `promised`.
"""

from functools import partial, wraps
from inspect import signature

from supervisor.core.component import Now
from supervisor.core.snapshot import NEW, GroupSnapshot, ProcessSnapshot
from supervisor.errors import Fault, RequestRefused, RPCError
from supervisor.hints import Any, Callable, Final, Iterator, Sequence
from supervisor.rpc.daemon import API_VERSION
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.family import as_text
from supervisor.rpc.info import description
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.listing import Listing
from supervisor.rpc.oneline import told_name
from supervisor.rpc.polling import NOT_DONE_YET
from supervisor.states import RUNNING_STATES, SIGNALLABLE_STATES, SupervisorStates
from supervisor.tuples import NamedTuple
from supervisor.wire.namespec import make_namespec, split_namespec

__all__ = [
    "API_VERSION",
    "SupervisorNamespaceRPCInterface",
    "isNotRunning",
    "isRunning",
    "isSignallable",
    "make_allfunc",
    "make_main_rpcinterface",
]

DELAY_S: Final = 0.05
"""How often functions want to be called that know their answer later."""

_ALWAYS_LATER: Final = frozenset(
    {
        "startProcessGroup",
        "startAllProcesses",
        "stopProcessGroup",
        "stopAllProcesses",
        "clearAllProcessLogs",
    }
)
"""Methods that return a function even if there is nothing to wait for."""

_UNCHECKED: Final = frozenset({"sendRemoteCommEvent", "getDaemonState"})
"""Methods that can also be called while the daemon leaves."""

_LOOKING: Final = ("get", "read", "tail")
"""How the names of methods begin that change nothing: other threads may call them as they are."""

Processes = Sequence[tuple[Any, Any]]
"""Pairs (group, process)."""


# -- several processes at once -------------------------------------------------------------------


def isRunning(process: Any) -> bool:
    """Whether it runs, or is about to."""
    return process.get_state() in RUNNING_STATES


def isNotRunning(process: Any) -> bool:
    """Whether it neither runs nor is about to."""
    return not isRunning(process)


def isSignallable(process: Any) -> bool:
    """Whether there is a child to which a signal can be sent."""
    return process.get_state() in SIGNALLABLE_STATES


def make_allfunc(
    processes: Processes,
    predicate: Callable[[Any], bool],
    func: Callable[..., Any],
    **extra_kwargs: Any,
) -> Callable[[], Any]:
    """A function that calls `func` with the name of each process that the predicate accepts.

    It returns one struct of name, group, status and description for each of them, or NOT_DONE_YET
    while one of them is not known; then it is to be called again. The caller sets its `delay`.
    """
    asking = _Asking(processes, predicate, partial(func, **extra_kwargs))

    def allfunc() -> Any:
        return asking.go_on()

    return allfunc


class _Asking:
    """A call for each of several processes: begun when it is asked for, and gone on with."""

    def __init__(
        self, processes: Processes, predicate: Callable[[Any], bool], func: Callable[[str], Any]
    ) -> None:
        self._processes = processes
        self._predicate = predicate
        self._func = func
        self._begun = False
        self._pending: list[tuple[Any, Any, Callable[[], Any]]] = []
        self._results: list[dict[str, Any]] = []

    def go_on(self) -> Any:
        """All structs once every answer is known, else NOT_DONE_YET."""
        asked, self._pending = self._pending, []
        if not self._begun:
            self._begun = True
            asked = [
                (group, process, partial(self._func, _namespec(group, process)))
                for group, process in self._processes
                if self._predicate(process)
            ]
        for group, process, call in asked:
            self._ask(group, process, call)
        return NOT_DONE_YET if self._pending else self._results

    def _ask(self, group: Any, process: Any, call: Callable[[], Any]) -> None:
        status, text = int(Fault.SUCCESS), "OK"
        try:
            value = call()
        except RPCError as error:
            status, text = error.code, error.text
        else:
            if value is NOT_DONE_YET or callable(value):
                again = call if value is NOT_DONE_YET else value
                self._pending.append((group, process, again))
                return
        self._results.append(
            {
                "name": process.config.name,
                "group": group.config.name,
                "status": status,
                "description": text,
            }
        )


def _namespec(group: Any, process: Any) -> str:
    return make_namespec(group.config.name, process.config.name)


# -- the interface -------------------------------------------------------------------------------


class SupervisorNamespaceRPCInterface:
    """The methods of the namespace `supervisor`, for the daemon that a factory was called with.

    It has no private names but the promised ones: derived classes have theirs.
    """

    def __init__(self, supervisord: Any) -> None:
        self.supervisord = supervisord
        self.update_text = ""

    def _update(self, text: str) -> None:
        """Called by each method with its name. Raises RPCError SHUTDOWN_STATE."""
        self.update_text = text
        if self.supervisord.get_state() < SupervisorStates.RUNNING:
            raise RPCError(Fault.SHUTDOWN_STATE)

    def _getAllProcesses(self, lexical: bool = False) -> list[tuple[Any, Any]]:
        """All pairs (group, process), by priority, or by name if lexical is true."""
        groups = self.supervisord.process_groups.values()
        key = _by_name if lexical else _by_priority
        return [
            (group, process)
            for group in sorted(groups, key=key)
            for process in sorted(group.processes.values(), key=key)
        ]

    def _getGroupAndProcess(self, name: str) -> tuple[Any, Any]:
        """Group and process of a name, the process None for a whole group. Raises RPCError."""
        group_name, process_name = split_namespec(name)
        group = self.supervisord.process_groups.get(group_name)
        if group is None:
            raise RPCError(Fault.BAD_NAME, told_name(name))
        if process_name is None:
            return group, None
        process = group.processes.get(process_name)
        if process is None:
            raise RPCError(Fault.BAD_NAME, told_name(name))
        return group, process

    def _interpretProcessInfo(self, info: dict[str, Any]) -> str:
        """The description that belongs to a struct of getProcessInfo, or to what matters of it."""
        process = NEW._replace(
            name=info.get("name", ""),
            state=info["state"],
            pid=info.get("pid", 0),
            started_wall_s=info.get("start", 0),
            started_mono_s=info.get("start", 0),
            stopped_wall_s=info.get("stop", 0),
            spawnerr=info.get("spawnerr", ""),
        )
        return description(process, Now(info["now"], info["now"]))

    def _readProcessLog(self, name: str, offset: int, length: int, channel: str) -> str:
        """A piece of the log of a channel, stdout or stderr. Raises RPCError."""
        read = _NATIVE[f"readProcess{channel.capitalize()}Log"]
        text: str = _in_clothes(self, lambda: read(_Native(self), name, offset, length))
        return text

    def _tailProcessLog(self, name: str, offset: int, length: int, channel: str) -> list[Any]:
        """The end of the log of a channel, stdout or stderr. Raises RPCError."""
        tail = _NATIVE[f"tailProcess{channel.capitalize()}Log"]
        piece: list[Any] = _in_clothes(self, lambda: tail(_Native(self), name, offset, length))
        return piece


def make_main_rpcinterface(supervisord: Any) -> SupervisorNamespaceRPCInterface:
    """The interface as it is; the daemon takes its own for a section that names this factory."""
    return SupervisorNamespaceRPCInterface(supervisord)


def _by_name(thing: Any) -> Any:
    return thing.config.name


def _by_priority(thing: Any) -> Any:
    return thing.config.priority


# -- what is under the clothes -------------------------------------------------------------------


def _overrides(interface: object, name: str) -> bool:
    """Whether a derived class has a method of its own for something."""
    return getattr(type(interface), name) is not getattr(SupervisorNamespaceRPCInterface, name)


class _Native(SupervisorInterface):
    """The daemon's own interface; where a derived class has a method of its own, that is used."""

    def __init__(self, dressed: SupervisorNamespaceRPCInterface) -> None:
        super().__init__(dressed.supervisord.services)
        self._dressed = dressed

    def _refuse_while_leaving(self) -> None:
        """Nothing: `_update` has judged that."""

    def _group_or_process(self, name: object) -> GroupSnapshot | ProcessSnapshot:
        if not _overrides(self._dressed, "_getGroupAndProcess"):
            return super()._group_or_process(name)
        group, process = self._dressed._getGroupAndProcess(as_text(name, "name"))
        return self._group(group.config.name) if process is None else _snapshot(process)

    def _all_processes(self) -> Iterator[ProcessSnapshot]:
        if not _overrides(self._dressed, "_getAllProcesses"):
            return super()._all_processes()
        return (_snapshot(process) for _, process in self._dressed._getAllProcesses())

    def _all_infos(self) -> Listing:
        if not _overrides(self._dressed, "_getAllProcesses"):
            return super()._all_infos()
        return Listing(sorted(self._all_processes(), key=_place), self._infos_of)

    def _infos_of(self, processes: Sequence[ProcessSnapshot]) -> Iterator[dict[str, Any]]:
        now = self._services.clock.now()
        return (self._info(process, now) for process in processes)

    def _info(self, process: ProcessSnapshot, now: Now) -> dict[str, Any]:
        info = super()._info(process, now)
        if _overrides(self._dressed, "_interpretProcessInfo"):
            info["description"] = self._dressed._interpretProcessInfo(info)
        return info


_NATIVE: Final[dict[str, Callable[..., Any]]] = {
    name: getattr(SupervisorInterface, name)
    for name in dir(SupervisorInterface)
    if not name.startswith("_")
}
"""All methods, by name."""


def _place(process: ProcessSnapshot) -> tuple[str, str]:
    return process.group, process.name


def _snapshot(process: Any) -> ProcessSnapshot:
    known: ProcessSnapshot = process.snapshot
    return known


class _Each(NamedTuple):
    """What a method for several processes does with each of them."""

    method: str
    predicate: Callable[[Any], bool]


_EACH: Final = {
    "startProcessGroup": _Each("startProcess", isNotRunning),
    "startAllProcesses": _Each("startProcess", isNotRunning),
    "stopProcessGroup": _Each("stopProcess", isRunning),
    "stopAllProcesses": _Each("stopProcess", isRunning),
    "signalProcessGroup": _Each("signalProcess", isSignallable),
    "signalAllProcesses": _Each("signalProcess", isSignallable),
    "clearAllProcessLogs": _Each("clearProcessLogs", lambda process: True),
}


def _one_by_one(
    interface: SupervisorNamespaceRPCInterface, each: _Each, arguments: dict[str, Any]
) -> Any:
    """The work of a method for several processes, through the one for a single process."""
    if "name" in arguments:
        group, _ = interface._getGroupAndProcess(f"{arguments.pop('name')}:*")
        members = sorted(group.processes.values(), key=_by_priority)
        processes = [(group, process) for process in members]
    else:
        processes = interface._getAllProcesses()
    func = getattr(interface, each.method)
    allfunc: Any = make_allfunc(processes, each.predicate, func, **arguments)
    allfunc.delay, allfunc.rpcinterface = DELAY_S, interface
    return allfunc


# -- clothes -------------------------------------------------------------------------------------


def _in_clothes(interface: Any, call: Callable[[], Any], always_later: bool = False) -> Any:
    """What a method returns or raises, as plug-ins know it."""
    try:
        value = call()
    except RequestRefused as refused:
        raise _rpc_error(refused) from refused
    if isinstance(value, Deferred):
        return _later(interface, value)
    if always_later:
        answer = Deferred()
        answer.settle(lambda: value)
        return _later(interface, answer)
    return value


def _later(interface: Any, answer: Deferred) -> Any:
    """A function to be called until it returns something else than NOT_DONE_YET."""

    def callback() -> Any:
        if not answer.done:
            return NOT_DONE_YET
        if isinstance(answer.error, RequestRefused):
            raise _rpc_error(answer.error)
        return answer.result()

    later: Any = callback
    later.delay = DELAY_S
    later.rpcinterface = interface
    # By which the daemon recognises its own answer, and need not ask for it again and again.
    later.deferred = answer
    return later


def _rpc_error(refused: RequestRefused) -> RPCError:
    return refused if isinstance(refused, RPCError) else RPCError(refused.fault, refused.extra)


def _dressed(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    looks, always_later = name.startswith(_LOOKING), name in _ALWAYS_LATER
    each, form = _EACH.get(name), signature(method)

    @wraps(method)
    def call(self: SupervisorNamespaceRPCInterface, *args: Any, **kwargs: Any) -> Any:
        try:
            bound = form.bind(self, *args, **kwargs)
        except TypeError as error:
            # For the registry: the caller's mistake, not one from inside.
            error.is_misfit = True  # type: ignore[attr-defined]
            raise
        if name not in _UNCHECKED:
            self._update(name)
        if each is not None and _overrides(self, each.method):
            bound.apply_defaults()
            del bound.arguments["self"]
            allfunc = _one_by_one(self, each, bound.arguments)
            return allfunc if always_later else allfunc()
        made = partial(method, _Native(self), *args, **kwargs)
        inside = self.supervisord.home.inside
        # What changes something is done in the thread of the loop.
        made = partial(inside.look if looks else inside.in_loop, made)
        return _in_clothes(self, made, always_later)

    return call


for _name, _method in _NATIVE.items():
    setattr(SupervisorNamespaceRPCInterface, _name, _dressed(_name, _method))
