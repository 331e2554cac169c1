"""supvisors: a plug-in that changes the daemon from inside more than any other does.

It insists on an address other than 127.0.0.1, so its daemon gets a network of its own, where the
loopback interface has another one and from which nothing can be reached.
"""

import os
import shutil
import subprocess
import xmlrpc.client

import psutil
import pytest

from supervisor.tests.compat.programs import sleeper
from supervisor.tests.compat.site import Site
from supervisor.tests.support.daemon import wait_until

ADDRESS = "10.213.0.1"
TOOLS = ("unshare", "nsenter", "ip", "mount")
SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
NETWORK = """\
set -e
ip link set lo up
ip addr flush dev lo
ip addr add {address}/24 dev lo
mount --bind {hosts} /etc/hosts
exec "$@"
"""

CONFIG = """
[inet_http_server]
port = {address}:9001

[supervisord]
identifier = alone

[rpcinterface:supvisors]
supervisor.rpcinterface_factory = supvisors.plugin:make_supvisors_rpcinterface
supvisors_list = {address}:9001
synchro_options = LIST

[ctlplugin:supvisors]
supervisor.ctl_factory = supvisors.supvisorsctl:make_supvisors_controller_plugin

[program:pair]
command = sleep 600
process_name = %(program_name)s_%(process_num)d
numprocs = 2
startsecs = 0
"""


def give_own_network(site: Site) -> None:
    """Let the daemon start in a network with one address and a name for it."""
    missing = [tool for tool in TOOLS if shutil.which(tool, path=SEARCH_PATH) is None]
    if missing:
        pytest.skip(f"cannot make a network: {', '.join(missing)} not installed")
    root = () if os.geteuid() == 0 else ("--map-root-user",)
    unshare = ("unshare", *root, "--net", "--mount")
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("cannot make a network: the system does not let this user have one")
    hosts, script = site.directory / "hosts", site.directory / "network.sh"
    hosts.write_text(f"{ADDRESS} alone localhost\n", "utf-8")
    script.write_text(NETWORK.format(address=ADDRESS, hosts=hosts), "utf-8")
    site.executable = (*unshare, "sh", str(script), *site.side.daemon)
    site.environment["PATH"] = SEARCH_PATH


def test_supvisors_changes_commands_programs_and_numbers(site: Site) -> None:
    """Arguments are added to a command, a program is disabled, processes are added to a group."""
    site.use("supvisors")
    give_own_network(site)
    site.launch(CONFIG.format(address=ADDRESS) + sleeper("job") + "autostart = false\n")
    rpc = site.rpc.supvisors

    wait_until(lambda: "OPERATION" in site.typed("sstate"), "supvisors is in OPERATION")
    assert rpc.start_args("job", "601", True) is True
    job = psutil.Process(site.pid_of("job"))
    wait_until(lambda: job.cmdline() == ["sleep", "600", "601"], "job sleeps for longer")

    site.rpc.supervisor.stopProcess("job")
    assert "job disabled: True" in site.typed("disable", "job")
    with pytest.raises(xmlrpc.client.Fault, match="DISABLED"):
        site.rpc.supervisor.startProcess("job")

    assert rpc.update_numprocs("pair", 3, True) is True
    assert site.pid_of("pair:pair_2") > 0
    assert "<title>Supvisors status</title>" in page_of(site)
    # It is told of a process before the process is started.
    assert "unknown process" not in site.log_text()


def page_of(site: Site) -> str:
    """The first page, asked for in the network of the daemon."""
    script = (
        f"import urllib.request as r; print(r.urlopen('http://{ADDRESS}:9001/').read().decode())"
    )
    user = () if os.geteuid() == 0 else ("--user", "--preserve-credentials")
    return site.run("nsenter", "--target", site.pid, *user, "--net", site.side.python, "-c", script)
