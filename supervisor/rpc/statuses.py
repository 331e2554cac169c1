"""The array of STATUS structs that answers a request about several processes."""

from supervisor.core.control import Ticket
from supervisor.core.snapshot import ProcessSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any
from supervisor.lean import partial
from supervisor.rpc.deferred import Deferred


class Statuses:
    """Collects how it went for each process: first those done at once, then as they are done."""

    __slots__ = ("_answer", "_pending_count", "_structs")

    def __init__(self) -> None:
        self._structs: list[dict[str, Any]] = []
        self._pending_count = 0
        self._answer: Deferred | None = None

    def succeeded(self, process: ProcessSnapshot) -> None:
        """This one is done."""
        self._add(process, Fault.SUCCESS, "OK")

    def refused(self, process: ProcessSnapshot, refused: RequestRefused) -> None:
        """This one was refused."""
        self._add(process, refused.fault, refused.text)

    def pending(self, process: ProcessSnapshot, ticket: Ticket, extra: str) -> None:
        """This one will be done when the ticket is; extra is the text of its fault, if any."""
        self._pending_count += 1
        ticket.then(partial(self._known, process, extra))

    def answer(self) -> Any:
        """The array, or a Deferred of it if something is pending."""
        if not self._pending_count:
            return self._structs
        self._answer = Deferred()
        return self._answer

    def _known(self, process: ProcessSnapshot, extra: str, ticket: Ticket) -> None:
        self._pending_count -= 1
        refused = refusal_of(ticket, extra)
        if refused is None:
            self.succeeded(process)
        else:
            self.refused(process, refused)
        if not self._pending_count and self._answer is not None:
            self._answer.settle(lambda: self._structs)

    def _add(self, process: ProcessSnapshot, fault: Fault, description: str) -> None:
        self._structs.append(
            {
                "name": process.name,
                "group": process.group,
                "status": int(fault),
                "description": description,
            }
        )


def refusal_of(ticket: Ticket, extra: str) -> RequestRefused | None:
    """What a known answer other than success is for the client; extra if it has no text."""
    if ticket.fault is None or ticket.fault is Fault.SUCCESS:
        return None
    return RequestRefused(ticket.fault, extra if ticket.text is None else ticket.text)
