"""Promised names: an exception in few words."""

import sys
import traceback
from types import TracebackType


def compact_traceback() -> tuple[tuple[str, str, str], type[BaseException], BaseException, str]:
    """File, function and line where the exception was raised that is being handled; its type,
    itself, and all places that it came through.

    Raises AssertionError if there is none.
    """
    kind, value, trace = sys.exc_info()
    assert kind is not None and value is not None and trace is not None, "no exception"
    places = [f"[{file}|{function}|{line}]" for file, function, line in _places(trace)]
    return _places(trace)[-1], kind, value, " ".join(places)


def _places(trace: TracebackType) -> list[tuple[str, str, str]]:
    return [(each.filename, each.name, str(each.lineno)) for each in traceback.extract_tb(trace)]
