"""Has done what pools of event listeners decide: writes, judgements, answers, log lines, timers.

What follows from an input has been done when `submit` returns, unless it comes from within
another one: then it is done right after that. The outcome of a command goes back to its pool at
once, before anything else is decided.
"""

from supervisor.core import commands as core_commands
from supervisor.core import pool_commands as c
from supervisor.core import pool_inputs as inputs
from supervisor.core.component import Timer
from supervisor.core.pool import Pool
from supervisor.daemon.judges import Judge, by_default
from supervisor.daemon.poolports import Journal, PoolPorts, Replay
from supervisor.errors import RequestRefused
from supervisor.hints import Any, Callable, Final, Iterator, Sequence
from supervisor.lean import deque, partial
from supervisor.levels import Level
from supervisor.tokens import Token
from supervisor.tracebacks import traceback_of
from supervisor.wire.listener import Envelope, ListenerParser

ACCEPTED_AND_READY: Final = b"RESULT 2\nOKREADY\n"
"""What listeners nearly always say, in one piece."""

DEBG: Final = int(Level.DEBG)

GO_ON: Final = inputs.DeadlineReached()
"""After a mistake of ours: others are offered what waits. Short cuts rely on that, see `Pool`."""

TOLD_BYTES_MAX: Final = 4096
"""Of an event that may be kept when it has been told."""

OUTCOMES_MAX: Final = 10_000
"""What can follow from one input; more would be a mistake of ours that never ends."""


class ActivePool:
    """A pool at work, who judges for it, and what it subscribed to."""

    __slots__ = (
        "deadline_s",
        "envelope",
        "is_simple",
        "judge",
        "last_serial",
        "pool",
        "replay",
        "subscription",
        "timer",
        "types",
        "work",
    )

    def __init__(
        self,
        work: "PoolWork",
        pool: Pool,
        envelope: Envelope,
        judge: Judge,
        types: Sequence[type],
    ) -> None:
        self.work = work
        self.pool = pool
        self.envelope = envelope
        self.judge = judge
        self.types = types
        self.subscription = self.accept
        """Always the same object, by which it is found again."""
        self.last_serial = -1
        self.timer: Timer | None = None
        self.deadline_s: float | None = None
        """For which there is a timer."""
        self.is_simple = judge is by_default
        """Whether OK means what it says, and no journal has to be told."""
        self.replay: Replay | None = None

    def begin_replay(self, replay: Replay) -> None:
        """From now on it gets back what it missed."""
        self.replay = replay
        self.is_simple = False

    def accept(self, event: Any) -> None:
        """An event was announced that the pool subscribed to: the same as to submit it, stamped.

        The hot path of bursts, and of how soon an event is there: 2,300 instructions for one that
        has to wait, of which each of ten pools would be 6,900 with a letter of its own.
        """
        work = self.work
        stamped = work.stamped_last
        if stamped is None or stamped.event is not event:
            # Of the other pools, which are told next, each would ask for the same.
            stamped = work.stamp(event)
        serial = stamped.serial
        # A class that derives from two types of the pool is told twice (E2).
        if serial == self.last_serial:
            return
        self.last_serial = serial
        # To wait behind others makes no line of the log, and overtakes nothing that is not decided
        # yet: what waits so is opened by whatever is decided for the pool.
        if self.replay is not None or not self.pool.queue(stamped):
            work.take_in(self, stamped)


class ActiveListener:
    """A process of a pool, and the conversation with its child."""

    __slots__ = ("has_child", "is_in_step", "owner", "parser", "process_id")

    def __init__(self, owner: ActivePool, process_id: int) -> None:
        self.owner = owner
        self.process_id = process_id
        self.parser = ListenerParser()
        self.has_child = False
        self.is_in_step = False
        """Whether it has an event, has said nothing yet, and all is as simple as it nearly always
        is: then OK and READY in one piece are known without the parser."""

    def begin(self, parser: ListenerParser) -> None:
        """It has a new child."""
        self.parser = parser
        self.has_child = True
        self.is_in_step = False

    def event_sent(self) -> None:
        """It was sent an event."""
        self.is_in_step = self.parser.event_sent() and self.owner.is_simple

    def event_accepted(self) -> None:
        """It was in step, and said OK and READY."""
        self.is_in_step = False
        self.parser.event_accepted()

    def event_returned(self) -> None:
        """The event could not be sent, or not to its end."""
        self.is_in_step = False
        self.parser.event_returned()

    def give_up(self) -> None:
        """Discard what it says from now on."""
        self.is_in_step = False
        self.parser.give_up()

    def tokens(self, parser: ListenerParser, data: bytes | memoryview) -> Iterator[Token]:
        """What a child says; it is in step again when it is sent an event."""
        self.is_in_step = False
        return parser.feed(data)


class Ear:
    """Hears one child of a listener; what its next child says is for another one."""

    __slots__ = ("_listener", "_parser", "_work")

    def __init__(self, listener: ActiveListener, parser: ListenerParser) -> None:
        self._listener = listener
        self._parser = parser
        self._work = listener.owner.work

    def hear(self, data: bytes | memoryview) -> bool:
        """The child printed something; True if more is expected soon.

        The hot path of bursts, too: who says `ACCEPTED_AND_READY` is sent the next event, if there
        is one, without a walk through the tables, if that is as simple as it nearly always is.
        """
        listener, work = self._listener, self._work
        is_usual = data == ACCEPTED_AND_READY and listener.is_in_step and not work.is_deciding
        # Lines of the conversation would be due otherwise, as when an event is accepted.
        if is_usual and work.main_log.level > DEBG:
            active, process_id = listener.owner, listener.process_id
            following = active.pool.hand_over(process_id)
            if following is not None:
                event, poolserial = following
                work.post(active, process_id, event, poolserial)
                return True
            if active.pool.let_rest(process_id):
                work.come_to_rest(listener)
                return False
        for token in listener.tokens(self._parser, data):
            work.submit(listener.owner, inputs.ListenerSaid(listener.process_id, token))
        return False


class PoolWork:
    """Carries out the commands of all pools."""

    def __init__(self, ports: PoolPorts, at_rest: Callable[[], None]) -> None:
        self._ports = ports
        self.main_log = ports.main_log
        """No short cuts if lines of the conversation are written: each of them is due."""
        self._at_rest = at_rest
        """Called whenever everything has been done."""
        self.listeners: dict[int, ActiveListener] = {}
        """By process id."""
        self.journal: Journal | None = None
        self._waiting: deque[tuple[ActivePool, inputs.Input]] = deque()
        """What happened while something else was being decided."""
        self.is_deciding = False
        self.stamped_last: inputs.EventAccepted | None = None
        """The event that was accepted last."""
        self._untold: deque[Callable[[], object]] = deque()
        """Answers that are known; told when nothing is being decided."""

    def submit(self, active: ActivePool, happened: inputs.Input) -> None:
        """Something happened to a pool: decide and act."""
        if self.is_deciding:
            self._waiting.append((active, happened))
            return
        self.is_deciding = True
        try:
            self._decide(active, happened)
            while self._waiting:
                self._decide(*self._waiting.popleft())
        finally:
            self.is_deciding = False
        while self._untold:
            try:
                self._untold.popleft()()
            except Exception:
                # Who is told may be code of ours or of a plug-in: the others wait for theirs.
                self._report_failure()
        self._at_rest()

    def stamp(self, event: Any) -> inputs.EventAccepted:
        """An event that was announced, as pools accept it."""
        stamped = self._ports.announcer.stamped(event)
        # Large ones are not to stay in memory until there is another one.
        self.stamped_last = stamped if len(stamped.told) <= TOLD_BYTES_MAX else None
        return stamped

    def take_in(self, active: ActivePool, stamped: inputs.EventAccepted) -> None:
        """Accept an event, and send it at once if that is as simple as it nearly always is."""
        taken: tuple[int, int] | tuple[()] | None = None
        if active.replay is not None:
            if not active.replay.has(stamped.serial):
                stamped = stamped._replace(is_kept=False)
        elif not self.is_deciding and self.main_log.level > DEBG:
            taken = active.pool.take_in(stamped)
        if taken is None:
            self.submit(active, stamped)
        elif taken:
            process_id, poolserial = taken
            self.listeners[process_id].event_sent()
            self.post(active, process_id, stamped, poolserial)

    def post(
        self, active: ActivePool, process_id: int, accepted: inputs.EventAccepted, poolserial: int
    ) -> None:
        """Write an event that counts as sent."""
        try:
            outcome = self._write(active, process_id, accepted, poolserial)
            if outcome is not None:
                self.listeners[process_id].event_returned()
                self.submit(active, outcome)
        except Exception:
            # A mistake of ours: the other listeners, and whoever announced this, go on.
            self._report_failure()

    def come_to_rest(self, listener: ActiveListener) -> None:
        """A listener that was in step has nothing more to do."""
        listener.event_accepted()
        self._at_rest()

    def _decide(self, active: ActivePool, happened: inputs.Input) -> None:
        """Decide on one input, and on what came of the commands that it led to."""
        now = self._ports.clock.now()
        pool, doers = active.pool, self._DOERS
        todo = [happened]
        # It grows while we are at it.
        for each in todo:
            try:
                commands = pool.handle(each, now)
            except Exception:
                self._report_failure()
                if each is not GO_ON:
                    todo.append(GO_ON)
                continue
            if len(todo) > OUTCOMES_MAX:
                self._report("a pool of event listeners does not come to rest")
                break
            for command in commands:
                try:
                    outcome = doers[type(command)](self, active, command)
                except Exception:
                    self._report_failure()
                    outcome = GO_ON
                if outcome is not None:
                    todo.append(outcome)
        if pool.next_deadline_s() != active.deadline_s:
            self._set_timer(active)
        if self.journal is not None and active.replay is not None:
            self.journal.moved()

    def _set_timer(self, active: ActivePool) -> None:
        if active.timer is not None:
            active.timer.cancel()
            active.timer = None
        active.deadline_s = active.pool.next_deadline_s()
        if active.deadline_s is not None:
            active.timer = self._ports.timers.call_at(
                active.deadline_s, lambda: self._on_deadline(active)
            )

    def _on_deadline(self, active: ActivePool) -> None:
        active.timer = active.deadline_s = None
        self.submit(active, inputs.DeadlineReached())

    def _report_failure(self) -> None:
        self._report(f"a step of the event listeners failed: {traceback_of()}")

    def _report(self, what: str) -> None:
        self._ports.log(Level.CRIT, f"everything else goes on, but {what}")

    # -- commands: each returns what came of it, if the pool waits for that ----------------------

    def _send(self, active: ActivePool, command: c.Send) -> inputs.Input:
        letter = command.letter
        refused = self._write(active, command.process_id, letter.accepted, letter.poolserial)
        if refused is not None:
            return refused
        self.listeners[command.process_id].event_sent()
        return inputs.EventSent(command.process_id)

    def _write(
        self, active: ActivePool, process_id: int, accepted: inputs.EventAccepted, poolserial: int
    ) -> inputs.SendFailed | None:
        sealed = active.envelope.sealed(accepted, poolserial)
        try:
            is_taken = self._ports.send(process_id, sealed)
        except RequestRefused as refused:
            return inputs.SendFailed(process_id, refused.text)
        if not is_taken:
            # Known before its answer is: nothing more is kept for a child that does not read.
            self.submit(active, inputs.InputStuck(process_id))
        return None

    def _judge(self, active: ActivePool, command: c.Judge) -> inputs.Input:
        verdict = active.judge(command.letter.event, command.result)
        return inputs.Judged(command.process_id, verdict)

    def _give_up(self, active: ActivePool, command: c.GiveUp) -> None:
        self._ports.give_up(command.process_id, command.reason)

    def _give_up_parsing(self, active: ActivePool, command: c.GiveUpParsing) -> None:
        self.listeners[command.process_id].give_up()

    def _tell_of_refusal(self, active: ActivePool, command: c.Refused) -> None:
        self._ports.announcer.rejected(command.process_id, command.letter.event)

    def _read_back(self, active: ActivePool, command: c.ReadBack) -> None:
        assert active.replay is not None, "a pool reads back that has no journal"
        active.replay.read(command.serial, command.count_max, partial(self.submit, active))

    def _write_log(self, active: ActivePool, command: core_commands.WriteLog) -> None:
        self._ports.log(command.level, command.text)

    def _answer(self, active: ActivePool, command: core_commands.Answer) -> None:
        ticket = command.ticket
        self._untold.extend(
            partial(told, ticket) for told in ticket.settle(command.fault, command.text)
        )

    def _nothing(self, active: ActivePool, command: object) -> None:
        """The pool itself has counted or noted it."""

    _DOERS: Final[dict[type, Callable[[Any, ActivePool, Any], inputs.Input | None]]] = {
        c.Send: _send,
        c.Judge: _judge,
        c.GiveUp: _give_up,
        c.GiveUpParsing: _give_up_parsing,
        c.Refused: _tell_of_refusal,
        c.Dropped: _nothing,
        c.FellBehind: _nothing,
        c.ReadBack: _read_back,
        core_commands.WriteLog: _write_log,
        core_commands.Answer: _answer,
    }
