"""Stories of one program: inputs go in, states and commands come out."""

from typing import Any, Self

from supervisor.core import inputs
from supervisor.core.commands import Answer, Leave, SendSignal, Spawn, StateChange, WriteLog
from supervisor.core.component import Now
from supervisor.core.control import Ticket
from supervisor.core.inputs import Ending
from supervisor.core.policies import GroupSpec, ProcessSpec
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.core.supervision import Supervision
from supervisor.states import getProcessStateDescription

EXIT_0 = Ending(0, 0, "exit status 0")
EXIT_1 = Ending(1, 0, "exit status 1")
BY_KILL = Ending(-1, 9, "terminated by SIGKILL")
BY_TERM = Ending(-1, 15, "terminated by SIGTERM")

WALL_AT_START_S = 1_700_000_000.0


class Story:
    """A supervision under a clock that only moves when told; children get pids 101, 102, …"""

    def __init__(self, *groups: GroupSpec, began: bool = True, event_drain_s: float = 0.0) -> None:
        self.core = Supervision(event_drain_s)
        self.now_s = 1000.0
        self.seen: list[Any] = []
        """Commands of the last input."""
        self.all_seen: list[Any] = []
        self.ids: dict[str, int] = {}
        self._next_pid = 101
        for group in groups:
            self.add(group)
        if began:
            self.happen(inputs.SupervisionBegan())

    @classmethod
    def of(cls, **policies: Any) -> Self:
        """One program called web, not started automatically unless its policy says so."""
        return cls(GroupSpec("web", processes=(ProcessSpec("web", "web", **policies),)))

    def add(self, group: GroupSpec) -> Self:
        ids = tuple(range(len(self.ids) + 1, len(self.ids) + 1 + len(group.processes)))
        self.ids.update(
            {f"{p.group}:{p.name}": i for p, i in zip(group.processes, ids, strict=True)}
        )
        return self.happen(inputs.GroupAdded(group, ids))

    # -- inputs

    def happen(self, happened: inputs.Input) -> Self:
        now = Now(self.now_s, WALL_AT_START_S + self.now_s)
        self.seen = self.core.handle(happened, now)
        self.all_seen += self.seen
        for command in self.seen:
            if isinstance(command, Answer):
                command.ticket.resolve(command.fault, command.text)
        return self

    def pass_s(self, seconds: float) -> Self:
        """Let time pass; deadlines on the way are served when they come."""
        end_s = self.now_s + seconds
        seen: list[Any] = []
        while (when_s := self.core.next_deadline_s()) is not None and when_s <= end_s:
            self.now_s = max(self.now_s, when_s)
            self.happen(inputs.DeadlineReached())
            seen += self.seen
        self.now_s, self.seen = end_s, seen
        return self

    def spawned(self, name: str = "web:web") -> Self:
        self._next_pid += 1
        return self.happen(inputs.ChildSpawned(self.ids[name], self._next_pid - 1))

    def spawn_failed(self, reason: str = "can't find command 'x'", name: str = "web:web") -> Self:
        return self.happen(inputs.SpawnFailed(self.ids[name], reason))

    def exited(self, ending: Ending, name: str = "web:web") -> Self:
        return self.happen(inputs.ChildExited(self.ids[name], ending))

    def start(self, name: str = "web:web") -> Ticket:
        ticket = Ticket()
        self.happen(inputs.StartRequested(self.ids[name], ticket))
        return ticket

    def stop(self, name: str = "web:web", reported: bool = True) -> Ticket:
        ticket = Ticket()
        self.happen(inputs.StopRequested(self.ids[name], ticket, reported))
        return ticket

    def shutdown(self) -> Self:
        return self.happen(inputs.ShutdownRequested())

    # -- outcomes

    def look(self, name: str = "web:web") -> ProcessSnapshot:
        return self.core.process(self.ids[name])

    def state(self, name: str = "web:web") -> str | None:
        return getProcessStateDescription(self.look(name).state)

    def changes(self) -> list[tuple[str | None, str | None]]:
        """(from, to) of the state changes announced by the last input."""
        return [
            (getProcessStateDescription(c.from_state), getProcessStateDescription(c.to_state))
            for c in self.seen
            if isinstance(c, StateChange)
        ]

    def lines(self) -> list[str]:
        """Log lines of the last input."""
        return [c.text for c in self.seen if isinstance(c, WriteLog)]

    def signals(self) -> list[tuple[int, int, bool]]:
        """(pid, signal, to the group) sent by the last input."""
        return [(c.pid, c.signum, c.to_group) for c in self.seen if isinstance(c, SendSignal)]

    def spawns(self) -> list[int]:
        """Ids of the processes of which the last input wanted a child."""
        return [c.process_id for c in self.seen if isinstance(c, Spawn)]

    def left(self) -> bool:
        """Whether the component has said that nothing is left to stop."""
        return any(isinstance(c, Leave) for c in self.all_seen)
