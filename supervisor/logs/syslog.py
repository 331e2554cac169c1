"""Lines to the local syslog daemon, without ever waiting for it.

syslog(3) blocks for as long as a syslog daemon hangs with a full queue; a supervisor must not. So
we speak its datagram ourselves, as the C library does: facility USER, priority INFO, one line each.
What cannot be delivered at once is counted and reported like other lost output; so is what one
process writes in one go beyond LINES_PER_WRITE_MAX, because each message costs a system call.
"""

import os

from supervisor.core.component import Clock
from supervisor.errors import errno_name
from supervisor.levels import Level
from supervisor.logs.filelog import Report
from supervisor.logs.losses import LossRecord
from supervisor.logs.stamp import SecondStamp
from supervisor.logs.target import Data
from supervisor.sockets import socket

SYSLOG_ADDRESSES = ("/dev/log", "/var/run/syslog")
"""Where syslog daemons listen: Linux and BSD, macOS."""

LINE_BYTES_MAX = 8192
"""Longer lines are cut into several messages: common daemons drop or truncate larger ones."""

LINES_PER_WRITE_MAX = 512
"""Lines sent of one piece of output; the rest of it is lost, so that others need not wait."""

_USER_INFO = 1 << 3 | 6
_UTF8_TAIL_BYTES_MAX = 3


class SyslogClient:
    """The connection of this daemon to syslog; shared by all that log there."""

    __slots__ = ("_addresses", "_clock", "_ident", "_losses", "_report", "_socket", "_stamp")

    def __init__(
        self,
        ident: str,
        clock: Clock,
        *,
        report: Report,
        addresses: tuple[str, ...] = SYSLOG_ADDRESSES,
    ) -> None:
        self._ident = ident
        self._clock = clock
        self._report = report
        self._addresses = addresses
        self._socket: socket.socket | None = None
        self._losses = LossRecord()
        self._stamp = SecondStamp("%b %e %H:%M:%S")

    def send(self, line: str) -> None:
        """Send one line; never raises, never blocks."""
        self.try_to_send(line)

    def try_to_send(self, line: str) -> bool:
        """As `send`, but False if the line is lost. A missing daemon is looked for each time."""
        text = f"<{_USER_INFO}>{self._stamp(self._clock.now().wall_s)} {self._ident}: {line}"
        # A NUL would end the message for receivers that read C strings.
        data = text.replace("\0", "\ufffd").encode("utf-8", "backslashreplace")
        try:
            self._deliver(data)
        except OSError as error:
            number = error.errno or 0
            self.lose(len(data), f"{os.strerror(number)} ({errno_name(number)})")
            return False
        if lost_bytes := self._losses.succeed():
            self._report(Level.WARN, f"{lost_bytes} bytes of output to syslog were lost")
        return True

    def lose(self, lost_bytes: int, reason: str) -> None:
        """Count output that is not sent; the first of a burst of losses is reported."""
        if self._losses.lose(lost_bytes):
            self._report(
                Level.ERRO,
                f"cannot write to syslog: {reason}; output is lost until this works again",
            )

    def close(self) -> None:
        """Disconnect; the next line connects again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _deliver(self, data: bytes) -> None:
        if self._socket is not None:
            try:
                self._socket.send(data)
                return
            except BlockingIOError:
                raise
            except OSError:
                # The daemon was restarted: its new socket is another one.
                self.close()
        self._socket = _connect(self._addresses)
        self._socket.send(data)


class SyslogLog:
    """Output of one process as lines ``<process name> <line>``; undecodable bytes are replaced.

    The beginning of a line is kept until its end arrives, at most LINE_BYTES_MAX of it.
    """

    __slots__ = ("_client", "_line", "_name")

    def __init__(self, process_name: str, client: SyslogClient) -> None:
        self._name = process_name
        self._client = client
        self._line = b""

    def write(self, data: Data) -> None:
        """Send the lines that are complete now, as many as may be; never raises, never blocks."""
        text = self._line + bytes(data)
        end = text.rfind(b"\n") + 1
        *lines, excess = text[:end].split(b"\n", LINES_PER_WRITE_MAX)
        for number, line in enumerate(lines, start=1):
            if not self._send_line(line):
                # What has failed once in a burst fails again: more attempts only cost time.
                excess = b"\n".join([*lines[number:], excess])
                self._client.lose(len(excess), "it refused the line before")
                break
        else:
            if excess:
                self._client.lose(
                    len(excess),
                    f"{self._name} writes more than {LINES_PER_WRITE_MAX} lines at once",
                )
        self._line = self._send_excess(text[end:])

    def close(self) -> None:
        """Send a last line that has no end."""
        rest, self._line = self._line, b""
        if rest:
            self._send(rest)

    def _send_line(self, line: bytes) -> bool:
        return self._send(self._send_excess(line))

    def _send_excess(self, line: bytes) -> bytes:
        """Send what is too long for one message; the last piece, still to be sent."""
        while len(line) > LINE_BYTES_MAX:
            cut = _cut_between_characters(line, LINE_BYTES_MAX)
            self._send(line[:cut])
            line = line[cut:]
        return line

    def _send(self, piece: bytes) -> bool:
        return self._client.try_to_send(f"{self._name} {piece.decode('utf-8', 'replace')}")


def _connect(addresses: tuple[str, ...]) -> socket.socket:
    """Connect to the first address that answers. Raises the OSError of the last one."""
    error: OSError | None = None
    for address in addresses:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        client.setblocking(False)
        try:
            client.connect(address)
            return client
        except OSError as refused:
            client.close()
            error = error or refused
    raise error or FileNotFoundError("no address of a syslog daemon is known")


def _cut_between_characters(data: bytes, limit_bytes: int) -> int:
    """The last place up to the limit which is not inside a UTF-8 character."""
    for cut in range(limit_bytes, limit_bytes - _UTF8_TAIL_BYTES_MAX - 1, -1):
        if data[cut] & 0xC0 != 0x80:
            return cut
    return limit_bytes
