"""What goes wrong, as problem documents (RFC 9457).

A refusal of a method has its fault as XML-RPC has it: ``code`` and ``fault``, beside the status of
HTTP. ``detail`` is for people: a sentence that says what was wrong.
"""

from supervisor.errors import Fault, RequestRefused, getFaultDescription
from supervisor.hints import Final
from supervisor.web.api.jsons import write_json
from supervisor.web.messages import REASONS, Response
from supervisor.web.refusals import PROBLEM_TYPE

MEDIA_TYPE: Final = PROBLEM_TYPE

_BY_FAULT: Final[dict[int, tuple[int, str]]] = {
    Fault.UNKNOWN_METHOD: (404, "There is no such method"),
    Fault.INCORRECT_PARAMETERS: (400, "Number or types of the parameters are wrong"),
    Fault.BAD_ARGUMENTS: (400, "These values cannot be used"),
    Fault.SIGNATURE_UNSUPPORTED: (404, "There is no such method, or it tells nothing about itself"),
    Fault.SHUTDOWN_STATE: (503, "The daemon shuts down or restarts"),
    Fault.BAD_NAME: (404, "There is no process or group of that name"),
    Fault.BAD_SIGNAL: (400, "There is no such signal"),
    Fault.NO_FILE: (409, "There is no such file"),
    Fault.NOT_EXECUTABLE: (409, "The program cannot be executed"),
    Fault.FAILED: (409, "That failed"),
    Fault.ABNORMAL_TERMINATION: (409, "The process left STARTING without having been RUNNING"),
    Fault.SPAWN_ERROR: (409, "The process could not be started, or ended too quickly"),
    Fault.ALREADY_STARTED: (409, "The process runs already"),
    Fault.NOT_RUNNING: (409, "The process is not in a state that allows this"),
    Fault.ALREADY_ADDED: (409, "The group is active already"),
    Fault.STILL_RUNNING: (409, "Processes of the group have not stopped"),
    Fault.CANT_REREAD: (409, "The configuration cannot be used"),
    Fault.FORBIDDEN: (403, "You may not do this"),
}
"""Fault -> status and the beginning of the sentence."""

_REFUSED: Final = (409, "The method refused this")
"""For faults of plug-ins."""


class Problem(Exception):
    """A request that cannot be answered otherwise."""

    def __init__(self, status: int, detail: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.headers = headers

    def response(self) -> Response:
        """The answer."""
        struct = {"type": "about:blank", "title": REASONS[self.status], "status": self.status}
        body = write_json({**struct, "detail": self.detail})
        return Response(self.status, MEDIA_TYPE, body, self.headers)


def refusal_response(refused: RequestRefused, status: int | None = None) -> Response:
    """The answer to a call that a method refused, with another status than that of its fault."""
    code = int(refused.fault)
    usual_status, words = _BY_FAULT.get(code, _REFUSED)
    status = status or usual_status
    struct = {
        "type": "about:blank",
        "title": REASONS[status],
        "status": status,
        "detail": f"{words}." if refused.extra is None else f"{words}: {refused.extra}",
        "code": code,
        "fault": getFaultDescription(code),
    }
    return Response(status, MEDIA_TYPE, write_json(struct))


def statuses_of(faults: set[int]) -> set[int]:
    """The statuses that such refusals have."""
    return {_BY_FAULT.get(fault, _REFUSED)[0] for fault in faults}
