"""``/metrics``, ``/healthz`` and ``/readyz``. Loaded by the first request for one of them.

Names are those of exporters that exist, where they agree: ``supervisord_up``,
``supervisor_process_info`` (1 while RUNNING) and ``supervisor_process_uptime``.
"""

import time

from supervisor.hints import Callable, Final, Iterable, Iterator, Mapping
from supervisor.rpc.ports import Services
from supervisor.web.health import answer_health, answer_readiness
from supervisor.web.messages import Answer, Handler, Request, Response, error_response
from supervisor.web.openmetrics import (
    OPENMETRICS,
    PLAIN_TEXT,
    Family,
    exposition,
    labelled,
    wants_openmetrics,
)
from supervisor.web.pieces import PieceStream, in_batches
from supervisor.web.process_metrics import SLICE_COUNT, parts_of_processes
from supervisor.web.sampling import after_sample, answer_in_turns
from supervisor.web.site import Site
from supervisor.web.turns import Turns

_VERBS: Final = ("GET", "HEAD")
_ALLOW: Final = (("Allow", ", ".join(_VERBS)),)
_NO_STORE: Final = (("Cache-Control", "no-store"),)


def make_metrics(site: Site) -> Handler:
    """Handler of the three paths."""

    def answer(request: Request) -> Answer:
        if request.method not in _VERBS:
            return error_response(405, _ALLOW)
        services = site.gateway.services(request)
        found: Mapping[str, Callable[[], Answer]] = {
            "/metrics": lambda: after_sample(
                request, services, lambda: _metrics(request, services, site.turns)
            ),
            "/healthz": answer_health,
            "/readyz": lambda: answer_in_turns(
                request, site.turns, services, answer_readiness(services)
            ),
        }
        make = found.get(request.path)
        return error_response(404) if make is None else make()

    return answer


def _metrics(request: Request, services: Services, turns: Turns) -> Response | PieceStream:
    """The text, whole or, of many processes, piece by piece."""
    is_openmetrics = wants_openmetrics(request.header(b"accept"))
    media = OPENMETRICS if is_openmetrics else PLAIN_TEXT
    parts = exposition(_parts(services, is_openmetrics), is_openmetrics)
    if len(services.control.marks()) > SLICE_COUNT:
        return PieceStream(in_batches(parts), media, _NO_STORE, turns)
    return Response(200, media, b"".join(parts), _NO_STORE)


def _parts(services: Services, is_openmetrics: bool) -> Iterator[str]:
    for family in (*_of_daemon(services), *_of_loop(services)):
        yield family.take(is_openmetrics)
    yield from parts_of_processes(services, is_openmetrics)
    for family in _of_pools(services):
        yield family.take(is_openmetrics)


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
