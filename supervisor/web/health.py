"""``/healthz`` and ``/readyz``: may this daemon go on, and is everything up?

Healthy is a daemon that answers, whatever its programs do. It is ready while it is RUNNING and no
process has failed (FATAL, BACKOFF) or is being started for the first time. Processes that were
stopped, or ended as expected, do not count.
"""

from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import Final, Generator
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
SLICE_COUNT: Final = 250
"""Processes that are looked at in one turn: about 1 ms of work."""

_HEADERS: Final = (("Cache-Control", "no-store"),)


def answer_health() -> Response:
    """The daemon answers, so it is healthy."""
    return Response(200, TEXT, b"ok\n", _HEADERS)


def answer_readiness(services: Services) -> Generator[None, None, Response]:
    """200, or 503 with a line for each reason; yields between two slices of the work."""
    reasons = yield from _reasons(services)
    if not reasons:
        return Response(200, TEXT, b"ready\n", _HEADERS)
    if len(reasons) > NAMED_MAX:
        reasons[NAMED_MAX:] = [f"and {len(reasons) - NAMED_MAX} more"]
    text = "".join(f"not ready: {reason}\n" for reason in reasons)
    return Response(503, TEXT, text.encode("utf-8", "replace"), _HEADERS)


def _reasons(services: Services) -> Generator[None, None, list[str]]:
    control = services.control
    mood = control.mood()
    reasons = []
    if mood != SupervisorStates.RUNNING:
        reasons.append(f"supervisord is {getSupervisorStateDescription(mood)}")
    ids = [process_id for roll in control.rolls() for _, process_id in roll.members]
    for number, process_id in enumerate(ids):
        if number and number % SLICE_COUNT == 0:
            yield
        # Else it was removed between two slices.
        if process_id in control.marks():
            process = control.process(process_id)
            if _is_in_the_way(process):
                state = getProcessStateDescription(process.state)
                reasons.append(f"{process.namespec} is {state}")
    return reasons


def _is_in_the_way(process: ProcessSnapshot) -> bool:
    if process.state in (ProcessStates.FATAL, ProcessStates.BACKOFF):
        return True
    # One that is started again, as those are that end by themselves, was ready before.
    return process.state == ProcessStates.STARTING and process.spawns <= 1
