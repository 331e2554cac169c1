"""Answers piece by piece are the same bytes as whole ones."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.rpc.listing import Listing
from supervisor.wire.xmlrpc import VALUE_DEPTH_MAX, Unmarshallable, encode_response
from supervisor.wire.xmlrpc_pieces import SLICE_COUNT, is_made_of_long, response_pieces

PLAIN = st.recursive(
    st.integers(-(2**31), 2**31 - 1) | st.text() | st.booleans() | st.binary(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
LONG = st.builds(lambda few, count: few * count, st.lists(PLAIN, max_size=4), st.integers(0, 90))


def listing(values: list[Any]) -> Listing:
    return Listing(values, iter)


@settings(deadline=None, max_examples=60)
@given(st.lists(LONG | PLAIN, max_size=3) | LONG)
def test_law_pieces_are_the_bytes_of_the_whole(value: list[Any]) -> None:
    assert b"".join(response_pieces(value)) == encode_response(value)


@settings(deadline=None, max_examples=30)
@given(LONG)
def test_law_array_made_while_it_is_read_is_an_array(values: list[Any]) -> None:
    """Alone, and as one of the results of many calls."""
    assert b"".join(response_pieces(listing(values))) == encode_response(values)
    several = [listing(values), "x", listing(values)]
    assert b"".join(response_pieces(several)) == encode_response([values, "x", values])


@pytest.mark.parametrize(
    ("value", "is_long"),
    [
        ("x" * 1000, False),
        ([1] * SLICE_COUNT, False),
        ([1] * (SLICE_COUNT + 1), True),
        ([[1] * (SLICE_COUNT + 1)], True),
        (listing([]), True),
        ({"a": [1] * 1000}, False),
    ],
)
def test_long_is_what_has_more_elements_than_a_piece(value: Any, is_long: bool) -> None:
    assert is_made_of_long(value) == is_long


def test_only_one_slice_is_made_at_a_time() -> None:
    """Elements come into being as their piece is asked for."""
    made: list[int] = []

    def make(sources: Any) -> Iterator[int]:
        for each in sources:
            made.append(each)
            yield each

    pieces = response_pieces(Listing(range(5 * SLICE_COUNT), make))
    counts = [len(made) for _ in pieces]
    assert counts[:5] == [SLICE_COUNT * n for n in range(1, 6)]


def test_what_xmlrpc_cannot_carry_is_refused_wherever_it_is() -> None:
    with pytest.raises(Unmarshallable):
        list(response_pieces([1] * 150 + [None]))
    deep: Any = ["x"] * (SLICE_COUNT + 1)
    for _ in range(VALUE_DEPTH_MAX + 1):
        deep = [deep]
    with pytest.raises(Unmarshallable):
        list(response_pieces(deep))
