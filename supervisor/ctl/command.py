"""What a command of the shell is, and what it may ask of the shell.

One class per command: name, help, completion, run. A command never prints but through the shell,
and tells its outcome only through the shell's exit status.
"""

from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.options import ShellOptions
from supervisor.ctl.terminal import Terminal
from supervisor.hints import IO, TYPE_CHECKING, Any, ClassVar, Iterable, Protocol, Sequence

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Shell(Protocol):
    """What commands use of the controller."""

    exitstatus: int
    options: ShellOptions
    stdout: IO[str]
    terminal: Terminal

    def write(self, text: str) -> None:
        """Print text as it is, at once."""

    def write_bytes(self, data: bytes) -> None:
        """Print bytes as they are, at once."""

    def output(self, message: str) -> None:
        """Print a line."""

    def upcheck(self) -> bool:
        """True if the daemon answers and speaks our version; else the reason is printed."""

    def get_supervisor(self) -> Any:
        """Proxy of the `supervisor` namespace."""

    def get_server_proxy(self, namespace: str | None = None) -> Any:
        """Proxy of a namespace of the daemon, or of all of them."""

    def set_exitstatus_from_xmlrpc_fault(
        self, faultcode: int, ignored_faultcode: int | None = None
    ) -> None:
        """Set the exit status that belongs to a fault; success leaves it alone."""

    def report(self, error: Exception) -> None:
        """Print what went wrong on the way to the daemon, and why."""

    def hint(self, text: str) -> None:
        """Tell a person more, on stderr."""

    def confirm(self, question: str) -> bool:
        """The answer to a yes/no question, True without asking in a one-shot command."""

    def messages_on_stderr(self) -> "AbstractContextManager[None]":
        """While it is entered, what is printed goes to stderr."""

    def run_status(self) -> None:
        """Run `status` without touching the exit status."""


class Offer(Protocol):
    """Words that can be offered on Tab, fetched from the daemon when they are asked for."""

    def commands(self) -> Iterable[str]:
        """All command words."""

    def processes(self) -> Iterable[str]:
        """`name`, `group:name` and `group:*` of all processes."""

    def groups(self) -> Iterable[str]:
        """Groups that are active."""

    def inactive_groups(self) -> Iterable[str]:
        """Groups of the configuration read last that `add` would activate."""


class Command:
    """One command; subclasses set `name` and `help`, and define run()."""

    name: ClassVar[str]
    help: ClassVar[str]
    """Forms of the command with their effect, one per line; columns parted by tabs."""
    prints_json: ClassVar[bool] = False
    """Whether it takes `--output json`."""

    def run(self, shell: Shell, argument: str) -> bool | None:
        """Carry the command out; a true result leaves the shell."""
        raise NotImplementedError

    def complete(self, offer: Offer, before: Sequence[str]) -> Iterable[str]:
        """Words that may come next; `before` holds the finished words after the command."""
        return ()


def fail(
    shell: Shell,
    message: str,
    exit_code: int = LSBInitExitStatuses.GENERIC,
    help_text: str = "",
) -> None:
    """Print why a command cannot be carried out, and its help where that helps."""
    shell.output(message)
    if help_text:
        shell.output(help_text)
    shell.exitstatus = exit_code
