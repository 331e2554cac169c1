"""What tests of logs need from the machine."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 64 KiB."""
    directory = tempfile.mkdtemp(prefix="small-disk-")
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if mounted.returncode:
        os.rmdir(directory)
        pytest.skip(f"cannot mount: {mounted.stderr.decode().strip()}")
    try:
        yield Path(directory)
    finally:
        subprocess.run(["umount", "-l", directory], check=True)
        os.rmdir(directory)
