"""Digests and random texts: the only module that knows where they come from.

The functions are taken from the interpreter's own modules: `hashlib` loads OpenSSL, 2 to 4 MiB, for
what these do as well. Where an interpreter has been built without them, `hashlib` has them all.
"""

import os
import sys
from binascii import b2a_base64

from supervisor.hints import TYPE_CHECKING
from supervisor.lean import import_module
from supervisor.web.auth import matches as matches

if TYPE_CHECKING:
    from hashlib import blake2b, sha1, sha256
else:
    _SHA256_MODULE = "_sha2" if sys.version_info >= (3, 12) else "_sha256"
    try:
        from _blake2 import blake2b
        from _sha1 import sha1

        sha256 = import_module(_SHA256_MODULE).sha256
    except ImportError:
        from hashlib import blake2b, sha1, sha256

RANDOM_BYTES = 24
"""Of a random text: more than anybody can try."""
_MAC_BYTES = 24


def random_key() -> bytes:
    """A key that nobody else knows."""
    return os.urandom(32)


def random_text() -> str:
    """A text that nobody can guess: letters, digits, dash and underscore."""
    return _text(os.urandom(RANDOM_BYTES))


def keyed_text(key: bytes, *parts: str) -> str:
    """What only the owner of the key can compute for these parts; looks like a random text."""
    return _text(keyed_digest(key, *parts))


def keyed_digest(key: bytes, *parts: str) -> bytes:
    """The same as bytes."""
    mac = blake2b(key=key, digest_size=_MAC_BYTES)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        # With its length: ("ab", "c") is something else than ("a", "bc").
        mac.update(b"%d:%b" % (len(data), data))
    return mac.digest()


def sha256_hex(text: str) -> str:
    """SHA-256 of a text in UTF-8: 64 hexadecimal digits in lower case."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sha1_hex(data: bytes) -> str:
    """SHA-1 as 40 hexadecimal digits in lower case: for passwords of old that are stored so."""
    return sha1(data, usedforsecurity=False).hexdigest()


def _text(data: bytes) -> str:
    return b2a_base64(data, newline=False).translate(_URL_SAFE).decode("ascii")


_URL_SAFE = bytes.maketrans(b"+/", b"-_")
