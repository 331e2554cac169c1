"""Answers with figures of this moment: made when a sample has been taken, which takes its turns."""

from collections.abc import Callable

from supervisor.rpc.ports import Services
from supervisor.web.messages import Answer, Later, Request, Response, Stream, error_response
from supervisor.web.service import told_crash


def after_sample(
    request: Request, services: Services, make: Callable[[], Response | Stream]
) -> Answer:
    """What `make` answers as soon as there is a sample: now, if the last one is fresh."""
    sample = services.figures.sample()
    if sample.done:
        return make()
    later = Later(sample.abandon)

    def answer() -> None:
        try:
            made = make()
        except Exception as error:
            # It must not hit whoever took the sample, and others who waited for it.
            services.log(*told_crash(f'Answering "{request.line}" of {request.peer}', error))
            made = error_response(500)
        later.resolve(made)

    sample.then(lambda known: answer())
    return later
