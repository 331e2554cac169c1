"""Imports point inward: the table of rings, and who alone may touch what.

The rings are explained in the manual, "Development"; the outermost one (entry points and the
names promised to third parties) may import anything, and nobody inside imports it.
"""

import ast
import re
import sys
from functools import cache

import pytest

from supervisor.tests.rules.source import Import, Module, calls, imports, package_modules

pytestmark = pytest.mark.xdist_group("source")
"""In one worker: the source is parsed once for all rules."""

VOCABULARY = {
    "states",
    "events",
    "enums",
    "errors",
    "hints",
    "lean",
    "levels",
    "signals",
    "sockets",
    "standard_streams",
    "subscriptions",
    "expressions",
    "suppressing",
    "tokens",
    "tracebacks",
    "tuples",
}

MAY_IMPORT: dict[str, set[str]] = {
    "vocabulary": set(),
    "core": {"vocabulary"},
    "wire": {"vocabulary"},
    "config": {"vocabulary"},
    "client": {"vocabulary", "wire"},
    "host": {"vocabulary", "core.component"},
    "logs": {"vocabulary", "core.component"},
    "rpc": {"vocabulary", "core", "wire"},
    "web": {"vocabulary", "core", "wire", "rpc"},
    "ctl": {"vocabulary", "wire", "config", "client"},
    "daemon": {"vocabulary", "core", "wire", "config", "host", "logs", "rpc", "web"},
}
"""Ring -> rings (or single modules) it may import, besides itself and the standard library."""

RIM = "promised names and entry points"

FACES = {"web"}
"""Packages that carry the promised names of a module which would have their name."""

PLUGIN_VIEW = "daemon.plugin_view"
"""The live half of the promised names: loaded with the first plug-in, and imported by nobody."""

RIM_FOLDERS = ("promised", PLUGIN_VIEW)

THIRD_PARTY = {
    "h11": {"web.heads", "client.http_stream"},
    "meld3": {"web.pages"},
    "psutil": {"host.processtree", "ctl.neighbours"},
}
"""Package -> the only modules that import it."""

PURE = {"core", "wire"}
SYSTEM_MODULES = {
    "os", "time", "socket", "select", "selectors", "signal", "random", "subprocess", "threading",
    "asyncio", "fcntl", "resource", "pwd", "grp", "io", "pathlib", "tempfile",
}  # fmt: skip

PROCESS_CALLS = re.compile(
    r"os\.(fork|forkpty|kill|killpg|wait|waitpid|wait4|waitid|setuid|setgid|seteuid|setegid|"
    r"setreuid|setresuid|setgroups|initgroups|exec\w+|posix_spawn\w*|setsid|setpgid|setpgrp|umask)"
    r"|subprocess\.\w+|resource\.setrlimit"
)
WAITING_CALLS = re.compile(r"select\.\w+|selectors\.\w+|signal\.(signal|set_wakeup_fd|sig\w+)")
OUTSIDE_THE_DAEMON = {"ctl", "client", RIM}
"""Rings that never run in the daemon: they wait for a terminal or a server as they like."""


def ring_of(name: str) -> str:
    """Ring of a module of ours, by its dotted name without ``supervisor.``."""
    first = name.split(".")[0]
    if name.startswith(PLUGIN_VIEW) or name in FACES:
        return RIM
    if first in VOCABULARY or name == "":
        return "vocabulary"
    return first if first in MAY_IMPORT else RIM


@cache
def known() -> frozenset[str]:
    """Names of our modules without ``supervisor.``."""
    return frozenset(module.name for module in package_modules())


@cache
def own_imports(module: Module) -> list[tuple[str, Import]]:
    """(dotted name without ``supervisor.``, import) for imports of modules of ours."""
    found = []
    for item in imports(module):
        parts = item.target.split(".")
        if parts[0] != "supervisor":
            continue
        name = ".".join(parts[1:])
        while name and name not in known():  # from a.module import name
            name = name.rpartition(".")[0]
        found.append((name, item))
    return found


def is_allowed(importer: Module, target: str) -> bool:
    """True if the ring of the importer may import that module."""
    ring, target_ring = ring_of(importer.name), ring_of(target)
    if ring in (RIM, target_ring):
        return True
    return target_ring in MAY_IMPORT[ring] or target in MAY_IMPORT[ring]


def test_imports_point_inward() -> None:
    """A ring imports only what the table allows it."""
    wrong = [
        f"{module.place(item.line)}: {ring_of(module.name)} must not import {item.target}"
        for module in package_modules()
        for target, item in own_imports(module)
        if target and not is_allowed(module, target)
    ]
    assert not wrong, "\n".join(wrong)


def test_third_party_packages_have_one_door_each() -> None:
    """Only web/heads.py imports h11, only web/pages.py meld3, and so on."""
    wrong = [
        f"{module.place(item.line)}: {item.target}"
        for module in package_modules()
        for item in imports(module)
        if module.name not in THIRD_PARTY.get(item.target.split(".")[0], {module.name})
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_else_is_required_at_run_time() -> None:
    """Run-time dependencies are those of decision 0001."""
    allowed = {*sys.stdlib_module_names, "supervisor", "h11", "meld3", "psutil"}
    wrong = [
        f"{module.place(item.line)}: {item.target}"
        for module in package_modules()
        for item in imports(module)
        if item.target.split(".")[0] not in allowed
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("ring", sorted(PURE))
def test_pure_rings_know_neither_system_nor_clock(ring: str) -> None:
    """No os, time, socket, select, signal, random or open in what decides and what parses."""
    wrong = []
    for module in package_modules():
        if ring_of(module.name) != ring:
            continue
        wrong += [
            f"{module.place(item.line)}: imports {item.target}"
            for item in imports(module)
            if item.target.split(".")[0] in SYSTEM_MODULES
            or item.target.startswith("supervisor.sockets")
        ]
        wrong += [
            f"{module.place(call)}: calls {name}()"
            for name, call in calls(module)
            if name in {"open", "print", "input", "exit"}
            or name.rpartition(".")[2] in {"now", "utcnow", "today"}
        ]
    assert not wrong, "\n".join(wrong)


def test_config_reaches_the_system_through_surroundings_only() -> None:
    """Config is pure once the files are read: one module of the ring reads them."""
    system = SYSTEM_MODULES - {"os", "signal", "io"}  # os.path and the names of signals are pure
    wrong = []
    for module in package_modules():
        if ring_of(module.name) != "config" or module.name == "config.surroundings":
            continue
        wrong += [
            f"{module.place(item.line)}: imports {item.target}"
            for item in imports(module)
            if item.target.split(".")[0] in system and not item.typing_only
        ]
        wrong += [
            f"{module.place(call)}: calls {name}()"
            for name, call in calls(module)
            if name == "open" or re.fullmatch(r"os\.(?!path\.(?!exists|is))\w+(\.\w+)?", name)
        ]
    assert not wrong, "\n".join(wrong)


def test_only_host_changes_processes_and_waits() -> None:
    """fork, kill, waitpid, setuid and select are called in the host ring alone."""
    wrong = [
        f"{module.place(call)}: {name}"
        for module in package_modules()
        if (ring := ring_of(module.name)) not in {"host", RIM}
        for name, call in calls(module)
        if PROCESS_CALLS.fullmatch(name)
        or (ring not in OUTSIDE_THE_DAEMON and WAITING_CALLS.fullmatch(name))
    ]
    assert not wrong, "\n".join(wrong)


def test_late_imports_say_why() -> None:
    """An import inside a function has a reason: beside it, or in the rule of its module."""
    wrong = []
    for module in package_modules():
        if re.search(r"first use|imported late", ast.get_docstring(module.tree) or ""):
            continue
        lines = module.text.splitlines()
        wrong += [
            f"{module.place(item.line)}: {item.target}"
            for item in imports(module)
            if item.late and "#" not in "".join(lines[max(0, item.line - 4) : item.line])
        ]
    assert not wrong, "late imports without a comment:\n" + "\n".join(wrong)


def importers_of(target: str) -> set[str]:
    """What of the package imports a module, as its docstring names it: a folder of the rim."""
    spelled = f'import_module("supervisor.{target}")'
    users = {
        module.name
        for module in package_modules()
        if spelled in module.text or any(name == target for name, _ in own_imports(module))
    }
    return {
        next((folder for folder in RIM_FOLDERS if f"{name}.".startswith(f"{folder}.")), name)
        for name in users
    }


def test_promised_modules_say_truly_who_uses_them() -> None:
    """Their docstrings name everybody inside the package who imports them, or say: nobody."""
    wrong = []
    for module in package_modules():
        docstring = " ".join((ast.get_docstring(module.tree) or "").split())
        said = re.search(r"only the rim uses this module: (.*?)\.(?: |$)", docstring)
        if said is None and "Nothing inside the package uses this module." not in docstring:
            continue
        claimed = set(re.findall(r"`([\w.]+)`", said.group(1))) if said else set()
        if claimed != (found := importers_of(module.name)):
            wrong.append(f"{module.place(1)}: used by {sorted(found)}")
    assert not wrong, "\n".join(wrong)
