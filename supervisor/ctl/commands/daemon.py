"""The daemon itself: shutdown, reload, version, open."""

from supervisor.client import failures
from supervisor.ctl.command import Command, Offer, Shell, fail
from supervisor.ctl.commands.config import format_alone, report_broken_file, takes_no_arguments
from supervisor.ctl.output import complete_format, print_json
from supervisor.errors import Fault
from supervisor.hints import Iterable, Sequence
from supervisor.suppressing import nullcontext


class Shutdown(Command):
    """Ends the daemon with all its processes."""

    name = "shutdown"
    help = "shutdown \tShut the remote supervisord down."

    def run(self, shell: Shell, argument: str) -> None:
        if not takes_no_arguments(self, shell, argument):
            return
        if not shell.confirm("Really shut the remote supervisord process down y/N? "):
            return
        try:
            shell.get_supervisor().shutdown()
        except failures.Fault as fault:
            if fault.faultCode != Fault.SHUTDOWN_STATE:
                raise
            # Not a failure: it does what was asked for.
            shell.output("ERROR: already shutting down")
        except (ConnectionRefusedError, FileNotFoundError) as error:
            what = "no such file" if failures.is_no_socket_file(error) else "refused connection"
            url = shell.options.serverurl
            fail(shell, f"ERROR: {url} {what} (already shut down?)")
        else:
            shell.output("Shut down")


class Reload(Command):
    """Restarts the daemon with all its processes; it does not wait for them."""

    name = "reload"
    help = "reload \t\tRestart the remote supervisord."

    def run(self, shell: Shell, argument: str) -> None:
        if not takes_no_arguments(self, shell, argument):
            return
        if not shell.confirm("Really restart the remote supervisord process y/N? "):
            return
        try:
            shell.get_supervisor().restart()
        except failures.Fault as fault:
            if fault.faultCode == Fault.SHUTDOWN_STATE:
                fail(shell, "ERROR: already shutting down")
            elif fault.faultCode == Fault.CANT_REREAD:
                report_broken_file(shell, fault)
            else:
                raise
        else:
            shell.output("Restarted supervisord")


class Version(Command):
    """Prints the version of the daemon, which may differ from the shell's."""

    name = "version"
    prints_json = True
    help = (
        "version\t\t\tShow the version of the remote supervisord process\n"
        "version --output json\tGet it in a JSON object, for programs"
    )

    def run(self, shell: Shell, argument: str) -> None:
        as_json = format_alone(self, shell, argument)
        if as_json is None:
            return
        # What is no JSON must not get between the JSON.
        with shell.messages_on_stderr() if as_json else nullcontext():
            version = shell.get_supervisor().getSupervisorVersion() if shell.upcheck() else None
        if version is None:
            return
        if as_json:
            print_json(shell, {"version": version})
        else:
            shell.output(version)

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        return complete_format(before)


class ClearFatal(Command):
    """Accepts whatever made the daemon FATAL."""

    name = "clearfatal"
    help = (
        "clearfatal\t\tMake the remote supervisord RUNNING again after FATAL,\n"
        "\t\t\twhatever it complains about (see status --state)."
    )

    def run(self, shell: Shell, argument: str) -> None:
        if not takes_no_arguments(self, shell, argument) or not shell.upcheck():
            return
        supervisor = shell.get_supervisor()
        state = supervisor.getState()
        supervisor.clearFatal()
        reason = state.get("reason")
        shell.output(f"supervisord: cleared ({reason})" if reason else "supervisord: not FATAL")


class Open(Command):
    """Switches the session to another daemon."""

    name = "open"
    help = (
        "open <url>\tConnect to a remote supervisord process.\n"
        "\t\t(for UNIX domain socket, use unix:///socket/path)"
    )

    def run(self, shell: Shell, argument: str) -> None:
        if not argument.startswith(("http://", "https://", "unix://")):
            fail(shell, "ERROR: url must be http:// or unix://")
            return
        shell.options.serverurl = argument
        shell.options.serverurl_given = True
        shell.run_status()


class Quit(Command):
    """Leaves the shell."""

    name = "quit"
    help = "quit\tExit the supervisor shell."

    def run(self, shell: Shell, argument: str) -> bool:
        shell.output("")
        return True


class Exit(Quit):
    """Leaves the shell, for those who type this."""

    name = "exit"
    help = "exit\tExit the supervisor shell."
