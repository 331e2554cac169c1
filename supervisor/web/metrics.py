"""``/metrics``, ``/healthz`` and ``/readyz``. Loaded by the first request for one of them.

Names are those of exporters that exist, where they agree: ``supervisord_up``,
``supervisor_process_info`` (1 while RUNNING) and ``supervisor_process_uptime``.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping

from supervisor.core.component import Now
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import Final
from supervisor.rpc.ports import Services
from supervisor.states import ProcessStates, getProcessStateDescription
from supervisor.web.health import answer_health, answer_readiness
from supervisor.web.messages import Answer, Handler, Request, Response, error_response
from supervisor.web.openmetrics import (
    OPENMETRICS,
    PLAIN_TEXT,
    Family,
    exposition,
    inner,
    labelled,
    wants_openmetrics,
)
from supervisor.web.site import Site

_EXIT_CODE: Final = r"exit status ([0-9]+)"
"""How the words for an ending begin if no signal was its cause."""

_VERBS: Final = ("GET", "HEAD")
_ALLOW: Final = (("Allow", ", ".join(_VERBS)),)


def make_metrics(site: Site) -> Handler:
    """Handler of the three paths."""

    def answer(request: Request) -> Answer:
        if request.method not in _VERBS:
            return error_response(405, _ALLOW)
        services = site.gateway.services(request)
        found: Mapping[str, Callable[[], Response]] = {
            "/metrics": lambda: _metrics(request, services),
            "/healthz": answer_health,
            "/readyz": lambda: answer_readiness(services),
        }
        make = found.get(request.path)
        return error_response(404) if make is None else make()

    return answer


def _metrics(request: Request, services: Services) -> Response:
    services.figures.sample_now()
    is_openmetrics = wants_openmetrics(request.header(b"accept"))
    families = [
        *_of_daemon(services),
        *_of_loop(services),
        *_of_processes(services),
        *_of_pools(services),
    ]
    media = OPENMETRICS if is_openmetrics else PLAIN_TEXT
    body = exposition(families, is_openmetrics)
    return Response(200, media, body, (("Cache-Control", "no-store"),))


def _of_daemon(services: Services) -> Iterable[Family]:
    identity = services.identity
    up = Family("supervisord_up", "gauge", "1: the daemon answers.")
    up.add(1)
    build = Family("supervisord_build", "info", "Which daemon this is.")
    build.add(1, labelled((("version", identity.version), ("identifier", identity.identifier))))
    state = Family(
        "supervisord_state", "gauge", "State: 1 RUNNING, 2 FATAL, 0 RESTARTING, -1 SHUTDOWN."
    )
    state.add(services.control.mood())
    uptime = Family("supervisord_uptime_seconds", "gauge", "Since the daemon is there.", "seconds")
    uptime.add(round(services.clock.now().mono_s - identity.started_mono_s, 3))
    cpu = Family("process_cpu_seconds", "counter", "CPU time of the daemon itself.", "seconds")
    cpu.add(time.process_time())
    return up, build, state, uptime, cpu


def _of_loop(services: Services) -> Iterable[Family]:
    name, figures = "supervisord_loop", services.loop
    turns = Family(f"{name}_wakeups", "counter", "How often the daemon has woken up.")
    turns.add(figures.turns_count)
    due = Family(f"{name}_deadlines", "counter", "How often something was due.")
    due.add(figures.due_count)
    lag = Family(f"{name}_lag_seconds", "counter", "How late it came to that.", "seconds")
    lag.add(round(figures.late_s, 6))
    latest = Family(f"{name}_lag_max_seconds", "gauge", "The longest of these times.", "seconds")
    latest.add(round(figures.latest_s, 6))
    return turns, due, lag, latest


class _ProcessFamilies:
    """What is told about each process."""

    def __init__(self, services: Services, now: Now) -> None:
        self._services = services
        self._now = now
        name = "supervisor_process"
        self.info = Family(f"{name}_info", "gauge", "1 while RUNNING; state and last exit code.")
        self.up = Family(f"{name}_up", "gauge", "1 while RUNNING.")
        self.state = Family(f"{name}_state", "gauge", "Code of the state, 20 is RUNNING.")
        self.uptime = Family(f"{name}_uptime", "gauge", "Seconds since it is RUNNING, else 0.")
        self.starts = Family(f"{name}_starts", "counter", "Starts.")
        self.exits = Family(f"{name}_exits", "counter", "Ends by result, and starts that failed.")
        self.code = Family(
            f"{name}_last_exit_code", "gauge", "Exit code of the last end, -1 if a signal ended it."
        )
        self.started = Family(
            f"{name}_start_time_seconds", "gauge", "Last start since the epoch.", "seconds"
        )
        self.cpu = Family(
            f"{name}_cpu_ratio",
            "gauge",
            "Share of one processor that it and its descendants use.",
        )
        self.memory = Family(
            f"{name}_memory_bytes",
            "gauge",
            "Resident memory of it and what descends from it.",
            "bytes",
        )
        self.descriptors = Family(f"{name}_open_fds", "gauge", "Open file descriptors.")

    def all(self) -> Iterable[Family]:
        """Every family, in the order of the text."""
        found = vars(self).values()
        return [each for each in found if isinstance(each, Family)]

    def add(self, process: ProcessSnapshot) -> None:
        """Samples of a process."""
        names = inner((("name", process.name), ("group", process.group)))
        labels = f"{{{names}}}"
        is_up = process.state == ProcessStates.RUNNING
        code = process.exitstatus
        state = getProcessStateDescription(process.state) or str(process.state)
        self.info.add(int(is_up), f'{{{names},state="{state}",exit_status="{code or 0}"}}')
        self.up.add(int(is_up), labels)
        self.state.add(process.state, labels)
        uptime_s = self._now.mono_s - process.started_mono_s if is_up else 0.0
        self.uptime.add(round(max(0.0, uptime_s), 3), labels)
        if process.started_wall_s:
            self.started.add(round(process.started_wall_s, 3), labels)
        self._add_career(process, names, labels)
        self._add_usage(process, labels)

    def _add_career(self, process: ProcessSnapshot, names: str, labels: str) -> None:
        career = self._services.histories.career(process.id)
        self.starts.add(career.starts, labels)
        if career.last_exit:
            # What is known of the process itself is forgotten when it is started again.
            code = re.match(_EXIT_CODE, career.last_exit)
            self.code.add(-1 if code is None else int(code[1]), labels)
        for result, count in (
            ("expected", career.exits_expected),
            ("unexpected", career.exits_unexpected),
            ("failed_start", career.failed_starts),
        ):
            self.exits.add(count, f'{{{names},result="{result}"}}')

    def _add_usage(self, process: ProcessSnapshot, labels: str) -> None:
        usage = self._services.figures.usage(process.id)
        if usage is None:
            return
        self.cpu.add(round(usage.cpu_percent / 100.0, 6), labels)
        self.memory.add(usage.memory_bytes, labels)
        if usage.descriptors is not None:
            self.descriptors.add(usage.descriptors, labels)


def _of_processes(services: Services) -> Iterable[Family]:
    families = _ProcessFamilies(services, services.clock.now())
    for group in services.control.groups():
        for process in group.processes:
            families.add(process)
    return families.all()


def _of_pools(services: Services) -> Iterable[Family]:
    name = "supervisor_pool"
    waiting = Family(f"{name}_buffer_events", "gauge", "Events in the buffer of a pool.")
    size = Family(f"{name}_buffer_size", "gauge", "How many events its buffer may hold.")
    delivered = Family(f"{name}_delivered_events", "counter", "Events that a listener has taken.")
    rejected = Family(f"{name}_rejected_events", "counter", "Rejections by listeners.")
    dropped = Family(f"{name}_dropped_events", "counter", "Events lost to overflows of the buffer.")
    for pool in services.listeners.snapshots():
        labels = labelled((("pool", pool.name),))
        waiting.add(pool.waiting, labels)
        size.add(pool.buffer_size, labels)
        delivered.add(pool.delivered, labels)
        rejected.add(pool.rejected, labels)
        dropped.add(pool.dropped, labels)
    lost = Family("supervisor_journal_lost_events", "counter", "Events not written to the journal.")
    journal = services.listeners.journal()
    if journal is not None:
        lost.add(journal.lost)
    return waiting, size, delivered, rejected, dropped, lost
