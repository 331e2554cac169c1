"""A command at a real pseudo-terminal, as a person sits there."""

import contextlib
import os
import pty
import select
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

CTRL_C = b"\x03"
CTRL_D = b"\x04"
TAB = b"\t"
ENTER = b"\r"
UP = b"\x1b[A"

DEADLINE_S = 20.0
PRESS_AGAIN_S = 2.0
"""How long a person waits before pressing a key again."""


class Typist:
    """Starts a command with a terminal of its own, reads its screen, types."""

    def __init__(
        self, command: Sequence[str], directory: Path, environment: Mapping[str, str]
    ) -> None:
        self.screen = b""
        self._seen = 0
        # A dumb terminal: line editing works, but draws nothing that hides the text.
        variables = {**environment, "TERM": "dumb", "INPUTRC": "/dev/null", "COLUMNS": "200"}
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(command[0], list(command), variables)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    def type(self, keys: bytes) -> None:
        """Press some keys."""
        os.write(self._fd, keys)

    def line(self, text: str) -> None:
        """Type a line and Enter."""
        self.type(text.encode() + ENTER)

    def expect(self, text: str, within_s: float = DEADLINE_S) -> str:
        """What has appeared since the last time, up to and with `text`."""
        wanted = text.encode()
        deadline_s = time.monotonic() + within_s
        while (found := self.screen.find(wanted, self._seen)) < 0:
            if not self._read(deadline_s - time.monotonic()):
                raise AssertionError(f"{text!r} did not appear; the screen is {self.screen!r}")
        start, self._seen = self._seen, found + len(wanted)
        return self.screen[start : self._seen].decode("utf-8", "replace").replace("\r\n", "\n")

    def expect_by(self, keys: bytes, text: str, within_s: float = DEADLINE_S) -> str:
        """What appears up to and with `text`, for keys that are pressed again; see `end_by`."""
        deadline_s = time.monotonic() + within_s
        while True:
            self.type(keys)
            try:
                return self.expect(text, PRESS_AGAIN_S)
            except AssertionError:
                if time.monotonic() > deadline_s:
                    raise

    def end(self, within_s: float = DEADLINE_S) -> tuple[str, int]:
        """What appeared until the command ended, and its exit code."""
        deadline_s = time.monotonic() + within_s
        while self._read(deadline_s - time.monotonic()):
            pass
        return self._ended(deadline_s)

    def end_by(self, keys: bytes, within_s: float = DEADLINE_S) -> tuple[str, int]:
        """The same, for keys that a person would press again if nothing came of them.

        Ctrl-C between the moment when the interpreter's readline has printed its prompt and the
        moment when it begins to wait is noticed by it with the next key only.
        """
        deadline_s = time.monotonic() + within_s
        while True:
            with contextlib.suppress(OSError):
                self.type(keys)
            until_s = min(deadline_s, time.monotonic() + PRESS_AGAIN_S)
            while self._read(until_s - time.monotonic()):
                pass
            if time.monotonic() < until_s or until_s == deadline_s:
                return self._ended(deadline_s)

    def _ended(self, deadline_s: float) -> tuple[str, int]:
        assert time.monotonic() < deadline_s, f"it did not end; the screen is {self.screen!r}"
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        rest = self.screen[self._seen :].decode("utf-8", "replace").replace("\r\n", "\n")
        return rest, os.waitstatus_to_exitcode(status)

    def _read(self, within_s: float) -> bool:
        """Take what is there; False at the deadline, or when nobody holds the terminal any more."""
        if within_s <= 0 or not select.select([self._fd], [], [], within_s)[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            # Linux tells the end of a terminal by EIO.
            return False
        self.screen += data
        return bool(data)
