"""The contract of `[ctlplugin:x]`: what plug-ins of the shell are given, and what they may do."""

import cmd
import io
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from supervisor import supervisorctl
from supervisor.ctl.controller import Controller
from supervisor.ctl.options import ShellOptions
from supervisor.ctl.plugin_making import PluginFailed
from supervisor.ctl.settings import options_from_command_line
from supervisor.errors import Fault
from supervisor.tests.ctl.session import controller, daemon, info, outcome_of
from supervisor.tests.support.daemon import REPOSITORY
from supervisor.tests.support.peer import raises_fault

LIVELY = '''\
"""A plug-in as third parties write them."""

from supervisor.supervisorctl import ControllerPluginBase


class Lively(ControllerPluginBase):
    name = "its own idea"

    def __init__(self, controller, **options):
        ControllerPluginBase.__init__(self, controller)
        self.options = options

    def do_keys(self, arg):
        """keys\\t\\tprint the keys of the section"""
        for item in sorted(self.options.items()):
            self.ctl.output("%s=%s" % item)


def make(controller, **options):
    return Lively(controller, **options)


def broken(controller, **options):
    raise RuntimeError("no licence")


def leaving(controller, **options):
    raise SystemExit("bye")


def nothing(controller, **options):
    pass


def nameless(controller, **options):
    return 5


def strict(controller, colour):
    return Lively(controller)


no_function = "text"
'''


class Asking(supervisorctl.ControllerPluginBase):
    """Uses everything that the controller promises."""

    def do_look(self, arg: str) -> None:
        """look"""
        options = self.ctl.options
        self.ctl.output(f"{options.serverurl} {options.username} {options.password}")
        self.ctl.output(f"{options.prompt} {options.interactive}")
        self.ctl.output(" ".join(plugin.name for plugin in options.plugins))
        self.ctl.output(str("look" in self.ctl.vocab and "status" in self.ctl.vocab))

    def do_ask(self, arg: str) -> None:
        """ask"""
        if not self.ctl.upcheck():
            return
        self.ctl.output(self.ctl.get_supervisor().getSupervisorVersion())
        self.ctl.output(str(self.ctl.get_server_proxy("other").double(4)))
        self.ctl.output(self.ctl.get_server_proxy().supervisor.getVersion())

    def do_pass_on(self, arg: str) -> None:
        self.ctl.onecmd("version")

    def do_write(self, arg: str) -> None:
        self.ctl.stdout.write("written\n")

    def do_set(self, arg: str) -> None:
        self.ctl.exitstatus = int(arg)

    def do_fault(self, arg: str) -> None:
        self.ctl.set_exitstatus_from_xmlrpc_fault(int(arg), Fault.ALREADY_STARTED)

    def do_refused(self, arg: str) -> None:
        self.ctl.get_supervisor().refuse()

    def do_leave(self, arg: str) -> int:
        return 1

    def do_quit_with(self, arg: str) -> None:
        raise SystemExit(int(arg))

    def do_mumble(self, arg: str) -> None:
        class Mute(Exception):
            def __str__(self) -> str:
                raise ZeroDivisionError

        raise Mute


class Plain:
    """Not derived from anything: `name` is set, everything else is its own."""

    def __init__(self, controller: Any) -> None:
        self.shell = controller

    def do_plain(self, arg: str) -> None:
        """plain words"""
        self.shell.output("plain " + arg)


class Talkative(supervisorctl.ControllerPluginBase):
    """Answers for help in its own way, on topics that are no commands."""

    def do_help(self, arg: str) -> None:
        self.ctl.output(f"talk of {arg or 'everything'}")


class Failing(supervisorctl.ControllerPluginBase):
    """Its help fails."""

    def do_help(self, arg: str) -> None:
        raise OSError("its manual is gone")


def session(*plugins: Any, typed: str = "", **options: Any) -> Controller:
    """A session without daemon; the plug-ins are called a, b, …"""
    factories = [(name, factory, {}) for name, factory in zip("abc", plugins, strict=False)]
    settings = ShellOptions(plugin_factories=factories, **options)
    return Controller(settings, stdin=io.StringIO(typed), stdout=io.StringIO())


def say(shell: Controller, *lines: str) -> str:
    """What some lines print."""
    for line in lines:
        shell.onecmd(line)
    return outcome_of(shell).stdout


# ------------------------------------------------------------------------ from the file


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Options of a session whose file has a section `[ctlplugin:x]`."""
    (tmp_path / "lively.py").write_text(LIVELY)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("COLOUR", "green")
    monkeypatch.setitem(sys.modules, "lively", None)
    del sys.modules["lively"]

    def read(factory: str, keys: str = "") -> ShellOptions:
        config = tmp_path / "c.conf"
        config.write_text(
            "[supervisorctl]\n[DEFAULT]\nfrom_default=1\n[ctlplugin:x]\n"
            f"supervisor.ctl_factory={factory}\n{keys}"
        )
        return options_from_command_line(["-c", str(config)], "supervisorctl")

    return read


def shell_of(options: ShellOptions) -> Controller:
    return Controller(options, stdin=io.StringIO(), stdout=io.StringIO())


def test_c28_factory_gets_the_keys_of_its_section_and_no_others(configured: Any) -> None:
    """`factory(controller, **options)`: lower-case keys, strings, variables expanded."""
    shell = shell_of(configured("lively:make", "One=1\ncolour=%(ENV_COLOUR)s\nper=5%%\n"))
    assert say(shell, "keys") == "colour=green\none=1\nper=5%\n"


def test_class_may_be_the_factory(configured: Any) -> None:
    shell = shell_of(configured("lively:Lively", "a=1\n"))
    assert say(shell, "keys") == "a=1\n"


def test_name_of_the_section_becomes_the_name_of_the_plugin(configured: Any) -> None:
    """After creation the controller sets `plugin.name`."""
    shell = shell_of(configured("lively:make"))
    assert [plugin.name for plugin in shell.options.plugins] == ["default", "x"]
    assert "\nx commands (type help <topic>):\n" in say(shell, "help")


@pytest.mark.parametrize(
    ("factory", "told"),
    [
        ("lively:nosuch", "lively:nosuch cannot be resolved within [ctlplugin:x]: "),
        ("nosuch_module:x", "nosuch_module:x cannot be resolved within [ctlplugin:x]: No module"),
    ],
)
def test_factory_that_is_not_there_is_a_usage_error(
    configured: Any, factory: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two lines, exit 2."""
    with pytest.raises(SystemExit) as raised:
        configured(factory)
    assert raised.value.code == 2
    error, help_line = capsys.readouterr().err.splitlines()
    assert error.startswith(f"Error: {told}")
    assert help_line == "For help, use supervisorctl -h"


@pytest.mark.parametrize(
    ("factory", "why"),
    [
        ("broken", "RuntimeError: no licence (FILE, line 24)"),
        ("leaving", "SystemExit: bye (FILE, line 28)"),
        ("nothing", "its factory returned None instead of an object with commands"),
        ("nameless", "its factory returned 5, which cannot be given a name"),
        ("strict", "TypeError: strict() missing 1 required positional argument: 'colour'"),
        ("no_function", "TypeError: 'str' object is not callable"),
    ],
)
def test_factory_that_makes_no_plugin_is_told_in_words(
    configured: Any, tmp_path: Path, factory: str, why: str
) -> None:
    """Which section, why, and where in their code."""
    with pytest.raises(PluginFailed) as raised:
        shell_of(configured(f"lively:{factory}"))
    told = str(raised.value).replace(str(tmp_path / "lively.py"), "FILE")
    assert told == f"cannot make the commands of [ctlplugin:x]: {why}"


def test_plugin_that_cannot_be_made_ends_the_command_in_two_lines(
    configured: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the reference prints a traceback; exit 2."""
    config = configured("lively:broken").configfile
    with pytest.raises(SystemExit) as raised:
        supervisorctl.main(args=["-c", config, "version"])
    assert raised.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


# ------------------------------------------------------------------------ what self.ctl offers


def test_plugin_sees_options_vocabulary_and_its_neighbours() -> None:
    """serverurl, username, password, prompt, interactive, plugins; vocab."""
    shell = session(Asking, serverurl="unix:///s", username="u", password="p")
    assert say(shell, "look") == "unix:///s u p\nsupervisor False\ndefault a\nTrue\n"


def reword_start(controller: Any) -> supervisorctl.ControllerPluginBase:
    """A factory that gives the built-in `start` words for a fault of its own."""
    built_in = controller.options.plugins[0]
    usual = built_in._startresult
    built_in._startresult = lambda result: (
        f"{result['name']}: ERROR disabled" if result["status"] == 103 else usual(result)
    )
    return supervisorctl.ControllerPluginBase(controller)


def test_plugin_finds_the_built_in_one_while_it_is_made_and_rewords_a_result() -> None:
    """A fault code of a plug-in of the daemon gets words; other results read as ever."""
    with daemon(startProcess=raises_fault(103, "DISABLED: job")) as peer:
        shell = controller(peer, plugin_factories=[("a", reword_start, {})])
        assert say(shell, "start job") == "job: ERROR disabled\n"
    with daemon(startProcess=lambda name: True) as peer:
        shell = controller(peer, plugin_factories=[("a", reword_start, {})])
        assert say(shell, "start job") == "job: started\n"


def test_plugin_talks_to_the_daemon() -> None:
    """upcheck, get_supervisor, get_server_proxy(ns), get_server_proxy()."""
    with daemon(getSupervisorVersion=lambda: "5.0") as peer:
        peer.methods["other.double"] = lambda number: 2 * number
        shell = controller(peer, plugin_factories=[("a", Asking, {})])
        assert say(shell, "ask") == "5.0\n8\n3.0\n"


def test_plugin_writes_to_stdout_and_runs_other_commands() -> None:
    """stdout, onecmd."""
    with daemon(getSupervisorVersion=lambda: "5.0") as peer:
        shell = controller(peer, plugin_factories=[("a", Asking, {})])
        assert say(shell, "write", "pass_on") == "written\n5.0\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("set 42", 42),
        (f"fault {Fault.NOT_RUNNING.value}", 7),
        (f"fault {Fault.FAILED.value}", 1),
        (f"fault {Fault.ALREADY_STARTED.value}", 0),
        (f"fault {Fault.SUCCESS.value}", 0),
    ],
)
def test_plugin_sets_the_exit_status(line: str, code: int) -> None:
    """exitstatus, set_exitstatus_from_xmlrpc_fault(code, ignored)."""
    shell = session(Asking)
    shell.onecmd(line)
    assert shell.exitstatus == code


def test_fault_that_a_plugin_does_not_catch_is_one_line() -> None:
    with daemon(refuse=raises_fault(Fault.BAD_NAME, "BAD_NAME: x")) as peer:
        shell = controller(peer, plugin_factories=[("a", Asking, {})])
        text = say(shell, "refused")
    assert text.startswith("error: <class 'xmlrpc.client.Fault'>, <Fault 10: 'BAD_NAME: x'>: file:")
    assert (text.count("\n"), shell.exitstatus) == (1, 1)


def test_exception_without_a_text_is_one_line_all_the_same() -> None:
    """A plug-in that raises gives an error line, never a traceback."""
    text = say(session(Asking), "mumble")
    assert ", no text (ZeroDivisionError): file: " in text
    assert text.count("\n") == 1


@pytest.mark.parametrize("run", [lambda shell: shell.onecmd("quit_with 7"), Controller.run_shell])
def test_plugin_that_raises_system_exit_ends_the_session_with_its_code(run: Any) -> None:
    """Among words and in the shell, as the reference does."""
    shell = session(Asking, typed="quit_with 7\nwrite\n", serverurl="unix:///no/such/socket")
    with pytest.raises(SystemExit) as raised:
        run(shell)
    assert raised.value.code == 7
    assert "written" not in outcome_of(shell).stdout


def test_true_result_leaves_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any true value."""
    shell = session(Asking, typed="leave\nwrite\n", serverurl="unix:///no/such/socket")
    shell.run_shell()
    assert "written" not in outcome_of(shell).stdout


# ------------------------------------------------------------------------ help, Tab


def test_plugin_of_any_shape_is_listed_and_explained() -> None:
    """An object that is not derived from the base class has commands and help all the same."""
    shell = session(Plain)
    assert say(shell, "plain x", "help plain") == "plain x\nplain words\n"
    shell = session(Plain)
    assert say(shell, "help").endswith(
        "a commands (type help <topic>):\n" + "=" * 31 + "\nplain\n\n"
    )


def test_help_of_a_plugin_in_its_own_way_is_asked_last() -> None:
    """Only `do_help(arg)` of each plug-in is called for `help`."""
    shell = session(Talkative)
    assert say(shell, "help weather") == "talk of weather\n"
    assert say(shell, "help reread").count("\n") == 2
    assert say(shell, "help").endswith("talk of everything\n")


def test_one_no_help_line_however_many_plugins_there_are() -> None:
    """The reference prints it once for each plug-in."""
    assert say(session(Asking, Plain), "help nope") == "*** No help on nope\n"
    assert say(session(Asking, Plain), "help look") == "look\n"


def test_plugin_whose_help_fails_does_not_hide_the_others() -> None:
    shell = session(Failing, Plain)
    text = say(shell, "help")
    assert "error: <class 'OSError'>, its manual is gone: file: " in text
    assert "b commands (type help <topic>):" in text
    assert shell.exitstatus == 1


def test_commands_of_plugins_are_offered_on_tab() -> None:
    with daemon(getAllProcessInfo=lambda: [info("cat")]) as peer:
        shell = controller(peer, plugin_factories=[("a", Asking, {})])
        candidates = shell._completion.candidates
        assert candidates("", "loo") == ["look "]
        assert candidates("help", "loo") == ["look "]
        assert candidates("look", "") == []


def test_plugin_of_the_manual_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies it has a command."""
    chapter = (REPOSITORY / "docs" / "supervisorctl.rst").read_text("utf-8")
    code = re.search(r"code-block:: python\n\n((?:   .*\n|\n)+)", chapter)
    section = re.search(r"code-block:: ini\n\n((?:   .*\n|\n)+)", chapter)
    assert code is not None and section is not None
    (tmp_path / "my_package.py").write_text(textwrap.dedent(code[1]))
    config = tmp_path / "c.conf"
    config.write_text("[supervisorctl]\n" + textwrap.dedent(section[1]))
    monkeypatch.syspath_prepend(str(tmp_path))
    with daemon(getAllProcessInfo=lambda: [info("cat", now=7, start=2)]) as peer:
        words = ["-c", str(config), "-s", peer.serverurl]
        shell = shell_of(options_from_command_line(words, "supervisorctl"))
        assert say(shell, "uptime") == "cat: 5 s\n"
        assert say(shell, "help uptime").endswith("Time since each process was started\n")


# ------------------------------------------------------------------------ the controller itself


def test_controller_is_a_cmd_that_can_be_extended() -> None:
    """`Controller(options, completekey='tab', stdin=None, stdout=None)`, a `cmd.Cmd`."""

    class Extended(supervisorctl.Controller):
        def do_extra(self, arg: str) -> None:
            self.output(f"extra {arg}")

        def precmd(self, line: str) -> str:
            return line.replace("EXTRA", "extra")

    assert issubclass(supervisorctl.Controller, cmd.Cmd)
    stdin, stdout = io.StringIO("EXTRA one\n"), io.StringIO()
    shell = Extended(ShellOptions(serverurl="unix:///no/such"), "tab", stdin, stdout)
    shell.cmdloop()
    assert (shell.completekey, shell.stdout, shell.prompt) == ("tab", stdout, "supervisor> ")
    assert "extra one\n" in stdout.getvalue()


def test_default_plugin_can_be_made_and_extended() -> None:
    """`DefaultControllerPlugin(controller)`: some replace a command by deriving from it."""

    class Louder(supervisorctl.DefaultControllerPlugin):
        def do_loud(self, arg: str) -> None:
            """loud"""
            self.do_version("")

    with daemon(getSupervisorVersion=lambda: "5.0") as peer:
        shell = controller(peer, plugin_factories=[("a", Louder, {})])
        assert say(shell, "loud") == "5.0\n"


def test_client_options_are_a_name_of_this_module() -> None:
    """Imported from here by some."""
    from supervisor.options import ClientOptions

    assert supervisorctl.ClientOptions is ClientOptions
