"""What the benchmark finds comes into the manual: by itself, all of it, and as it is."""

import importlib.machinery
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from supervisor.tests.rules.source import ROOT

TOOL = ROOT / "tools" / "bench-table"
MEASURED = ROOT / "docs" / "measured"
STATE = "p50 multicall of 100 getState"
OTHER = "p50 getState"


def load() -> ModuleType:
    """The tool as a module."""
    loader = importlib.machinery.SourceFileLoader("bench_table", str(TOOL))
    spec = importlib.util.spec_from_loader("bench_table", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def results(ours: float, reference: float, held: bool = True) -> dict[str, Any]:
    """What the harness writes about one workload with two figures."""
    rows = [
        {
            "metric": metric,
            "unit": "ms",
            "better": "lower",
            "median": {"ours": ours, "4.3.0": reference},
            "ratio": reference / ours,
            "ratio_min": reference / ours,
            "ratio_max": reference / ours,
        }
        for metric in (OTHER, STATE)
    ]
    run = {"metrics": {}, "checks": {"nothing lost": [held, "1 of 2"]}, "error": None}
    return {
        "targets": {"ours": "a", "4.3.0": "b"},
        "rounds": 5,
        "header": ["x86_64, 2 cores, Linux 6, Python 3.11.7, at most 20000 open files"],
        "summary": {"rpc": rows},
        "samples": {"rpc": {"ours": [run], "4.3.0": [run]}},
    }


def write(folder: Path, found: dict[str, Any]) -> str:
    """Have the tool write them; the text about the workload."""
    source = folder / "results.json"
    source.write_text(json.dumps(found))
    command = [sys.executable, str(TOOL), str(source), "--write", str(folder)]
    subprocess.run(command, check=True, timeout=30)
    return (folder / "rpc.rst").read_text("utf-8")


def test_workloads_that_were_not_measured_keep_their_tables(tmp_path: Path) -> None:
    """Parts of the table can be renewed."""
    (tmp_path / "start.rst").write_text("as it was")
    write(tmp_path, results(1.0, 3.0))
    assert (tmp_path / "start.rst").read_text() == "as it was"


@pytest.mark.parametrize(("ours", "met"), [(1.0, "yes"), (2.0, "**no**")])
def test_table_says_what_is_due_first_and_whether_it_is_met(
    tmp_path: Path, ours: float, met: str
) -> None:
    """A multicall is to take half as long as with the reference."""
    text = write(tmp_path, results(ours, 3.0))
    first, second = re.findall(r'^   "(.*)"$', text, re.MULTILINE)
    assert first.split('","')[0] == STATE
    assert first.split('","')[-2:] == ["ratio 2", met]
    assert second.split('","')[0] == OTHER
    assert second.endswith('","","')
    assert "5 rounds, x86_64, 2 cores, Linux 6, Python 3.11.7. All checks passed." in text


def test_table_says_which_checks_failed(tmp_path: Path) -> None:
    """Figures of a daemon that loses something are worth nothing."""
    text = write(tmp_path, results(1.0, 3.0, held=False))
    assert "* ours: not so: nothing lost (1 of 2)" in text
    assert "All checks passed" not in text


def test_limits_stand_beside_figures_that_exist() -> None:
    """What bounds a figure is one that the program for limits measures."""
    measured = set(re.findall(r'"(\w+)": f?"', (ROOT / "tools" / "bench-limits").read_text()))
    assert set(load().LIMITS.values()) <= measured


def test_manual_shows_every_table() -> None:
    """Each file of figures is included once in the chapter."""
    chapter = (ROOT / "docs" / "performance.rst").read_text("utf-8")
    included = re.findall(r"^\.\. include:: measured/(.*)$", chapter, re.MULTILINE)
    assert sorted(included) == sorted(path.name for path in MEASURED.iterdir())


def test_manual_names_every_hot_path() -> None:
    """They are few: who makes another one says so in the chapter, too."""
    chapter = (ROOT / "docs" / "performance.rst").read_text("utf-8")
    _, begin, rest = chapter.partition("\nHot paths\n~~~~~~~~~\n")
    table, end, _ = rest.partition("\nLimits\n~~~~~~\n")
    assert begin and end
    package = ROOT / "supervisor"
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] != "tests"
        and re.search(r"\bhot\s+path\b", path.read_text("utf-8"), re.IGNORECASE)
    }
    assert set(re.findall(r"``([\w/]+\.py)``", table)) == found
