"""What the pages of logs and processes send: a signal, a line for stdin, a log to be cleared."""

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.deferred import Deferred
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Answer, Later, Request, Response
from supervisor.web.site import Site
from supervisor.web.views import errors, layout
from supervisor.web.views.actions import told
from supervisor.web.views.arguments import arguments
from supervisor.web.views.back import way_back
from supervisor.web.views.kit import Template

LINE_CHARS_MAX = 16 * 1024
"""Of a line for stdin."""

_LOG = Template("log.html")
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
    parameters: tuple[str, ...]
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
        (name, signal),
        f"Sent {signal} to {name}.",
        f"Could not send {signal} to {name}",
    )
    return _carry_out(order, request, site)


def send_line(request: Request, site: Site) -> Answer:
    """``POST /stdin``: the line, and the end of it."""
    said = arguments(request)
    name = said.get("name", "")
    line = said.get("text", "")[:LINE_CHARS_MAX] + "\n"
    order = Order(
        "supervisor.sendProcessStdin",
        (name, line),
        f"Sent a line to the stdin of {name}.",
        f"Could not send the line to {name}",
    )
    return _carry_out(order, request, site)


def clear_main_log(request: Request, site: Site) -> Answer:
    """``/clearlog``: asks, or does it."""
    if request.method == "POST":
        order = Order(
            "supervisor.clearLog", (), "Cleared the main log.", "Could not clear the main log"
        )
        return _carry_out(order, request, site, "log.html")
    main = _LOG["ask"](token=site.forms.token(request))
    return layout.answer(
        site, request, layout.Page("Clear the main log?", "log", main_class="small"), main
    )


def _carry_out(order: Order, request: Request, site: Site, back: str = "") -> Answer:
    said = arguments(request)
    back = back or way_back(said.get("back", ""))
    reason = site.forms.check(request, said.get("token", ""))
    if reason is not None:
        trouble = errors.Trouble(403, "Nothing was sent", reason, again=back)
        return errors.page(request, site, trouble)

    def answer(error: Exception | None) -> Response:
        if error is None:
            return told(site, back, order.done, is_good=True)
        if not isinstance(error, RequestRefused):
            raise error
        why = _WHY.get(error.fault, error.extra or error.text)
        return told(site, back, f"{order.not_done}: {why}.", is_good=False)

    try:
        outcome = site.gateway.call(request, order.method, list(order.parameters))
    except RequestRefused as refused:
        if refused.fault == Fault.FORBIDDEN:
            return errors.refusal(request, site, refused, order.not_done)
        return answer(refused)
    if not isinstance(outcome, Deferred):
        return answer(None)
    later = Later(outcome.abandon)
    outcome.then(lambda known: later.resolve(answer(known.error)))
    return later
