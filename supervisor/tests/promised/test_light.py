"""What scripts, listeners and plug-ins import loads nothing of the daemon."""

import subprocess
import sys

import pytest

from supervisor.tests.support.daemon import REPOSITORY

DAEMON_RINGS = {"daemon", "core", "host", "web", "rpc", "logs"}
STATEMENTS = {
    "import supervisor.states": {"config", "client", "ctl"} | DAEMON_RINGS,
    "import supervisor.childutils": {"config", "ctl"} | DAEMON_RINGS,
    "import supervisor.xmlrpc": {"config", "ctl"} | DAEMON_RINGS,
    "import supervisor.events": {"config", "client", "ctl"} | DAEMON_RINGS,
    "import supervisor.datatypes": {"client", "ctl"} | DAEMON_RINGS,
    "import supervisor.compat": {"config", "client", "ctl"} | DAEMON_RINGS,
    "import supervisor.http_client": {"config", "ctl"} | DAEMON_RINGS,
    "from supervisor.options import make_namespec": {"config", "client", "ctl"} | DAEMON_RINGS,
    "from supervisor.options import UnhosedConfigParser": {"client", "ctl"} | DAEMON_RINGS,
    "from supervisor.options import ProcessConfig": {"client", "ctl"} | DAEMON_RINGS,
    "from supervisor.options import ServerOptions": {"client", "ctl"} | DAEMON_RINGS,
    "from supervisor.options import ClientOptions": DAEMON_RINGS,
    "from supervisor.supervisorctl import ControllerPluginBase": DAEMON_RINGS,
}
"""Statement -> rings of the package that it must not load."""


def loaded_by(statement: str) -> set[str]:
    """Modules in a fresh interpreter after a statement."""
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", STATEMENTS)
def test_importing_a_promised_name_loads_no_ring_of_the_daemon(statement: str) -> None:
    """Dozens of listeners run beside a daemon: each pays for what it uses only."""
    ours = {name.split(".")[1] for name in loaded_by(statement) if name.startswith("supervisor.")}
    assert ours & STATEMENTS[statement] == set()


def test_make_namespec_does_not_cost_an_xmlrpc_client() -> None:
    """The one name that many listeners want from options is light."""
    modules = loaded_by("from supervisor.options import make_namespec, split_namespec")
    assert modules & {"xmlrpc.client", "configparser", "http.client"} == set()
