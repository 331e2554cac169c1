"""Reading from a person or a script: lines, answers, secrets.

A script's standard input is read byte by byte up to the end of the line, and no further: what
follows belongs to whoever reads next, be it the next command, a question or a foreground process.
"""

import os
import select
import sys

from supervisor.hints import TextIO

LINE_BYTES_MAX = 1 << 20
"""A longer line is cut into several; nothing that a person types comes near."""


class Terminal:
    """Standard input and the way to ask on it."""

    def __init__(self, stdin: TextIO | None = None) -> None:
        # Python sets sys.stdin to None when descriptor 0 is closed.
        self._stdin: TextIO | None = sys.stdin if stdin is None else stdin

    @property
    def is_interactive(self) -> bool:
        """True if a person sits there."""
        return self._stdin is not None and self._stdin.isatty()

    def readline(self) -> str:
        """The next line with its line feed, "" at the end of the input."""
        fd = self._fd()
        if fd is None:
            return self._stdin.readline() if self._stdin is not None else ""
        line = bytearray()
        while not line.endswith(b"\n") and len(line) < LINE_BYTES_MAX:
            byte = os.read(fd, 1)
            if not byte:
                break
            line += byte
        return line.decode("utf-8", "replace")

    def wait(self, within_s: float) -> bool:
        """True if a line, or the end of the input, can be read within that time."""
        fd = self._fd()
        if fd is None:
            return True
        return bool(select.select([fd], [], [], within_s)[0])

    def ask(self, question: str) -> str:
        """The answer without its line feed; raises EOFError at the end of the input."""
        if self.is_interactive:
            return input(question)
        sys.stdout.write(question)
        sys.stdout.flush()
        return self._answer()

    def ask_secret(self, question: str) -> str:
        """As `ask`, but a terminal does not show what is typed."""
        if self.is_interactive:
            from getpass import getpass  # late: hardly any command asks

            return getpass(question)
        sys.stdout.write(question)
        sys.stdout.flush()
        return self._answer()

    def _answer(self) -> str:
        line = self.readline()
        if not line:
            raise EOFError("standard input is at its end")
        return line.rstrip("\r\n")

    def _fd(self) -> int | None:
        """The descriptor behind the input; None for one that lives in memory."""
        if self._stdin is None:
            return None
        try:
            return self._stdin.fileno()
        except OSError:
            return None
