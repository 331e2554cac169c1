"""The list of packages, the tests and the manual speak of the same packages."""

import re
from pathlib import Path

from supervisor.tests.support.daemon import REPOSITORY

HERE = Path(__file__).parent


def listed() -> dict[str, str]:
    """Version of each package in requirements/compat.txt."""
    text = (REPOSITORY / "requirements" / "compat.txt").read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE))


def test_the_manual_lists_each_package_with_its_version() -> None:
    """Users read there what is tested; nothing is promised that is not."""
    text = (REPOSITORY / "docs" / "compatibility.rst").read_text("utf-8")
    rows = re.findall(r"^   \* - ([\w.-]+)\n     - ([0-9][\w.]*)$", text, re.MULTILINE)
    assert dict(rows) == listed()


def test_each_package_has_a_test() -> None:
    """Nothing is installed for nothing."""
    tests = "".join(path.read_text("utf-8") for path in HERE.glob("test_*.py"))
    assert [name for name in listed() if f'"{name}"' not in tests] == []
