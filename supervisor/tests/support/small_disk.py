"""A file system that is full soon, for as long as a test needs it."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="must mount or change the user: root")


@contextmanager
def mounted(size_kib: int = 64) -> Iterator[Path]:
    """Where a file system of that size is mounted; the test is skipped where that is impossible."""
    directory = tempfile.mkdtemp(prefix="small-disk-")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", directory]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        os.rmdir(directory)
        pytest.skip(f"cannot mount: {done.stderr.decode().strip()}")
    try:
        yield Path(directory)
    finally:
        subprocess.run(["umount", "-l", directory], check=True)
        os.rmdir(directory)
