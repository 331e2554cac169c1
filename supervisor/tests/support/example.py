"""An example of the manual as a daemon, in a directory and on a port of its own."""

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

import pytest

from supervisor.tests.support.daemon import OUR_DAEMON, REPOSITORY, LiveDaemon, free_port

EXAMPLES = REPOSITORY / "docs" / "examples"
SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
PAGE_S = 10.0


def require_programs(needed: Iterable[str]) -> None:
    """Skip without the Debian packages, or fail where they must be there."""
    missing = [name for name in needed if shutil.which(name, path=SEARCH_PATH) is None]
    if not missing:
        return
    reason = f"{', '.join(missing)} not installed; run: tools/system-packages"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class ExampleDaemon(LiveDaemon):
    """An example with an nginx in front, as somebody would copy it."""

    def __init__(self, name: str, directory: Path) -> None:
        super().__init__(OUR_DAEMON, "", directory)
        shutil.copytree(EXAMPLES / name, directory, dirs_exist_ok=True)
        self.run = directory / "run"
        self.run.mkdir()
        self.socket = self.run / "supervisor.sock"
        self.log = self.run / "supervisord.log"
        self.port = free_port()
        self.edit("nginx.conf", "127.0.0.1:8080", f"127.0.0.1:{self.port}")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that must be in one of the example's files."""
        path = self.directory / name
        text = path.read_text("utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new), "utf-8")

    def page(self, body: bytes | None = None) -> str:
        """What the front page says now; '' while something is missing on the way to it."""
        try:
            url = f"http://127.0.0.1:{self.port}/"
            with urllib.request.urlopen(url, data=body, timeout=PAGE_S) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return ""
