"""CPU and memory of the processes and of all that descend from them. Implements
`rpc.figures.Figures`.

They are only sampled while somebody looks, every `PERIOD_S`; some time after the last one has left
they are forgotten. A sample is taken in slices, one in each turn of the loop, so that a thousand
processes delay nobody.
"""

from array import array

from supervisor.core.component import Clock, Timer, Timers
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import Callable, Final, Iterable, Iterator, Mapping, Protocol
from supervisor.levels import Level
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.figures import Usage
from supervisor.rpc.ports import Log
from supervisor.suppressing import suppress
from supervisor.tuples import NamedTuple

PERIOD_S: Final = 5.0
"""Seconds between two samples."""
CURVE_COUNT_MAX: Final = 60
"""Samples kept for each process."""
FRESH_S: Final = 1.0
"""A sample that is younger need not be taken again."""
FORGOTTEN_S: Final = 300.0
"""Seconds after which samples are forgotten when nobody looks; a scraper comes more often."""


class Spent(Protocol):
    """What a tree of processes uses: see `host.processtree.Tree`."""

    @property
    def cpu_s(self) -> float: ...

    @property
    def memory_bytes(self) -> int: ...

    @property
    def descriptors(self) -> int | None: ...


Survey = Callable[[Iterable[int]], Iterator[Mapping[int, Spent] | None]]
"""Looks at the trees of these processes: yields None after each slice of the work, at the end the
figures by pid. Raises OSError if the system tells nothing."""


class FigurePorts(NamedTuple):
    """What figures need of the daemon."""

    clock: Clock
    timers: Timers
    log: Log
    owners: Callable[[], Mapping[int, int]]
    """Process id by pid, for every child there is."""
    process: Callable[[int], ProcessSnapshot]
    survey: Survey


class _Track:
    """The samples of one process."""

    __slots__ = ("cpu", "cpu_s", "descriptors", "memory", "pid", "spent_s", "taken_s")

    def __init__(self) -> None:
        self.pid = 0
        self.cpu_s = self.taken_s = 0.0
        """CPU time spent, and when that was known."""
        self.spent_s = 0.0
        """The same with what those had spent who have left the tree: it never decreases."""
        self.descriptors: int | None = None
        self.cpu = array("f")
        self.memory = array("q")

    def add(self, cpu_percent: float, memory_bytes: int) -> None:
        """Another sample."""
        for curve, value in ((self.cpu, cpu_percent), (self.memory, memory_bytes)):
            if len(curve) >= CURVE_COUNT_MAX:
                del curve[0]
            curve.append(value)  # type: ignore[arg-type]


class Figures:
    """The samples of all processes."""

    def __init__(self, ports: FigurePorts) -> None:
        self._ports = ports
        self._lookers: dict[object, Callable[[], object]] = {}
        self._tracks: dict[int, _Track] = {}
        self._waiting: list[Deferred] = []
        """Those who want one sample."""
        self._survey: Iterator[Mapping[int, Spent] | None] | None = None
        """The sample that is being taken."""
        self._sampled_s = -PERIOD_S
        """When the last one was begun."""
        self._timer: Timer | None = None
        self._says_trouble = True

    # -- who looks -------------------------------------------------------------------------------

    def look(self, on_sample: Callable[[], object]) -> Callable[[], None]:
        """Sample from now on and call back after each sample; returns what ends that."""
        token = object()
        self._lookers[token] = on_sample
        if len(self._lookers) == 1 and self._survey is None:
            due_s = max(self._now_s(), self._sampled_s + PERIOD_S)
            self._wake_at(due_s, self._go_on)
        return lambda: self._leave(token)

    def _leave(self, token: object) -> None:
        was_there = self._lookers.pop(token, None) is not None
        if was_there and not self._lookers and not self._waiting:
            self._survey = None
            self._wake_at(self._now_s() + FORGOTTEN_S, self._forget)

    def usage(self, process_id: int) -> Usage | None:
        """Of a running process, None if nothing is known (yet)."""
        track = self._tracks.get(process_id)
        if track is None or not track.pid:
            return None
        return Usage(
            track.cpu[-1],
            track.memory[-1],
            track.descriptors,
            track.spent_s,
            tuple(track.cpu),
            tuple(track.memory),
        )

    def sample(self) -> Deferred:
        """Take a sample, unless the last one is less than a second old: for `/metrics`."""
        answer = Deferred()
        if self._survey is None and self._now_s() - self._sampled_s < FRESH_S:
            answer.settle(lambda: True)
            return answer
        answer.on_abandoned = lambda: self._give_up(answer)
        self._waiting.append(answer)
        if self._survey is None:
            # A few processes are known at once.
            self._go_on()
        return answer

    def _give_up(self, answer: Deferred) -> None:
        if answer in self._waiting:
            self._waiting.remove(answer)

    # -- sampling --------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Another slice of the work."""
        if self._survey is None:
            self._begin()
        try:
            self._advance()
        finally:
            # Also after a mistake: those who wait for this sample would wait for ever.
            if self._survey is not None:
                self._wake_at(self._now_s(), self._go_on)
            else:
                self._finish()

    def _finish(self) -> None:
        """Wait for the next sample, if somebody looks, and tell of this one."""
        if self._lookers:
            self._wake_at(max(self._now_s(), self._sampled_s + PERIOD_S), self._go_on)
        else:
            self._wake_at(self._now_s() + FORGOTTEN_S, self._forget)
        for on_sample in tuple(self._lookers.values()):
            on_sample()
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            answer.settle(lambda: True)

    def _begin(self) -> None:
        self._sampled_s = self._now_s()
        self._survey = self._ports.survey(self._ports.owners())

    def _advance(self) -> None:
        survey, self._survey = self._survey, None
        assert survey is not None, "a sample is being taken"
        try:
            found = next(survey)
        except OSError as error:
            self._say(f"cannot sample the CPU time and memory of processes: {error}")
            return
        if found is None:
            self._survey = survey
        else:
            self._take(found)

    def _say(self, text: str) -> None:
        """Once: it would be the same every five seconds."""
        if self._says_trouble:
            self._says_trouble = False
            self._ports.log(Level.WARN, text)

    def _take(self, found: Mapping[int, Spent]) -> None:
        owners = self._ports.owners()
        now_s = self._now_s()
        tracks: dict[int, _Track] = {}
        for pid, spent in found.items():
            # Whoever has ended since the sample was begun is gone, and so are removed processes.
            process_id = owners.get(pid)
            with suppress(KeyError):
                if process_id is not None:
                    tracks[process_id] = self._noted(process_id, pid, spent, now_s)
        self._tracks = tracks

    def _noted(self, process_id: int, pid: int, spent: Spent, now_s: float) -> _Track:
        """The track of a process, with this sample. Raises KeyError if it has been removed."""
        track = self._tracks.get(process_id)
        if track is not None and track.pid == pid:
            since_s, before_s = track.taken_s, track.cpu_s
        else:
            since_s, before_s = self._ports.process(process_id).started_mono_s, 0.0
            track = track or _Track()
            track.spent_s = 0.0
        lasted_s = max(now_s - since_s, 0.001)
        cpu_percent = max(0.0, (spent.cpu_s - before_s) / lasted_s * 100.0)
        track.spent_s += max(0.0, spent.cpu_s - before_s)
        track.pid, track.cpu_s, track.taken_s = pid, spent.cpu_s, now_s
        track.descriptors = spent.descriptors
        track.add(cpu_percent, spent.memory_bytes)
        return track

    def _forget(self) -> None:
        self._timer = None
        self._tracks.clear()

    def _wake_at(self, when_s: float, callback: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._ports.timers.call_at(when_s, callback)

    def _now_s(self) -> float:
        return self._ports.clock.now().mono_s
