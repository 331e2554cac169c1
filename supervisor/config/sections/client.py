"""``[supervisorctl]``: how the client finds its daemon."""

from supervisor.config.option import option, options_of
from supervisor.config.record import record
from supervisor.config.sections.plugins import PluginSettings
from supervisor.config.valuetypes import BOOLEAN, PATH, SERVER_URL, STRING

SECTION = "supervisorctl"
SERVER_URL_DEFAULT = "http://localhost:9001"


@record
class CtlSettings:
    """Options of supervisorctl, those of the command line included."""

    serverurl: str = option(
        SERVER_URL,
        "Where supervisord listens: unix:///path, http://host:port or https://host:port.",
        default=SERVER_URL_DEFAULT,
        shown_default=SERVER_URL_DEFAULT,
        sample="unix:///tmp/supervisor.sock",
        is_active_in_sample=True,
    )
    username: str | None = option(
        STRING,
        "User name of [unix_http_server] or [inet_http_server], or of a [user:NAME].",
        sample="user",
    )
    password: str | None = option(
        STRING,
        "Password of [unix_http_server] or [inet_http_server], in clear text.",
        sample="123",
    )
    token: str | None = option(
        STRING,
        "Token of a [user:NAME], in place of user name and password. supervisorctl make-token "
        "makes one.",
        is_secret=True,
        sample="%(ENV_SUPERVISOR_TOKEN)s",
        since="5.0",
    )
    ssl_ca: str | None = option(
        PATH,
        "Authorities, in PEM, that are trusted to sign certificates of https servers.",
        shown_default="those of the system",
        sample="/etc/supervisor/ca.crt",
        since="5.0",
    )
    ssl_verify: bool = option(
        BOOLEAN,
        "Whether the certificate of an https server is checked. Without the check, anybody "
        "between may read along.",
        default=True,
        shown_default="true",
        sample="true",
        since="5.0",
    )
    ssl_certfile: str | None = option(
        PATH,
        "Certificate of the client in PEM, for servers with ssl_client_ca.",
        sample="/etc/supervisor/client.crt",
        since="5.0",
    )
    ssl_keyfile: str | None = option(
        PATH,
        "Private key of that certificate in PEM.",
        shown_default="in ssl_certfile",
        sample="/etc/supervisor/client.key",
        since="5.0",
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
