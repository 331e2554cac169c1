"""The list of promised names in the manual is true, and complete where it can be told."""

import ast
import inspect
import re
from importlib import import_module

import pytest

import supervisor.events
from supervisor.daemon.plugin_view.groups import EventListenerPool, ProcessGroupBase
from supervisor.daemon.plugin_view.options import LiveOptions
from supervisor.daemon.plugin_view.processes import Subprocess
from supervisor.daemon.plugin_view.supervisord import Supervisor
from supervisor.tests.plugins.promise import LIVE, SET
from supervisor.tests.promised.proofs import PROBED, TESTED
from supervisor.tests.promised.test_probes import PROBES
from supervisor.tests.rules.source import ROOT

CHAPTER = (ROOT / "docs" / "api.rst").read_text("utf-8")
TIERS = CHAPTER.split("What is different\n")[0]
GONE = CHAPTER.split("What is gone\n")[1]
NAME = re.compile(r"``(\w+)\.(\w+)``")
LIVE_NAME = re.compile(r"``(\w+)[(`]")
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


LIVE_CHAPTER = (
    (ROOT / "docs" / "plugins.rst").read_text("utf-8").split("The live daemon\n---")[1]
).split("\nThreads\n---")[0]
LIVE_TABLES = {"``supervisord``": "supervisord", "``options``": "options", "Groups": "group"}
LIVE_TABLES["Processes"] = "process"
OURS = {
    Supervisor: {"of", "serve", "close", "home", "services"},
    LiveOptions: set[str](),
    ProcessGroupBase: {"attach", "before_remove"},
    EventListenerPool: set[str](),
    Subprocess: {"attach", "snapshot", "laststopreport", "record_spawnerr"},
}
"""By live class: what the daemon itself uses, or what nobody was ever seen to use."""
THINGS = {Supervisor: "supervisord", LiveOptions: "options", Subprocess: "process"}


def words_of(probe: str) -> set[str]:
    """Names and attributes that a probe uses; some it has as text, for a loop."""
    nodes = list(ast.walk(ast.parse((PROBES / f"{probe}.py").read_text("utf-8"))))
    return (
        {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        | {node.id for node in nodes if isinstance(node, ast.Name)}
        | {
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    )


def missing(place: str) -> str | None:
    """What a test is not, that should be `path/test_module.py::test_name[case]`."""
    path, _, name = place.partition("::")
    name, _, case = name.partition("[")
    module = import_module("supervisor.tests." + path.removesuffix(".py").replace("/", "."))
    test = getattr(module, name, None)
    if test is None:
        return place
    marks = [each for each in getattr(test, "pytestmark", ()) if each.name == "parametrize"]
    cases = {str(each) for mark in marks for each in mark.args[1]}
    return place if case and case.removesuffix("]") not in cases else None


@pytest.mark.parametrize(("module", "name"), PROMISED)
def test_promised_name_can_be_imported(module: str, name: str) -> None:
    """What the manual lists is there."""
    assert hasattr(import_module(f"supervisor.{module}"), name)


def test_each_promised_name_has_one_row_with_its_test() -> None:
    """The manual and the table of tests have the same names."""
    probed = [
        f"{module}.{name}"
        for rows in PROBED.values()
        for module, names in rows.items()
        for name in names.split()
    ]
    assert sorted([*probed, *TESTED]) == [f"{module}.{name}" for module, name in PROMISED]


@pytest.mark.parametrize("probe", PROBED)
def test_probe_tries_the_names_of_its_rows(probe: str) -> None:
    """What a probe does with a name is compared line by line."""
    wanted = {name for names in PROBED[probe].values() for name in names.split()}
    assert wanted - words_of(probe) == set()


def test_tests_in_the_tables_are_there() -> None:
    """Each row names a test, and the case of it, that there is."""
    live = {test.replace("::", ".py::") for test in (*LIVE.values(), *SET.values())}
    places = {*TESTED.values(), *(f"plugins/{test}" for test in live)}
    assert [place for place in sorted(places) if missing(place)] == []


@pytest.mark.parametrize(("heading", "thing"), LIVE_TABLES.items())
def test_each_live_attribute_of_the_manual_has_a_row_with_its_test(
    heading: str, thing: str
) -> None:
    """The tables of the chapter on plug-ins and the table of tests have the same attributes."""
    table = LIVE_CHAPTER.split(f"\n{heading}\n~~~")[1].split("\n~~~")[0]
    promised = {name for cell in CELL.findall(table) for name in LIVE_NAME.findall(cell)}
    assert promised == {
        name.removeprefix(f"{thing}.") for name in LIVE if name.rpartition(".")[0] == thing
    }


@pytest.mark.parametrize("kind", OURS)
def test_each_attribute_of_a_live_class_has_a_row_with_its_test(kind: type) -> None:
    """Nothing is offered to plug-ins that is not tested."""
    offered = {name for name in vars(kind) if not name.startswith("_")}
    tested = {name for name in offered if f"{THINGS.get(kind, 'group')}.{name}" in LIVE}
    assert offered - tested == OURS[kind]


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
