"""What the process page sends to a process: a signal, or a line for its stdin."""

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Answer, Later, Request, Response
from supervisor.web.site import Site
from supervisor.web.views import errors, notice
from supervisor.web.views.arguments import arguments
from supervisor.web.views.back import way_back

LINE_CHARS_MAX = 16 * 1024
"""Of a line for stdin."""

_WHY = {
    Fault.NOT_RUNNING: "it is not running",
    Fault.BAD_NAME: "there is no process of that name",
    Fault.BAD_SIGNAL: "there is no such signal",
    Fault.NO_FILE: "it has closed its stdin, or has none",
    Fault.SHUTDOWN_STATE: "the daemon is leaving",
}


class Order(NamedTuple):
    """What is to be done."""

    method: str
    name: str
    parameter: str
    done: str
    """What is said when it is done."""
    not_done: str
    """How what is said begins when it is not."""


def send_signal(request: Request, site: Site) -> Answer:
    """``POST /signal``."""
    said = arguments(request)
    name, signal = said.get("name", ""), said.get("signal", "")
    order = Order(
        "supervisor.signalProcess",
        name,
        signal,
        f"Sent {signal} to {name}.",
        f"Could not send {signal} to {name}",
    )
    return _carry_out(order, request, site)


def send_line(request: Request, site: Site) -> Answer:
    """``POST /stdin``: the line, and the end of it."""
    said = arguments(request)
    name = said.get("name", "")
    order = Order(
        "supervisor.sendProcessStdin",
        name,
        said.get("text", "")[:LINE_CHARS_MAX].replace("\r\n", "\n") + "\n",
        f"Sent a line to the stdin of {name}.",
        f"Could not send the line to {name}",
    )
    return _carry_out(order, request, site)


def _carry_out(order: Order, request: Request, site: Site) -> Answer:
    said = arguments(request)
    back = way_back(said.get("back", ""))
    reason = site.forms.check(request, said.get("token", ""))
    if reason is not None:
        trouble = errors.Trouble(403, "Nothing was sent", reason, again=back)
        return errors.page(request, site, trouble)

    def told(error: Exception | None) -> Response:
        if error is None:
            return _redirect(site, back, order.done, is_good=True)
        if not isinstance(error, RequestRefused):
            raise error
        why = _WHY.get(error.fault, error.extra or error.text)
        return _redirect(site, back, f"{order.not_done}: {why}.", is_good=False)

    try:
        outcome = site.gateway.call(request, order.method, [order.name, order.parameter])
    except RequestRefused as refused:
        if refused.fault == Fault.FORBIDDEN:
            return errors.refusal(request, site, refused, order.not_done)
        return told(refused)
    if not isinstance(outcome, Deferred):
        return told(None)
    later = Later(outcome.abandon)
    outcome.then(lambda known: later.resolve(told(known.error)))
    return later


def _redirect(site: Site, back: str, text: str, *, is_good: bool) -> Response:
    address = notice.address(back, text, is_good, site.services.clock.now().wall_s)
    return Response(303, "text/plain", b"", (("Location", address),))
