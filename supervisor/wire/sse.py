"""Reading server-sent events: bytes of a `text/event-stream` in, messages out.

The rule: the messages depend on the stream alone, never on how it was cut into chunks. Lines end
with LF, CR or CRLF; fields that are not known are ignored, as the standard (HTML, section 9.2)
wants it. What is too long is refused, after everything before it has been given out.
"""

import re

from supervisor.errors import ProtocolViolation
from supervisor.tuples import NamedTuple

LINE_BYTES_MAX = 1 << 20
MESSAGE_BYTES_MAX = 4 << 20
"""All data lines of one message together."""
DEFAULT_EVENT = "message"

_BOM = "\ufeff"
_LINE_END = rb"\r\n|\n|\r"


class Message(NamedTuple):
    """One event of a stream."""

    event: str
    """Its type; ``message`` if the server named none."""
    data: str
    """The data lines, joined by line feeds."""
    id: str
    """The last id that was sent in the stream so far, empty if there was none."""


class EventStreamParser:
    """Messages from the bytes of one stream; a stream that ends inside a message loses it."""

    __slots__ = (
        "_after_cr",
        "_at_start",
        "_data",
        "_data_bytes",
        "_event",
        "_id",
        "_rest",
        "_why",
        "last_id",
    )

    def __init__(self) -> None:
        self.last_id = ""
        """What to go on from when the stream has ended (`Last-Event-ID`), empty to begin anew.

        A server may tell it without a message.
        """
        self._rest = b""
        self._at_start = True
        self._after_cr = False
        self._event = ""
        self._id = ""
        self._data: list[str] = []
        self._data_bytes = 0
        self._why: str | None = None

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete now.

        Raises ProtocolViolation for a line or message that is too long: at once, or in the next
        call if there are messages before it.
        """
        messages = [] if self._why is not None else self._take(data)
        if self._why is not None and not messages:
            raise ProtocolViolation(self._why)
        return messages

    def _take(self, data: bytes) -> list[Message]:
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if not data:
            return []
        self._after_cr = data.endswith(b"\r")
        *lines, self._rest = re.split(_LINE_END, self._rest + data)
        messages = []
        for line in lines:
            message = self._line(line)
            if message is not None:
                messages.append(message)
            if self._why is not None:
                return messages
        if len(self._rest) > LINE_BYTES_MAX:
            self._refuse("line", LINE_BYTES_MAX)
        return messages

    def _refuse(self, what: str, bytes_max: int) -> None:
        self._why = f"a {what} of the event stream is longer than {bytes_max} bytes"
        self._rest = b""
        self._data = []

    def _line(self, raw: bytes) -> Message | None:
        """Take one line; the message that it completes, if it does."""
        if len(raw) > LINE_BYTES_MAX:
            self._refuse("line", LINE_BYTES_MAX)
            return None
        line = raw.decode("utf-8", "replace")
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        self._field(name, value.removeprefix(" "), len(raw))
        return None

    def _field(self, name: str, value: str, line_bytes: int) -> None:
        # A line that begins with a colon is a comment: its name is empty.
        if name == "data":
            self._data_bytes += line_bytes
            if self._data_bytes > MESSAGE_BYTES_MAX:
                self._refuse("message", MESSAGE_BYTES_MAX)
                return
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value

    def _dispatch(self) -> Message | None:
        self.last_id = self._id
        data, event = self._data, self._event
        self._data, self._event, self._data_bytes = [], "", 0
        # An event without data is none, by the standard; its id counts all the same.
        return Message(event or DEFAULT_EVENT, "\n".join(data), self._id) if data else None
