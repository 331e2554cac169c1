"""Requests that were read before mean what they meant."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.errors import ProtocolViolation
from supervisor.wire import xmlrpc_known
from supervisor.wire.xmlrpc import decode_request
from supervisor.wire.xmlrpc_known import BARE_CALL_BYTES_MAX, BARE_CALLS_MAX, read_request

BARE = "<methodCall><methodName>{}</methodName></methodCall>"
PARAM = "<params><param><value><string>secret</string></value></param></params>"


@pytest.fixture(autouse=True)
def _nothing_is_known() -> Iterator[None]:
    xmlrpc_known._bare_calls.clear()
    yield
    xmlrpc_known._bare_calls.clear()


@given(st.lists(st.sampled_from(["a", "b", "", "<x/>", "a</methodName>" + PARAM]), max_size=6))
def test_request_is_read_as_the_long_way_does_however_often(names: list[str]) -> None:
    for name in names:
        data = BARE.format(name).encode()
        try:
            expected = decode_request(data)
        except ProtocolViolation:
            with pytest.raises(ProtocolViolation):
                read_request(data)
        else:
            assert read_request(data) == expected


def test_list_of_parameters_is_a_new_one_each_time() -> None:
    """Whoever is called may change it."""
    data = BARE.format("m").encode()
    read_request(data)[1].append("x")
    read_request(data)[1].append("x")
    assert read_request(data) == ("m", [])


def test_parameters_are_not_kept() -> None:
    read_request(f"<methodCall><methodName>m</methodName>{PARAM}</methodCall>".encode())
    assert not xmlrpc_known._bare_calls


def test_what_is_kept_is_bounded() -> None:
    for number in range(2 * BARE_CALLS_MAX):
        read_request(BARE.format(number).encode())
    assert len(xmlrpc_known._bare_calls) == BARE_CALLS_MAX
    xmlrpc_known._bare_calls.clear()
    read_request(BARE.format("m" * BARE_CALL_BYTES_MAX).encode())
    assert not xmlrpc_known._bare_calls
