"""Stories of one pool: what listeners say goes in, who is sent what comes out.

The story carries commands out as a daemon would: bytes go through a real parser, a `Send`
succeeds unless the listener was told to be unreachable, and results are judged by a handler.
"""

from collections.abc import Callable
from typing import Any, Self

from supervisor.core import pool_inputs as inputs
from supervisor.core.commands import Answer, WriteLog
from supervisor.core.component import Now
from supervisor.core.control import Ticket
from supervisor.core.pool import Pool
from supervisor.core.pool_commands import (
    Dropped,
    FellBehind,
    GiveUp,
    GiveUpParsing,
    Judge,
    ReadBack,
    Refused,
    Send,
)
from supervisor.core.pool_inputs import Verdict
from supervisor.core.pool_spec import PoolSpec
from supervisor.levels import Level
from supervisor.states import getEventListenerStateDescription
from supervisor.wire.listener import ListenerParser


def judge_by_default(result: bytes) -> Verdict:
    """OK and nothing else (the default handler)."""
    return Verdict.ACCEPTED if result == b"OK" else Verdict.REJECTED


class PoolStory:
    """A pool with listeners called a, b, c …, all with priority -1, all up and silent."""

    def __init__(self, *names: str, **settings: Any) -> None:
        self.pool = Pool(PoolSpec("pool", **settings))
        self.resync = bool(settings.get("resync"))
        self.handler: Callable[[bytes], Verdict] = judge_by_default
        self.now_s = 1000.0
        self.ids: dict[str, int] = {}
        self.parsers: dict[str, ListenerParser] = {}
        self.unreachable: set[str] = set()
        self.journal: list[inputs.EventAccepted] | None = None
        self.hold_journal = False
        """Whether what is read back is up to the test."""
        self.asked: list[tuple[int, int]] = []
        """What was to be read back then, as (serial, count_max)."""
        self.sent: list[tuple[str, int]] = []
        """(listener, serial) of everything that was sent since the last look, see `take_sent`."""
        self.log: list[str] = []
        """``LEVEL text`` of everything logged."""
        self.done: list[Any] = []
        """Other commands."""
        self.accepted: list[inputs.EventAccepted] = []
        self._serial = 0
        for name in names:
            self.add(name)
            self.began(name).came_up(name)

    # -- inputs

    def happen(self, happened: inputs.Input) -> Self:
        queue: list[inputs.Input] = [happened]
        while queue:
            now = Now(self.now_s, self.now_s)
            for command in self.pool.handle(queue.pop(0), now):
                queue += self._carry_out(command)
        return self

    def _carry_out(self, command: Any) -> list[inputs.Input]:
        name = self._name(getattr(command, "process_id", 0))
        match command:
            case WriteLog(level, text):
                self.log.append(f"{Level(level).name} {text}")
            case Send(process_id, letter):
                if name in self.unreachable:
                    return [inputs.SendFailed(process_id, "EPIPE")]
                self.parsers[name].event_sent()
                self.sent.append((name, letter.serial))
                return [inputs.EventSent(process_id)]
            case Judge(process_id, _, result):
                return [inputs.Judged(process_id, self.handler(result))]
            case GiveUpParsing():
                self.parsers[name].give_up()
            case Answer(ticket, fault, text):
                ticket.resolve(fault, text)
            case ReadBack(serial, count_max) if self.hold_journal:
                self.asked.append((serial, count_max))
            case ReadBack(serial, count_max):
                return [self._read_back(serial, count_max)]
            case Dropped() | FellBehind() | GiveUp() | Refused():
                self.done.append(command)
        return []

    def _read_back(self, serial: int, count_max: int) -> inputs.Replayed:
        assert self.journal is not None
        left = [event for event in self.journal if event.serial >= serial]
        return inputs.Replayed(tuple(left[:count_max]), len(left) <= count_max)

    def _name(self, process_id: int) -> str:
        return next((name for name, each in self.ids.items() if each == process_id), "")

    def add(self, name: str, priority: int = -1) -> Self:
        self.ids[name] = len(self.ids) + 1
        return self.happen(inputs.ListenerAdded(self.ids[name], name, priority))

    def began(self, name: str) -> Self:
        self.parsers[name] = ListenerParser(self.resync)
        return self.happen(inputs.ListenerBegan(self.ids[name]))

    def came_up(self, name: str) -> Self:
        return self.happen(inputs.ListenerCameUp(self.ids[name]))

    def went_down(self, name: str) -> Self:
        return self.happen(inputs.ListenerWentDown(self.ids[name]))

    def gone(self, name: str) -> Self:
        return self.happen(inputs.ListenerGone(self.ids[name]))

    def restarted(self, name: str) -> Self:
        """Its child died by itself, and it has another one."""
        return self.went_down(name).gone(name).began(name).came_up(name)

    def says(self, name: str, *chunks: bytes) -> Self:
        for chunk in chunks:
            for token in self.parsers[name].feed(chunk):
                self.happen(inputs.ListenerSaid(self.ids[name], token))
        return self

    def ready(self, *names: str) -> Self:
        for name in names:
            self.says(name, b"READY\n")
        return self

    def accept(self, count: int = 1, ticket: Ticket | None = None, *, is_kept: bool = True) -> Self:
        """So many events, or a query."""
        for _ in range(count):
            event = inputs.EventAccepted(
                self._serial, "TICK_5", b"when:0", object(), ticket, is_kept
            )
            self._serial += 1
            self.accepted.append(event)
            if self.journal is not None and ticket is None and is_kept:
                self.journal.append(event)
            self.happen(event)
        return self

    def unkept(self, count: int) -> Self:
        """So many events that the journal could not take."""
        return self.accept(count, is_kept=False)

    def query(self) -> Ticket:
        ticket = Ticket()
        self.accept(ticket=ticket)
        return ticket

    def pass_s(self, seconds: float) -> Self:
        """Let time pass; deadlines on the way are served when they come."""
        end_s = self.now_s + seconds
        while (when_s := self.pool.next_deadline_s()) is not None and when_s <= end_s:
            self.now_s = max(self.now_s, when_s)
            self.happen(inputs.DeadlineReached())
        self.now_s = end_s
        return self

    # -- looking

    def take_sent(self) -> list[tuple[str, int]]:
        sent, self.sent = self.sent, []
        return sent

    def take_log(self) -> list[str]:
        log, self.log = self.log, []
        return log

    def state(self, name: str) -> str | None:
        return getEventListenerStateDescription(self.pool.state_of(self.ids[name]))

    def kinds(self, kind: type) -> list[Any]:
        return [each for each in self.done if isinstance(each, kind)]
