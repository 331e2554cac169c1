"""Packages that start a supervisord themselves, or look at one from outside."""

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.tests.compat.programs import crasher, sleeper
from supervisor.tests.compat.site import PACKAGES, Site
from supervisor.tests.support.daemon import BASE_CONFIG, free_port, wait_until


def test_supervisorup_starts_the_daemon_and_programs(site: Site) -> None:
    """It reads supervisorctl's options, starts the supervisord beside it, then programs."""
    site.use("mr.laforge")
    site.write_config(sleeper("web") + "autostart = false\n")
    scripts = site.directory / "bin"
    up = site.console_script("mr.laforge:up", scripts / "supervisorup")
    down = site.console_script("mr.laforge:down", scripts / "supervisordown")
    (scripts / "supervisord").symlink_to(site.side.scripts / "supervisord")
    site.environment["MR_LAFORGE_SUPERVISOR_ARGS"] = f"-c {site.config}"

    with site.daemon_of_a_client(site.directory / "supervisord.pid"):
        assert "Starting web" in site.run(up, "web")
        assert site.info("web")["statename"] == "RUNNING"
        assert "Stopping web" in site.run(down, "web")
        assert site.info("web")["statename"] == "STOPPED"


def test_a_daemon_runs_through_multiprocesslogging(site: Site) -> None:
    """Another package's script calls supervisord.main and replaces a method of a log handler."""
    site.use("supervisor-multiprocesslogging")
    script = site.console_script(
        "supervisor_multiprocesslogging:main", site.directory / "bin" / "supervisord"
    )
    site.executable = (str(script),)
    site.launch(
        "[program:chatty]\ncommand = sh -c 'seq 1 2000; exec sleep 600'\nstartsecs = 0\n"
        "stdout_logfile = chatty.log\nstdout_logfile_maxbytes = 4KB\nstdout_logfile_backups = 9\n"
    )

    def numbers() -> bool:
        files = site.directory.glob("chatty.log*")
        said = {line for file in files for line in file.read_text("ascii").split()}
        return said >= {str(number) for number in range(1, 2001)}

    wait_until(numbers, "each number is in one of the rotated logs")
    assert (site.directory / "chatty.log.1").exists()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder open to everybody, its name short enough for a unix socket far below it."""
    with tempfile.TemporaryDirectory(prefix="compat") as name:
        Path(name).chmod(0o777)
        yield Path(name)


GALAXY = """\
gravity:
  process_manager: supervisor
  galaxy_root: {here}
  virtualenv: {here}/venv
  gunicorn:
    start_timeout: 1
  celery:
    enable: false
    enable_beat: false
"""


# One process for all steps: to import the package takes longer than any of them.
GALAXYCTL = """
import shlex, sys
from gravity.cli import galaxyctl
script, options, *steps = sys.argv[1:]
sys.argv[0] = script
for step in steps:
    galaxyctl(shlex.split(options) + step.split(), standalone_mode=False)
"""


def unprivileged() -> list[str]:
    """Start of a command line whose program is not root, yet may read what only root may."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("gravity refuses to run as root; setpriv (util-linux) is not installed")
    powers = "+dac_override,+dac_read_search,+kill"
    nobody = "65534"
    return ["setpriv", "--reuid", nobody, "--inh-caps", powers, "--ambient-caps", powers]


def test_gravity_manages_the_servers_of_a_galaxy(site: Site, folder: Path) -> None:
    """It writes configuration files, starts supervisord and drives it by supervisorctl.main."""
    site.use("gravity", "needs")
    server = folder / "venv" / "bin" / "gunicorn"
    server.parent.mkdir(parents=True)
    server.write_text("#!/bin/sh\nexec sleep 600\n", "utf-8")
    server.chmod(0o755)
    config, state = folder / "galaxy.yml", folder / "state"
    config.write_text(GALAXY.format(here=folder), "utf-8")
    scripts = folder / "bin"
    script = site.console_script("gravity.cli:galaxyctl", scripts / "galaxyctl")
    (scripts / "supervisord").symlink_to(site.side.scripts / "supervisord")
    site.environment |= {"HOME": str(folder), "TMPDIR": str(folder)}
    site.environment["PATH"] = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    site.socket = state / "supervisor" / "supervisor.sock"

    steps = ("update", "start", "restart", "status", "stop")
    line = ("--config-file", config, "--state-dir", state)
    with site.daemon_of_a_client(state / "supervisor" / "supervisord.pid"):
        said = site.run(
            *unprivileged(),
            site.side.python,
            "-c",
            GALAXYCTL,
            script,
            shlex.join(map(str, line)),
            *steps,
        )

    assert "Adding service gunicorn" in said
    assert "gunicorn: stopped\ngunicorn: started\n" in said
    assert re.search(r"^gunicorn +RUNNING +pid \d+, uptime", said, re.MULTILINE)
    assert said.endswith("Shut down\nsupervisord has terminated\n")
    assert not site.socket.exists()


DEVSERVICES = """
from devservices.utils.supervisor import SupervisorManager
manager = SupervisorManager("shop", "services.yml")
print(manager.get_program_command("worker"))
manager.start_supervisor_daemon()
manager.start_process("worker")
print(manager.get_all_process_info()["worker"]["state_name"])
print(manager.get_program_logs("worker").strip())
manager.start_supervisor_daemon()
manager.stop_process("worker")
print(manager.get_all_process_info()["worker"]["state_name"])
manager.stop_supervisor_daemon()
"""


def test_devservices_starts_and_asks_a_daemon_of_its_own(site: Site, folder: Path) -> None:
    """ServerOptions reads a configuration without a daemon; both commands are found on PATH."""
    site.use("devservices", "needs")
    site.environment["HOME"] = str(folder)
    worker = "sh -c 'echo at work; exec sleep 600'"
    (site.directory / "services.yml").write_text(
        f'x-programs:\n  worker:\n    command: "{worker}"\n    startsecs: 1\n', "utf-8"
    )
    local = folder / ".local" / "share" / "sentry-devservices" / "supervisor"

    with site.daemon_of_a_client(local / "shop.pid"):
        said = site.python("-c", DEVSERVICES).splitlines()

    assert said == [worker, "RUNNING", "at work", "STOPPED"]


SCTL = """
import sys
from spvisorctl.cli import main
root, *steps = sys.argv[1:]
for step in steps:
    assert main(["--project-root", root, *step.split()]) == 0, step
"""


def test_sctl_brings_an_instance_up_and_down(site: Site) -> None:
    """XML-RPC over TCP with a password: states, start and stop, faults by their codes."""
    site.use("spvisorctl")
    root, port, name = site.directory, free_port(), f"sctl-{os.getpid()}"
    scripts = root / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "supervisord").symlink_to(site.side.scripts / "supervisord")
    groups = root / "op" / "groups"
    groups.mkdir(parents=True)
    (root / ".env.dev").write_text("SUPERVISOR_USER=me\nSUPERVISOR_PASS=secret\n", "utf-8")
    (root / "op" / "groups.env").write_text("SVC_GROUPS=shop\n", "utf-8")
    (groups / "shop.env").write_text(
        f"INSTANCE_NAME={name}\nLOG_DIR=logs\nSUPERVISOR_PORT={port}\n", "utf-8"
    )
    server = (
        f"[inet_http_server]\nport = 127.0.0.1:{port}\n"
        "username = %(ENV_SUPERVISOR_USER)s\npassword = %(ENV_SUPERVISOR_PASS)s\n"
    )
    files = BASE_CONFIG.replace("%(here)s", str(root))
    (groups / "shop.conf").write_text(files + server + sleeper("web"), "utf-8")

    steps = ("up shop --wait-programs", "status shop", "stop shop web", "stop shop web")
    steps += ("start shop web", "down shop")
    with site.daemon_of_a_client(root / "supervisord.pid"):
        said = site.python("-c", SCTL, root, *steps)

    assert re.search("web .*RUNNING.* pid [0-9]+, uptime", said)
    assert "web stopped\n" in said
    assert "web already stopped\n" in said
    assert "web started\n" in said
    assert not (root / "supervisord.pid").exists()


def test_check_supervisord_reports_states_to_nagios(site: Site) -> None:
    """It asks by XML-RPC and judges by the names of states and the text of spawn errors."""
    site.use("nagios-check-supervisord")
    port = free_port()
    server = f"[inet_http_server]\nport = 127.0.0.1:{port}\nusername = u\npassword = p\n"
    site.launch(server + sleeper("web") + crasher())
    check = PACKAGES / "nagios-check-supervisord" / "bin" / "check_supervisord.py"
    words = ("-s", "127.0.0.1", "-p", port, "-u", "u", "-S", "p")
    site.pid_of("web")

    assert site.python(check, *words, "-P", "web") == "OK: 'web': OK\n"
    site.rpc.supervisor.startProcess("crasher")
    site.wait_state("crasher", "EXITED")
    warned = site.python(
        "-c",
        "import subprocess, sys; print(subprocess.run(sys.argv[1:]).returncode)",
        site.side.python,
        check,
        *words,
    )

    assert "something curiously with 'crasher': (Bad exit code 3)" in warned
    assert warned.splitlines()[-1] == "1"


PYDANTIC = """
import sys
from supervisor_pydantic import ProgramConfiguration, SupervisorConvenienceConfiguration
from supervisor_pydantic import convenience
from supervisor_pydantic.client import SupervisorRemoteXMLRPCClient
here, port = sys.argv[1:]
config = SupervisorConvenienceConfiguration(
    port=f"127.0.0.1:{port}", username="root", password="secret", working_dir=here,
    program={"job": ProgramConfiguration(command="sleep 600")},
)
client = SupervisorRemoteXMLRPCClient(cfg=config)
text = config.model_dump_json(exclude_unset=True)
assert convenience.write_supervisor_config(text, _exit=False)
assert convenience.start_supervisor(config, _exit=False)
for name in ("start", "check", "restart", "stop"):
    assert getattr(convenience, f"{name}_programs")(config, _exit=False), name
    print(name, *(info.state.name for info in client.getAllProcessInfo()))
assert convenience.stop_supervisor(config, _exit=False)
"""


def test_supervisor_pydantic_writes_a_configuration_and_drives_the_daemon(site: Site) -> None:
    """Its models write the file; over XML-RPC it starts, checks, restarts and stops programs."""
    site.use("supervisor-pydantic", "needs")

    with site.daemon_of_a_client(site.directory / "supervisord.pid"):
        said = site.python("-c", PYDANTIC, site.directory, free_port()).splitlines()

    states = [line for line in said if line.split()[0] in ("start", "check", "restart", "stop")]
    assert states == ["start RUNNING", "check RUNNING", "restart RUNNING", "stop STOPPED"]


def test_paths_of_this_suite_are_in_use(site: Site) -> None:
    """A package really comes from its own folder, and the daemon's own from the right side."""
    site.use("supervisor-cache")
    where = (
        "import supervisor_cache.rpcinterface as c, supervisor as s; print(c.__file__, s.__file__)"
    )

    package, own = map(Path, site.python("-c", where).split())

    assert package.is_relative_to(PACKAGES / "supervisor-cache")
    assert own.is_relative_to(site.side.scripts.parent) == (site.side.name == "reference")
