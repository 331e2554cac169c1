"""What an operation is given beside its path: fields of the query, members of a JSON body.

Each is declared once; from that the values are checked and the OpenAPI document is made. Nothing
is guessed: unknown names, names given twice and values of another type are refused.
"""

from urllib.parse import unquote_to_bytes

from supervisor.hints import Any, Final, Iterable, Sequence
from supervisor.rpc.oneline import told_name
from supervisor.tuples import NamedTuple
from supervisor.web.api.jsons import BadJson, read_json
from supervisor.web.api.problems import Problem
from supervisor.web.messages import Request

JSON_TYPE: Final = "application/json"
BODY_BYTES_MAX: Final = 1024 * 1024
"""Of a request whose operation takes no bulky ones."""
PATTERN_CHARS_MAX: Final = 256
"""Of a pattern: reading one takes time that grows with the square of its length."""
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_DIGITS_MAX: Final = 18


class Field(NamedTuple):
    """One value that a client may give."""

    name: str
    kinds: tuple[str, ...]
    """Types of JSON schema: string, integer, boolean, array; in a query only the first counts."""
    text: str
    is_required: bool = False
    default: Any = None
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    is_list: bool = False
    """In a query: several values, separated by commas."""
    chars_max: int | None = None
    """Of a string."""

    def schema(self) -> dict[str, Any]:
        """JSON schema of the value."""
        kinds = self.kinds[0] if len(self.kinds) == 1 else list(self.kinds)
        schema: dict[str, Any] = {"type": kinds}
        limits = {"minimum": self.minimum, "maximum": self.maximum, "default": self.default}
        limits["maxLength"] = self.chars_max
        schema |= {name: value for name, value in limits.items() if value is not None}
        if self.choices:
            schema["enum"] = list(self.choices)
        return {"type": "array", "items": schema, "minItems": 1} if self.is_list else schema


def read_query(query: str, fields: Sequence[Field]) -> dict[str, Any]:
    """The values of a query; defaults for those that are not given. Raises Problem 400."""
    known = {field.name: field for field in fields}
    values: dict[str, Any] = {}
    for pair in query.split("&") if query else ():
        raw_name, equals, raw_value = pair.partition("=")
        if not pair:
            continue
        name = _unquoted(raw_name)
        if name not in known:
            raise Problem(
                400, f"There is no query field {told_name(name)!a} here; {_listed(known)}."
            )
        if name in values:
            raise Problem(400, f"The query field {name} is given twice.")
        values[name] = _query_value(known[name], _unquoted(raw_value), bool(equals))
    return _completed(values, fields, "query field")


def read_body(request: Request, fields: Sequence[Field]) -> dict[str, Any]:
    """The members of a JSON body; none at all is an empty object.

    Raises Problem: 400, 413, 415.
    """
    if not request.body:
        return _completed({}, fields, "member")
    kind = (request.header(b"content-type") or "").partition(";")[0].strip().lower()
    if kind != JSON_TYPE:
        raise Problem(415, f"The body must be JSON: send it with Content-Type: {JSON_TYPE}.")
    try:
        body = read_json(request.body)
    except BadJson as bad:
        raise Problem(400, f"The body {bad}.") from None
    if not isinstance(body, dict):
        raise Problem(400, "The body must be a JSON object.")
    known = {field.name: field for field in fields}
    for name, value in body.items():
        if name not in known:
            raise Problem(400, f"There is no member {told_name(name)!a} here; {_listed(known)}.")
        _check(known[name], value, "member")
    return _completed(body, fields, "member")


def unquoted_segment(raw: str) -> str:
    """A part of a path, percent-decoded. Raises Problem 400 if it is no UTF-8."""
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, "The path is not percent-encoded UTF-8.") from None


def _unquoted(raw: str) -> str:
    try:
        return unquote_to_bytes(raw.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, "The query is not percent-encoded UTF-8.") from None


def _query_value(field: Field, text: str, has_value: bool) -> Any:
    if field.is_list:
        return [_checked(field, each) for each in text.split(",")]
    if field.kinds[0] == "boolean" and not has_value:
        return True  # ``?follow`` says what it means.
    return _checked(field, text)


def _checked(field: Field, text: str) -> Any:
    value: Any = text
    if field.kinds[0] == "integer":
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX:
            value = int(text)
    elif field.kinds[0] == "boolean":
        value = _BOOLEANS.get(text, text)
    _check(field, value, "query field")
    return value


def _check(field: Field, value: Any, what: str) -> None:
    """Raises Problem 400 if the value is not what the field takes."""
    if not any(_is_kind(value, kind) for kind in field.kinds):
        raise Problem(400, f"The {what} {field.name} must be of type {' or '.join(field.kinds)}.")
    if field.choices and value not in field.choices:
        raise Problem(400, f"The {what} {field.name} must be one of {', '.join(field.choices)}.")
    if field.chars_max is not None and len(value) > field.chars_max:
        raise Problem(
            400, f"The {what} {field.name} must have {field.chars_max} characters at most."
        )
    too_small = field.minimum is not None and value < field.minimum
    if too_small or (field.maximum is not None and value > field.maximum):
        bounds = f"from {field.minimum} to {field.maximum}"
        raise Problem(400, f"The {what} {field.name} must be {bounds}.")


def _is_kind(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        # A number without a fraction is an integer, however it is written (JSON schema).
        is_whole = isinstance(value, float) and value.is_integer()
        return (isinstance(value, int) or is_whole) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "array": list}[kind])


def _completed(values: dict[str, Any], fields: Iterable[Field], what: str) -> dict[str, Any]:
    completed = dict(values)
    for field in fields:
        if field.name not in values:
            if field.is_required:
                raise Problem(400, f"The {what} {field.name} is missing: {field.text}")
            completed[field.name] = field.default
        elif field.kinds == ("integer",) and not field.is_list:
            completed[field.name] = int(values[field.name])
    return completed


def _listed(known: dict[str, Field]) -> str:
    return f"known are {', '.join(sorted(known))}" if known else "none is taken"
