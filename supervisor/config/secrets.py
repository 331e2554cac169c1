"""How passwords and tokens are stored in a configuration: only their form, nothing is verified.

A stored password is clear text, ``{SHA}`` with the SHA-1 in hex, or ``{SCRYPT}`` with
``LOG2_N$R$P$SALT$KEY``, salt and key in base64 without padding (RFC 7914 has the parameters).
"""

import re

from supervisor.config.values import StoredToken

SCRYPT_PREFIX = "{SCRYPT}"
TOKEN_PREFIX = "{SHA256}"
SCRYPT_LOG2_N_MAX = 20
SCRYPT_R_MAX = 32
SCRYPT_P_MAX = 16
SCRYPT_MEMORY_BYTES_MAX = 64 * 1024 * 1024
"""What verifying one password may take for a moment: 128 * N * r."""
SCRYPT_WORK_MAX = 2**14 * 8 * 8
"""N * r * p: for about 0.3 s, in which the daemon does nothing else."""
PASSWORD_EXPECTED = "what supervisorctl hash-password prints"

_SHA_PREFIX = "{SHA}"
_SHA = r"[0-9a-fA-F]{40}"
_BASE64 = r"[A-Za-z0-9+/]"
_SCRYPT = rf"([0-9]{{1,2}})\$([0-9]{{1,2}})\$([0-9]{{1,2}})\${_BASE64}{{11,86}}\${_BASE64}{{43,86}}"
_TOKEN = r"\{SHA256\}([0-9a-fA-F]{64})(?:\s+until\s+([0-9-]+(?:T\S+)?))?"


def password_mistake(stored: str) -> str | None:
    """What is wrong with a stored password, without repeating it; None if it can be used."""
    if stored.startswith(_SHA_PREFIX):
        if re.fullmatch(_SHA, stored.removeprefix(_SHA_PREFIX)) is None:
            return "{SHA} is not followed by the 40 hexadecimal digits of a SHA-1"
        return None
    return scrypt_mistake(stored) if stored.startswith(SCRYPT_PREFIX) else None


def scrypt_mistake(stored: str) -> str | None:
    """What is wrong with a stored password that begins with ``{SCRYPT}``."""
    match = re.fullmatch(_SCRYPT, stored.removeprefix(SCRYPT_PREFIX))
    if match is None:
        return "{SCRYPT} is not followed by LOG2_N$R$P$SALT$KEY"
    log2_n, r, p = int(match[1]), int(match[2]), int(match[3])
    if not (1 <= log2_n <= SCRYPT_LOG2_N_MAX and 1 <= r <= SCRYPT_R_MAX and 1 <= p <= SCRYPT_P_MAX):
        return f"{{SCRYPT}}{log2_n}${r}${p} is no set of parameters that scrypt can have here"
    cells = 2**log2_n * r
    if 128 * cells > SCRYPT_MEMORY_BYTES_MAX or cells * p > SCRYPT_WORK_MAX:
        return f"{{SCRYPT}}{log2_n}${r}${p} would take the daemon too much memory or time"
    return None


def stored_tokens(text: str) -> tuple[StoredToken, ...]:
    """``{SHA256}HEX [until WHEN]``, with commas or line ends between several.

    Raises ValueError, whose text repeats no token.
    """
    items = [item.strip() for line in text.splitlines() for item in line.split(",")]
    return tuple(_stored_token(item) for item in items if item)


def _stored_token(text: str) -> StoredToken:
    match = re.fullmatch(_TOKEN, text)
    if match is None:
        raise ValueError(
            "a token is not {SHA256} and 64 hexadecimal digits, with or without: until DAY"
        )
    return StoredToken(match[1].lower(), None if match[2] is None else _expiry_s(match[2]))


def _expiry_s(text: str) -> float:
    """Wall seconds at which a token ends; a day without a time is included. UTC unless it says."""
    # Late, because only configurations with such tokens pay for the import.
    from datetime import UTC, datetime, timedelta

    try:
        moment = datetime.fromisoformat(text)
        if "T" not in text:
            moment += timedelta(days=1)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"a token cannot be good until {text[:40]!r}") from None
