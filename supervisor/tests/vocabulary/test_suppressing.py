"""Exceptions that do not matter in one place."""

import pytest

from supervisor.suppressing import nullcontext, suppress


def test_block_ends_with_an_exception_of_these_classes() -> None:
    """And whoever comes after it goes on."""
    reached = []
    with suppress(FileNotFoundError, KeyError):
        reached.append(1)
        raise KeyError
    assert reached == [1]


def test_subclass_is_suppressed() -> None:
    """As everywhere where exceptions are named."""
    with suppress(OSError):
        raise FileNotFoundError


def test_other_exceptions_pass() -> None:
    """They matter."""
    with pytest.raises(PermissionError), suppress(FileNotFoundError):
        raise PermissionError


def test_block_without_exception_is_left_as_it_is() -> None:
    """Nothing is changed by it."""
    with suppress(OSError):
        done = True
    assert done


def test_nullcontext_does_nothing() -> None:
    """Whatever is raised in the block goes on."""
    with pytest.raises(KeyError), nullcontext():
        raise KeyError
