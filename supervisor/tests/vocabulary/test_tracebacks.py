"""Tracebacks as text: what Python prints, or at least the error."""

import sys
import traceback

import pytest

from supervisor.tracebacks import traceback_of


def test_traceback_is_what_python_prints() -> None:
    """Of the exception that is being handled, or of the one that is given."""
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        assert traceback_of() == traceback_of(error) == traceback.format_exc()


def test_error_is_told_if_there_can_be_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is missing on disk by now: what went wrong is not lost."""
    monkeypatch.setitem(sys.modules, "traceback", None)
    assert traceback_of(ValueError("why")).startswith("ValueError('why') (there is no traceback: ")
