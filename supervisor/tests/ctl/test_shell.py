"""Lines, help, plug-ins, completion, credentials, questions: the shell itself."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from supervisor.ctl.controller import Controller
from supervisor.ctl.options import ShellOptions
from supervisor.ctl.plugin import ControllerPluginBase, DefaultControllerPlugin
from supervisor.ctl.plugin_making import PluginFailed
from supervisor.tests.ctl.session import Outcome, controller, daemon, info, outcome_of, run

LISTING = (
    "\n"
    "default commands (type help <topic>):\n"
    "=====================================\n"
    "add         events         logs        pid    reload   shutdown  stop   \n"
    "avail       exit           maintail    pools  remove   signal    tail   \n"
    "clear       fg             make-token  query  reread   start     update \n"
    "clearfatal  hash-password  open        quit   restart  status    version\n"
    "\n"
)

STATES_WITH_S = ("STARTING", "STOPPED", "STOPPING")

HELP_FRAGMENTS = [
    "status <name>", "start <name>", "stop <name>", "restart <name>", "signal <signal name> <name>",
    "clear <name>", "add <name>", "remove <name>", "pid <name>", "fg <process>", "open <url>",
    "unix:///socket/path", "Show the version of the remote supervisord",
    "Restart the remote supervisord", "Shut the remote supervisord down",
    "Reload the daemon's configuration files", "Reload config and add/remove",
    "Display all configured", "tail of supervisor main log file", "Exit the supervisor shell",
    "help\t\tPrint a list",
]  # fmt: skip


class Plugin(ControllerPluginBase):
    """A plug-in as third parties write them."""

    def do_hey(self, arg: str) -> None:
        """say hey"""
        self.ctl.output(f"hey [{arg}]")

    def do_status(self, arg: str) -> None:
        """never reached"""

    def do_hidden(self, arg: str) -> None:
        self.ctl.output("hidden")

    def do_broken(self, arg: str) -> None:
        raise ZeroDivisionError("oops")

    def help_broken(self) -> None:
        self.ctl.output("breaks")

    def do_bye(self, arg: str) -> bool:
        """leave"""
        return True


class Careless(ControllerPluginBase):
    """A plug-in that does not call the base class."""

    def __init__(self, controller: Any, greeting: str) -> None:
        self.ctl = controller
        self.greeting = greeting

    def do_greet(self, arg: str) -> None:
        self.ctl.output(self.greeting)


def session(typed: str = "", **options: Any) -> Controller:
    """A session without daemon."""
    return Controller(ShellOptions(**options), stdin=io.StringIO(typed), stdout=io.StringIO())


def say(shell: Controller, line: str) -> str:
    """What one line prints."""
    assert isinstance(shell.stdout, io.StringIO)
    before = len(shell.stdout.getvalue())
    shell.onecmd(line)
    return shell.stdout.getvalue()[before:]


def with_plugins() -> Controller:
    """A session with two plug-ins."""
    return session(
        plugin_factories=[("zz", Plugin, {}), ("aa", Careless, {"greeting": "good day"})]
    )


@pytest.mark.parametrize("line", ["foo bar", "!ls", "-x", "stopall", "*"])
def test_unknown_commands_are_refused(line: str) -> None:
    """`*** Unknown syntax: LINE`, exit 1."""
    shell = session()
    assert say(shell, line) == f"*** Unknown syntax: {line}\n"
    assert shell.exitstatus == 1


def test_empty_line_does_nothing() -> None:
    """It does not repeat the last command."""
    shell = session()
    say(shell, "help help")
    assert say(shell, "") == ""
    assert say(shell, "   ") == ""
    assert shell.exitstatus == 0


@pytest.mark.parametrize("line", ["quit", "exit", "EOF"])
def test_leaving_prints_an_empty_line(line: str) -> None:
    """quit, exit and the end of the input leave the shell."""
    shell = session()
    assert shell.onecmd(line) is True
    assert outcome_of(shell) == Outcome("\n", 0)


@pytest.mark.parametrize("line", ["help", "?"])
def test_help_lists_the_commands(line: str) -> None:
    """Three rows of names, preceded and followed by an empty line."""
    assert say(session(), line) == LISTING


def test_help_texts_carry_the_facts() -> None:
    """Fragments that test suites look for; `? CMD` is `help CMD`."""
    shell = session()
    commands = DefaultControllerPlugin.commands
    text = "".join(say(shell, f"help {name}") for name in [*commands, "help"])
    assert [fragment for fragment in HELP_FRAGMENTS if fragment not in text] == []
    assert say(shell, "? status") == say(shell, "help status")
    assert say(shell, "help nope") == "*** No help on nope\n"
    assert shell.exitstatus == 0


def test_plugin_commands_run_and_are_listed() -> None:
    """One block per plug-in; commands without help work but are not listed."""
    shell = with_plugins()
    assert say(shell, "hey  a  b ") == "hey [a  b]\n"
    assert say(shell, "hidden") == "hidden\n"
    assert say(shell, "greet") == "good day\n"
    listing = say(shell, "help")
    assert listing.startswith(LISTING)
    assert "\nzz commands (type help <topic>):\n================================\n" in listing
    assert "broken  bye  hey  status" in listing
    assert "hidden" not in listing
    assert shell.onecmd("bye") is True


def test_plugin_cannot_replace_a_built_in_command() -> None:
    """The built-in plug-in is always first and wins on clashes."""
    shell = session(plugin_factories=[("zz", Plugin, {})], serverurl="unix:///no/such/socket")
    assert say(shell, "status") == "unix:///no/such/socket no such file\n"
    assert [plugin.name for plugin in shell.options.plugins] == ["default", "zz"]


def test_s35_help_with_plugins_asks_only_who_knows() -> None:
    """Every plug-in that lacked the topic once said so."""
    shell = with_plugins()
    assert say(shell, "help hey") == "say hey\n"
    assert say(shell, "help broken") == "breaks\n"
    assert say(shell, "help greet") == "*** No help on greet\n"
    assert say(shell, "help nope") == "*** No help on nope\n"


def test_error_of_a_plugin_is_one_line() -> None:
    """A plug-in may raise anything; the shell goes on, exit 1."""
    shell = with_plugins()
    text = say(shell, "broken")
    assert text.startswith("error: <class 'ZeroDivisionError'>, oops: file: ")
    assert text.count("\n") == 1
    assert shell.exitstatus == 1


def test_factory_that_fails_is_named() -> None:
    """The plug-in that is at fault is told."""

    def factory(shell: Controller) -> None:
        raise RuntimeError("no licence")

    with pytest.raises(PluginFailed, match=r"\[ctlplugin:x\]: RuntimeError: no licence"):
        session(plugin_factories=[("x", factory, {})])


def test_one_connection_serves_the_session() -> None:
    """The proxy is kept until URL or credentials change."""
    with daemon() as peer:
        shell = controller(peer)
        first = shell.get_server_proxy()
        assert shell.get_server_proxy() is first
        shell.options.username, shell.options.password = "u", "p"
        assert shell.get_server_proxy() is not first
        assert shell.get_server_proxy("supervisor").getVersion() == "3.0"


def test_each_thread_of_a_plugin_has_a_connection_of_its_own() -> None:
    """Commands that run at the same time do not mix their requests."""
    with daemon() as peer:
        shell = controller(peer)
        mine = shell.get_server_proxy()
        with ThreadPoolExecutor(1) as threads:
            theirs = threads.submit(shell.get_server_proxy).result()
            assert theirs is not mine
            assert threads.submit(shell.get_server_proxy).result() is theirs
        assert shell.get_server_proxy() is mine


# ---------------------------------------------------------------- completion


@pytest.fixture
def tab():
    """Candidates for a line, against a daemon with a few processes."""
    infos = [info("cat"), info("grp:a"), info("grp:b")]
    configs = [
        {"group": "cat", "name": "cat", "inuse": True},
        {"group": "new", "name": "new", "inuse": False},
    ]
    with daemon(getAllProcessInfo=lambda: infos, getAllConfigInfo=lambda: configs) as peer:
        shell = controller(peer)

        def complete(line: str) -> list[str]:
            before, _, word = line.rpartition(" ")
            return shell._completion.candidates(before, word)

        complete.peer = peer
        complete.shell = shell
        yield complete


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("sta", ["start ", "status "]),
        ("he", ["help "]),
        ("help sta", ["start ", "status "]),
        ("? ver", ["version "]),
        ("start ", ["cat ", "grp:* ", "grp:a ", "grp:b "]),
        ("stop c", ["cat "]),
        ("restart cat g", ["grp:* ", "grp:a ", "grp:b "]),
        ("status cat:", ["cat:* ", "cat:cat "]),
        ("tail grp:", ["grp:* ", "grp:a ", "grp:b "]),
        ("pid x", []),
        ("remove ", ["cat ", "grp "]),
        ("update ", ["cat ", "grp ", "new "]),
        ("signal grp:a", []),
        ("signal HUP grp:a", ["grp:a "]),
        ("version ", ["--json ", "--output "]),
        ("logs -n ", ["all "]),
        ("logs --output ", ["json ", "table "]),
        ("logs --no", ["--no-prefix "]),
        ("logs -f c", ["cat "]),
        ("events --type PROCESS_STATE_S", [f"PROCESS_STATE_{s} " for s in STATES_WITH_S]),
        ("events --type TICK", []),
        ("events -f g", ["grp:* ", "grp:a ", "grp:b "]),
        ("status --w", ["--watch "]),
        ("open ", []),
        ("bogus ", []),
    ],
)
def test_tab_offers_what_fits(tab, line: str, candidates: list[str]) -> None:
    """Each candidate is followed by a blank."""
    assert tab(line) == candidates


@pytest.mark.parametrize("line", ["h x", "e x", "p x", "lp x"])
def test_s32_tab_after_a_part_of_the_word_help_offers_nothing(tab, line: str) -> None:
    """A substring test once took these for `help`."""
    assert tab(line.replace("x", "sta")) == []


def test_s33_tab_after_add_offers_groups_that_can_be_added(tab) -> None:
    """It once offered only active groups."""
    assert tab("add ") == ["new "]


def test_s34_tab_after_signal_offers_signals(tab) -> None:
    """It once offered process names for the signal word."""
    assert tab("signal H") == ["HUP "]
    assert "TERM " in tab("signal ")


def test_tab_asks_the_daemon_once_until_the_next_command(tab) -> None:
    """The process list is cached until a command is run."""
    tab("start ")
    tab("start c")
    assert len(tab.peer.calls) == 1
    tab.shell.onecmd("help help")
    tab("start ")
    assert len(tab.peer.calls) == 2


def test_tab_without_daemon_offers_nothing_and_says_nothing() -> None:
    """Trouble on the way to the daemon must not disturb the line."""
    shell = session(serverurl="unix:///no/such/socket", plugin_factories=[("zz", Plugin, {})])
    assert shell._completion.candidates("start", "") == []
    assert shell._completion.candidates("add", "") == []
    assert shell._completion.candidates("", "he") == ["help ", "hey "]
    assert outcome_of(shell).stdout == ""


# ---------------------------------------------------------------- questions and credentials


@pytest.mark.parametrize(
    ("command", "method", "question", "done"),
    [
        ("shutdown", "shutdown", "Really shut the remote supervisord process down y/N? ",
         "Shut down\n"),
        ("reload", "restart", "Really restart the remote supervisord process y/N? ",
         "Restarted supervisord\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("typed", "does", "code"),
    [("y\n", True, 0), ("Yes\n", True, 0), ("n\n", False, 0), ("\n", False, 0), ("", False, 1)],
)
def test_interactive_session_asks_before_the_end(
    capsys: pytest.CaptureFixture[str], command: str, method: str, question: str, done: str,
    typed: str, does: bool, code: int,
) -> None:  # fmt: skip
    """Anything starting with y or Y is a yes; a one-shot command is not asked."""
    with daemon(**{method: lambda: True}) as peer:
        shell = Controller(
            ShellOptions(serverurl=peer.serverurl, interactive=True),
            stdin=io.StringIO(typed),
            stdout=io.StringIO(),
        )
        shell.onecmd(command)
        assert capsys.readouterr().out == question
        assert shell.exitstatus == code
        assert bool(peer.calls) is does
        assert (done in outcome_of(shell).stdout) is does
        assert run(peer, command) == Outcome(done, 0)


def test_s6_one_shot_401_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """It was tried twice and ended in a line like a traceback; exit 1."""
    with daemon() as peer:
        peer.answer("/RPC2", 401, b"")
        assert run(peer, "status") == Outcome("Server requires authentication\n", 1)
        assert len(peer.requests) == 1
    assert capsys.readouterr().err.startswith("cannot log in: ")


def test_credentials_count_only_together() -> None:
    """`-u` alone sends none."""
    with daemon() as peer:
        run(peer, "version", username="u")
        run(peer, "version", username="u", password="p")
    sent = ["Authorization" in headers for _, headers in peer.requests]
    assert sent[0] is False
    assert sent[-1] is True


@pytest.mark.parametrize("typed", ["", "\n", "user\n"])
def test_s8_login_can_be_aborted(typed: str) -> None:
    """A wrong password once looped for ever: an empty name or the end of the input gives up."""
    with daemon() as peer:
        peer.answer("/RPC2", 401, b"")
        shell = Controller(
            ShellOptions(serverurl=peer.serverurl, interactive=True),
            stdin=io.StringIO(typed),
            stdout=io.StringIO(),
        )
        shell.onecmd("status")
    assert shell.exitstatus == 1
    assert shell.options.username is None
    assert len(peer.requests) == 1


def test_script_can_log_in_by_its_input(capsys: pytest.CaptureFixture[str]) -> None:
    """Prompts `Username:` and `Password:`, then the command again; the session keeps them."""
    with daemon(getSupervisorVersion=lambda: "5") as peer:
        peer.answer("/RPC2", 401, b"")

        class Typed(io.StringIO):
            def readline(self, *args: int) -> str:  # type: ignore[override]
                line = super().readline(*args)
                if line == "pw\n":
                    peer.answers.clear()
                return line

        shell = Controller(
            ShellOptions(serverurl=peer.serverurl, interactive=True),
            stdin=Typed("me\npw\n"),
            stdout=io.StringIO(),
        )
        shell.onecmd("version")
    assert outcome_of(shell) == Outcome("Server requires authentication\n5\n", 0)
    assert (shell.options.username, shell.options.password) == ("me", "pw")
    assert capsys.readouterr().out == "Username:Password:\n"


def test_shell_needs_nothing_that_an_interpreter_keeps_to_itself() -> None:
    """What is taken from beneath `threading` may be missing there."""
    code = "import threading, _thread\ndel _thread._local\nimport supervisor.ctl.controller"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
