"""What is connected to the child of a process, by descriptor, as plug-ins know it."""

from supervisor.daemon.channels import InputChannel, OutputChannel
from supervisor.daemon.outlets import STDERR, STDOUT
from supervisor.daemon.plugin_view.inside import Inside
from supervisor.dispatchers import (
    PDispatcher,
    PEventListenerDispatcher,
    PInputDispatcher,
    POutputDispatcher,
)
from supervisor.events import ProcessCommunicationStderrEvent, ProcessCommunicationStdoutEvent
from supervisor.hints import Any

STDIN = "stdin"


class _Reading:
    """What the daemon reads from a child, into its log."""

    def __init__(self, inside: Inside, process_id: int, channel: str, output: OutputChannel):
        self._inside = inside
        self._log = inside.parts.children.body(process_id).logs.get(channel)
        self._output = output

    def readable(self) -> bool:
        """Whether the child may write to it."""
        return self._output.fd >= 0

    def handle_read_event(self) -> None:
        """Read what is there, up to one buffer."""
        self._inside.in_loop(self._output.on_readable)

    def removelogs(self) -> None:
        """Empty its log. Raises OSError."""
        if self._log is not None:
            self._inside.in_loop(self._log.clear)

    def reopenlogs(self) -> None:
        """Close its log and open it by name."""
        if self._log is not None and self._log.is_open:
            self._inside.in_loop(self._log.reopen)


class OutputDispatcher(_Reading, POutputDispatcher):
    """Standard output or error of a child."""

    def __init__(self, process: Any, inside: Inside, process_id: int, output: OutputChannel):
        is_stdout = output is _outputs(inside, process_id).get(STDOUT)
        event = ProcessCommunicationStdoutEvent if is_stdout else ProcessCommunicationStderrEvent
        POutputDispatcher.__init__(self, process, event, output.fd)
        _Reading.__init__(self, inside, process_id, self.channel, output)


class ListenerDispatcher(_Reading, PEventListenerDispatcher):
    """Standard output of an event listener."""

    def __init__(self, process: Any, inside: Inside, process_id: int, output: OutputChannel):
        PEventListenerDispatcher.__init__(self, process, STDOUT, output.fd)
        _Reading.__init__(self, inside, process_id, STDOUT, output)


class InputDispatcher(PInputDispatcher):
    """Standard input of a child."""

    def __init__(self, process: Any, channel: InputChannel):
        super().__init__(process, STDIN, channel.fd)
        self._input = channel

    @property
    def input_buffer(self) -> bytes:  # type: ignore[override]
        """What the child has not taken yet."""
        return self._input.waiting

    def writable(self) -> bool:
        """Whether something waits for the child."""
        return bool(self._input.waiting)


def _outputs(inside: Inside, process_id: int) -> dict[str, OutputChannel]:
    run = inside.parts.children.body(process_id).run
    return {} if run is None else dict(zip((STDOUT, STDERR), run.outputs, strict=False))


def dispatchers_of(process: Any, inside: Inside, process_id: int) -> dict[int, PDispatcher]:
    """The channels of a process that are open, by descriptor."""
    found: dict[int, PDispatcher] = {}
    is_listener = inside.parts.events.pools.state_of(process_id) is not None
    for channel, output in _outputs(inside, process_id).items():
        if output.fd >= 0:
            kind = ListenerDispatcher if is_listener and channel == STDOUT else OutputDispatcher
            found[output.fd] = kind(process, inside, process_id, output)
    run = inside.parts.children.body(process_id).run
    if run is not None and run.stdin is not None and run.stdin.fd >= 0:
        found[run.stdin.fd] = InputDispatcher(process, run.stdin)
    return found


def pipes_of(inside: Inside, process_id: int) -> dict[str, int | None]:
    """Our ends of the pipes of a process, None for those that are not there."""
    run = inside.parts.children.body(process_id).run
    stdin = None if run is None or run.stdin is None else run.stdin.fd
    outputs = _outputs(inside, process_id)
    return {
        STDIN: stdin,
        **{name: outputs[name].fd if name in outputs else None for name in (STDOUT, STDERR)},
    }
