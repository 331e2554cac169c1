"""``[supervisorctl]``: how the client finds its daemon."""

from supervisor.config.option import option, options_of
from supervisor.config.record import record
from supervisor.config.sections.plugins import PluginSettings
from supervisor.config.valuetypes import PATH, SERVER_URL, STRING

SECTION = "supervisorctl"
SERVER_URL_DEFAULT = "http://localhost:9001"


@record
class CtlSettings:
    """Options of supervisorctl, those of the command line included."""

    serverurl: str = option(
        SERVER_URL,
        "Where supervisord listens: unix:///path or http://host:port.",
        default=SERVER_URL_DEFAULT,
        shown_default=SERVER_URL_DEFAULT,
        sample="unix:///tmp/supervisor.sock",
        is_active_in_sample=True,
    )
    username: str | None = option(
        STRING,
        "User name of [unix_http_server] or [inet_http_server].",
        sample="user",
    )
    password: str | None = option(
        STRING,
        "Password of [unix_http_server] or [inet_http_server], in clear text.",
        sample="123",
    )
    prompt: str = option(
        STRING,
        "Prompt of the shell.",
        default="supervisor",
        shown_default="supervisor",
        sample="supervisor",
    )
    history_file: str | None = option(
        PATH,
        "File that keeps the lines typed into the shell.",
        sample="~/.supervisorctl_history",
    )
    plugins: tuple[PluginSettings, ...] = ()


OPTIONS = options_of(CtlSettings)
