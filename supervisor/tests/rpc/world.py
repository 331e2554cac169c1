"""A daemon without a system: the real core behind the real control, children as they are scripted.

Outcomes are decided on later, never within the same call, and answers are given when everything
has been decided: a request made from an answer is carried out before it returns, like any other.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from supervisor.core import commands, inputs
from supervisor.core.component import Now
from supervisor.core.control import Ticket
from supervisor.core.policies import GroupSpec, ProcessSpec, StartPolicy
from supervisor.core.pool_snapshot import JournalSnapshot, PoolSnapshot
from supervisor.core.supervision import Supervision
from supervisor.daemon.control import ProgramControl
from supervisor.daemon.feed import Feed
from supervisor.daemon.histories import Histories
from supervisor.daemon.timers import TimerHeap
from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.figures import Usage
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.listing import Listing
from supervisor.rpc.ports import Follower, Passage, PassageFollower
from supervisor.rpc.registry import Registry
from supervisor.states import getProcessStateDescription
from supervisor.subscriptions import Subscriptions

WALL_AT_START_S = 1_700_000_000.0
EXIT_0 = inputs.Ending(0, 0, "exit status 0")
EXIT_3 = inputs.Ending(3, 0, "exit status 3")
BY_SIGNAL = inputs.Ending(-1, 15, "terminated by SIGTERM")


@dataclass
class Child:
    """How the children of one process behave."""

    stubborn: bool = False
    """Does not end when it is told to, only when the test says so."""
    spawn_error: str | None = None
    """There will be no child."""
    dies_at_once: inputs.Ending | None = None
    """The next one is gone before anything else happens."""
    command_fault: RequestRefused | None = None
    """The command cannot even be looked at."""
    untouchable: bool = False
    """Signals to it are refused by the system."""
    signals: list[int] = field(default_factory=list)
    """What it was sent."""


class Logs:
    """Logs in memory. Implements `rpc.ports.Logbook`."""

    revision = 0

    def __init__(self) -> None:
        self.main: bytes | None = b""
        self.channels: dict[tuple[int, str], bytes] = {}
        self.broken = False
        """Whether files cannot be emptied."""
        self.asked: list[tuple[int, int]] = []
        """(offset, length) of all reads."""
        self.followers: list[Following] = []
        """Those who follow by offset."""

    def read_main(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        if self.main is None:
            raise RequestRefused(Fault.NO_FILE)
        return self.main[offset : offset + length] if length else self.main[offset:]

    def clear_main(self) -> None:
        if self.main is None:
            raise RequestRefused(Fault.NO_FILE)
        self.main = b""

    def follow_main(self, on_growth: Callable[[], None], last_bytes: int) -> Follower:
        raise AssertionError("methods do not follow logs")

    def read(self, process_id: int, channel: str, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        if (process_id, channel) not in self.channels:
            raise RequestRefused(Fault.NO_FILE)
        data = self.channels[process_id, channel]
        return data[offset : offset + length] if length else data[offset:]

    def tail(
        self, process_id: int, channel: str, offset: int, length: int
    ) -> tuple[bytes, int, bool]:
        self.asked.append((offset, length))
        data = self.channels.get((process_id, channel), b"")
        return data[-length:], len(data), len(data) > offset + length

    def clear(self, process_id: int) -> None:
        if self.broken:
            raise RequestRefused(Fault.FAILED, "cannot empty the file: read-only")
        found = [key for key in self.channels if key[0] == process_id]
        if not found:
            raise RequestRefused(Fault.NO_FILE)
        self.channels.update(dict.fromkeys(found, b""))

    def follow(
        self, process_id: int, channel: str, on_growth: Callable[[], None], last_bytes: int
    ) -> Follower:
        raise AssertionError("methods do not follow logs")

    def extent_main(self) -> tuple[int, int]:
        return 0, len(self.main or b"")

    def read_main_from(self, offset: int, length: int) -> tuple[bytes, int]:
        return passage(self.main or b"", offset, length)

    def follow_main_from(self, on_growth: Callable[[], None], offset: int) -> PassageFollower:
        return Following(self, lambda: self.main or b"", on_growth, offset)

    def extent(self, process_id: int, channel: str) -> tuple[int, int]:
        return 0, len(self._channel(process_id, channel))

    def read_from(
        self, process_id: int, channel: str, offset: int, length: int
    ) -> tuple[bytes, int]:
        return passage(self._channel(process_id, channel), offset, length)

    def follow_from(
        self, process_id: int, channel: str, on_growth: Callable[[], None], offset: int
    ) -> PassageFollower:
        return Following(self, lambda: self._channel(process_id, channel), on_growth, offset)

    def _channel(self, process_id: int, channel: str) -> bytes:
        if (process_id, channel) not in self.channels:
            raise RequestRefused(Fault.NO_FILE)
        return self.channels[process_id, channel]

    def grow(self, process_id: int, channel: str, data: bytes) -> None:
        """A child prints something, and those who follow are told."""
        self.channels[process_id, channel] += data
        for follower in tuple(self.followers):
            follower.on_growth()

    def path(self, process_id: int, channel: str) -> str:
        return f"/log/{process_id}.{channel}" if (process_id, channel) in self.channels else ""


class Following:
    """Follows a log in memory. Implements `rpc.ports.PassageFollower`."""

    def __init__(
        self, logs: Logs, content: Callable[[], bytes], on_growth: Callable[[], None], offset: int
    ) -> None:
        self.on_growth = on_growth
        self._logs = logs
        self._content = content
        self._offset = offset if offset >= 0 else max(len(content()) + offset, 0)
        logs.followers.append(self)

    def read(self, max_bytes: int) -> Passage:
        content, anew = self._content(), ""
        if self._offset > len(content):
            self._offset, anew = 0, "emptied"
        offset = self._offset
        data = content[offset : offset + max_bytes]
        self._offset += len(data)
        return Passage(offset, data, anew)

    def close(self) -> None:
        self._logs.followers.remove(self)


def passage(content: bytes, offset: int, length: int) -> tuple[bytes, int]:
    """What `read_from` returns of a log."""
    data = content[offset : offset + length]
    return data, offset + len(data) if data else len(content)


class Measures:
    """Figures as they are scripted. Implements `rpc.figures.Figures`."""

    def __init__(self) -> None:
        self.by_process: dict[int, Usage] = {}
        self.lookers: list[Callable[[], object]] = []
        self.sampled_count = 0
        self.is_slow = False
        """Whether a sample takes until `finish`."""
        self.pending: list[Deferred] = []

    def look(self, on_sample: Callable[[], object]) -> Callable[[], None]:
        self.lookers.append(on_sample)
        return lambda: self.lookers.remove(on_sample)

    def usage(self, process_id: int) -> Usage | None:
        return self.by_process.get(process_id)

    def sample(self) -> Deferred:
        self.sampled_count += 1
        answer = Deferred()
        self.pending.append(answer)
        if not self.is_slow:
            self.finish()
        return answer

    def finish(self) -> None:
        """The samples have been taken."""
        pending, self.pending = self.pending, []
        for answer in pending:
            answer.settle(lambda: True)


class LoopMeasures:
    """A loop that never was late. Implements `rpc.ports.LoopFigures`."""

    turns_count, due_count, late_s, latest_s = 3, 2, 0.0, 0.0


class File:
    """A configuration file. Implements `rpc.ports.Configuration`."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self.difference: tuple[list[str], list[str], list[str]] = ([], [], [])
        self.changed_users: list[str] = []
        self.asked: list[str] = []

    def _read(self) -> None:
        if self.problem is not None:
            raise RequestRefused(Fault.CANT_REREAD, self.problem)

    def reread(self) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        self._read()
        return self.difference

    def user_changes(self) -> Sequence[str]:
        return self.changed_users

    def add_group(self, name: str) -> None:
        self.asked.append(f"add {name}")

    def remove_group(self, name: str) -> None:
        raise RequestRefused(Fault.STILL_RUNNING, name)

    def all_config_info(self) -> list[dict[str, Any]]:
        return [{"name": "web", "autorestart": True}]

    def config_listing(self, sees: Callable[[str, str], bool] | None = None) -> Listing:
        return Listing(self.all_config_info(), iter)

    def prepare_restart(self) -> None:
        self._read()
        self.asked.append("prepare restart")


class World:
    """Everything that `rpc.ports.Services` asks for, and the interface on top of it."""

    version, identifier, pid = "5.0.0", "supervisor", 4711
    started_mono_s = 900.0

    def __init__(self, *specs: ProcessSpec, priorities: dict[str, int] | None = None) -> None:
        self.now_s = 1000.0
        self.failures: list[str] = []
        self.core = Supervision()
        self.control = ProgramControl(self.core, self.submit, self._check_command)
        self.logbook = Logs()
        self.configuration = File()
        self.identity = self.stdin = self.announcer = self.listeners = self.clock = self
        self.subscriptions = Subscriptions()
        self.timers = TimerHeap()
        self.feed = Feed(self.subscriptions, self, self.timers, self.failures.append)
        self.figures = Measures()
        self.loop = LoopMeasures()
        self.histories = Histories(lambda process_id: process_id in self.children)
        self.queries: list[tuple[tuple[str, str, float], Ticket]] = []
        self.withdrawn: list[tuple[str, Ticket]] = []
        self.pools: list[PoolSnapshot] = []
        self.event_journal: JournalSnapshot | None = None
        self.children: dict[int, Child] = {}
        self.ids: dict[str, int] = {}
        self.sent: list[tuple[int, bytes]] = []
        self.closed_stdin = False
        self.announced: list[tuple[str, str]] = []
        self.lines: list[str] = []
        self.left = False
        self._inputs: deque[Any] = deque()
        self._answers: deque[commands.Answer] = deque()
        self._draining = False
        self._next_pid = 101
        for group in dict.fromkeys(spec.group for spec in specs):
            self.add(group, [spec for spec in specs if spec.group == group], priorities or {})
        self.submit(inputs.SupervisionBegan())
        self.interface = SupervisorInterface(self)
        self.registry = Registry([("supervisor", self.interface)], self.log)

    def add(self, group: str, specs: list[ProcessSpec], priorities: dict[str, int]) -> None:
        ids = []
        for spec in specs:
            process_id = len(self.ids) + 1
            ids.append(process_id)
            self.ids[f"{group}:{spec.name}"] = process_id
            self.children[process_id] = Child()
            for channel in ("stdout", "stderr"):
                self.logbook.channels[process_id, channel] = b""
        spec = GroupSpec(group, priorities.get(group, 999), "program", tuple(specs))
        self.submit(inputs.GroupAdded(spec, tuple(ids)))

    # -- the loop

    def submit(self, happened: Any) -> None:
        self._inputs.append(happened)
        if self._draining:
            return
        self._draining = True
        while self._inputs:
            for command in self.core.handle(self._inputs.popleft(), self.now()):
                self._carry_out(command)
        self._draining = False
        # Only now: who is answered may ask for more, and sees the effect before its call returns.
        while self._answers:
            answer = self._answers.popleft()
            answer.ticket.resolve(answer.fault, answer.text)

    def _carry_out(self, command: Any) -> None:
        if isinstance(command, commands.Answer):
            self._answers.append(command)
        elif isinstance(command, commands.Spawn):
            self._spawn(command.process_id)
        elif isinstance(command, commands.SendSignal):
            self._signal(command)
        elif isinstance(command, commands.WriteLog):
            self.lines.append(command.text)
        elif isinstance(command, commands.StateChange | commands.GroupChange):
            self.histories.note(command)
        elif isinstance(command, commands.Leave):
            self.left = True

    def _spawn(self, process_id: int) -> None:
        child = self.children[process_id]
        if child.spawn_error is not None:
            self.submit(inputs.SpawnFailed(process_id, child.spawn_error))
            return
        self.submit(inputs.ChildSpawned(process_id, self._next_pid))
        self._next_pid += 1
        if child.dies_at_once is not None:
            ending, child.dies_at_once = child.dies_at_once, None
            self.submit(inputs.ChildExited(process_id, ending))

    def _signal(self, command: commands.SendSignal) -> None:
        child = self.children[command.process_id]
        if child.untouchable:
            error = "[Errno 1] Operation not permitted"
            self.submit(inputs.SignalRefused(command.process_id, error, command.ticket))
            return
        child.signals.append(command.signum)
        if command.ticket is not None:
            self._answers.append(commands.Answer(command.ticket))
        if command.stopping and not child.stubborn:
            self.submit(inputs.ChildExited(command.process_id, BY_SIGNAL))

    def _check_command(self, process_id: int) -> None:
        fault = self.children[process_id].command_fault
        if fault is not None:
            raise fault

    # -- ports

    def now(self) -> Now:
        return Now(self.now_s, WALL_AT_START_S + self.now_s)

    def log(self, level: int, text: str) -> None:
        self.lines.append(text)

    def send(self, process_id: int, data: bytes) -> None:
        if self.closed_stdin:
            raise RequestRefused(Fault.NO_FILE)
        self.sent.append((process_id, data))

    def query(self, name: str, data: str, timeout_s: float) -> Ticket:
        if name != "ears":
            raise RequestRefused(Fault.BAD_NAME, name)
        self.queries.append(((name, data, timeout_s), Ticket()))
        return self.queries[-1][1]

    def withdraw(self, name: str, ticket: Ticket) -> None:
        self.withdrawn.append((name, ticket))

    def snapshots(self) -> list[PoolSnapshot]:
        return self.pools

    def journal(self) -> JournalSnapshot | None:
        return self.event_journal

    def remote_communication(self, kind: str, data: str) -> None:
        self.announced.append((kind, data))

    # -- what tests do

    def child(self, name: str) -> Child:
        return self.children[self.ids[name]]

    def state(self, name: str) -> str | None:
        return getProcessStateDescription(self.core.process(self.ids[name]).state)

    def pass_s(self, seconds: float) -> None:
        """Let time pass; deadlines on the way are served when they come."""
        end_s = self.now_s + seconds
        while (when_s := self.core.next_deadline_s()) is not None and when_s <= end_s:
            self.now_s = max(self.now_s, when_s)
            self.submit(inputs.DeadlineReached())
        self.now_s = end_s

    def exited(self, name: str, ending: inputs.Ending = EXIT_0) -> None:
        self.submit(inputs.ChildExited(self.ids[name], ending))

    def call(self, method: str, *params: Any) -> Any:
        """What a client sees of a method of the namespace supervisor, if it need not wait."""
        value = self.dispatch(f"supervisor.{method}", *params)
        assert not isinstance(value, Deferred), "the answer is to come"
        return value

    def wait_for(self, method: str, *params: Any) -> Deferred:
        """The answer that is to come."""
        value = self.dispatch(f"supervisor.{method}", *params)
        assert isinstance(value, Deferred), f"answered at once: {value!r}"
        assert not value.done
        return value

    def dispatch(self, full_name: str, *params: Any) -> Any:
        return self.registry.dispatch(full_name, list(params))

    def fault(self, method: str, *params: Any) -> str:
        """Text of the fault that a call is refused with."""
        return fault_of(lambda: self.call(method, *params))


def fault_of(call: Callable[[], Any]) -> str:
    """Text of the fault that is raised."""
    try:
        value = call()
    except RequestRefused as refused:
        return refused.text
    raise AssertionError(f"not refused: {value!r}")


def program(name: str, group: str | None = None, **settings: Any) -> ProcessSpec:
    """A program that is started by hand and is up after a second."""
    settings.setdefault("start", BY_HAND)
    return ProcessSpec(name, group or name, **settings)


BY_HAND = StartPolicy(autostart=False)
AT_ONCE = StartPolicy(autostart=False, up_after_s=0.0)
NO_RETRY = StartPolicy(autostart=False, retries_max=0)


def status(namespec: str, code: int = 80, text: str = "OK") -> dict[str, Any]:
    """A STATUS struct."""
    group, _, name = namespec.partition(":")
    return {"name": name or group, "group": group, "status": code, "description": text}
