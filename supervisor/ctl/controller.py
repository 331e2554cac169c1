"""The shell: finds the command for a line, runs it, and is the boundary for what goes wrong in it.

Only this module turns exceptions into text and exit status; commands let them pass.
"""

import cmd
import sys

from supervisor.client import failures
from supervisor.client.credentials import HTTP_UNAUTHORIZED
from supervisor.ctl.command import fail
from supervisor.ctl.completion import Completion
from supervisor.ctl.escaping import sendable
from supervisor.ctl.exitcodes import LSBInitExitStatuses, exit_code_of_fault
from supervisor.ctl.login import ask_credentials, why_forbidden, why_unknown
from supervisor.ctl.options import ShellOptions
from supervisor.ctl.patience import ANSWER_S_MAX, reminder
from supervisor.ctl.plugin import DefaultControllerPlugin, explains_by_itself, helper_of, knows
from supervisor.ctl.plugin_making import make_plugins
from supervisor.ctl.terminal import Terminal
from supervisor.errors import Fault
from supervisor.hints import TYPE_CHECKING, Any, Callable, TextIO
from supervisor.standard_streams import tell_on_stderr, write_bytes_now, write_now
from supervisor.suppressing import nullcontext

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from threading import local
else:
    try:
        # The class by its own name: the module around it would be loaded for it alone.
        from _thread import _local as local
    except ImportError:
        from threading import local

API_VERSION = "3.0"

_NO_NAMESPACE = (
    "Sorry, supervisord responded but did not recognize the supervisor namespace commands that "
    "supervisorctl uses to control it. Please check that the [rpcinterface:supervisor] section is "
    "enabled in the configuration file of supervisord (see sample.conf)."
)
_WRONG_API_VERSION = (
    "Sorry, this version of supervisorctl expects to talk to a server with API version {ours}, "
    "but the remote version is {theirs}."
)


class _Connection(local):
    """The proxy in use and where it leads; plug-ins run commands from several threads at once."""

    proxy: Any = None
    target: tuple[str | None, ...] = ()


class _MessagesOnStderr:
    """While it is entered, what a session prints goes to stderr."""

    def __init__(self, session: "Controller") -> None:
        self._session = session
        self._stdout: Any = None

    def __enter__(self) -> None:
        self._stdout, self._session.stdout = self._session.stdout, sys.stderr

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._session.stdout = self._stdout
        if kind is not None and issubclass(kind, Exception):
            # Only noted here: `_guarded` turns it into text, and is to know where that belongs.
            self._session.keeps_stdout_clear = True


class Controller(cmd.Cmd):
    """One session with one daemon at a time; plug-ins know it as `self.ctl`."""

    answer_s_max = ANSWER_S_MAX

    def __init__(
        self,
        options: ShellOptions,
        completekey: str = "tab",
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
    ) -> None:
        super().__init__(completekey, stdin, stdout)
        self.options = options
        self.prompt = options.prompt + "> "
        self.exitstatus = LSBInitExitStatuses.SUCCESS
        self.terminal = Terminal(stdin)
        if not self.terminal.is_interactive:
            self.use_rawinput = False
            self.stdin: Any = self.terminal
        self._in_shell = False
        self.keeps_stdout_clear = False
        """The command that is being run has ended with an exception while it spoke on stderr."""
        self._last_hint: str | None = None
        self._connection = _Connection()
        make_plugins(self, options.plugin_factories)
        self._completion = Completion(self, lambda: self.vocab, DefaultControllerPlugin.commands)

    @property
    def vocab(self) -> list[str]:
        """All command words."""
        words = {
            name.removeprefix("do_")
            for plugin in self.options.plugins
            for name in dir(plugin)
            if name.startswith("do_")
        }
        return sorted(words | {"help"})

    # -------------------------------------------------------------- session

    def run_shell(self) -> None:
        """Talk to a person, or to a script on standard input, until one side has had enough."""
        # Late: whoever runs one command edits no line.
        from supervisor.ctl import line_editing

        line_editing.set_up(self.options.history_file)
        self._in_shell = True
        self.cmdqueue.append("status")
        try:
            self.cmdloop()
        except KeyboardInterrupt:
            self.output("")
        finally:
            line_editing.save_history(self.options.history_file)

    def emptyline(self) -> bool:
        """Do nothing, rather than repeat the last command."""
        return False

    def default(self, line: str) -> None:
        """Say that this is not a command."""
        self.output(f"*** Unknown syntax: {line}")
        self.exitstatus = LSBInitExitStatuses.GENERIC

    def onecmd(self, line: str) -> bool:
        """Carry out one line; true if it leaves the shell. Nothing but an exit passes."""
        self._completion.forget()
        word, argument, line = self.parseline(sendable(line))
        if not line:
            return self.emptyline()
        action = self._action(word) if word else None
        if action is None:
            self.default(line)
            return False
        return self._guarded(action, argument or "")

    def parseline(self, line: str) -> tuple[str | None, str | None, str]:
        """As the base class does; a hyphen belongs to the word if a command is called so."""
        word, _, rest = line.strip().partition(" ")
        if "-" in word and self._action(word) is not None:
            return word, rest.strip(), line
        return super().parseline(line)

    def _action(self, word: str) -> Callable[[str], Any] | None:
        for owner in (*self.options.plugins, self):
            # `help` is the shell's: a plug-in's do_help answers for its own commands only.
            if word == "help" and owner is not self:
                continue
            action: Callable[[str], Any] | None = getattr(owner, f"do_{word}", None)
            if action is not None:
                return action
        return None

    def _guarded(self, action: Callable[[str], Any], argument: str) -> bool:
        """Run a command, again after a login; turn what goes wrong into text and exit status."""
        while True:
            self.keeps_stdout_clear = False
            try:
                return bool(action(argument))
            except KeyboardInterrupt:
                if not self._in_shell:
                    raise
                self.output("")
                self.exitstatus = LSBInitExitStatuses.GENERIC
                return False
            except failures.ProtocolError as error:
                with self._out_of_the_way():
                    if error.errcode != HTTP_UNAUTHORIZED:
                        self.report(error)
                        return False
                    if not self._log_in():
                        return False
            except Exception as error:
                # Commands of plug-ins may raise anything; the line is all that scripts know of it.
                with self._out_of_the_way():
                    self.report(error)
                return False

    def _log_in(self) -> bool:
        self.output("Server requires authentication")
        if ask_credentials(self.options, self.terminal):
            return True
        self.hint(why_unknown(self.options))
        self.exitstatus = LSBInitExitStatuses.GENERIC
        return False

    # -------------------------------------------------------------- the daemon

    def get_server_proxy(self, namespace: str | None = None) -> Any:
        """Proxy of a namespace of the daemon, or of all; one connection serves the session."""
        options, connection = self.options, self._connection
        target = (options.serverurl, options.username, options.password)
        if connection.proxy is None or connection.target != target:
            connection.proxy = options.getServerProxy()
            connection.target = target
        return connection.proxy if namespace is None else getattr(connection.proxy, namespace)

    def get_supervisor(self) -> Any:
        """Proxy of the `supervisor` namespace."""
        return self.get_server_proxy("supervisor")

    def upcheck(self) -> bool:
        """True if the daemon answers and speaks our version; else the reason is printed."""
        try:
            with reminder(self.answer_s_max, self._tell_of_silence):
                version = self.get_supervisor().getVersion()
        except failures.Fault as fault:
            if fault.faultCode == Fault.UNKNOWN_METHOD:
                fail(self, _NO_NAMESPACE, LSBInitExitStatuses.UNIMPLEMENTED_FEATURE)
            else:
                self.report(fault)
            return False
        except (ConnectionRefusedError, FileNotFoundError) as error:
            from supervisor.ctl.diagnosis import failure_line  # late: most daemons answer

            self.report(error)
            self.exitstatus = failure_line(error, self.options.serverurl)[1]
            return False
        if version != API_VERSION:
            message = _WRONG_API_VERSION.format(ours=API_VERSION, theirs=version)
            fail(self, message, LSBInitExitStatuses.NOT_INSTALLED)
            return False
        return True

    def _tell_of_silence(self) -> None:
        from supervisor.ctl.diagnosis import explain_silence  # late: as above

        self.hint(explain_silence(self.options, self.answer_s_max))

    def set_exitstatus_from_xmlrpc_fault(
        self, faultcode: int, ignored_faultcode: int | None = None
    ) -> None:
        """Set the exit status that belongs to a fault; success leaves it alone."""
        self.exitstatus = exit_code_of_fault(faultcode, ignored_faultcode, self.exitstatus)

    # -------------------------------------------------------------- output

    def write(self, text: str) -> None:
        """Print text as it is, at once; what the terminal cannot show is escaped."""
        try:
            write_now(self.stdout, text)
        except UnicodeEncodeError:
            encoding = getattr(self.stdout, "encoding", None) or "ascii"
            write_now(self.stdout, text.encode(encoding, "backslashreplace").decode(encoding))

    def write_bytes(self, data: bytes) -> None:
        """Print bytes as they are, at once."""
        write_bytes_now(self.stdout, data)

    def output(self, message: str) -> None:
        """Print a line."""
        self.write(f"{message}\n")

    def messages_on_stderr(self) -> "AbstractContextManager[None]":
        """While it is entered, what is printed goes to stderr."""
        return _MessagesOnStderr(self)

    def _out_of_the_way(self) -> "AbstractContextManager[None]":
        """Where it is told what ended a command: on stderr if its own messages go there."""
        return self.messages_on_stderr() if self.keeps_stdout_clear else nullcontext()

    def report(self, error: Exception) -> None:
        """Print what went wrong on the way to the daemon, and why."""
        if isinstance(error, failures.Fault) and error.faultCode == Fault.SHUTDOWN_STATE:
            fail(self, "ERROR: supervisor shutting down", LSBInitExitStatuses.GENERIC)
            return
        if isinstance(error, failures.Fault) and error.faultCode == Fault.FORBIDDEN:
            fail(self, f"ERROR: {error.faultString}")
            self.hint(why_forbidden(self.options))
            return
        from supervisor.ctl.diagnosis import explain, failure_line  # late: as above

        self.output(failure_line(error, self.options.serverurl)[0])
        self.exitstatus = LSBInitExitStatuses.GENERIC
        hint = explain(error, self.options)
        if hint is not None:
            self.hint(hint)

    def hint(self, text: str) -> None:
        """Tell a person more, on stderr and once, so that scripts see what they always saw."""
        if text != self._last_hint:
            tell_on_stderr(text)
        self._last_hint = text

    def confirm(self, question: str) -> bool:
        """The answer to a yes/no question; true without asking in a one-shot command."""
        if not self.options.interactive:
            return True
        try:
            return self.terminal.ask(question).lower().startswith("y")
        except EOFError:
            self.output("")
            self.exitstatus = LSBInitExitStatuses.GENERIC
            return False

    def run_status(self) -> None:
        """Run `status` without touching the exit status."""
        before = self.exitstatus
        self.onecmd("status")
        self.exitstatus = before

    # -------------------------------------------------------------- help, end, Tab

    def do_help(self, arg: str) -> None:
        """Print help on a topic, or the list of all commands."""
        if arg == "help":
            self.output("help\t\tPrint a list of available actions")
            self.output("help <action>\tPrint help for <action>")
            return
        plugins = self.options.plugins
        if arg:
            # Who has the command explains it; only then those that may know topics of their own.
            plugins = [plugin for plugin in plugins if knows(plugin, arg)][:1] or [
                plugin for plugin in plugins if explains_by_itself(plugin)
            ]
        for plugin in plugins:
            # One by one: a plug-in that fails must not keep the others from being listed.
            self._guarded(helper_of(plugin, self), arg)
        if not plugins:
            self.output(f"*** No help on {arg}")

    def do_EOF(self, arg: str) -> bool:
        """Leave the shell at the end of the input."""
        self.output("")
        return True

    def complete(self, text: str, state: int) -> str | None:  # type: ignore[override]
        """The candidate with that number for the word at the cursor, None behind the last."""
        from supervisor.ctl import line_editing  # late: as above

        candidates = self._completion.candidates(line_editing.line_around_cursor(), text)
        return candidates[state] if state < len(candidates) else None
