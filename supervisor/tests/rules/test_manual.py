"""The manual is complete: what the code offers is in it, by name.

Tables and references are made from the code when the manual is built; here it is tested that they
are asked for, and that hand-written lists have everything.
"""

import re

import pytest

from supervisor import __version__
from supervisor.config.flags import supervisorctl_help, supervisord_help
from supervisor.config.render import manual_tables, sample
from supervisor.ctl.plugin import DefaultControllerPlugin
from supervisor.errors import Fault
from supervisor.events import event_names, event_type
from supervisor.levels import LEVELS_BY_DESCRIPTION, Level
from supervisor.rpc.reference import NAMESPACES, methods_rst
from supervisor.states import ProcessStates, SupervisorStates
from supervisor.tests.rules.source import ROOT

DOCS = ROOT / "docs"


def chapter(name: str) -> str:
    """Source of a chapter."""
    return (DOCS / f"{name}.rst").read_text("utf-8")


def directives(name: str, directive: str) -> list[str]:
    """Arguments with which a chapter uses a directive."""
    return re.findall(rf"^\.\. {directive}:: *(\S*)$", chapter(name), re.MULTILINE)


def test_every_section_of_the_configuration_has_its_table() -> None:
    """Each key is declared once, and its section's table stands in the manual once."""
    assert sorted(directives("configuration", "config-keys")) == sorted(manual_tables())


def test_every_type_of_value_is_explained() -> None:
    """What the tables of keys name as a type stands in the list of types."""
    used = {
        cell
        for table in manual_tables().values()
        for cell in re.findall(r"^   \* - ``.*\n     - (.*)$", table, re.MULTILINE)
    }
    section = chapter("configuration").split("Types of values\n")[1].split("\n.. _")[0]
    explained = [row[:18].strip() for row in section.splitlines()]
    assert used - set(explained) == set()


def test_every_namespace_has_its_reference() -> None:
    """The XML-RPC reference is made from the docstrings of each namespace."""
    assert sorted(directives("xmlrpc", "rpc-methods")) == sorted(NAMESPACES)


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_every_method_is_documented(namespace: str) -> None:
    """Each method has a text and says what it returns."""
    entries = methods_rst(namespace).split(".. describe:: ")[1:]
    assert entries
    bare = [entry.split("\n")[0] for entry in entries if ":returns:" not in entry]
    assert bare == []


def test_every_fault_is_explained() -> None:
    """Each fault code stands in the table of faults with its number."""
    rows = dict(re.findall(r"^(\d+) +``([A-Z_]+)``", chapter("xmlrpc"), re.MULTILINE))
    assert rows == {str(fault.value): fault.name for fault in Fault}


def test_every_command_has_help() -> None:
    """Each command of supervisorctl explains itself; the manual shows these texts."""
    silent = [name for name, each in DefaultControllerPlugin.commands.items() if not each.help]
    assert silent == []
    assert directives("supervisorctl", "ctl-commands") == [""]


@pytest.mark.parametrize(
    ("name", "help_text"),
    [("running", supervisord_help("supervisord")), ("supervisorctl", supervisorctl_help("ctl"))],
)
def test_every_option_is_explained(name: str, help_text: str) -> None:
    """Each command-line option stands in the table of its chapter."""
    options = set(re.findall(r"--[\w-]+", help_text))
    assert options
    assert options - set(re.findall(r"``(--[\w-]+)``", chapter(name))) == set()


def test_every_state_is_explained() -> None:
    """Each state of a process stands in the life cycle chapter with its code."""
    rows = re.findall(r"^([A-Z]+) +(\d+) ", chapter("subprocess"), re.MULTILINE)
    codes = {name: code for name, code in vars(ProcessStates).items() if name.isupper()}
    assert {name: int(code) for name, code in rows} == codes


def test_every_state_of_the_daemon_is_explained() -> None:
    """Each state of the daemon stands in the chapter about running it, with its code."""
    section = chapter("running").split(".. _daemon-states:\n")[1]
    rows = re.findall(r"^([A-Z]+) +(-?\d) ", section, re.MULTILINE)
    codes = {name: code for name, code in vars(SupervisorStates).items() if name.isupper()}
    assert {name: int(code) for name, code in rows} == codes


def test_every_event_type_is_explained() -> None:
    """Each type that is sent has its row in the chapter on events."""
    named = set(re.findall(r"``([A-Z0-9_]+)``", chapter("events")))
    kinds = {name: event_type(name) for name in event_names()}
    bases = {kind.__base__ for kind in kinds.values() if kind is not None}
    sent = {name for name, kind in kinds.items() if kind not in bases}
    assert sent - named == set()


def test_every_log_level_is_explained() -> None:
    """Each name of a level stands in the logging chapter."""
    text = chapter("logging")
    rows = re.findall(r"^``(\w+)`` +([A-Z]{4}) ", text, re.MULTILINE)
    assert {name: Level[short] for name, short in rows} == LEVELS_BY_DESCRIPTION


def test_change_log_begins_with_this_version() -> None:
    """What is being developed has its notes at the top of CHANGES.txt."""
    changes = (ROOT / "CHANGES.txt").read_text("utf-8")
    assert changes.startswith(f"{__version__} ")


def test_sample_file_is_what_the_command_prints() -> None:
    """supervisord.conf.sample is generated, and not out of date."""
    assert (ROOT / "supervisord.conf.sample").read_text("utf-8") == sample()
