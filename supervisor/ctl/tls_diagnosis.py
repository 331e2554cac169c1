"""What is wrong when TLS to the daemon fails, in words, and what to try."""

import ssl

_EXPIRED = 10
_NOT_YET_VALID = 9
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})
_OTHER_NAME = frozenset({62, 64})
"""Codes of OpenSSL (X509_V_ERR_...)."""

_WANTS_CERTIFICATE = (
    "CERTIFICATE_REQUIRED",
    "ALERT_UNKNOWN_CA",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_CERTIFICATE_EXPIRED",
    "ALERT_HANDSHAKE_FAILURE",
)
"""How servers that want a certificate of the client refuse another one, or none."""


def tls_cause(error: BaseException, serverurl: str, source: str) -> str:
    """Cause and remedy; `source` is " in FILE", or empty, for settings that may be wrong."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _why_not_trusted(error, serverurl, source)
    if not isinstance(error, ssl.SSLError):
        return str(error)
    reason = error.reason or ""
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return (
            f"what answers at {serverurl} does not speak TLS; write http:// in serverurl{source},"
            " or set ssl_certfile in the section of the server"
        )
    if any(known in reason for known in _WANTS_CERTIFICATE):
        return (
            f"{serverurl} wants a certificate of this client that its ssl_client_ca has signed;"
            f" set ssl_certfile and ssl_keyfile in [supervisorctl]{source}"
        )
    return f"TLS to {serverurl} failed: {reason.lower().replace('_', ' ') or error}"


def _why_not_trusted(error: ssl.SSLCertVerificationError, serverurl: str, source: str) -> str:
    code = error.verify_code
    if code == _EXPIRED:
        return f"the certificate of {serverurl} has expired; renew it there"
    if code == _NOT_YET_VALID:
        return f"the certificate of {serverurl} is not valid yet; compare the clocks"
    if code in _UNKNOWN_AUTHORITY:
        return (
            f"the certificate of {serverurl} is not signed by an authority that is trusted here"
            f" ({error.verify_message}); set ssl_ca in [supervisorctl]{source} to a file with the"
            " certificate of the authority"
        )
    if code in _OTHER_NAME:
        return (
            f"the certificate of {serverurl} is for another name ({error.verify_message.lower()});"
            f" write the name that it is for in serverurl{source}"
        )
    return f"the certificate of {serverurl} cannot be trusted: {error.verify_message}"
