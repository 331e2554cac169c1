"""Printing where nobody may listen any more: a closed pipe, a full disk, a closed descriptor.

A reader that has seen enough, such as `head`, ends the command without a word; any other failure
of stdout is told once, in one line on stderr. Neither leaves a traceback.
"""

import os
import sys

from supervisor.hints import IO, NoReturn

READER_GONE_EXIT_CODE = 141
"""What a command says that was ended by SIGPIPE (128 + 13), as shells do."""
FAILED_EXIT_CODE = 1


def write_now(stream: IO[str] | None, text: str) -> None:
    """Write text and flush it.

    Raises SystemExit if that fails, and UnicodeEncodeError for text that the stream cannot take.
    """
    if stream is None:
        # Python has no object for a descriptor that was closed from the start.
        _give_up("it is closed")
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _fail(stream, error)


def write_bytes_now(stream: IO[str], data: bytes) -> None:
    """Write bytes behind the text before them, and flush. Raises SystemExit if that fails.

    A stream that takes text only, such as one in memory, gets them in Python's notation.
    """
    below: IO[bytes] | None = getattr(stream, "buffer", None)
    if below is None:
        stream.write(data.decode("utf-8", "backslashreplace"))
        return
    try:
        stream.flush()
        below.write(data)
        below.flush()
    except OSError as error:
        _fail(stream, error)


def tell_on_stderr(text: str) -> None:
    """Print a line on stderr; where that is impossible, nobody can be told."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)


def _fail(stream: IO[str], error: OSError) -> NoReturn:
    _silence(stream)
    if isinstance(error, BrokenPipeError):
        raise SystemExit(READER_GONE_EXIT_CODE) from None
    _give_up(error.strerror or str(error))


def _give_up(why: str) -> NoReturn:
    tell_on_stderr(f"cannot write to standard output: {why}")
    raise SystemExit(FAILED_EXIT_CODE) from None


def _silence(stream: IO[str]) -> None:
    """Lead a stream to nowhere: Python flushes it at exit and would complain a second time."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
