"""A process in the foreground: its output is shown, what is typed goes to its stdin.

The output is followed by threads, so that the typing side can wait for the person and, between
two looks at the clock, for the end of the process.
"""

import http.client
import threading
from xmlrpc.client import Fault as XmlRpcFault

from supervisor.client.follow import LogStream, StreamRefused, process_log_path
from supervisor.ctl.command import Shell
from supervisor.errors import Fault
from supervisor.hints import Any
from supervisor.states import ProcessStates
from supervisor.wire.namespec import split_namespec

PRESS_CTRL_C = "==> Press Ctrl-C to exit <=="
STREAM_HEAD_BYTES = 1024
"""A stream starts with that much of the log as it was."""
JOIN_S_MAX = 5.0
"""A follower that still waits for an answer of the daemon is left to itself after that time."""
STATE_CHECK_S = 1.0
"""How soon the end of the process is noticed."""


def log_size_bytes(supervisor: Any, name: str, channel: str) -> int:
    """Size of a log now, 0 if there is none."""
    tail = (
        supervisor.tailProcessStdoutLog if channel == "stdout" else supervisor.tailProcessStderrLog
    )
    _, size_bytes, _ = tail(name, 0, 0)
    return int(size_bytes)


def old_head_bytes(before_bytes: int, after_bytes: int) -> int:
    """How much of the head of a stream is surely old.

    The stream was opened when the log was between `before_bytes` and `after_bytes` long. If it grew
    meanwhile, rather some old output is shown again than new output lost.
    """
    grown_bytes = max(0, after_bytes - before_bytes)
    return max(0, min(before_bytes, STREAM_HEAD_BYTES - grown_bytes))


class _ChannelFollower:
    """Shows what is new in one log: what comes after this object was made."""

    def __init__(self, name: str, channel: str, shell: Shell) -> None:
        options = shell.options
        self._name = name
        self._channel = channel
        self._shell = shell
        self._before_bytes = log_size_bytes(shell.get_supervisor(), name, channel)
        self._stream = LogStream(
            options.address, process_log_path(name, channel), *options.credentials
        )

    def run(self) -> None:
        """Follow until the stream ends or is closed; a log that cannot be read shows nothing."""
        try:
            self._follow()
        except (StreamRefused, OSError, http.client.HTTPException, XmlRpcFault):
            # A process without this log, such as one with redirect_stderr, is no mistake.
            return

    def _follow(self) -> None:
        self._stream.open()
        # A proxy of its own: the shell's serves one thread only.
        supervisor = self._shell.options.getServerProxy().supervisor
        after_bytes = log_size_bytes(supervisor, self._name, self._channel)
        self._stream.skip(old_head_bytes(self._before_bytes, after_bytes))
        for text in self._stream:
            self._shell.write(text)

    def close(self) -> None:
        """Wake up run() and make it return."""
        self._stream.close()


class fgthread(threading.Thread):
    """Follows both logs of a process in the background; start() and kill() it."""

    def __init__(self, program: str, ctl: Shell) -> None:
        super().__init__(name=f"fg {program}", daemon=True)
        self._followers = [
            _ChannelFollower(program, channel, ctl) for channel in ("stdout", "stderr")
        ]

    def run(self) -> None:
        """Follow stdout here and stderr in a second thread."""
        stdout, stderr = self._followers
        second = threading.Thread(target=stderr.run, name=f"{self.name} stderr", daemon=True)
        second.start()
        stdout.run()
        second.join()

    def kill(self) -> None:
        """End it at once, even while it waits for output."""
        for follower in self._followers:
            follower.close()


def bring_to_foreground(shell: Shell, name: str) -> None:
    """Converse with a running process until it ends, or the person has had enough."""
    background = fgthread(name, shell)
    shell.output(PRESS_CTRL_C)
    background.start()
    try:
        _feed(shell, name)
    except KeyboardInterrupt:
        shell.output("")
    finally:
        shell.output("Exiting foreground")
        background.kill()
        background.join(JOIN_S_MAX)


def _feed(shell: Shell, name: str) -> None:
    """Send each line that is typed; return at the end of the input or of the process."""
    supervisor = shell.get_supervisor()
    while True:
        if shell.terminal.wait(STATE_CHECK_S):
            line = shell.terminal.readline()
            if not line:
                return
            if not _send(shell, supervisor, name, line):
                return
        if not is_running(supervisor, name):
            shell.output("Process got killed")
            return


def _send(shell: Shell, supervisor: Any, name: str, line: str) -> bool:
    try:
        supervisor.sendProcessStdin(name, line if line.endswith("\n") else line + "\n")
    except XmlRpcFault as fault:
        if fault.faultCode == Fault.NOT_RUNNING:
            shell.output("Process got killed")
        else:
            shell.output(f"ERROR: {fault}")
        return False
    return True


def is_running(supervisor: Any, name: str) -> bool:
    """True if the process is in state RUNNING; raises Fault BAD_NAME if there is none."""
    group, process = split_namespec(name)
    if process is None:
        raise XmlRpcFault(Fault.BAD_NAME, f"BAD_NAME: {group}")
    return bool(supervisor.getProcessInfo(name)["state"] == ProcessStates.RUNNING)
