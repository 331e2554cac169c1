"""Status words of waitpid."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.host.ending import decode_status

CORE_DUMPED = 0x80


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "exit status 0"),
        (3 << 8, "exit status 3"),
        (255 << 8, "exit status 255"),
        (signal.SIGKILL, "terminated by SIGKILL"),
        (signal.SIGSEGV | CORE_DUMPED, "terminated by SIGSEGV (core dumped)"),
        (35, "terminated by signal 35"),
        (0x137F, "unknown termination cause 0x137f"),
    ],
)
def test_ending_is_told_in_the_words_of_the_main_log(status: int, words: str) -> None:
    """Manual, "Log lines of the life cycle": the words in brackets."""
    assert decode_status(status).words() == words


def test_ending_keeps_exit_code_and_signal_apart() -> None:
    """A death by signal has no exit code, a normal exit no signal."""
    assert decode_status(7 << 8)[:3] == (7, 0, False)
    assert decode_status(signal.SIGTERM)[:3] == (None, signal.SIGTERM, False)
    assert decode_status(signal.SIGQUIT | CORE_DUMPED)[:3] == (None, signal.SIGQUIT, True)


@given(st.integers(0, 0xFFFF))
def test_every_status_word_has_words(status: int) -> None:
    """Whatever the system tells can be logged."""
    assert decode_status(status).words()
