"""Passwords stored as scrypt keys: slow to verify on purpose, and so verified rarely.

What was found out about a password is remembered for some time, by a digest that means nothing
outside this process. Beyond a few per second nothing is verified at all: guessing must not keep the
daemon from supervising. Only this module loads hashlib, and OpenSSL with it.
"""

import binascii

from supervisor.core.component import Clock
from supervisor.enums import Enum
from supervisor.web.access.digests import keyed_digest, random_key
from supervisor.web.auth import matches

SCRYPT_PREFIX = "{SCRYPT}"
"""Of a stored password; ``LOG2_N$R$P$SALT$KEY`` follows, salt and key in base64 without padding."""

REMEMBERED_MAX = 256
"""Outcomes that are remembered of each kind; one more, and the oldest is forgotten."""
RIGHT_S = 15 * 60.0
"""How long a right password is remembered."""
WRONG_S = 60.0
"""How long a wrong one is: scripts with an old password repeat it for days."""
BURST_COUNT = 5
"""Passwords that may be verified one after the other; each takes about 0.05 s."""
INTERVAL_S = 0.5
"""After that, one may be in each such time."""


class Verdict(Enum):
    """What is known about a password."""

    RIGHT = "it is the one"
    WRONG = "it is not"
    BUSY = "too many are being tried: ask again later"


class ScryptPasswords:
    """Verifies passwords for all servers and users together."""

    __slots__ = ("_clock", "_credit", "_credited_s", "_key", "_right", "_wrong")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = random_key()
        self._right: dict[bytes, float] = {}
        """Digest -> monotonic time until which it counts, oldest first."""
        self._wrong: dict[bytes, float] = {}
        self._credit = float(BURST_COUNT)
        self._credited_s = clock.now().mono_s

    def verify(self, stored: str, given: bytes) -> Verdict:
        """Whether `given` is the password behind a stored one with the prefix of scrypt."""
        now_s = self._clock.now().mono_s
        digest = keyed_digest(self._key, stored, given.decode("latin-1"))
        if self._right.get(digest, now_s) > now_s:
            return Verdict.RIGHT
        if self._wrong.get(digest, now_s) > now_s:
            return Verdict.WRONG
        if not self._may_compute(now_s):
            return Verdict.BUSY
        if is_password(stored, given):
            _remember(self._right, digest, now_s + RIGHT_S)
            return Verdict.RIGHT
        _remember(self._wrong, digest, now_s + WRONG_S)
        return Verdict.WRONG

    def _may_compute(self, now_s: float) -> bool:
        earned = (now_s - self._credited_s) / INTERVAL_S
        self._credit = min(float(BURST_COUNT), self._credit + earned)
        self._credited_s = now_s
        if self._credit < 1:
            return False
        self._credit -= 1
        return True


def is_password(stored: str, given: bytes) -> bool:
    """Compute and compare, in constant time; the form of `stored` has been judged before."""
    # Late: 4 MiB (OpenSSL), which only daemons with such a password need.
    from hashlib import scrypt

    log2_n, r, p, salt, key = stored.removeprefix(SCRYPT_PREFIX).split("$")
    wanted = _from_base64(key)
    n = 1 << int(log2_n)
    computed = scrypt(
        given,
        salt=_from_base64(salt),
        n=n,
        r=int(r),
        p=int(p),
        # What it takes (RFC 7914) and some room: OpenSSL refuses more than 32 MiB unasked.
        maxmem=128 * int(r) * (n + int(p) + 2) + (1 << 20),
        dklen=len(wanted),
    )
    return matches(computed, wanted)


def _remember(known: dict[bytes, float], digest: bytes, until_s: float) -> None:
    known.pop(digest, None)
    known[digest] = until_s
    if len(known) > REMEMBERED_MAX:
        del known[next(iter(known))]


def _from_base64(text: str) -> bytes:
    return binascii.a2b_base64(text + "=" * (-len(text) % 4))
