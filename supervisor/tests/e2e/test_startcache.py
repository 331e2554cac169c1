"""Starts of an installed copy: the first keeps the byte code of them all."""

import re
import shutil
import sys
from pathlib import Path

from supervisor.tests.rules.source import PACKAGE
from supervisor.tests.support.daemon import LiveDaemon, wait_until

TELLING = """
import sys
from supervisor.supervisord import main
code = main()
loaders = [type(getattr(each, "__loader__", None)).__name__ for each in sys.modules.values()]
print("quick", loaders.count("_Loader"))
sys.exit(code)
"""
"""What the installed command does, and then how many modules came from the file."""


def test_second_start_of_an_installed_copy_loads_its_modules_from_one_file(tmp_path: Path) -> None:
    """It answers, starts programs and stops as the first one did, which has written the file."""
    site = tmp_path / "site"
    shutil.copytree(
        PACKAGE, site / "supervisor", ignore=shutil.ignore_patterns("tests", "__pycache__")
    )
    config = "[program:cat]\ncommand = cat\n"
    kept = site / "supervisor/daemon/__pycache__"
    written = []
    for turn in ("first", "second"):
        daemon = LiveDaemon(
            (sys.executable, "-c", TELLING),
            config,
            tmp_path / turn,
            environment={"PYTHONPATH": str(site)},
        )
        with daemon:
            daemon.wait_state("cat", "RUNNING")
            daemon.rpc.supervisor.reloadConfig()
            wait_until(lambda: list(kept.glob("startcache.*-start.pyc")), "the file")
            daemon.stop()
        quick = int(re.findall(r"^quick (\d+)$", daemon.output(), re.MULTILINE)[-1])
        assert (quick > 100) == (turn == "second")
        [path] = kept.glob("startcache.*-start.pyc")
        written.append(path.stat().st_mtime_ns)
    assert written[0] == written[1], "written once"
