"""Answers to XML-RPC calls piece by piece: the same bytes as those of `wire.xmlrpc`.

Long arrays, and arrays that are made while they are read, may stand within each other: that is
what several calls in one request bring.
"""

from supervisor.hints import Any, Final, Iterator
from supervisor.wire.xmlrpc import (
    ARRAY_BEGIN,
    ARRAY_END,
    RESPONSE_BEGIN,
    RESPONSE_END,
    deeper,
    document,
    write_value,
)

SLICE_COUNT: Final = 100
"""Elements of an array in one piece."""

_NEVER_LONG: Final = frozenset({str, bool, int, float, dict})


def is_long(value: Any) -> bool:
    """Whether a value is an array that is better written piece by piece."""
    kind = type(value)
    return (kind is list and len(value) > SLICE_COUNT) or hasattr(kind, "slices")


def is_made_of_long(value: Any) -> bool:
    """Whether that is so for a value, or for an element of it."""
    if type(value) in _NEVER_LONG:
        return False
    if is_long(value):
        return True
    if type(value) is not list or _NEVER_LONG.issuperset(map(type, value)):
        # To ask each of its elements takes ten times as much: 3,000 instructions for each.
        return False
    return any(map(is_long, value))


def response_pieces(value: Any) -> Iterator[bytes]:
    """The answer to a call that went well. Raises Unmarshallable, also in the middle."""
    texts = value.texts() if hasattr(value, "texts") else None
    if texts is not None:
        # All that has to be seen to in a text has been, when it was made.
        made = (RESPONSE_BEGIN + ARRAY_BEGIN).encode()
        for number, text in enumerate(texts):
            if number:
                yield made
                made = b""
            made += text
        yield made + (ARRAY_END + RESPONSE_END).encode()
        return
    out = [RESPONSE_BEGIN]
    for _ in _write(value, out, 0):
        yield document(out)
        out.clear()
    out.append(RESPONSE_END)
    yield document(out)


def _write(value: Any, out: list[str], depth: int) -> Iterator[None]:
    """Write a value; yields whenever there is enough of it."""
    if not is_made_of_long(value):
        write_value(value, out, depth)
        return
    depth = deeper(depth)
    out.append(ARRAY_BEGIN)
    texts = None if isinstance(value, list) else value.texts()
    if texts is not None:
        for text in texts:
            out.append(text.decode())
            yield
        out.append(ARRAY_END)
        return
    for some in _slices(value):
        for each in some:
            if is_made_of_long(each):
                yield from _write(each, out, depth)
            else:
                write_value(each, out, depth)
        yield
    out.append(ARRAY_END)


def _slices(value: Any) -> Iterator[list[Any]]:
    if not isinstance(value, list):
        yield from value.slices()
        return
    for start in range(0, len(value), SLICE_COUNT):
        yield value[start : start + SLICE_COUNT]
