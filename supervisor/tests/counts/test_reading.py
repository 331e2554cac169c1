"""What reading a request takes, by count of the interpreter's instructions.

A request that is cut at its texts takes steps for each text, and none for each tag or character.
"""

import sys
import xmlrpc.client
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from supervisor.wire.xmlrpc import decode_request, encode_response
from supervisor.wire.xmlrpc_known import read_request
from supervisor.wire.xmlrpc_pieces import is_made_of_long

EVENT = {"methodName": "supervisor.sendRemoteCommEvent", "params": ["kind", "text"]}
STATE = {"methodName": "supervisor.getState", "params": []}


def request(method: str, *params: Any) -> bytes:
    return xmlrpc.client.dumps(params, method).encode()


REQUESTS = {
    "bare": (request("supervisor.getState"), 30),
    "one text": (request("supervisor.getProcessInfo", "web:a"), 175),
    "two texts": (request("supervisor.sendRemoteCommEvent", "kind", "text"), 205),
    "a long text": (request("supervisor.sendProcessStdin", "cat", "text" * 10_000), 190),
    "do not wait": (request("supervisor.startProcess", "web:a", False), 175),
    "several": (request("system.multicall", [EVENT, STATE, EVENT]), 450),
    "many": (request("system.multicall", [EVENT] * 100), 1_600),
    "many without": (request("system.multicall", [STATE] * 100), 1_900),
    "many of many kinds": (request("system.multicall", [EVENT, STATE] * 50), 9_800),
}
"""Steps of the interpreter (Python 3.11) once their like is known, with a tenth to spare. Two texts
were 933, several 7,112 and many 5,155 with expressions, which do their work within one step."""


def steps(action: Callable[[], object]) -> int:
    """How many steps of the interpreter an action takes, in functions in Python."""
    count = 0

    def each(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            count += 1
        return each

    before = sys.gettrace()
    sys.settrace(each)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


needs_steps = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="other versions have other steps"
)


@needs_steps
@pytest.mark.parametrize("kind", REQUESTS)
def test_request_whose_like_is_known_is_read_in_few_steps(kind: str) -> None:
    data, steps_max = REQUESTS[kind]
    assert read_request(data) == decode_request(data)
    assert steps(lambda: read_request(data)) <= steps_max


@needs_steps
def test_many_booleans_are_answered_in_few_steps() -> None:
    """What a multicall of commands brings: it was 57 steps for each of them, and is 17."""
    assert steps(lambda: encode_response([True] * 100)) <= 1_800
    assert steps(lambda: is_made_of_long([True] * 100)) <= 70
