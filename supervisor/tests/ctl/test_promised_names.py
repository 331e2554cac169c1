"""Names that third parties import from the client side."""

import io
import sys

import pytest

from supervisor import compat, supervisorctl, xmlrpc
from supervisor.client.transport import server_proxy
from supervisor.tests.ctl.session import controller, daemon


def test_supervisorctl_keeps_its_names() -> None:
    """Controller, plug-in base classes, exit codes, fgthread, main."""
    assert {
        name: value
        for name, value in vars(supervisorctl.LSBInitExitStatuses).items()
        if name.isupper()
    } == {
        "SUCCESS": 0,
        "GENERIC": 1,
        "INVALID_ARGS": 2,
        "UNIMPLEMENTED_FEATURE": 3,
        "INSUFFICIENT_PRIVILEGES": 4,
        "NOT_INSTALLED": 5,
        "NOT_RUNNING": 7,
    }
    assert supervisorctl.LSBStatusExitStatuses.NOT_RUNNING == 3
    assert supervisorctl.LSBStatusExitStatuses.UNKNOWN == 4
    assert set(supervisorctl.DEAD_PROGRAM_FAULTS) == {40, 50, 70}
    for command in ("status", "start", "tail", "fg", "update"):
        assert callable(getattr(supervisorctl.DefaultControllerPlugin, f"do_{command}"))
        assert callable(getattr(supervisorctl.DefaultControllerPlugin, f"help_{command}"))


def test_main_takes_words_and_exits(capsys: pytest.CaptureFixture[str]) -> None:
    """`main(args=[…])` runs one action in this process."""
    with daemon(getSupervisorVersion=lambda: "5.0") as peer, pytest.raises(SystemExit) as raised:
        supervisorctl.main(args=["-s", peer.serverurl, "version"])
    assert raised.value.code == 0
    assert capsys.readouterr().out == "5.0\n"


def test_main_takes_the_options_of_supervisorctl(capsys: pytest.CaptureFixture[str]) -> None:
    """`main(args=…, options=ClientOptions())`, as scripts do that set something before."""
    options = supervisorctl.ClientOptions()
    with daemon(getSupervisorVersion=lambda: "5.0") as peer, pytest.raises(SystemExit) as raised:
        supervisorctl.main(args=["-s", peer.serverurl, "version"], options=options)
    assert raised.value.code == 0
    assert capsys.readouterr().out == "5.0\n"
    assert options.serverurl == peer.serverurl


def test_main_takes_ready_options(capsys: pytest.CaptureFixture[str]) -> None:
    """`main(options=…)`: an object of somebody else that is realized with the words."""
    with daemon(getSupervisorVersion=lambda: "5.0") as peer:

        class Options:
            serverurl = peer.serverurl
            username = password = history_file = configfile = None
            prompt = "x"
            interactive = False
            serverurl_given = True
            plugin_factories = ()

            def realize(self, words: list[str]) -> None:
                self.args = words

            def getServerProxy(self) -> object:
                return server_proxy(self.serverurl)

        with pytest.raises(SystemExit) as raised:
            supervisorctl.main(args=["version"], options=Options())
    assert raised.value.code == 0
    assert capsys.readouterr().out == "5.0\n"


def test_fgthread_follows_until_it_is_killed() -> None:
    """`fgthread(program, ctl)`: start() and kill()."""
    sizes = {f"tailProcess{channel}Log": lambda *_: ["", 0, False] for channel in
             ("Stdout", "Stderr")}  # fmt: skip
    with daemon(**sizes) as peer:
        peer.answer("/logtail/cat/stdout", 200, b"hello\n")
        ctl = controller(peer)
        thread = supervisorctl.fgthread("cat", ctl)
        thread.start()
        thread.join(10)
        thread.kill()
    assert isinstance(ctl.stdout, io.StringIO)
    assert ctl.stdout.getvalue() == "hello\n"


def test_faults_are_plain_ints() -> None:
    """`Faults` is a class of int attributes that others extend."""
    assert xmlrpc.Faults.BAD_NAME == 10
    assert type(xmlrpc.Faults.CANT_REREAD) is int
    assert xmlrpc.getFaultDescription(6) == "SHUTDOWN_STATE"
    assert xmlrpc.getFaultDescription(1234) == "UNKNOWN"


def test_rpc_error_carries_code_and_text() -> None:
    """A code without a name yields `UNKNOWN: extra`."""
    error = xmlrpc.RPCError(10, "web")
    assert (error.code, error.text) == (10, "BAD_NAME: web")
    assert str(error) == "code=10, text='BAD_NAME: web'"
    assert xmlrpc.RPCError(70).text == "NOT_RUNNING"
    assert xmlrpc.RPCError(1234, "custom").text == "UNKNOWN: custom"
    assert xmlrpc.xmlrpclib.Fault is compat.Fault


def test_compat_converts_text_and_bytes() -> None:
    """UTF-8 both ways; what is right already stays."""
    assert compat.as_bytes("é") == b"\xc3\xa9" == compat.as_bytes(b"\xc3\xa9")
    assert compat.as_string(b"\xc3\xa9") == "é" == compat.as_string("é")
    assert compat.as_bytes("é", "latin-1") == b"\xe9"


def test_compat_keeps_its_names() -> None:
    """What plug-ins for Python 2 and 3 import."""
    for name in compat.__all__:
        assert hasattr(compat, name)
    assert (compat.PY2, compat.maxint) == (False, sys.maxsize)
    assert compat.encodestring(b"a") == b"YQ==\n"
    assert compat.decodestring(b"YQ==\n") == b"a"
    assert compat.import_spec("os.path:join") is __import__("os").path.join
    assert compat.resource_filename("supervisor", "states.py").endswith("supervisor/states.py")
    assert compat.is_text_stream(io.StringIO())
    assert not compat.is_text_stream(io.BytesIO())
