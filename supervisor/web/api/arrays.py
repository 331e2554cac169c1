"""Answers that are long arrays: made slice by slice, as the client takes them."""

from supervisor.hints import Any, Callable, Iterable, Iterator
from supervisor.rpc.listing import SLICE_COUNT, Listing
from supervisor.web.api.calls import NO_STORE, Call, answer_json
from supervisor.web.api.fields import JSON_TYPE
from supervisor.web.api.jsons import write_json
from supervisor.web.messages import Response
from supervisor.web.pieces import PieceStream

Shape = Callable[[list[Any]], Iterable[Any]]
"""What some elements of a value become in the answer; some may be left out."""


def answer_array(
    call: Call, name: str, value: Any, shape: Shape = iter, status: int = 200
) -> Response | PieceStream:
    """An object of one array, whole if it is short."""
    if isinstance(value, Listing) and len(value) <= SLICE_COUNT:
        value = value.whole()
    if isinstance(value, list) and len(value) > SLICE_COUNT:
        # What a plug-in returned is there already; its text need not be.
        value = Listing(value, iter)
    if not isinstance(value, Listing):
        return answer_json({name: list(shape(value))}, status)
    return answer_pieces(call, _object_of(name, map(shape, value.slices())), status)


def answer_pieces(call: Call, pieces: Iterator[bytes], status: int = 200) -> PieceStream:
    """A document that is made piece by piece."""
    return PieceStream(pieces, JSON_TYPE, NO_STORE, call.turns, status=status)


def text_of(structs: Iterable[Any]) -> bytes:
    """Elements of an array, with commas between them; b'' for none."""
    return write_json(list(structs))[1:-2]


def joined(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Parts of an array with commas between those that are not empty; an empty one stays one."""
    comma = b""
    for part in parts:
        yield comma + part if part else b""
        comma = b"," if part else comma


def _object_of(name: str, slices: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    yield b'{"%b":[' % name.encode("ascii")
    yield from joined(map(text_of, slices))
    yield b"]}\n"
