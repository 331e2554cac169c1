"""What metrics tell about each process: a table, a line for each metric.

The text has all samples of a metric together, so processes are looked at once for each of them,
some at a time: thousands of processes make some megabytes, which nobody keeps.
"""

from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import Callable, Final, Iterable, Iterator
from supervisor.rpc.figures import Usage
from supervisor.rpc.ports import Services
from supervisor.states import ProcessStates, getProcessStateDescription
from supervisor.tuples import NamedTuple
from supervisor.web.openmetrics import Family, inner

SLICE_COUNT: Final = 256
"""Processes looked at in one turn: about 3 ms of work, and 20 KiB of text."""


class Subject(NamedTuple):
    """A process, and whom to ask about it."""

    process: ProcessSnapshot
    services: Services

    @property
    def is_up(self) -> bool:
        """Whether it is RUNNING."""
        return self.process.state == ProcessStates.RUNNING

    @property
    def usage(self) -> Usage | None:
        """What it uses, as far as that is known."""
        return self.services.figures.usage(self.process.id)


Sample = tuple[str, float]
"""Further labels, and the value."""


def _info(subject: Subject) -> Iterable[Sample]:
    process = subject.process
    state = getProcessStateDescription(process.state) or str(process.state)
    labels = f',state="{state}",exit_status="{process.exitstatus or 0}"'
    yield labels, int(subject.is_up)


def _up(subject: Subject) -> Iterable[Sample]:
    yield "", int(subject.is_up)


def _state(subject: Subject) -> Iterable[Sample]:
    yield "", subject.process.state


def _uptime(subject: Subject) -> Iterable[Sample]:
    up_s = 0.0
    if subject.is_up:
        up_s = subject.services.clock.now().mono_s - subject.process.started_mono_s
    yield "", round(max(0.0, up_s), 3)


def _starts(subject: Subject) -> Iterable[Sample]:
    yield "", subject.services.histories.career(subject.process.id).starts


def _exits(subject: Subject) -> Iterable[Sample]:
    career = subject.services.histories.career(subject.process.id)
    yield ',result="expected"', career.exits_expected
    yield ',result="unexpected"', career.exits_unexpected
    yield ',result="failed_start"', career.failed_starts


def _last_exit_code(subject: Subject) -> Iterable[Sample]:
    # What is known of the process itself is forgotten when it is started again.
    code = subject.services.histories.career(subject.process.id).last_exit_code
    if code is not None:
        yield "", code


def _started(subject: Subject) -> Iterable[Sample]:
    if subject.process.started_wall_s:
        yield "", round(subject.process.started_wall_s, 3)


def _cpu_seconds(subject: Subject) -> Iterable[Sample]:
    usage = subject.usage
    if usage is not None:
        yield "", round(usage.cpu_s, 3)


def _cpu_ratio(subject: Subject) -> Iterable[Sample]:
    usage = subject.usage
    if usage is not None:
        yield "", round(usage.cpu_percent / 100.0, 6)


def _memory(subject: Subject) -> Iterable[Sample]:
    usage = subject.usage
    if usage is not None:
        yield "", usage.memory_bytes


def _descriptors(subject: Subject) -> Iterable[Sample]:
    usage = subject.usage
    if usage is not None and usage.descriptors is not None:
        yield "", usage.descriptors


class _Metric(NamedTuple):
    """A metric with a sample, or some, for each process."""

    name: str
    kind: str
    text: str
    unit: str
    samples: Callable[[Subject], Iterable[Sample]]


_METRICS: Final = (
    _Metric("info", "gauge", "1 while RUNNING; state and last exit code.", "", _info),
    _Metric("up", "gauge", "1 while RUNNING.", "", _up),
    _Metric("state", "gauge", "Code of the state, 20 is RUNNING.", "", _state),
    _Metric("uptime", "gauge", "Seconds since it is RUNNING, else 0.", "", _uptime),
    _Metric("starts", "counter", "Starts.", "", _starts),
    _Metric("exits", "counter", "Ends by result, and starts that failed.", "", _exits),
    _Metric(
        "last_exit_code",
        "gauge",
        "Exit code of the last end, -1 if a signal ended it.",
        "",
        _last_exit_code,
    ),
    _Metric("start_time_seconds", "gauge", "Last start since the epoch.", "seconds", _started),
    _Metric(
        "cpu_seconds",
        "counter",
        "CPU time that it and its descendants have spent since its last start.",
        "seconds",
        _cpu_seconds,
    ),
    _Metric(
        "cpu_ratio",
        "gauge",
        "Share of one processor that it and its descendants use.",
        "",
        _cpu_ratio,
    ),
    _Metric(
        "memory_bytes",
        "gauge",
        "Resident memory of it and what descends from it.",
        "bytes",
        _memory,
    ),
    _Metric("open_fds", "gauge", "Open file descriptors.", "", _descriptors),
)


def parts_of_processes(services: Services, is_openmetrics: bool) -> Iterator[str]:
    """The text about all processes, metric by metric, some processes at a time."""
    rolls = services.control.rolls()
    ids = [process_id for roll in rolls for _, process_id in roll.members]
    yield ""
    names: dict[int, str] = {}
    for metric in _METRICS:
        family = Family(f"supervisor_process_{metric.name}", metric.kind, metric.text, metric.unit)
        for start in range(0, len(ids), SLICE_COUNT):
            for subject in _subjects(services, ids[start : start + SLICE_COUNT]):
                labels = _names_of(subject.process, names)
                for more, value in metric.samples(subject):
                    family.add(value, f"{{{labels}{more}}}")
            yield family.take(is_openmetrics)


def _subjects(services: Services, ids: Iterable[int]) -> Iterator[Subject]:
    for process_id in ids:
        try:
            process = services.control.process(process_id)
        except KeyError:
            # Removed since the text was begun.
            continue
        yield Subject(process, services)


def _names_of(process: ProcessSnapshot, known: dict[int, str]) -> str:
    """The labels that every sample of a process has; made once, since all metrics have them."""
    names = known.get(process.id)
    if names is None:
        pairs = (("name", process.name), ("group", process.group))
        names = known[process.id] = inner(pairs)
    return names
