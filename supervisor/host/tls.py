"""TLS for listening sockets: certificates judged before they are used, and non-blocking sessions.

Only daemons with a server that has a certificate load this module, and OpenSSL with it. What is
wrong with a file is told as a person would: which file, what about it, what to do.
"""

import calendar
import errno
import os
import socket
import ssl
import stat

from supervisor.errors import HostError, errno_name
from supervisor.hints import Sequence
from supervisor.sockets import socket as sockets
from supervisor.tuples import NamedTuple

RECORD_BYTES_MAX = 16 * 1024
"""What one record of TLS holds; OpenSSL gives no more at a time (RFC 8446, 5.1)."""
EXPIRY_NOTICE_S = 14 * 24 * 60 * 60.0
"""How long before its end a certificate is called about to expire."""

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which Python has no name."""


class TlsFiles(NamedTuple):
    """Where the certificates of a server are."""

    section: str
    """Of the server, for messages."""
    certfile: str
    keyfile: str | None
    """None: in the file of the certificate."""
    client_ca: str | None
    """Authorities of which clients need a certificate; None: they need none."""


class Validity(NamedTuple):
    """From when to when a certificate may be used; wall seconds."""

    begin_s: float
    end_s: float


class TlsContext:
    """The certificates of one server as they were last loaded, for new sessions."""

    __slots__ = ("_context", "validity")

    def __init__(self, files: TlsFiles) -> None:
        """Load and judge the files. Raises HostError."""
        self._context = _make_context(files)
        self.validity = _rehearse(self._context, files)

    def session(self, sock: sockets.socket) -> "TlsSession":
        """TLS on a connection that was accepted and does not block; it owns the socket then."""
        # It was accepted as less than `ssl` asks for: see `supervisor.sockets`.
        whole = socket.socket(sock.family, sock.type, sock.proto, sock.detach())
        whole.setblocking(False)
        return TlsSession(
            self._context.wrap_socket(
                whole, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
            )
        )


class TlsSession:
    """One connection: what a server uses of a socket, with TLS in between.

    Nothing blocks; as with a socket, `BlockingIOError` means: not now.
    """

    __slots__ = ("_is_raw", "_socket", "is_plain_http", "wants_room")

    def __init__(self, wrapped: ssl.SSLSocket) -> None:
        self._socket = wrapped
        self._is_raw = True
        """Before the handshake and after the goodbye: bytes are not ours to encrypt."""
        self.wants_room = False
        """What the handshake waits for: to send something, or that something comes."""
        self.is_plain_http = False
        """The handshake failed because the client spoke HTTP: it can be told so."""

    @property
    def type(self) -> int:
        """Kind of the socket below."""
        return self._socket.type

    def fileno(self) -> int:
        """Descriptor of the socket below."""
        return self._socket.fileno()

    def shake_hands(self) -> None:
        """Complete the handshake.

        Raises BlockingIOError if that takes more turns, and OSError if it has failed.
        """
        try:
            self._socket.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            self.wants_room = isinstance(error, ssl.SSLWantWriteError)
            raise BlockingIOError from None
        except ssl.SSLError as error:
            self.is_plain_http = error.reason == "HTTP_REQUEST"
            raise ConnectionAbortedError(_reason(error)) from None
        except ValueError as error:
            # It had left before it was greeted.
            raise ConnectionAbortedError(str(error)) from None
        self._is_raw = False

    def recv(self, max_bytes: int) -> bytes:
        """What has arrived, b"" at the end. Raises BlockingIOError and OSError."""
        if self._is_raw:
            return socket.socket.recv(self._socket, max_bytes)
        data = self._read(max_bytes)
        # A record ends where it likes: take what there is, as a plain socket does.
        while data and len(data) + RECORD_BYTES_MAX <= max_bytes:
            try:
                more = self._read(RECORD_BYTES_MAX)
            except BlockingIOError:
                break
            if not more:
                # The end is told again next time.
                break
            data += more
        return data

    def send(self, data: bytes | memoryview) -> int:
        """Hand over as much as is taken now; bytes taken. Raises BlockingIOError and OSError."""
        if self._is_raw or not data:
            return socket.socket.send(self._socket, data)
        sent_bytes = 0
        with memoryview(data) as view:
            while sent_bytes < len(view):
                try:
                    sent_bytes += self._socket.send(view[sent_bytes:])
                except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    # What OpenSSL holds of the rest must be offered again as it is.
                    if not sent_bytes:
                        raise BlockingIOError from None
                    break
        return sent_bytes

    def sendmsg(self, parts: Sequence[bytes | memoryview]) -> int:
        """As `send`, of the first part: OpenSSL makes a record of each write."""
        return self.send(parts[0])

    def shutdown(self, how: int) -> None:
        """Say goodbye, so that the client knows that nothing was cut off. Raises OSError."""
        self._say_goodbye()
        socket.socket.shutdown(self._socket, how)

    def close(self) -> None:
        """End the connection at once."""
        self._say_goodbye()
        self._socket.close()

    def detach(self) -> socket.socket:
        """The socket below, without what TLS needs, 40 KiB: for a session that has come to nothing.

        Everything else of this session is over then.
        """
        sock = socket.socket(fileno=self._socket.detach())
        sock.setblocking(False)
        return sock

    def _read(self, max_bytes: int) -> bytes:
        try:
            return self._socket.recv(max_bytes)
        except ssl.SSLWantReadError:
            raise BlockingIOError from None
        except ssl.SSLWantWriteError:
            # It wants new keys and does not take ours: nobody honest does that.
            raise ConnectionAbortedError("the client does not take what TLS has to say") from None

    def _say_goodbye(self) -> None:
        if self._is_raw:
            return
        self._is_raw = True
        try:
            self._socket.unwrap()
        except (OSError, ValueError):
            # Sent, but not answered, or not sendable: it is not waited for.
            return


def _make_context(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Renegotiation would let a client make us compute for ever.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    _load_certificate(context, files)
    if files.client_ca is not None:
        _load_authorities(context, files.client_ca, files.section)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _load_certificate(context: ssl.SSLContext, files: TlsFiles) -> None:
    # OpenSSL does not say which of the files it is that cannot be read.
    for key, path in (("ssl_certfile", files.certfile), ("ssl_keyfile", files.keyfile)):
        if path is not None:
            _require_readable(path, key, files.section)
    keyfile = files.keyfile or files.certfile

    def refuse_password() -> str:
        raise _Locked

    try:
        context.load_cert_chain(files.certfile, files.keyfile, refuse_password)
    except _Locked:
        raise _refusal(
            files.section,
            f"the private key in {keyfile} is protected by a password, which nobody can type into"
            f" a daemon (try: openssl pkey -in {keyfile} -out {keyfile}.open)",
        ) from None
    except ssl.SSLError as error:
        raise _refusal(files.section, _why_not_loaded(error, files.certfile, keyfile)) from None


class _Locked(Exception):
    """OpenSSL has asked for the password of a key."""


def _load_authorities(context: ssl.SSLContext, path: str, section: str) -> None:
    _require_readable(path, "ssl_client_ca", section)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise _refusal(
            section, f"there are no certificates in PEM in {path} ({_reason(error)})"
        ) from None


def _require_readable(path: str, key: str, section: str) -> None:
    try:
        # A FIFO would be waited for.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        with open(path, "rb") as file:
            file.read(1)
    except OSError as error:
        raise HostError(
            f"cannot use TLS on [{section}]: cannot read {path}: {error.strerror} (running as uid"
            f" {os.geteuid()}; see {key} in the configuration)",
            call="open",
            errno=error.errno,
        ) from None


def _why_not_loaded(error: ssl.SSLError, certfile: str, keyfile: str) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"the private key in {keyfile} does not belong to the certificate in {certfile}"
    if error.reason in ("EE_KEY_TOO_SMALL", "CA_MD_TOO_WEAK", "CA_KEY_TOO_SMALL"):
        return f"the certificate in {certfile} is too weak for TLS today ({_reason(error)})"
    if certfile == keyfile:
        return f"there are no certificate and private key in PEM in {certfile} ({_reason(error)})"
    return (
        f"there is no certificate in PEM in {certfile}, or no private key in {keyfile}"
        f" ({_reason(error)})"
    )


def _rehearse(context: ssl.SSLContext, files: TlsFiles) -> Validity:
    """Shake hands with ourselves: what fails here would fail for every client.

    Whether the certificate is still good is not judged, but returned. Raises HostError.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(files.certfile)
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(_NO_CHECK_TIME)
    asked = context.verify_mode
    # Our side has no certificate of a client to show.
    context.verify_mode = ssl.CERT_NONE
    try:
        found = _handshake_in_memory(context, client).getpeercert()
    except ssl.SSLError as error:
        raise _refusal(
            files.section, f"no client would accept {files.certfile}: {_reason(error)}"
        ) from None
    finally:
        context.verify_mode = asked
    assert found is not None, "the certificate was verified"
    return Validity(_wall_s(str(found["notBefore"])), _wall_s(str(found["notAfter"])))


def _wall_s(text: str) -> float:
    """Seconds since the epoch of a time as OpenSSL tells it: ``Nov  2 08:05:00 2026 GMT``.

    Python's own function loads modules when it is called, which a daemon that has dropped its
    privileges may not be able to do (L30).
    """
    month, day, time, year, _ = text.split()
    hour, minute, second = map(int, time.split(":"))
    number = _MONTHS.index(month) + 1
    return float(calendar.timegm((int(year), number, int(day), hour, minute, second)))


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _handshake_in_memory(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server)
    for _ in range(_FLIGHTS_MAX):
        for side in (theirs, ours):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return theirs


_FLIGHTS_MAX = 4
"""How often each side of a handshake has its turn at most."""


def _refusal(section: str, why: str) -> HostError:
    return HostError(f"cannot use TLS on [{section}]: {why}", call="tls", errno=None)


def _reason(error: ssl.SSLError) -> str:
    """What OpenSSL says, without what only OpenSSL's authors understand."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if error.reason:
        return error.reason.lower().replace("_", " ")
    return error.strerror or errno_name(error.errno or 0)
