"""The listener protocol: a header line for each event; tokens in the output of a listener.

The rule of this module: the parser never fails and never keeps more than one result, whatever a
listener prints. It knows which token may come next, because that decides what bytes mean: RESULT
is a token while an event is with the listener, and a violation at any other time. Until that
moment comes the next token is not looked for, so that whoever reads tokens may act in between.

| state        | bytes                                | token, state after                      |
|--------------|--------------------------------------|-----------------------------------------|
| ACKNOWLEDGED | fewer than 6                         | none, they wait                         |
| ACKNOWLEDGED | ``READY\\n``                          | ReadyToken, READY                       |
| ACKNOWLEDGED | 6 others                             | Garbage, UNKNOWN                        |
| READY        | any                                  | Garbage, UNKNOWN                        |
| BUSY         | ``RESULT n\\n`` and n bytes           | ResultToken, ACKNOWLEDGED               |
| BUSY         | any other line                       | BadResultLine, UNKNOWN                  |
| UNKNOWN      | any                                  | none, they are discarded                |

With `resync` nothing leads to UNKNOWN: in ACKNOWLEDGED a line that is not READY is Garbage and the
next one is looked at; in READY output is Garbage; in BUSY the listener still owes its result. Lines
of that kind which are read together are one token. And the word RESULT is insisted on, or any line
of a log that ends with a number might be a result.
"""

import re

from supervisor.hints import Final, Iterator, Protocol
from supervisor.states import EventListenerStates
from supervisor.tokens import BadResultLine, Garbage, ReadyToken, ResultToken, Token

__all__ = ["BadResultLine", "Garbage", "ReadyToken", "ResultToken", "Token"]

RESULT_LINE_BYTES_MAX: Final = 1024
"""A longer result line is a bad one; also the most of any garbage that is told."""
RESULT_BYTES_MAX: Final = 16 * 1024 * 1024
"""A longer result makes its line a bad one."""

READY_TOKEN: Final = b"READY\n"
RESULT_WORD: Final = b"RESULT "

_READY_LINE: Final = re.compile(rb"^READY\n", re.MULTILINE)
_RESULT_LINE: Final = re.compile(rb"^RESULT [^\S\n]*[0-9]+[^\S\n]*\n", re.MULTILINE)

READY: Final = EventListenerStates.READY
BUSY: Final = EventListenerStates.BUSY
ACKNOWLEDGED: Final = EventListenerStates.ACKNOWLEDGED
UNKNOWN: Final = EventListenerStates.UNKNOWN


class Announced(Protocol):
    """What a listener is told."""

    @property
    def serial(self) -> int: ...
    @property
    def told(self) -> bytes:
        """Its type, length and payload: what `told` made."""
        ...


def told(name: str, text: str) -> bytes:
    """The end of what listeners are told of an event, the same for all pools: made once.

    The length is that in characters, not bytes: listeners read text (E4). What cannot be UTF-8
    becomes a question mark, so that it holds.
    """
    if name.isascii():
        # As all of ours are: two thirds of the time.
        return f" eventname:{name} len:{len(text)}\n{text}".encode("utf-8", "replace")
    payload = text.encode("utf-8", "replace")
    return b" eventname:%b len:%d\n%b" % (_encoded(name), len(text), payload)


def payload_of(told: bytes) -> str:
    """The text that was told."""
    return told.partition(b"\n")[2].decode("utf-8", "replace")


class Envelope:
    """What the events of one pool are sent in; `server` is the identifier of the daemon."""

    __slots__ = ("_form",)

    def __init__(self, server: str, pool: str) -> None:
        before = _encoded(f"ver:3.0 server:{server} serial:").replace(b"%", b"%%")
        between = _encoded(f" pool:{pool} poolserial:").replace(b"%", b"%%")
        self._form = before + b"%d" + between + b"%d%b"

    def sealed(self, event: Announced, poolserial: int) -> bytes:
        """An event as it is sent: the header, which is one line, and the payload behind it."""
        return self._form % (event.serial, poolserial, event.told)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class ListenerParser:
    """The tokens in the output of one child of a listener, from its first byte on."""

    __slots__ = ("_buffer", "_resync", "_skipping", "_wanted_bytes", "_word", "state")

    def __init__(self, resync: bool = False) -> None:
        self.state: int = ACKNOWLEDGED
        """A code of `EventListenerStates`."""
        self._resync = resync
        self._buffer = bytearray()
        self._word = b""
        self._wanted_bytes: int | None = None
        """Length of the result whose line has been read."""
        self._skipping = False
        """Whether what comes is the rest of a line that was too long, and was told."""

    def feed(self, data: bytes | memoryview) -> Iterator[Token]:
        """The tokens that are complete with data; a token is looked for when it is asked for."""
        if self.state != UNKNOWN:
            self._buffer += data
        return self._tokens()

    @property
    def awaits_result(self) -> bool:
        """Whether the next byte will be the first one of a result line."""
        fresh = not self._buffer and self._wanted_bytes is None and not self._skipping
        return self.state == BUSY and fresh

    def event_sent(self) -> bool:
        """An event was sent to the listener: a result is expected; the same as `awaits_result`."""
        assert self.state == READY, f"an event was sent in state {self.state}"
        self.state = BUSY
        return not self._buffer and self._wanted_bytes is None and not self._skipping

    def event_accepted(self) -> None:
        """A result and READY were read by somebody else, while `awaits_result`."""
        self.state = READY

    def event_returned(self) -> None:
        """The event could not be sent, or not to its end: no result is expected any more."""
        if self.state == BUSY:
            self.state = READY
            self._wanted_bytes = None

    def give_up(self) -> None:
        """Discard what is there and whatever comes."""
        self.state = UNKNOWN
        self._buffer = bytearray()
        self._wanted_bytes = None

    # -- finding tokens --------------------------------------------------------------------------

    def _tokens(self) -> Iterator[Token]:
        while self._buffer:
            if self._skipping:
                self._skip_line()
                continue
            token = self._next_token()
            if token is None:
                return
            yield token

    def _next_token(self) -> Token | None:
        if self.state == ACKNOWLEDGED:
            return self._next_line() if self._resync else self._next_ready()
        if self.state == READY:
            return self._garbage_while_ready()
        if self._wanted_bytes is None:
            return self._next_result_line()
        return self._next_result()

    def _next_ready(self) -> Token | None:
        if len(self._buffer) < len(READY_TOKEN):
            return None
        if not self._buffer.startswith(READY_TOKEN):
            return self._violation()
        del self._buffer[: len(READY_TOKEN)]
        self.state = READY
        return ReadyToken(followed=bool(self._buffer))

    def _next_line(self) -> Token | None:
        """In ACKNOWLEDGED, with `resync`."""
        line = self._take_line()
        if line is None:
            return None
        if line == READY_TOKEN[:-1]:
            self.state = READY
            return ReadyToken(followed=bool(self._buffer))
        return Garbage(self._with_garbage_behind(line, _READY_LINE))

    def _garbage_while_ready(self) -> Token:
        if not self._resync:
            return self._violation()
        garbage = bytes(self._buffer[:RESULT_LINE_BYTES_MAX])
        self._buffer.clear()
        return Garbage(garbage)

    def _violation(self) -> Token:
        garbage = bytes(self._buffer[:RESULT_LINE_BYTES_MAX])
        self.give_up()
        return Garbage(garbage)

    def _next_result_line(self) -> Token | None:
        line = self._take_line()
        if line is None:
            return None
        word, digits = line[: len(RESULT_WORD)], line[len(RESULT_WORD) :].strip()
        # Of a bytes object these are the ten ASCII digits: no sign, no `_`, no other script (E7).
        is_result = digits.isdigit() and (word == RESULT_WORD or not self._resync)
        reason = self._exceeded(line, digits)
        if reason or not is_result:
            if self._resync:
                line = self._with_garbage_behind(line, _RESULT_LINE)
            else:
                self.give_up()
            return BadResultLine(line, reason)
        self._word = word
        self._wanted_bytes = int(digits)
        return self._next_result()

    def _exceeded(self, line: bytes, digits: bytes) -> str:
        """Which limit a result line exceeds; empty if it keeps them."""
        if self._skipping:
            return f"longer than {RESULT_LINE_BYTES_MAX} bytes"
        if digits.isdigit() and int(digits) > RESULT_BYTES_MAX:
            return f"a result has at most {RESULT_BYTES_MAX} bytes"
        return ""

    def _next_result(self) -> Token | None:
        wanted_bytes = self._wanted_bytes
        assert wanted_bytes is not None
        if len(self._buffer) < wanted_bytes:
            return None
        body = bytes(self._buffer[:wanted_bytes])
        del self._buffer[:wanted_bytes]
        self._wanted_bytes = None
        self.state = ACKNOWLEDGED
        return ResultToken(body, self._word)

    # -- lines -----------------------------------------------------------------------------------

    def _take_line(self) -> bytes | None:
        """The next line without its line feed, or the beginning of one that is too long."""
        end = self._buffer.find(b"\n", 0, RESULT_LINE_BYTES_MAX)
        if end >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            return line
        if len(self._buffer) < RESULT_LINE_BYTES_MAX:
            return None
        line = bytes(self._buffer[:RESULT_LINE_BYTES_MAX])
        del self._buffer[:RESULT_LINE_BYTES_MAX]
        self._skipping = True
        return line

    def _with_garbage_behind(self, line: bytes, wanted: re.Pattern[bytes]) -> bytes:
        """A line that is not wanted, with those behind it up to one that is.

        A flood of lines becomes one token for each read, or it would keep everybody waiting.
        """
        if self._skipping:
            return line
        match = wanted.search(self._buffer)
        end = self._buffer.rfind(b"\n") + 1 if match is None else match.start()
        garbage = line + b"\n" + self._buffer[: min(end, RESULT_LINE_BYTES_MAX)]
        del self._buffer[:end]
        return garbage[:RESULT_LINE_BYTES_MAX].removesuffix(b"\n")

    def _skip_line(self) -> None:
        """Discard the rest of a line, as far as it has come."""
        end = self._buffer.find(b"\n")
        self._skipping = end < 0
        if self._skipping:
            self._buffer.clear()
        else:
            del self._buffer[: end + 1]
