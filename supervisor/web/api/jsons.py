"""JSON of requests, read strictly, and JSON of answers.

What two readers might understand differently is refused: names given twice, NaN and infinities,
halves of surrogate pairs. Whatever a client sends, reading it takes bounded time and memory.
"""

import binascii
import json
import math
import re
from datetime import datetime

from supervisor.hints import Any, Final
from supervisor.wire.xmlrpc import Unmarshallable

DEPTH_MAX: Final = 32
"""Arrays and objects within each other."""
ELEMENTS_MAX: Final = 100_000
"""Commas and opening brackets of a document: as many as elements of an XML-RPC request."""
NUMBER_CHARS_MAX: Final = 64
"""Characters of a whole number: reading one takes time that grows with the square of its length."""

NAME_CHARS_MAX: Final = 80
"""Of a name in the text of a refusal."""

_STRING = rb'"(?:[^"\\]++|\\.)*+"?'
"""Possessive, and no end asked for: each byte is looked at once, also where no string ends."""
_STRUCTURE = b",[{"
_HALF_PAIRS: Final = (b"\\ud", b"\\uD")
"""Only what is escaped can be half of a surrogate pair: else it would be no UTF-8."""


class BadJson(Exception):
    """What was sent is no JSON that is taken; the text says why, after "the body"."""


def read_json(data: bytes) -> Any:
    """The value of a JSON document. Raises BadJson."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson(f"is not UTF-8 at byte {error.start}") from None
    if sum(map(data.count, _pieces(_STRUCTURE))) > ELEMENTS_MAX:
        # They may all be within strings, such as text for a stdin.
        bare = re.sub(_STRING, b"", data, flags=re.DOTALL)
        if sum(map(bare.count, _pieces(_STRUCTURE))) > ELEMENTS_MAX:
            raise BadJson(f"has more than {ELEMENTS_MAX} elements")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise BadJson(f"is not JSON at character {error.pos}: {error.msg}") from None
    except RecursionError:
        raise BadJson(f"is nested more than {DEPTH_MAX} levels deep") from None
    _check(value, has_halves=any(each in data for each in _HALF_PAIRS))
    return value


def write_json(value: Any) -> bytes:
    """A JSON document with a line end. Bytes become base64, times ISO 8601.

    Raises Unmarshallable for what JSON has no form for.
    """
    try:
        text = _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unmarshallable(str(error)) from None
    # Paths may hold bytes that are no UTF-8.
    return text.encode("utf-8", "replace") + b"\n"


def _pieces(data: bytes) -> list[bytes]:
    return [bytes((each,)) for each in data]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise BadJson(f"gives the name {name[:NAME_CHARS_MAX]!a} twice")
        made[name] = value
    return made


def _constant(name: str) -> Any:
    raise BadJson(f"holds {name}, which is no number of JSON")


def _whole(text: str) -> int:
    if len(text) > NUMBER_CHARS_MAX:
        raise BadJson(f"holds a number of more than {NUMBER_CHARS_MAX} characters")
    return int(text)


def _real(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadJson("holds a number that is too large")
    return number


def _check(value: Any, has_halves: bool) -> None:
    """Depth, and texts that are no texts: a loop, since the value is not trusted yet."""
    level = [value]
    for _ in range(DEPTH_MAX + 1):
        below: list[Any] = []
        for each in level:
            if isinstance(each, str):
                if has_halves and _is_broken(each):
                    raise BadJson("holds half of a surrogate pair")
            elif isinstance(each, list):
                below += each
            elif isinstance(each, dict):
                below += each.keys()
                below += each.values()
        if not below:
            return
        level = below
    raise BadJson(f"is nested more than {DEPTH_MAX} levels deep")


def _is_broken(text: str) -> bool:
    try:
        # A quarter of the time of a regular expression.
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _rare(value: Any) -> Any:
    """What plug-ins return beside the types of JSON."""
    if isinstance(value, bytes | bytearray):
        return binascii.b2a_base64(value, newline=False).decode("ascii")
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value)} objects")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole, parse_float=_real
)
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_rare
)
