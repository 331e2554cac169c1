"""How plug-ins are made: with which keys, how often, in which order, and what stops the start."""

import subprocess
from pathlib import Path
from xmlrpc.client import Fault, ServerProxy

import pytest

from supervisor.tests.plugins.site import MODULES, PluginDaemon
from supervisor.tests.support.daemon import REPOSITORY, free_port, wait_until

KEEPER = """
[rpcinterface:keeper]
supervisor.rpcinterface_factory = factories:Keeper
"""


def run_to_end(config: str, directory: Path) -> tuple[int, str, str]:
    """Exit code, output and main log of a daemon that does not start."""
    daemon = PluginDaemon(config, directory)
    try:
        daemon.start(wait=False)
        return daemon.wait(), daemon.output(), daemon.log_text()
    finally:
        daemon.cleanup()


def test_factory_is_given_the_keys_of_its_section(tmp_path: Path) -> None:
    """Names in lower case, values as text after expansion, without those of [DEFAULT] (C28)."""
    config = "[DEFAULT]\nshared = 1\n" + KEEPER + "Colour = red\nPlace = %(ENV_PYTHONPATH)s\n"
    with PluginDaemon(config, tmp_path) as daemon:
        assert daemon.rpc.keeper.given() == {"colour": "red", "place": f"{MODULES}:{REPOSITORY}"}


def test_factory_sees_the_groups(tmp_path: Path) -> None:
    """Plug-ins are made when the groups are there, before anything is started."""
    with PluginDaemon(KEEPER + "[program:b]\ncommand = sleep 9\n", tmp_path) as daemon:
        assert daemon.rpc.keeper.seen_groups() == ["b"]
        text = daemon.log_text()
        initialized = text.index("RPC interface 'keeper' initialized")
        assert text.index("RPC interface 'supervisor' initialized") < initialized
        assert initialized < text.index("spawned: 'b'")


def test_c25_each_server_has_an_instance_of_its_own(tmp_path: Path) -> None:
    """Factories are called once per server."""
    port = free_port()
    config = KEEPER + f"[inet_http_server]\nport = 127.0.0.1:{port}\n"
    with PluginDaemon(config, tmp_path) as daemon:
        assert daemon.rpc.keeper.made() == 2
        with ServerProxy(f"http://127.0.0.1:{port}/RPC2") as other:
            assert other.keeper.made() == 2
        assert daemon.log_text().count("RPC interface 'keeper' initialized") == 2


@pytest.mark.parametrize("factory", ["fail", "interrupt", "leave"])
def test_factory_that_raises_stops_the_start(tmp_path: Path, factory: str) -> None:
    """Two lines on standard error, exit code 2; the traceback is in the main log at WARN."""
    config = f"[rpcinterface:bad]\nsupervisor.rpcinterface_factory = factories:{factory}\n"
    code, output, log = run_to_end(config, tmp_path)

    assert code == 2
    assert "Error: Could not make bad rpc interface\nFor help, use " in output
    assert " WARN Traceback" in log


@pytest.mark.parametrize(
    ("factory", "why"),
    [("factories:missing", "has no attribute 'missing'"), ("nowhere:make", "No module named")],
)
def test_factory_that_cannot_be_imported_is_a_configuration_error(
    tmp_path: Path, factory: str, why: str
) -> None:
    """The spec and its section are named, with the reason."""
    config = f"[rpcinterface:bad]\nsupervisor.rpcinterface_factory = {factory}\n"
    code, output, _ = run_to_end(config, tmp_path)

    assert code == 2
    assert f"Error: {factory} cannot be resolved within [rpcinterface:bad]" in output
    assert why in output


def test_reload_with_a_factory_that_cannot_be_imported_is_refused(tmp_path: Path) -> None:
    """Known before anything is stopped: everything goes on as it was."""
    with PluginDaemon(KEEPER + "[program:b]\ncommand = sleep 9\n", tmp_path) as daemon:
        daemon.wait_state("b", "RUNNING", "STARTING")
        daemon.write_config("[rpcinterface:bad]\nsupervisor.rpcinterface_factory = nowhere:make\n")
        with pytest.raises(Fault, match="nowhere:make cannot be resolved"):
            daemon.rpc.supervisor.restart()
        assert daemon.info("b")["pid"]


def test_plugins_are_made_anew_by_a_reload(tmp_path: Path) -> None:
    """After a reload there are new instances with the keys of the file as it is then."""
    with PluginDaemon(KEEPER + "a = 1\n", tmp_path) as daemon:
        daemon.write_config(KEEPER + "a = 2\n")
        daemon.rpc.supervisor.restart()

        def is_new() -> bool:
            try:
                return daemon.rpc.keeper.given() == {"a": "2"}
            except OSError:
                return False

        wait_until(is_new, "the plug-in is made anew")
        assert daemon.rpc.keeper.made() == 2


def test_namespace_supervisor_can_be_a_plugin(tmp_path: Path) -> None:
    """`[rpcinterface:supervisor]` with another factory serves what that makes."""
    config = "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = probe:make\n"
    with PluginDaemon(config, tmp_path) as daemon:
        assert daemon.rpc.supervisor.getState() == {"statecode": 1, "statename": "RUNNING"}
        assert daemon.rpc.supervisor.run("answer = sorted(interface.given)") == "[]"


def test_built_in_factory_serves_any_namespace(tmp_path: Path) -> None:
    """Our own factory under another name is the same interface."""
    config = (
        "[rpcinterface:other]\n"
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
    )
    with PluginDaemon(config, tmp_path) as daemon:
        assert daemon.rpc.other.getAPIVersion() == "3.0"


def test_event_type_of_a_plugin_reaches_listeners(tmp_path: Path) -> None:
    """A module that registers a type when it is imported can be named in `events=`."""
    heard = tmp_path / "heard"
    listener = tmp_path / "listener.py"
    listener.write_text(
        "from supervisor import childutils\n"
        "while True:\n"
        "    headers, payload = childutils.listener.wait()\n"
        f"    open({str(heard)!r}, 'a').write(headers['eventname'] + ' ' + payload)\n"
        "    childutils.listener.ok()\n"
    )
    config = KEEPER + f"[eventlistener:ears]\ncommand = python {listener}\nevents = HEARD\n"
    with PluginDaemon(config, tmp_path / "d") as daemon:
        daemon.rpc.keeper.say("hello")
        wait_until(lambda: heard.exists() and heard.read_text(), "the event arrives")
        assert heard.read_text() == "HEARD heard:hello"


def test_plain_daemon_loads_nothing_of_the_view(tmp_path: Path) -> None:
    """What plug-ins see is loaded with the first plug-in only."""
    from supervisor.tests.support.daemon import OUR_DAEMON, LiveDaemon

    command = (OUR_DAEMON[0], "-X", "importtime", *OUR_DAEMON[1:])
    with LiveDaemon(command, "[program:b]\ncommand = sleep 9\n", tmp_path) as daemon:
        daemon.stop()
    assert "supervisor.daemon.lives" in daemon.output(), "what is loaded is told"
    assert "supervisor.daemon.plugins" not in daemon.output()
    assert "plugin_view" not in daemon.output()
    assert "supervisor.options" not in daemon.output()


def test_check_tells_of_factories_that_cannot_be_imported(tmp_path: Path) -> None:
    """`--check` finds it without starting anything."""
    daemon = PluginDaemon(
        "[rpcinterface:bad]\nsupervisor.rpcinterface_factory = nowhere:make\n", tmp_path
    )
    done = subprocess.run(
        [*daemon.executable, "--check", "-c", str(daemon.config)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode != 0
    assert "nowhere:make cannot be resolved" in done.stdout
