"""Whatever happens in whatever order, the core takes it: only what callers promise is assumed.

They promise: inputs about a child only while there is one (or while it is being made), requests
only for processes that are active, a group removed only when its processes have stopped and none
after the daemon began to leave.
"""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from supervisor.core import inputs
from supervisor.core.commands import (
    Answer,
    CancelSpawn,
    Command,
    DrainEvents,
    GiveUpDraining,
    Leave,
    MoodChange,
    SendSignal,
    Spawn,
    StateChange,
)
from supervisor.core.component import Now
from supervisor.core.control import Ticket
from supervisor.core.policies import (
    Delay,
    GroupSpec,
    ProcessSpec,
    Restart,
    RestartPolicy,
    StartPolicy,
)
from supervisor.core.supervision import Supervision
from supervisor.states import STOPPED_STATES, ProcessStates, SupervisorStates
from supervisor.tests.core.story import BY_KILL, BY_TERM, EXIT_0, EXIT_1
from supervisor.tests.support.budget import tries

STEP_S = st.sampled_from([0.0, 0.25, 1.0, 5.0, 60.0])


def make_spec(
    priority: int, start: tuple[bool, float, int], when: Restart, delay: Delay
) -> ProcessSpec:
    """One process; its stop ladder is the usual one."""
    restart = RestartPolicy(when, (0,), delay)
    return ProcessSpec("p", "g", priority, start=StartPolicy(*start), restart=restart)


SPECS = st.builds(
    make_spec,
    st.sampled_from([1, 999]),
    st.tuples(st.booleans(), st.sampled_from([0.0, 1.0]), st.integers(0, 2)),
    st.sampled_from(list(Restart)),
    st.sampled_from([Delay(), Delay(first_s=5.0)]),
)
GROUPS = st.tuples(
    st.lists(SPECS, min_size=1, max_size=3),
    st.sampled_from([1, 5]),
    st.sampled_from(["program", "eventlistener"]),
)
Members = tuple[list[ProcessSpec], int, str]
PICK = st.integers(0, 9)


@dataclass
class Child:
    """What is known of the child of one process."""

    wanted: bool = False
    pid: int = 0


@dataclass
class Books:
    """What callers keep: who is active, who has a child, who waits for an answer."""

    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)
    children: dict[int, Child] = field(default_factory=dict)
    tickets: list[Ticket] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    settled: dict[int, int] = field(default_factory=dict)
    moods: list[int] = field(default_factory=list)
    draining: bool = False


class Callers(RuleBasedStateMachine):
    """Everybody who hands inputs to the core, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.core = Supervision()
        self.books = Books()
        self.now_s = 1000.0
        self.leaving = False
        self.left = 0
        self.next_id, self.next_pid = 1, 100

    # -- carrying out ----------------------------------------------------------------------------

    def happen(self, happened: inputs.Input) -> None:
        for command in self.core.handle(happened, Now(self.now_s, self.now_s)):
            self.carry_out(command)

    def carry_out(self, command: Command) -> None:
        if isinstance(command, Spawn):
            child = self.books.children[command.process_id]
            assert not child.wanted, "a child is wanted twice"
            assert not child.pid, "a child is wanted beside another"
            assert not self.leaving, "a child is wanted while leaving"
            child.wanted = True
        elif isinstance(command, CancelSpawn):
            assert self.books.children[command.process_id].wanted, "nothing there to cancel"
            self.books.children[command.process_id].wanted = False
        elif isinstance(command, SendSignal):
            assert command.pid == self.books.children[command.process_id].pid != 0
            if command.ticket is not None:
                command.ticket.resolve()
        elif isinstance(command, Answer):
            count = self.books.answers.get(id(command.ticket), 0)
            assert not count, "a request is answered twice"
            self.books.answers[id(command.ticket)] = 1
            command.ticket.resolve(command.fault, command.text)
        elif isinstance(command, Leave):
            self.left += 1
        else:
            self.take_note(command)

    def take_note(self, command: Command) -> None:
        if isinstance(command, StateChange) and command.settled is not None:
            before = self.books.settled.get(command.process_id, ProcessStates.STOPPED)
            assert command.settled.from_state == before != command.to_state
            self.books.settled[command.process_id] = command.to_state
        elif isinstance(command, MoodChange):
            assert (command.mood == SupervisorStates.FATAL) == bool(command.reason)
            assert not self.books.moods or self.books.moods[-1] != command.mood
            self.books.moods.append(command.mood)
        elif isinstance(command, DrainEvents):
            assert not self.books.draining, "draining begins twice"
            assert not self.running("program"), "draining begins while programs run"
            self.books.draining = True
        elif isinstance(command, GiveUpDraining):
            assert self.books.draining, "what has not begun is given up"

    def running(self, kind: str) -> list[int]:
        """Processes of groups of that kind which have not stopped."""
        return [
            each
            for name in self.books.groups
            if (group := self.core.group(name)) is not None and group.kind == kind
            for each in self.books.groups[name]
            if self.core.process(each).state not in STOPPED_STATES
        ]

    def ticket(self) -> Ticket:
        self.books.tickets.append(Ticket())
        return self.books.tickets[-1]

    def pick(self, number: int) -> int:
        ids = list(self.books.children)
        return ids[number % len(ids)]

    # -- what may happen -------------------------------------------------------------------------

    @initialize(group=GROUPS, drain_s=st.sampled_from([0.0, 2.0]))
    def begin(self, group: Members, drain_s: float) -> None:
        self.core = Supervision(drain_s)
        self.add_group(group)
        self.happen(inputs.SupervisionBegan())

    @rule(group=GROUPS)
    def add_group(self, group: Members) -> None:
        specs, priority, kind = group
        ids = tuple(range(self.next_id, self.next_id + len(specs)))
        name = f"g{self.next_id}"
        self.next_id += len(specs)
        self.books.groups[name] = ids
        self.books.children |= {process_id: Child() for process_id in ids}
        self.happen(inputs.GroupAdded(GroupSpec(name, priority, kind, tuple(specs)), ids))

    @precondition(lambda self: not self.leaving)
    @rule(number=PICK)
    def remove_group(self, number: int) -> None:
        name = sorted(self.books.groups)[number % len(self.books.groups)]
        ids = self.books.groups[name]
        if len(self.books.groups) == 1 or any(
            self.core.process(each).state not in STOPPED_STATES for each in ids
        ):
            return
        del self.books.groups[name]
        for process_id in ids:
            del self.books.children[process_id]
        self.happen(inputs.GroupRemoved(name))

    @rule(number=PICK)
    def request_start(self, number: int) -> None:
        self.happen(inputs.StartRequested(self.pick(number), self.ticket()))

    @rule(number=PICK, reported=st.booleans())
    def request_stop(self, number: int, reported: bool) -> None:
        self.happen(inputs.StopRequested(self.pick(number), self.ticket(), reported))

    @rule(number=PICK)
    def request_signal(self, number: int) -> None:
        self.happen(inputs.SignalRequested(self.pick(number), 1, self.ticket()))

    @rule(number=PICK)
    def make_child(self, number: int) -> None:
        process_id = self.pick(number)
        child = self.books.children[process_id]
        if child.wanted:
            child.wanted, child.pid = False, self.next_pid
            self.next_pid += 1
            self.happen(inputs.ChildSpawned(process_id, child.pid))

    @rule(number=PICK)
    def fail_to_make_child(self, number: int) -> None:
        process_id = self.pick(number)
        if self.books.children[process_id].wanted:
            self.books.children[process_id].wanted = False
            self.happen(inputs.SpawnFailed(process_id, "too many of them"))

    @rule(number=PICK, ending=st.sampled_from([EXIT_0, EXIT_1, BY_KILL, BY_TERM]))
    def end_child(self, number: int, ending: inputs.Ending) -> None:
        process_id = self.pick(number)
        if self.books.children[process_id].pid:
            self.books.children[process_id].pid = 0
            self.happen(inputs.ChildExited(process_id, ending))

    @rule(number=PICK, asked_for=st.booleans())
    def refuse_signal(self, number: int, asked_for: bool) -> None:
        """It may come after the end of the child, but not after that of its group."""
        ticket = self.ticket() if asked_for else None
        self.happen(inputs.SignalRefused(self.pick(number), "EPERM", ticket))

    @rule(key=st.sampled_from(["a", "b"]), number=PICK, is_about=st.booleans())
    def arise_trouble(self, key: str, number: int, is_about: bool) -> None:
        process_id = self.pick(number) if is_about else None
        self.happen(inputs.TroubleArose(key, f"cannot {key}", "mend it", process_id))

    @rule(key=st.sampled_from(["a", "b"]))
    def end_trouble(self, key: str) -> None:
        self.happen(inputs.TroubleEnded(key))

    @rule()
    def clear_troubles(self) -> None:
        self.happen(inputs.TroublesCleared())

    @rule()
    def drain_events(self) -> None:
        """It may come when nobody waits for it any more, but not before it was asked for."""
        if self.books.draining:
            self.happen(inputs.EventsDrained())

    @rule(seconds=STEP_S)
    def pass_time(self, seconds: float) -> None:
        """However late the loop is, and even if nothing is due."""
        self.now_s += seconds
        self.happen(inputs.DeadlineReached())

    @rule(forever=st.booleans())
    def leave(self, forever: bool) -> None:
        self.leaving = True
        self.happen(inputs.ShutdownRequested() if forever else inputs.RestartRequested())

    # -- what must hold --------------------------------------------------------------------------

    @invariant()
    def child_and_state_agree(self) -> None:
        for process_id, child in self.books.children.items():
            process = self.core.process(process_id)
            assert process.pid == child.pid
            assert child.wanted == (process.state == ProcessStates.STARTING and not child.pid)
            with_child = process.state not in STOPPED_STATES
            if process.state != ProcessStates.UNKNOWN:
                assert bool(child.pid) == (
                    with_child and process.state != ProcessStates.BACKOFF and not child.wanted
                )

    @invariant()
    def deadlines_are_served(self) -> None:
        """After a turn at this time nothing that was due before is left."""
        self.happen(inputs.DeadlineReached())
        self.happen(inputs.DeadlineReached())
        deadline_s = self.core.next_deadline_s()
        assert deadline_s is None or deadline_s >= self.now_s

    @invariant()
    def daemon_leaves_once_and_only_when_all_have_stopped(self) -> None:
        running = [
            each
            for each in self.books.children
            if self.core.process(each).state not in STOPPED_STATES
        ]
        assert self.left == (1 if self.leaving and not running else 0)

    @invariant()
    def mood_is_what_was_announced(self) -> None:
        """FATAL while there is a trouble and the daemon does not leave."""
        if not self.leaving:
            troubled = self.core.trouble() is not None
            assert (self.core.mood == SupervisorStates.FATAL) == troubled
            assert self.books.moods[-1] == self.core.mood

    @invariant()
    def nobody_waits_for_what_cannot_happen_any_more(self) -> None:
        """A request is answered, or a process is on its way."""
        on_their_way = any(
            self.core.process(each).state in (ProcessStates.STARTING, ProcessStates.STOPPING)
            for each in self.books.children
        )
        assert on_their_way or all(ticket.done for ticket in self.books.tickets)


Callers.TestCase.settings = settings(max_examples=tries(50), stateful_step_count=40)
TestSupervision = Callers.TestCase
