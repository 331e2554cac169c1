"""Who may come in: HTTP Basic authentication with one user name and one password per server.

Whatever cannot be read as credentials is treated as wrong credentials.
"""

from _operator import _compare_digest as takes_equal_time  # see `matches`

SHA_PREFIX = "{SHA}"
SCRYPT_PREFIX = "{SCRYPT}"
"""Of stored passwords that take long to verify, which is the business of `web.access`."""
REALM = "default"
CHALLENGE = (("WWW-Authenticate", f'Basic realm="{REALM}"'),)
"""Headers of a 401."""


class BasicAuthenticator:
    """Lets in whoever knows the user name and the password.

    The stored password is the password itself, or ``{SHA}`` and the 40 hexadecimal digits of its
    SHA-1 (manual, section of the HTTP servers).
    """

    __slots__ = ("_password", "_username")

    def __init__(self, username: str, password: str) -> None:
        self._username = _stored(username)
        self._password = password

    def __call__(self, authorization: str | None) -> bool:
        """Tell whether the value of an Authorization header, if there is one, is good enough."""
        credentials = decode_credentials(authorization)
        if credentials is None:
            return False
        username, password = credentials
        # Both are always compared: the time taken must not tell which of them is wrong.
        known = matches(username, self._username)
        right = is_password(self._password, password)
        return known and right


def make_authenticator(username: str | None, password: str | None) -> BasicAuthenticator | None:
    """The authenticator of a server; None without a user name: then everybody may come in."""
    if not username:
        return None
    return BasicAuthenticator(username, password or "")


def is_slow(stored: str) -> bool:
    """Whether a stored password takes long to verify: then it is never done here."""
    return stored.startswith(SCRYPT_PREFIX)


def is_password(stored: str, given: bytes) -> bool:
    """Whether that is the password which is stored in clear text or as ``{SHA}``."""
    if stored.startswith(SHA_PREFIX):
        return matches(_sha1(given), _stored(stored.removeprefix(SHA_PREFIX)))
    return matches(given, _stored(stored))


def decode_credentials(authorization: str | None) -> tuple[bytes, bytes] | None:
    """User name and password of an Authorization header (RFC 7617), None if it has none."""
    if authorization is None:
        return None
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    # Late: most servers ask for no password, and with zlib, which it brings, it is 0.1 MiB.
    import binascii

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
    # Late, and not from hashlib, which would load OpenSSL, 4 MiB: only for hashed passwords.
    from supervisor.web.access.digests import sha1_hex

    return sha1_hex(password).encode("ascii")
