"""What the daemon loads: a small set of modules, so that it starts at once and stays small.

Each of the forbidden modules costs megabytes or tens of milliseconds in every daemon, and each of
those for a few is of use only to daemons that have what it is for.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.tests.rules.source import ROOT
from supervisor.tests.support.daemon import LiveDaemon, clean_environment, free_port

FORBIDDEN = {
    "asyncio", "concurrent", "configparser", "email", "html", "http.client", "http.server",
    "importlib.metadata", "importlib.resources", "json", "logging", "meld3", "multiprocessing",
    "optparse", "argparse", "pathlib", "pkgutil", "pkg_resources", "psutil", "pydoc", "setuptools",
    "shutil", "ssl", "tempfile", "unittest", "urllib.request", "uuid", "xml.dom", "xml.etree",
    "xmlrpc",
}  # fmt: skip

FOR_A_FEW = {
    # Event listeners and their journal.
    "supervisor.core.listener", "supervisor.core.pool", "supervisor.daemon.judges",
    "supervisor.daemon.pools", "supervisor.daemon.poolwork", "supervisor.daemon.journal",
    "supervisor.logs.journal", "supervisor.wire.listener",
    # FastCGI programs.
    "supervisor.daemon.fcgi", "supervisor.host.fcgisocket",
    # Plug-ins.
    "supervisor.daemon.guard", "supervisor.daemon.plugin_view", "supervisor.daemon.plugins",
    "supervisor.promised", "supervisor.rpc.polling",
    # Those who watch.
    "supervisor.daemon.feed", "supervisor.daemon.figures", "supervisor.host.processtree",
    "supervisor.web.sse", "supervisor.web.news",
    # Privileges that are dropped, programs that another user has.
    "supervisor.host.popen", "subprocess",
    # Whoever is told of events; what changes output; syslog; users of some programs alone.
    "supervisor.events", "supervisor.daemon.eventkinds", "supervisor.daemon.filters",
    "supervisor.wire.ansi", "supervisor.wire.capture", "supervisor.logs.syslog",
    "supervisor.rpc.scope", "supervisor.daemon.preload",
    # What only checkers of types read, and contexts (`supervisor.hints`, `supervisor.suppressing`).
    "typing", "contextlib",
    # What `supervisor.lean`, `supervisor.signals` and `supervisor.sockets` do without.
    "collections", "functools", "heapq", "importlib", "operator", "types", "warnings",
    "enum", "signal", "socket", "selectors",
    # Libraries of some ten KiB each.
    "array", "math", "grp",
    # Strange heads of requests (decision 0008); what makes classes by compiling code.
    "h11", "dataclasses", "inspect", "ast", "dis",
    # Users, browsers, pages and the HTTP API.
    "supervisor.daemon.access", "supervisor.web.access", "supervisor.web.api",
    "supervisor.web.metrics", "supervisor.web.site", "supervisor.web.views",
    # Mistakes.
    "traceback", "linecache", "tokenize", "textwrap", "supervisor.config.suggest",
    # Commands with quotes, includes, requests and values that are unusual (decision 0010).
    "shlex", "glob", "struct", "re", "fnmatch", "xml", "pyexpat",
    "binascii",
}  # fmt: skip


STANDARD = {
    "_collections", "_collections_abc", "_functools", "_heapq", "_operator", "_socket", "_stat",
    "errno", "fcntl", "gc", "genericpath", "itertools", "os", "posixpath", "pwd", "resource",
    "select", "stat",
}  # fmt: skip
"""All that a plain daemon loads of the standard library, beside what an interpreter begins with."""

OURS_COUNT_MAX = 195
"""Modules of ours in a plain daemon. Each costs a quarter of a million instructions to find and
load, whatever is in it, and 16 KiB: what only some daemons need is loaded for those (decision
0010)."""

PLAIN = "import sys; from supervisor.supervisord import main; sys.exit(main())"
"""What the installed command does; ``-m`` would load more."""


def among(names: set[str], modules: set[str]) -> list[str]:
    """Those of the modules that are named, counting a package for its modules."""
    return sorted(
        name
        for name in modules
        if any(name == each or name.startswith(f"{each}.") for each in names)
    )


def for_a_few(modules: set[str]) -> list[str]:
    """Those that an ordinary daemon does not need."""
    return among(FOR_A_FEW, modules)


def forbidden(modules: set[str]) -> list[str]:
    """The forbidden ones."""
    return among(FORBIDDEN, modules)


def loaded_by(statement: str) -> set[str]:
    """Modules that a fresh interpreter has loaded after a statement."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"{statement}\nimport sys\nprint(*sys.modules)"],
        env=clean_environment((sys.executable,)) | {"PYTHONPATH": search_path()},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def search_path() -> str:
    """Our package and what it requires, without start-up files of the environment (-S)."""
    return ":".join([str(ROOT), *(path for path in sys.path if path.endswith("-packages"))])


def test_daemon_module_loads_nothing_heavy() -> None:
    """Importing all of the daemon that is loaded at start loads no module that costs much."""
    assert forbidden(loaded_by("import supervisor.daemon.lives")) == []


def test_daemon_loads_nothing_heavy_in_its_life(tmp_path: Path) -> None:
    """Boot, a program, requests over both sockets and a shutdown load nothing of the kind.

    And nothing that a daemon with an ordinary configuration has no use for.
    """
    executable = (sys.executable, "-S", "-X", "importtime", "-c", PLAIN)
    config = f"[inet_http_server]\nport = 127.0.0.1:{free_port()}\n[program:cat]\ncommand = cat\n"
    daemon = LiveDaemon(
        executable, config, tmp_path / "d", environment={"PYTHONPATH": search_path()}
    )
    with daemon:
        daemon.wait_state("cat", "RUNNING")
        daemon.rpc.supervisor.getAllConfigInfo()
        daemon.rpc.supervisor.reloadConfig()
        daemon.rpc.supervisor.stopProcess("cat")
        daemon.stop()
    loaded = set(re.findall(r"^import time:.*\| +(\S+)$", daemon.output(), re.MULTILINE))
    assert "supervisor.core.process" in loaded
    assert forbidden(loaded) == []
    assert for_a_few(loaded) == []
    assert len([name for name in loaded if name.split(".")[0] == "supervisor"]) <= OURS_COUNT_MAX


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="named tuples are those of typing there")
def test_daemon_needs_a_known_part_of_the_standard_library() -> None:
    """Whatever is added to it is paid for by everybody, at each start."""
    begun_with = loaded_by("pass")
    added = loaded_by("import supervisor.daemon.lives") - begun_with
    packages = {name.split(".")[0] for name in added} - {"supervisor"}
    assert sorted(packages - STANDARD) == []


@pytest.mark.parametrize("module", ["supervisor.daemon.application", "supervisor.config.load"])
def test_version_is_told_without_the_daemon(module: str) -> None:
    """`supervisord --version` loads neither the daemon nor what reads its file."""
    said = "from supervisor.supervisord import main; main(['--version'])"
    assert module not in loaded_by(said)


@pytest.mark.parametrize("module", ["supervisor.childutils", "supervisor.states"])
def test_what_listeners_import_is_light(module: str) -> None:
    """A listener script that imports childutils or states does not load the daemon."""
    ours = {name for name in loaded_by(f"import {module}") if name.startswith("supervisor.")}
    heavy = {name.split(".")[1] for name in ours} & {"daemon", "config", "core", "host", "web"}
    assert not heavy, sorted(ours)


def test_client_does_not_load_the_daemon() -> None:
    """supervisorctl loads neither the rings of the daemon nor what it decides with."""
    ours = loaded_by("import supervisor.supervisorctl, supervisor.ctl.main")
    rings = {name.split(".")[1] for name in ours if name.startswith("supervisor.")}
    assert rings & {"daemon", "core", "host", "logs", "rpc", "web"} == set()


COMMAND = (
    "import sys\n"
    "from supervisor.supervisorctl import main\n"
    "try:\n"
    "    main({words!r})\n"
    "except SystemExit as end:\n"
    "    assert end.code in {codes}, end.code\n"
)
"""What the installed command does, before the interpreter ends."""

NOT_FOR_A_COMMAND = {
    # What `supervisor.client.proxy` and `supervisor.client.failures` do without (decision 0015).
    "xmlrpc", "http", "email", "ssl", "_ssl", "socket", "selectors", "urllib", "xml",
    "supervisor.client.transport", "supervisor.client.follow", "supervisor.client.api",
    # What few commands need, or none.
    "hashlib", "_hashlib", "base64", "getpass", "termios", "readline", "threading", "json",
    "getopt", "supervisor.events", "supervisor.ctl.foreground", "supervisor.ctl.watching",
    "supervisor.ctl.log_following", "supervisor.ctl.line_editing",
    # What makes classes by compiling code, and what only checkers of types read.
    "dataclasses", "inspect", "ast", "typing", "contextlib", "pathlib", "warnings",
    # Files that are unusual.
    "shlex", "glob", "grp", "signal", "struct",
    "supervisor.promised",
}  # fmt: skip

FOR_MISHAPS = {"supervisor.ctl.diagnosis", "supervisor.ctl.neighbours", "psutil"}


@pytest.fixture(scope="module")
def lean_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDaemon]:
    """A daemon with one program."""
    executable = (sys.executable, "-m", "supervisor.supervisord")
    config = "[program:cat]\ncommand = cat\nstartsecs = 0\n"
    with LiveDaemon(executable, config, tmp_path_factory.mktemp("d")) as daemon:
        daemon.wait_state("cat", "RUNNING")
        yield daemon


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (["status"], (0, 3)),
        (["status", "cat"], (0, 3)),
        (["pid", "cat"], (0,)),
        (["restart", "cat"], (0,)),
        (["signal", "CONT", "cat"], (0,)),
        (["tail", "cat"], (0,)),
        (["avail"], (0,)),
        (["reread"], (0,)),
        (["update"], (0,)),
        (["version"], (0,)),
    ],
)
def test_usual_command_loads_nothing_heavy(
    words: list[str], codes: tuple[int, ...], lean_daemon: LiveDaemon
) -> None:
    """Scripts run it thousands of times: what one command needs, or a mishap, no other loads."""
    command = COMMAND.format(words=["-c", str(lean_daemon.config), *words], codes=codes)
    loaded = loaded_by(command)
    assert "supervisor.client.proxy" in loaded
    assert among(NOT_FOR_A_COMMAND | FOR_MISHAPS, loaded) == []


def test_command_that_reaches_nobody_needs_no_client() -> None:
    """Not even to say why."""
    command = COMMAND.format(words=["-s", "unix:///no/such.sock", "version"], codes=(7,))
    loaded = loaded_by(command)
    assert "supervisor.ctl.diagnosis" in loaded
    assert among({"xmlrpc", "http", "email", "supervisor.client.transport"}, loaded) == []
