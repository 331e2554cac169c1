"""Who may come in: HTTP Basic authentication with one user name and one password per server.

Whatever cannot be read as credentials is treated as wrong credentials.
"""

import binascii
from _operator import _compare_digest as takes_equal_time  # see `matches`

SHA_PREFIX = "{SHA}"
REALM = "default"
CHALLENGE = (("WWW-Authenticate", f'Basic realm="{REALM}"'),)
"""Headers of a 401."""


class BasicAuthenticator:
    """Lets in whoever knows the user name and the password.

    The stored password is the password itself, or ``{SHA}`` and the 40 hexadecimal digits of its
    SHA-1 (manual, section of the HTTP servers).
    """

    __slots__ = ("_hashed", "_password", "_username")

    def __init__(self, username: str, password: str) -> None:
        self._hashed = password.startswith(SHA_PREFIX)
        self._username = _stored(username)
        self._password = _stored(password.removeprefix(SHA_PREFIX) if self._hashed else password)

    def __call__(self, authorization: str | None) -> bool:
        """Tell whether the value of an Authorization header, if there is one, is good enough."""
        credentials = decode_credentials(authorization)
        if credentials is None:
            return False
        username, password = credentials
        # Both are always compared: the time taken must not tell which of them is wrong.
        known = matches(username, self._username)
        right = matches(_sha1(password) if self._hashed else password, self._password)
        return known and right


def make_authenticator(username: str | None, password: str | None) -> BasicAuthenticator | None:
    """The authenticator of a server; None without a user name: then everybody may come in."""
    if not username:
        return None
    return BasicAuthenticator(username, password or "")


def decode_credentials(authorization: str | None) -> tuple[bytes, bytes] | None:
    """User name and password of an Authorization header (RFC 7617), None if it has none."""
    if authorization is None:
        return None
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = binascii.a2b_base64(encoded.encode("latin-1"))
    except binascii.Error:
        return None
    username, colon, password = decoded.partition(b":")
    return (username, password) if colon else None


def matches(given: bytes, stored: bytes) -> bool:
    """Compare without telling by the time taken where the difference is.

    This is what `hmac.compare_digest` is where there is no OpenSSL; importing hmac would load
    OpenSSL, 4 MiB, for this comparison alone.
    """
    return takes_equal_time(given, stored)


def _stored(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _sha1(password: bytes) -> bytes:
    # Imported late: 4 MiB (OpenSSL), which only servers with a hashed password need.
    import hashlib

    return hashlib.sha1(password, usedforsecurity=False).hexdigest().encode("ascii")
