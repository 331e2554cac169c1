"""What is typed and cannot be sent is answered like any other unknown name."""

import xmlrpc.client

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.ctl.escaping import sendable
from supervisor.errors import Fault
from supervisor.tests.ctl.session import Outcome, daemon, run
from supervisor.tests.support.peer import raises_fault

ODD = [
    ("a\x1b[31m", r"a\x1b[31m"),
    ("\udcff\udcfe", r"\xff\xfe"),
    ("a\0b", r"a\x00b"),
    ("\ud800", r"\ud800"),
    ("\ufffe", r"\ufffe"),
]


@pytest.mark.parametrize(("typed", "shown"), ODD)
@pytest.mark.parametrize("command", ["start", "stop", "signal HUP", "clear", "pid", "status"])
def test_name_that_cannot_be_sent_is_unknown(command: str, typed: str, shown: str) -> None:
    """The answer is that for an unknown name, with the name escaped."""
    unknown = raises_fault(Fault.BAD_NAME, f"BAD_NAME: {shown}")
    methods = ("startProcess", "stopProcess", "signalProcess", "clearProcessLogs", "getProcessInfo")
    with daemon(getAllProcessInfo=list, **dict.fromkeys(methods, unknown)) as peer:
        outcome = run(peer, f"{command} {typed}")
    if command == "pid":
        assert outcome == Outcome(f"No such process {shown}\n", 1)
    else:
        expected = f"{shown}: ERROR (no such process)\n"
        assert outcome == Outcome(expected, 4 if command == "status" else 1)


def test_name_in_any_script_stays_as_it_is() -> None:
    """Only what XML cannot carry is escaped."""
    assert sendable("start grüße:日本\t🦊") == "start grüße:日本\t🦊"


@given(st.text(st.characters()))
def test_everything_becomes_sendable(typed: str) -> None:
    """Any line survives the way through XML, line ends aside, and is escaped once only."""
    line = sendable(typed)
    assert sendable(line) == line
    (arrived,), _ = xmlrpc.client.loads(xmlrpc.client.dumps((line,)).encode())
    assert arrived == line.replace("\r\n", "\n").replace("\r", "\n")
