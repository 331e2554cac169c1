"""What is taken from beneath large modules is what those modules have."""

import collections.abc
import importlib
import signal
import subprocess
import sys

import pytest

from supervisor import hints, lean, signals

HOMES = {
    "collections": ["deque"],
    "functools": ["partial"],
    "heapq": ["heapify", "heappop", "heappush"],
    "importlib.machinery": ["BuiltinImporter", "ModuleSpec", "SourceFileLoader"],
    "operator": ["attrgetter"],
    "types": ["CodeType", "FunctionType", "MethodType", "ModuleType"],
}


@pytest.mark.parametrize("home", HOMES)
def test_names_are_those_of_the_modules_that_everybody_knows(home: str) -> None:
    """``lean.deque is collections.deque``, and so on."""
    known = importlib.import_module(home)
    for name in HOMES[home]:
        assert getattr(lean, name) is getattr(known, name), name


def test_hints_are_the_classes_of_collections_abc() -> None:
    """All but `Callable`, which nobody asks objects for."""
    names = [name for name in collections.abc.__all__ if hasattr(hints, name)]
    assert len(names) > 10
    for name in set(names) - {"Callable"}:
        assert getattr(hints, name) is getattr(collections.abc, name), name


def test_numbers_and_names_are_those_of_the_enumeration() -> None:
    """Signals have the names that `signal.Signals` gives them, and the others as well."""
    assert {int(each): each.name for each in signal.Signals} == signals.NAMES
    members = signal.Signals.__members__
    assert {name: int(number) for name, number in members.items()} == signals.NUMBERS


def test_unknown_module_is_refused_as_everywhere() -> None:
    assert lean.import_module("supervisor.tests.rules") is importlib.import_module(
        "supervisor.tests.rules"
    )
    with pytest.raises(ModuleNotFoundError):
        lean.import_module("supervisor.nothing")


@pytest.mark.parametrize(
    ("hidden", "asked"),
    [
        ("_heapq", "from supervisor.lean import deque, heappush, partial, SourceFileLoader"),
        ("_frozen_importlib_external", "from supervisor.lean import deque, SourceFileLoader"),
        ("_signal", "from supervisor.signals import NAMES; assert NAMES[15] == 'SIGTERM'"),
    ],
)
def test_interpreter_without_them_has_the_usual_modules(hidden: str, asked: str) -> None:
    """What lies beneath is an affair of the interpreter: without it all works as well."""
    # Before they are hidden, so that the modules themselves find what they need.
    usual = "import collections, functools, heapq, importlib.machinery, operator, signal, sys"
    code = f"{usual}\nsys.modules[{hidden!r}] = None\n{asked}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
