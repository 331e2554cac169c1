"""What tests of logs need from the machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.tests.support.small_disk import mounted


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 64 KiB."""
    with mounted() as directory:
        yield directory
