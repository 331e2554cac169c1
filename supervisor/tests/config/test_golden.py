"""Whole files and what is made of them."""

import os
import subprocess
from pathlib import Path

import pytest

from supervisor.tests.config.golden import GOLDEN, names, outcome, reference_text

ROOT = Path(__file__).parents[3]
REFERENCE = Path(
    os.environ.get("SUPERVISOR_TEST_REFERENCE", ROOT / ".venv-reference/bin/supervisord")
)

# Texts that differ from the reference on purpose, with the fact that allows it.
DIFFERENT_ON_PURPOSE = {
    "event-keys": "keys that are new",
    "fcgi-format": "C11",
    "group-blame": "C29",
    "group-level-priority": "C10",
    "inet-insecure": "keys that are new",
    "inet-tls": "keys that are new",
    "server-empty-username": "C19",
    "unclosed-quote": "C32",
    "user-keys": "sections that are new",
}


@pytest.mark.parametrize("name", names("valid"))
def test_valid_file_gives_the_settings_that_are_written_beside_it(name):
    """Existing configurations load, with every value typed."""
    assert outcome("valid", name) == (GOLDEN / "valid" / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", names("invalid"))
def test_invalid_file_gives_the_report_that_is_written_beside_it(name):
    """All problems at once, with place, text found, and what was expected."""
    assert outcome("invalid", name) == (GOLDEN / "invalid" / f"{name}.txt").read_text()


@pytest.mark.reference
@pytest.mark.skipif(not REFERENCE.exists(), reason=f"no reference at {REFERENCE}")
@pytest.mark.parametrize("name", [n for n in names("invalid") if n not in DIFFERENT_ON_PURPOSE])
def test_reference_reports_the_same_first_error(name, tmp_path):
    """Clients and scripts compare the texts of errors verbatim."""
    source = GOLDEN / "invalid" / f"{name}.conf"
    (tmp_path / source.name).write_bytes(source.read_bytes())
    run = subprocess.run(
        [REFERENCE, "-n", "-c", source.name],
        cwd=tmp_path,
        env={"A": "1", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )
    assert run.returncode == 2
    expected = f"Error: {reference_text(name)}\nFor help, use {REFERENCE} -h\n"
    assert run.stderr == expected
