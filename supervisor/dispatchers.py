"""Promised names: result handlers of event listeners, and the channels of a process.

Plug-ins recognise the channels of a process by these classes. The daemon moves the bytes itself,
in other ways: no method that does is here. Of the package only the rim uses this module:
`daemon.plugin_view`.
"""

from supervisor.events import ProcessCommunicationEvent, RejectEvent
from supervisor.hints import Any
from supervisor.states import EventListenerStates
from supervisor.wire.ansi import AnsiStripper

__all__ = [
    "EventListenerStates",
    "PDispatcher",
    "PEventListenerDispatcher",
    "PInputDispatcher",
    "POutputDispatcher",
    "RejectEvent",
    "default_handler",
    "stripEscapes",
]

_CONTROL_SEQUENCE = b"\x1b["


def default_handler(event: Any, response: bytes) -> None:
    """Accept the result `OK` and nothing else. Raises RejectEvent."""
    if response != b"OK":
        raise RejectEvent(response)


def stripEscapes(s: bytes) -> bytes:
    """Bytes without ANSI escape sequences; one that is not complete is cut off."""
    stripper = AnsiStripper()
    text, rest = stripper.feed(s), stripper.close()
    return text if rest.startswith(_CONTROL_SEQUENCE) else text + rest


class PDispatcher:
    """Abstract: a channel between the daemon and a process, with the daemon's descriptor."""

    def __init__(self, process: Any, channel: str, fd: int) -> None:
        self.process = process
        self.channel = channel
        """stdin, stdout or stderr."""
        self.fd = fd
        self.closed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {id(self)} for {self.process} ({self.channel})>"

    def readable(self) -> bool:
        """Whether the process writes to this channel."""
        raise NotImplementedError

    def writable(self) -> bool:
        """Whether something waits to be written to the process."""
        raise NotImplementedError

    def flush(self) -> None:
        """Nothing is ever held back that could be written."""

    def close(self) -> None:
        """The channel is not used any more."""
        self.closed = True


class _ReadDispatcher(PDispatcher):
    """Abstract: what a process writes."""

    def readable(self) -> bool:
        return not self.closed

    def writable(self) -> bool:
        return False

    def removelogs(self) -> None:
        """Empty the log of this channel; a channel outside of the daemon has none."""

    def reopenlogs(self) -> None:
        """Reopen the log of this channel; a channel outside of the daemon has none."""


class POutputDispatcher(_ReadDispatcher):
    """Standard output or error; `event_type` is the class of the events that captures make."""

    capturemode = False
    """Whether the process is between the tags of a capture."""

    def __init__(self, process: Any, event_type: type[ProcessCommunicationEvent], fd: int) -> None:
        super().__init__(process, str(event_type.channel), fd)
        self.event_type = event_type


class PEventListenerDispatcher(_ReadDispatcher):
    """Standard output of an event listener: its side of the conversation."""

    READY_FOR_EVENTS_TOKEN = b"READY\n"
    READY_FOR_EVENTS_LEN = len(READY_FOR_EVENTS_TOKEN)
    RESULT_TOKEN_START = b"RESULT "
    RESULT_TOKEN_START_LEN = len(RESULT_TOKEN_START)


class PInputDispatcher(PDispatcher):
    """Standard input; `input_buffer` is what the process has not taken yet."""

    input_buffer = b""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return bool(self.input_buffer) and not self.closed
