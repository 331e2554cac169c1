"""From a request to the operation that it means.

The path is split before it is percent-decoded, so that names may hold slashes. What is wrong with
a request is said in a problem document, whatever it is.
"""

from supervisor.errors import RequestRefused
from supervisor.hints import Final, Sequence
from supervisor.web.api.calls import Call, answer_json
from supervisor.web.api.fields import BODY_BYTES_MAX, read_body, read_query, unquoted_segment
from supervisor.web.api.operations import ROOT, Operation
from supervisor.web.api.problems import Problem, refusal_response
from supervisor.web.messages import Answer, Request, Response
from supervisor.web.site import Site

_DOCUMENT: Final = f"{ROOT}/openapi.json"
_ORIGIN_END: Final = "://"


class Router:
    """The API of one server: a handler."""

    def __init__(self, site: Site, operations: Sequence[Operation]) -> None:
        self._site = site
        self._by_place: dict[tuple[str, ...], dict[str, Operation]] = {}
        """Parts of a path, None for a name -> verb -> operation."""
        for each in operations:
            self._by_place.setdefault(_pattern(each.path), {})[each.verb] = each

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        try:
            return self._answer(request)
        except RequestRefused as refused:
            return refusal_response(refused)
        except Problem as problem:
            return problem.response()

    def _answer(self, request: Request) -> Answer:
        parts = _parts(request.target)
        found, values = self._found(parts)
        allowed = _allowed(found)
        if request.method == "OPTIONS":
            return _with_headers(answer_json({"allow": allowed}), (("Allow", ", ".join(allowed)),))
        verb = "GET" if request.method == "HEAD" else request.method
        if verb not in found:
            raise Problem(
                405,
                f"This takes {', '.join(allowed)}; {request.method!a} does nothing here.",
                (("Allow", ", ".join(allowed)),),
            )
        return self._carry_out(request, found[verb], values)

    def _found(self, parts: list[str]) -> tuple[dict[str, Operation], list[str]]:
        """The operations of a path, by verb, and the values of the names in it.

        Raises Problem 404.
        """
        literal = tuple(parts)
        for pattern in _candidates(literal):
            if pattern in self._by_place:
                values = [
                    unquoted_segment(part)
                    for part, known in zip(parts, pattern, strict=True)
                    if known == _NAME
                ]
                return self._by_place[pattern], values
        raise Problem(404, f"There is nothing here; GET {_DOCUMENT} tells what there is.")

    def _carry_out(self, request: Request, operation: Operation, values: list[str]) -> Answer:
        if len(request.body) > BODY_BYTES_MAX and not operation.is_bulky:
            raise Problem(413, f"The body may have {BODY_BYTES_MAX} bytes at most.")
        reads = operation.verb == "GET"
        call = Call(
            request,
            self._site,
            dict(zip(operation.names, values, strict=True)),
            read_query(request.query, operation.query),
            {} if reads else read_body(request, operation.body),
            self._site.turns,
        )
        return operation.answer(call)


_NAME: Final = "{}"


def _pattern(path: str) -> tuple[str, ...]:
    return tuple(_NAME if part.startswith("{") else part for part in path.split("/")[1:])


def _candidates(parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The patterns that a path may have: only its second part is ever a name."""
    named = (*parts[:1], _NAME, *parts[2:])
    return [parts, named] if len(parts) > 1 else [parts]


def _parts(target: str) -> list[str]:
    """Parts of the path below the root, as they were sent. Raises Problem 404."""
    path = target.partition("?")[0]
    if not path.startswith("/"):
        # The absolute form that proxies are sent (RFC 9112 §3.2.2).
        path = "/" + path.partition(_ORIGIN_END)[2].partition("/")[2]
    below = path.removeprefix(ROOT + "/")
    if below == path:
        raise Problem(404, f"The API is below {ROOT}; GET {_DOCUMENT} tells what there is.")
    return below.split("/")


def _allowed(found: dict[str, Operation]) -> list[str]:
    verbs = set(found) | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set())
    return sorted(verbs)


def _with_headers(response: Response, headers: tuple[tuple[str, str], ...]) -> Response:
    return response._replace(headers=(*response.headers, *headers))
