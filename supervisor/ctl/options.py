"""What the shell needs to know: whom to talk to, as whom, and how to look.

The object is open to plug-ins as `ctl.options`, and changes: `open` switches to another daemon,
and credentials typed at a prompt are kept for the session.
"""

from supervisor.client.address import SYSTEM_TRUST, Address, Trust, parse_serverurl
from supervisor.client.proxy import ServerProxy
from supervisor.config.sections.client import SERVER_URL_DEFAULT
from supervisor.hints import Any, Callable, Mapping

PluginFactory = tuple[str, Callable[..., Any], Mapping[str, str]]
"""Name, factory(controller, **options), options of the section."""


class ShellOptions:
    """Options of one session."""

    serverurl: str = SERVER_URL_DEFAULT
    username: str | None = None
    password: str | None = None
    token: str | None = None
    """Counts where name and password do not."""
    trust: Trust = SYSTEM_TRUST
    """For daemons that speak https."""
    prompt: str = "supervisor"
    interactive: bool = False
    """Ask before a shutdown, ask for credentials."""
    history_file: str | None = None
    configfile: str | None = None
    """The file that was read; None if there was none."""
    configfile_given: bool = False
    """True if a person named the file, by -c, instead of its being found."""
    serverurl_given: bool = False
    """True if a person named the URL, by -s or by `open`, instead of a file."""
    args: list[str]
    plugin_factories: list[PluginFactory]
    plugins: list[Any]
    """The plug-ins of the session, set by the controller."""

    def __init__(self, **given: Any) -> None:
        """Raises TypeError for what is no option."""
        unknown = given.keys() - ShellOptions.__annotations__.keys()
        if unknown:
            raise TypeError(f"cannot make options: unknown {', '.join(sorted(unknown))}")
        self.args, self.plugin_factories, self.plugins = [], [], []
        for name, value in given.items():
            setattr(self, name, value)

    @property
    def address(self) -> Address:
        """Where the daemon listens. Raises ValueError."""
        return parse_serverurl(self.serverurl, self.trust)

    @property
    def credentials(self) -> tuple[str | None, str | None, str | None]:
        """Name, password and token; name and password count only if both are set."""
        if self.username and self.password:
            return self.username, self.password, None
        return None, None, self.token

    def getServerProxy(self) -> ServerProxy:
        """A new proxy over a connection of its own."""
        return ServerProxy(self.serverurl, *self.credentials, self.trust)
