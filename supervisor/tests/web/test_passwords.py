"""Passwords stored as scrypt keys: verified rarely, remembered for some time."""

import hashlib
from base64 import b64encode

import pytest

from supervisor.tests.fakes.clock import FakeClock
from supervisor.web.access import passwords
from supervisor.web.access.passwords import (
    BURST_COUNT,
    INTERVAL_S,
    REMEMBERED_MAX,
    RIGHT_S,
    WRONG_S,
    ScryptPasswords,
    Verdict,
    is_password,
)


def stored(password: bytes, log2_n: int = 4, salt: bytes = b"salt") -> str:
    """A stored password that takes no time."""
    key = hashlib.scrypt(password, salt=salt, n=1 << log2_n, r=8, p=1, dklen=32)
    parts = [b64encode(data).decode().rstrip("=") for data in (salt, key)]
    return "{SCRYPT}" + f"{log2_n}$8$1$" + "$".join(parts)


def test_scrypt_is_the_one_of_its_standard() -> None:
    """A vector of RFC 7914 (password, NaCl, N=1024, r=8, p=16)."""
    key = (
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9"
        "830dac727afb94a83ee6d8360cbdfa2cc0640"
    )
    parts = [b64encode(data).decode().rstrip("=") for data in (b"NaCl", bytes.fromhex(key))]
    assert is_password("{SCRYPT}10$8$16$" + "$".join(parts), b"password")
    assert not is_password("{SCRYPT}10$8$16$" + "$".join(parts), b"Password")


@pytest.mark.parametrize("password", [b"secret", b"", b"\xff\x00\xe9"])
def test_password_is_told_from_others(password: bytes) -> None:
    """Whatever its bytes."""
    known = ScryptPasswords(FakeClock())
    assert known.verify(stored(password), password) is Verdict.RIGHT
    assert known.verify(stored(password), password + b"x") is Verdict.WRONG
    assert known.verify(stored(password), password) is Verdict.RIGHT


def test_right_password_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients send it with every request; it is remembered for some time."""
    clock = FakeClock()
    known = ScryptPasswords(clock)
    entry = stored(b"secret")
    for _ in range(100 * BURST_COUNT):
        assert known.verify(entry, b"secret") is Verdict.RIGHT
    clock.advance(RIGHT_S + 1)
    monkeypatch.setattr(passwords, "is_password", lambda *_: False)
    assert known.verify(entry, b"secret") is Verdict.WRONG


def test_changed_password_is_not_remembered() -> None:
    """What is remembered belongs to the stored form."""
    known = ScryptPasswords(FakeClock())
    assert known.verify(stored(b"old"), b"old") is Verdict.RIGHT
    assert known.verify(stored(b"new"), b"old") is Verdict.WRONG


def test_wrong_password_is_computed_once() -> None:
    """A script with an old password does not cost time for ever."""
    clock = FakeClock()
    known = ScryptPasswords(clock)
    entry = stored(b"secret")
    for _ in range(100 * BURST_COUNT):
        assert known.verify(entry, b"old") is Verdict.WRONG
    clock.advance(WRONG_S + 1)
    assert known.verify(entry, b"old") is Verdict.WRONG


def test_guessing_does_not_keep_the_daemon_busy() -> None:
    """Beyond a few per second nothing is computed; who is remembered comes in all the same."""
    clock = FakeClock()
    known = ScryptPasswords(clock)
    entry = stored(b"secret")
    assert known.verify(entry, b"secret") is Verdict.RIGHT
    guesses = [known.verify(entry, b"%d" % number) for number in range(100)]
    assert guesses.count(Verdict.WRONG) == BURST_COUNT - 1
    assert guesses.count(Verdict.BUSY) == 101 - BURST_COUNT
    assert known.verify(entry, b"secret") is Verdict.RIGHT
    clock.advance(INTERVAL_S)
    assert known.verify(entry, b"a") is Verdict.WRONG
    assert known.verify(entry, b"b") is Verdict.BUSY
    clock.advance(3600)
    guesses = [known.verify(entry, b"later %d" % number) for number in range(100)]
    assert guesses.count(Verdict.WRONG) == BURST_COUNT


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong passwords never push out right ones."""
    monkeypatch.setattr(passwords, "is_password", lambda stored, given: given == b"secret")
    clock = FakeClock()
    known = ScryptPasswords(clock)
    assert known.verify("x", b"secret") is Verdict.RIGHT
    for number in range(2 * REMEMBERED_MAX):
        clock.advance(INTERVAL_S)
        assert known.verify("x", b"%d" % number) is Verdict.WRONG
    assert len(known._wrong) == REMEMBERED_MAX
    assert known.verify("x", b"secret") is Verdict.RIGHT
