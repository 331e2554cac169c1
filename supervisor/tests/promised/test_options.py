"""ServerOptions and ClientOptions beyond what the reference can be compared in."""

import io
import os
import stat
from pathlib import Path

import pytest

import supervisor
from supervisor import options
from supervisor.config.surroundings import SystemSurroundings
from supervisor.options import ClientOptions, ServerOptions, UnhosedConfigParser

FILE = """
[unix_http_server]
file = {dir}/s.sock
[supervisord]
logfile = {dir}/s.log
pidfile = {dir}/s.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[rpcinterface:own]
supervisor.rpcinterface_factory = os:getcwd
Key = value
[include]
files = {dir}/*.none
[program:cat]
command = cat
[fcgi-program:php]
command = php
socket = unix://{dir}/php.sock
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A configuration file."""
    path = tmp_path / "s.conf"
    path.write_text(FILE.format(dir=tmp_path))
    return path


def test_realize_has_no_side_effects(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People validate files with it: nothing is made, changed or left open."""
    monkeypatch.chdir(conf.parent)
    before = sorted(os.listdir(conf.parent)), sorted(os.listdir("/proc/self/fd")), os.environ.copy()
    umask = os.umask(0o22)
    os.umask(umask)

    ServerOptions().realize(args=["-c", str(conf), "-u", str(os.getuid()), "-m", "077"])

    after = sorted(os.listdir(conf.parent)), sorted(os.listdir("/proc/self/fd")), os.environ.copy()
    assert after == before
    assert os.umask(umask) == umask
    assert Path.cwd() == conf.parent


def test_messages_of_the_file_are_kept_by_level(conf: Path) -> None:
    """`parse_warnings` and its likes are what the main log would say."""
    made = ServerOptions()
    made.realize(args=["-c", str(conf)])
    assert made.parse_warnings == [f'No file matches via include "{conf.parent}/*.none"']
    assert all(text.startswith("Supervisor is running as root") for text in made.parse_criticals)


def test_factories_of_plugins_are_resolved(conf: Path) -> None:
    """`rpcinterface_factories` are (name, factory, own keys), in order of the sections."""
    made = ServerOptions()
    made.realize(args=["-c", str(conf)])
    names = [(name, keys) for name, _, keys in made.rpcinterface_factories]
    assert names == [("supervisor", {}), ("own", {"key": "value"})]
    assert made.rpcinterface_factories[1][1] is os.getcwd


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """-v prints it and exits with 0."""
    with pytest.raises(SystemExit) as raised:
        ServerOptions().realize(args=["-v"])
    assert raised.value.code == 0
    assert capsys.readouterr().out == f"{supervisor.__version__}\n" == f"{options.VERSION}\n"


def test_usage_errors_can_be_caught_by_a_subclass() -> None:
    """Tests of others replace `exit` and `stderr`."""
    made = ServerOptions()
    made.progname = "sd"
    made.stderr = io.StringIO()
    codes: list[int] = []
    made.exit = codes.append
    made.usage("nothing works")
    assert codes == [2]
    assert made.stderr.getvalue() == "Error: nothing works\nFor help, use sd -h\n"


def test_default_configfile_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same places as for the commands; only supervisord insists on finding a file."""
    monkeypatch.chdir(tmp_path)
    made, client = ServerOptions(), ClientOptions()
    made.progname = client.progname = str(tmp_path / "bin" / "sd")
    if not any(os.path.exists(f"/etc/{name}supervisord.conf") for name in ("", "supervisor/")):
        assert client.default_configfile() is None
        with pytest.raises(SystemExit):
            made.default_configfile()
        assert "No config file found at default paths" in capsys.readouterr().err
    (tmp_path / "supervisord.conf").write_text("[supervisord]\n")
    assert made.default_configfile() == str(tmp_path / "supervisord.conf")
    assert client.default_configfile() == str(tmp_path / "supervisord.conf")


def test_options_of_a_subclass_stay_its_own(conf: Path) -> None:
    """A live view answers for itself: read-only properties are not overwritten."""

    class Live(ServerOptions):
        @property
        def identifier(self) -> str:  # type: ignore[override]
            return "live"

        def __init__(self) -> None:
            self._given_surroundings = SystemSurroundings()

    made = Live()
    loaded = ServerOptions()._loaded(str(conf), SystemSurroundings())
    made.adopt(loaded)
    assert (made.identifier, made.here) == ("live", str(conf.parent))


def test_patched_hook_is_used() -> None:
    """`_processes_from_section` is replaced by dashboards: the public method goes through it."""

    class Patched(ServerOptions):
        def _processes_from_section(self, *args: object) -> list[str]:  # type: ignore[override]
            return ["patched"]

    assert Patched().processes_from_section(UnhosedConfigParser(), "program:x", "g") == ["patched"]


def test_relative_paths_mean_the_directory_of_the_surroundings(
    conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that has left its directory still reads the file that it was started with (C4)."""
    kept = SystemSurroundings(cwd=str(conf.parent))
    monkeypatch.chdir("/")
    made = ServerOptions(kept)
    made.configfile = conf.name
    made.process_config(do_usage=False)
    assert made.configfile == str(conf)


def test_system_calls_do_what_they_are_called(tmp_path: Path) -> None:
    """`chdir`, `setumask`, `kill`, and those without effect outside of a daemon."""
    made = ServerOptions()
    place, umask = Path.cwd(), os.umask(0o22)
    try:
        made.chdir(str(tmp_path))
        assert Path.cwd() == tmp_path
        made.setumask(0o77)
        (tmp_path / "private").touch()
        assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600
    finally:
        os.chdir(place)
        os.umask(umask)
    made.kill(os.getpid(), 0)
    made.close_httpservers()
    made.close_logger()
    made.reopenlogs()
    made.cleanup_fds()


def test_cleanup_fds_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plug-ins with descriptors of their own assign it on the class."""
    monkeypatch.setattr(ServerOptions, "cleanup_fds", lambda options: None)
    assert ServerOptions().cleanup_fds() is None


def test_client_options_make_a_proxy(tmp_path: Path) -> None:
    """`getServerProxy` speaks to the daemon of the file, with its credentials."""
    path = tmp_path / "c.conf"
    path.write_text("[supervisorctl]\nserverurl=http://h:1\nusername=u\npassword=p\n")
    made = ClientOptions()
    made.realize(args=["-c", str(path)])
    transport = made.getServerProxy()("transport")
    assert (transport.serverurl, transport.username, transport.password) == ("http://h:1", "u", "p")


def test_client_options_are_read_again(tmp_path: Path) -> None:
    """`process_config(do_usage=False)` raises ValueError and leaves all as it was."""
    path = tmp_path / "c.conf"
    path.write_text("[supervisorctl]\nprompt=one\n")
    made = ClientOptions()
    made.realize(args=["-c", str(path)])
    path.write_text("[other]\n")
    with pytest.raises(ValueError, match="does not include supervisorctl section"):
        made.process_config(do_usage=False)
    assert made.prompt == "one"
    path.write_text("[supervisorctl]\nprompt=two\n")
    made.process_config()
    assert made.prompt == "two"


def test_unknown_names_are_attribute_errors() -> None:
    """hasattr() works as ever; names of datatypes are found here, too."""
    assert not hasattr(options, "no_such_name")
    assert not hasattr(options, "_private")
    assert options.list_of_strings("a,b") == ["a", "b"]
    assert options.ProcessConfig.__module__ == "supervisor.options"
