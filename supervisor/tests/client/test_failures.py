"""Exceptions that are named without loading what raises them."""

import subprocess
import sys
import xmlrpc.client
from xml.parsers.expat import ExpatError

import pytest

from supervisor.client import failures


def test_names_are_the_classes_once_they_are_loaded() -> None:
    assert failures.Fault is xmlrpc.client.Fault
    assert failures.ProtocolError is xmlrpc.client.ProtocolError
    assert failures.ExpatError is ExpatError


def test_nothing_is_loaded_for_a_name() -> None:
    """Until then a name stands for an exception that nobody raises."""
    script = (
        "import sys\nfrom supervisor.client import failures\n"
        "try:\n    raise OSError\nexcept failures.Fault:\n    print('caught')\nexcept OSError:\n"
        "    print('passed', 'xmlrpc' in sys.modules, isinstance(OSError(), failures.SSLError))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.stdout == "passed False False\n", done.stderr


def test_unknown_name_is_refused() -> None:
    # Checkers of types know which names there are; this is about those who do not ask one.
    with pytest.raises(AttributeError):
        _ = failures.Nothing  # type: ignore[attr-defined]


def test_fault_is_raised_as_if_the_daemon_had_answered_so() -> None:
    with pytest.raises(xmlrpc.client.Fault) as raised:
        failures.raise_fault(10, "BAD_NAME: x")
    assert (raised.value.faultCode, raised.value.faultString) == (10, "BAD_NAME: x")
