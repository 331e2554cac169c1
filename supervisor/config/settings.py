"""The whole configuration, typed and complete: what the rest of the package works with."""

from supervisor.config.record import record
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.plugins import PluginSettings
from supervisor.config.sections.servers import ServerSettings
from supervisor.config.sections.supervisord import SupervisordSettings
from supervisor.config.sections.users import UserSettings


@record
class Settings:
    """A configuration without errors."""

    path: str
    """Absolute path of the main file."""
    here: str
    """Directory of the main file."""
    supervisord: SupervisordSettings
    groups: tuple[GroupSettings, ...]
    """By priority and name, each name once."""
    servers: tuple[ServerSettings, ...]
    """In the order in which they are opened: inet, then unix."""
    rpcinterfaces: tuple[PluginSettings, ...]
    """In order of their sections."""
    users: tuple[UserSettings, ...] = ()
    """In order of their sections."""
    serverurl: str | None
    """URL of this daemon for children whose program does not set its own."""
