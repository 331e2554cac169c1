"""What has been read or written before, in a fraction of the time: short ways of `wire.xmlrpc`.

Dashboards send the same requests for ever, and most of an answer about processes is what it was a
second ago. The rule: the outcome is that of the long way; laws ask for that.
"""

from supervisor.hints import Any, Final, Iterable
from supervisor.wire.xmlrpc import (
    ARRAY_BEGIN,
    ARRAY_END,
    RESPONSE_BEGIN,
    RESPONSE_END,
    decode_request,
    document,
    escape,
)

BARE_CALLS_MAX: Final = 64
"""Requests without parameters that are remembered. Parameters may be secret: they are not kept."""
BARE_CALL_BYTES_MAX: Final = 512

_bare_calls: dict[bytes, str] = {}
"""Their methods, by their bytes."""

_HEAD: Final = (RESPONSE_BEGIN + ARRAY_BEGIN).encode()
_TAIL: Final = (ARRAY_END + RESPONSE_END).encode()


def read_request(data: bytes) -> tuple[str, list[Any]]:
    """The same as `decode_request`: 0.2 µs instead of 4 for a bare one that is known."""
    known = _bare_calls.get(data)
    if known is not None:
        return known, []
    method, params = decode_request(data)
    if not params and len(data) <= BARE_CALL_BYTES_MAX and len(_bare_calls) < BARE_CALLS_MAX:
        _bare_calls[data] = method
    return method, params


def clean_bytes(text: str) -> bytes:
    """A text as it stands in an answer."""
    return document([escape(text)])


def encode_elements(elements: Iterable[bytes]) -> bytes:
    """The answer that is an array, of elements that stand there as they do in an answer."""
    return b"".join((_HEAD, *elements, _TAIL))
