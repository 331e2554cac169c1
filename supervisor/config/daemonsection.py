"""``[supervisord]`` and the command line → the options of the daemon."""

import os.path

from supervisor.config.document import Section
from supervisor.config.expand import Names
from supervisor.config.groups import keys_of
from supervisor.config.reading import Environment, Options, Reader, program_suffix
from supervisor.config.sections.supervisord import (
    LOGFILE_DEFAULT,
    OPTIONS,
    PIDFILE_DEFAULT,
    SupervisordSettings,
    child_log_base,
)
from supervisor.config.values import FileLog
from supervisor.errors import Severity
from supervisor.hints import Any, Mapping

RUNNING_AS_ROOT = (
    "Supervisor is running as root.  Privileges were not dropped because no user is specified in "
    "the config file.  If you intend to run as root, you can set user=root in the config file to "
    "avoid this message."
)
_ONLY_WHEN_DAEMONIZING = ("directory", "umask")
_SEPARATE = ("environment", "user")
_USER: Options = {"user": OPTIONS["user"]}
_ENVIRONMENT: Options = {"environment": OPTIONS["environment"]}
_OTHERS: Options = {key: option for key, option in OPTIONS.items() if key not in _SEPARATE}


class DaemonSection:
    """Reads the section in two steps, because its user is judged after everything else."""

    def __init__(self, section: Section, reader: Reader, overrides: Mapping[str, Any]) -> None:
        self._section = section
        self._reader = reader
        self._overrides = overrides
        self._values: dict[str, Any] = {}

    def read_first_part(self) -> None:
        """All keys but the user; the variables of `environment` are known to the reader then."""
        section, reader = self._section, self._reader
        reader.warn_about_unknown_keys(section, keys_of([OPTIONS]))
        values = reader.read(section, _OTHERS, Names(reader.environ))
        names = Names(reader.environ, host_node_name=reader.hostname)
        pairs = reader.read(section, _ENVIRONMENT, names).get("environment")
        variables: Environment = {}
        if pairs is not None:
            variables = reader.variables(pairs, section, names)
        reader.set_global_environment(variables)
        if values.get("event_drain_secs", 0) < 0:
            message = f"invalid event_drain_secs ({values['event_drain_secs']})"
            place = section.place_of("event_drain_secs")
            reader.problems.error(message, place, "at least 0", program_suffix(section))
        self._values = {**values, "environment": variables}
        known = {**values, **self._overrides}
        reader.lookups.child_log_base = child_log_base(
            reader.surroundings.cwd, known.get("nodaemon", False), known.get("directory")
        )

    def daemon_uid(self) -> int:
        """The user that the daemon will run as, as far as it is known before the second part."""
        account = self._overrides.get("user")
        entry = self._section.get("user")
        if account is None and entry is not None:
            try:
                account = _USER["user"].type.convert(entry.text, self._reader.lookups)
            except ValueError:
                account = None
        return account.uid if account is not None else self._reader.surroundings.euid

    def read_user(self) -> None:
        """The user, which is judged last."""
        names = Names(self._reader.environ)
        self._values.update(self._reader.read(self._section, _USER, names))

    def settings(self) -> SupervisordSettings:
        """All options, those of the command line on top."""
        surroundings = self._reader.surroundings
        cwd = surroundings.cwd
        values = {**self._values, **self._overrides}
        values.setdefault("logfile", FileLog(os.path.join(cwd, LOGFILE_DEFAULT)))
        values.setdefault("pidfile", os.path.join(cwd, PIDFILE_DEFAULT))
        if "childlogdir" not in values:
            values["childlogdir"] = surroundings.default_childlogdir()
        settings = SupervisordSettings(start_cwd=cwd, **values)
        self._say_what_is_without_effect(settings, values)
        if surroundings.euid == 0 and settings.user is None:
            self._reader.problems.say_at_start(RUNNING_AS_ROOT, Severity.CRITICAL)
        return settings

    def _say_what_is_without_effect(
        self, settings: SupervisordSettings, values: Mapping[str, Any]
    ) -> None:
        """Containers rely on directory and umask being ignored in the foreground (C2)."""
        if not settings.nodaemon:
            return
        for key in _ONLY_WHEN_DAEMONIZING:
            if key in values:
                self._reader.problems.hint(
                    f"{key} has no effect in the foreground", self._section.place_of(key)
                )
