"""Refusals that come before the API is asked, in the form in which the API refuses: as problems.

They are made without the code of the API: whoever is refused shall not make the daemon load it.
"""

from supervisor.hints import Final
from supervisor.web.messages import REASONS, Request, Response

PROBLEM_TYPE: Final = "application/problem+json"
"""RFC 9457."""

_DETAILS: Final = {
    401: "Say who you are, by a user name and a password or by a token; what was sent, if"
    " anything, is not known here.",
    411: "A body needs a Content-Length.",
    413: "The body is larger than this server takes.",
    503: "The daemon has too much to do; try again in a few seconds.",
}


def in_form_of(request: Request | None, refusal: Response) -> Response:
    """The refusal of a request as its path has refusals: below /api as a problem document."""
    if request is None or not f"{request.path}/".startswith("/api/"):
        return refusal
    detail = _DETAILS.get(refusal.status, f"{REASONS[refusal.status]}.")
    if refusal.content_type.startswith("text/plain"):
        detail = " ".join(refusal.body.decode("utf-8").split())
    quoted = detail.replace("\\", "\\\\").replace('"', '\\"')
    body = (
        f'{{"type":"about:blank","title":"{REASONS[refusal.status]}",'
        f'"status":{refusal.status},"detail":"{quoted}"}}\n'
    )
    return refusal._replace(content_type=PROBLEM_TYPE, body=body.encode("utf-8"))
