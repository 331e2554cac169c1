"""TLS to a daemon: whom to trust, what to show, and sockets that are used like plain ones.

Imported with the first https URL: a session with a unix socket does not need it.
"""

import socket
import ssl

from supervisor.client.address import Trust
from supervisor.hints import Any


class TlsSettingsError(Exception):
    """A file that the settings of TLS name cannot be used; the text says which, and what to do."""


class TlsSocket(ssl.SSLSocket):
    """As ssl's, but "not now" is told as every other socket does."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """What has arrived. Raises BlockingIOError if that is nothing, and OSError."""
        try:
            return super().recv(buflen, flags)
        except ssl.SSLWantReadError:
            raise BlockingIOError from None


def wrapped(connection: socket.socket, name: str, trust: Trust) -> socket.socket:
    """A connected socket with TLS on it; the certificate of the daemon has been checked.

    Raises TlsSettingsError, ssl.SSLError and OSError; the connection is closed then.
    """
    try:
        made: socket.socket = _context(trust).wrap_socket(connection, server_hostname=name)
        return made
    except BaseException:
        connection.close()
        raise


def _context(trust: Trust) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = TlsSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not trust.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust.ca is None:
        context.load_default_certs()
    else:
        _load("ssl_ca", trust.ca, context.load_verify_locations, trust.ca)
        # Who names the certificate of the server itself trusts it.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if trust.certfile is not None:
        _load(
            "ssl_certfile or ssl_keyfile",
            trust.keyfile or trust.certfile,
            context.load_cert_chain,
            trust.certfile,
            trust.keyfile,
        )
    return context


def _load(key: str, path: str, load: Any, *arguments: str | None) -> None:
    try:
        load(*arguments)
    except ssl.SSLError as error:
        why = f"it is not the file in PEM that is wanted ({error.reason or error.strerror})"
    except OSError as error:
        # OpenSSL does not say which of two files it is.
        why = error.strerror or str(error)
    else:
        return
    raise TlsSettingsError(f"cannot use {path}: {why}; correct {key} in [supervisorctl]")
