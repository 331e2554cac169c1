"""``/healthz`` and ``/readyz``: may this daemon go on, and is everything up?

Healthy is a daemon that answers, whatever its programs do. It is ready while it is RUNNING and no
process has failed (FATAL, BACKOFF) or is being started for the first time. Processes that were
stopped, or ended as expected, do not count.
"""

from collections.abc import Iterator

from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import Final
from supervisor.rpc.ports import Services
from supervisor.states import (
    ProcessStates,
    SupervisorStates,
    getProcessStateDescription,
    getSupervisorStateDescription,
)
from supervisor.web.messages import Response

TEXT: Final = "text/plain;charset=utf-8"
NAMED_MAX: Final = 20
"""Reasons that are named."""

_HEADERS: Final = (("Cache-Control", "no-store"),)


def answer_health() -> Response:
    """The daemon answers, so it is healthy."""
    return Response(200, TEXT, b"ok\n", _HEADERS)


def answer_readiness(services: Services) -> Response:
    """200, or 503 with a line for each reason."""
    reasons = list(_reasons(services))
    if not reasons:
        return Response(200, TEXT, b"ready\n", _HEADERS)
    if len(reasons) > NAMED_MAX:
        reasons[NAMED_MAX:] = [f"and {len(reasons) - NAMED_MAX} more"]
    text = "".join(f"not ready: {reason}\n" for reason in reasons)
    return Response(503, TEXT, text.encode("utf-8", "replace"), _HEADERS)


def _reasons(services: Services) -> Iterator[str]:
    control = services.control
    mood = control.mood()
    if mood != SupervisorStates.RUNNING:
        yield f"supervisord is {getSupervisorStateDescription(mood)}"
    for group in control.groups():
        for process in group.processes:
            if _is_in_the_way(process):
                yield f"{process.namespec} is {getProcessStateDescription(process.state)}"


def _is_in_the_way(process: ProcessSnapshot) -> bool:
    if process.state in (ProcessStates.FATAL, ProcessStates.BACKOFF):
        return True
    # One that is started again, as those are that end by themselves, was ready before.
    return process.state == ProcessStates.STARTING and process.spawns <= 1
