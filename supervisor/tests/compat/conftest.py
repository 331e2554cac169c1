"""Fixtures of the compatibility suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.tests.compat.site import Side, Site, sides


@pytest.fixture(params=sides(), ids=lambda side: side.name)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A daemon that is not started yet; it and all its children are ended after the test."""
    side: Side = request.param
    site = Site(side, tmp_path)
    yield site
    site.cleanup()
