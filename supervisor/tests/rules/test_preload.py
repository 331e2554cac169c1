"""Late imports of the daemon: all of them are loaded before it drops privileges (L30)."""

import ast
import subprocess
import sys
from importlib.util import find_spec

import pytest

from supervisor.daemon.preload import _MODULES, _MODULES_ELSEWHERE
from supervisor.tests.rules.source import PACKAGE, calls, package_modules

RINGS = ("core", "wire", "config", "host", "logs", "rpc", "web", "daemon")


def late_imports() -> set[str]:
    """Modules that functions of the daemon's rings import when they are called."""
    found: set[str] = set()
    for ring in RINGS:
        for path in sorted((PACKAGE / ring).rglob("*.py")):
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef):
                    found |= {name for node in ast.walk(function) for name in imported(node)}
    return found


def imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module is not None:
        # A name may be a module of its own, as in `from xml.parsers import expat`.
        within = {f"{node.module}.{alias.name}" for alias in node.names}
        return {node.module} | {name for name in within if is_module(name)}
    return set()


def is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        # What it is in is no package.
        return False


def test_l30_every_late_import_of_the_daemon_is_preloaded() -> None:
    """Load everything before dropping privileges."""
    assert late_imports() <= {*_MODULES, *_MODULES_ELSEWHERE}


@pytest.mark.xdist_group("source")
def test_l30_modules_of_late_handlers_are_preloaded() -> None:
    """A daemon that drops its rights may not be able to read them any more."""
    found = {
        call.args[0].value
        for module in package_modules()
        for name, call in calls(module)
        if name == "LateHandler"
    }
    assert len(found) >= 4
    assert found <= set(_MODULES)


def test_l30_preloading_loads_all_that_it_names() -> None:
    code = (
        "import sys; from supervisor.daemon import preload; preload.preload(); "
        "print([name for name in preload._MODULES if name not in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_l30_pages_are_served_without_reading_anything_more() -> None:
    """Their modules, templates and files may be out of reach for the user of the daemon."""
    code = (
        "import builtins, io, sys\n"
        "from supervisor.daemon import preload\n"
        "preload.preload()\n"
        "from supervisor.web.views import statics, table\n"
        "from supervisor.web.views.kit import Template\n"
        "def refuse(*_, **__): raise PermissionError(13, 'no longer')\n"
        "builtins.open = io.open = refuse\n"
        "late = [p.view for p in table.pages().values() if isinstance(p.view, table.LateView)]\n"
        "print([v._module for v in late if v._module not in sys.modules])\n"
        "print(len(late) > 5, all(each['page'] for each in Template.all))\n"
        "print(all(statics.content(file) for file, _ in statics.FILES.values()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\nTrue True\nTrue\n", done.stderr
