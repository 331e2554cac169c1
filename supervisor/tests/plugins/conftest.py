"""One daemon for all tests of a module that only look, and one for each that changes things."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.tests.plugins.site import PROBE, PROGRAMS, PluginDaemon


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginDaemon]:
    """Shared: whoever changes something sets it back."""
    with PluginDaemon(PROBE + PROGRAMS, tmp_path_factory.mktemp("daemon")) as daemon:
        yield daemon


@pytest.fixture
def own_daemon(tmp_path: Path) -> Iterator[PluginDaemon]:
    """For one test alone."""
    with PluginDaemon(PROBE + PROGRAMS, tmp_path / "d") as daemon:
        yield daemon
