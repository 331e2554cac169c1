"""What a user gets: the package installed into a clean environment, away from the checkout.

The environment is made once for the module, from the files that a release would contain.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from supervisor.tests.support.daemon import REPOSITORY, LiveDaemon

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("install")]

COMMANDS = ("supervisord", "supervisorctl", "echo_supervisord_conf", "pidproxy")
LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv*",
    "build",
    "dist",
    "*.egg-info",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    "_build",
)


def run(*command: str | Path, cwd: Path, within_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a command of the new environment without traces of this one."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SUPERVISOR"))
    }
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=within_s,
        check=False,
    )


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the commands in a clean environment with the package and what it requires."""
    folder = tmp_path_factory.mktemp("install")
    source = shutil.copytree(REPOSITORY, folder / "source", ignore=LEFT_OUT)
    venv.create(folder / "clean", symlinks=True)
    commands = folder / "clean" / "bin"
    # Our own pip serves the clean environment: to install another one there takes longer than
    # everything else.
    pip = (sys.executable, "-m", "pip", "--python", commands / "python")
    installed = run(*pip, "install", source, cwd=folder, within_s=240)
    if installed.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"cannot install the package here: {installed.stderr[-500:]}")
    assert installed.returncode == 0, installed.stderr
    return commands


def test_install_brings_the_four_commands(bin_folder: Path) -> None:
    """`supervisord`, `supervisorctl`, `echo_supervisord_conf` and `pidproxy` are installed."""
    assert [name for name in COMMANDS if not (bin_folder / name).exists()] == []


def test_installed_daemon_tells_its_version(bin_folder: Path, tmp_path: Path) -> None:
    """`supervisord -v` prints the version of the installed package."""
    said = run(bin_folder / "supervisord", "-v", cwd=tmp_path)
    known = run(
        bin_folder / "python",
        "-c",
        "from importlib.metadata import version; print(version('supervisor'))",
        cwd=tmp_path,
    )
    assert (said.returncode, said.stdout) == (0, known.stdout)


def test_install_contains_no_tests(bin_folder: Path, tmp_path: Path) -> None:
    """An installed daemon does not carry its suite, nor the tools for it."""
    answer = run(
        bin_folder / "python",
        "-c",
        "import importlib.util as u; print(u.find_spec('supervisor.tests.rules'))",
        cwd=tmp_path,
    )
    assert answer.stdout == "None\n", answer.stderr


def test_sample_configuration_is_accepted(bin_folder: Path, tmp_path: Path) -> None:
    """`echo_supervisord_conf` prints a file that `supervisord --check` has nothing against."""
    sample = run(bin_folder / "echo_supervisord_conf", cwd=tmp_path)
    assert "Sample supervisor config file" in sample.stdout.splitlines()[0]
    (tmp_path / "supervisord.conf").write_text(sample.stdout, "utf-8")

    checked = run(bin_folder / "supervisord", "--check", "-c", "supervisord.conf", cwd=tmp_path)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_readme_session_works(bin_folder: Path, tmp_path: Path) -> None:
    """The configuration of the README runs a program that supervisorctl sees and restarts."""
    text = (REPOSITORY / "README.rst").read_text("utf-8")
    block = text.split(".. code-block:: ini\n\n")[1].split("\nUse it::")[0]
    config = tmp_path / "supervisord.conf"
    daemon = LiveDaemon((str(bin_folder / "supervisord"),), "", tmp_path / "d")
    daemon.socket = tmp_path / "supervisor.sock"
    daemon.config = config
    program = f"command = {sys.executable} -c 'import signal; signal.pause()'"
    lines = [line.removeprefix("    ") for line in block.splitlines()]
    config.write_text(
        "\n".join(program if line.startswith("command") else line for line in lines), "utf-8"
    )
    ctl = (str(bin_folder / "supervisorctl"),)
    with daemon:
        daemon.wait_state("web", "RUNNING")
        status = daemon.ctl("status", command=ctl)
        assert (status.returncode, status.stdout[:43]) == (0, f"{'web':<33}RUNNING   ")
        restarted = daemon.ctl("restart", "web", command=ctl)
        assert restarted.stdout == "web: stopped\nweb: started\n"
        assert daemon.ctl("shutdown", command=ctl).stdout == "Shut down\n"
        assert daemon.wait() == 0
