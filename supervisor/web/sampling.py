"""Answers that are not made at once: with figures of this moment, or about very many processes."""

from supervisor.hints import Callable, Generator
from supervisor.rpc.ports import Services
from supervisor.web.messages import Answer, Later, Request, error_response
from supervisor.web.service import told_crash
from supervisor.web.turns import Turns


def after_sample(request: Request, services: Services, make: Callable[[], Answer]) -> Answer:
    """What `make` answers as soon as there is a sample: now, if the last one is fresh.

    A sample takes its turns.
    """
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
        _pass_on(made, later)

    sample.then(lambda known: answer())
    return later


def answer_in_turns(
    request: Request, turns: Turns, services: Services, work: Generator[None, None, Answer]
) -> Answer:
    """What the work returns: now if it is done at its first slice, else when it has had its turns.

    It yields between two slices.
    """
    try:
        next(work)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    later = Later()
    later.on_abandoned = turns.do(
        _guarded(request, services, work), lambda answer: _pass_on(answer, later)
    )
    return later


def _pass_on(answer: Answer, later: Later) -> None:
    """Answer with it, or with what it is resolved with."""
    if isinstance(answer, Later):
        later.on_abandoned = answer.abandon
        answer.then(later.resolve)
    else:
        later.resolve(answer)


def _guarded(
    request: Request, services: Services, work: Generator[None, None, Answer]
) -> Generator[None, None, Answer]:
    """The same; a mistake in it must not hit whoever calls back, and the client has an answer."""
    try:
        return (yield from work)
    except Exception as error:
        services.log(*told_crash(f'Answering "{request.line}" of {request.peer}', error))
        return error_response(500)
