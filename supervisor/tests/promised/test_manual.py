"""The list of promised names in the manual is true, and complete where it can be told."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import supervisor.events
from supervisor.tests.rules.source import ROOT

CHAPTER = (ROOT / "docs" / "api.rst").read_text("utf-8")
TIERS = CHAPTER.split("What is different\n")[0]
GONE = CHAPTER.split("What is gone\n")[1]
NAME = re.compile(r"``(\w+)\.(\w+)``")
CELL = re.compile(r"^   \* - (.*?)\n     - ", re.MULTILINE | re.DOTALL)
PROMISED = sorted({name for cell in CELL.findall(TIERS) for name in NAME.findall(cell)})
DROPPED = sorted({name for cell in CELL.findall(GONE) for name in NAME.findall(cell)})

WITH_ALL = ("compat", "datatypes", "dispatchers", "options", "rpcinterface", "xmlrpc")
NOT_WORTH_A_ROW = {
    ("compat", "HTMLParser"), ("compat", "StringTypes"), ("compat", "htmlentitydefs"),
    ("compat", "syslog"), ("compat", "thread"), ("options", "Config"), ("options", "Options"),
    ("options", "SystemCalls"),
}  # fmt: skip
"""Kept, but nobody was ever seen to import them."""


def suite_text() -> str:
    """The tests that look at promised names."""
    folders = ("promised", "plugins", "client", "ctl", "events", "compat", "e2e")
    files: list[Path] = []
    for folder in folders:
        files += (ROOT / "supervisor" / "tests" / folder).rglob("*.py")
    return "\n".join(path.read_text("utf-8") for path in files if path != Path(__file__))


@pytest.mark.parametrize(("module", "name"), PROMISED)
def test_promised_name_can_be_imported(module: str, name: str) -> None:
    """What the manual lists is there."""
    assert hasattr(import_module(f"supervisor.{module}"), name)


def test_each_promised_name_is_tested() -> None:
    """What the manual lists is used by some test of the promised names."""
    words = set(re.findall(r"\w+", suite_text()))
    assert [f"{module}.{name}" for module, name in PROMISED if name not in words] == []


@pytest.mark.parametrize("module", WITH_ALL)
def test_every_public_name_of_a_promised_module_is_listed(module: str) -> None:
    """What a promised module exports is promised."""
    exported = {(module, name) for name in import_module(f"supervisor.{module}").__all__}
    assert exported - set(PROMISED) - NOT_WORTH_A_ROW == set()


def test_every_class_of_events_is_reached_by_its_name() -> None:
    """The manual says that all classes are attributes of EventTypes."""
    known = set(vars(supervisor.events.EventTypes).values())
    events = [
        each
        for _, each in inspect.getmembers(supervisor.events, inspect.isclass)
        if issubclass(each, supervisor.events.Event)
        and each.__module__ == supervisor.events.__name__
    ]
    nameless = [each.__name__ for each in events if each not in known]
    assert [name for name in nameless if not name.startswith("ProcessStateStartingOrBackoff")] == []


@pytest.mark.parametrize(("module", "name"), DROPPED)
def test_what_is_gone_is_gone(module: str, name: str) -> None:
    """The list of what is given up is no longer than it has to be."""
    try:
        found = getattr(import_module(f"supervisor.{module}"), name, None)
    except ModuleNotFoundError:
        return
    # Some are kept for calling, but not for being replaced: these rows say so.
    assert found is None or f"``{module}.{name}`` replaced" in GONE
