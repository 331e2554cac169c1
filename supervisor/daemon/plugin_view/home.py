"""One object for each process and each group, as long as it is active; and how they come and go.

They are made when somebody first looks at them, which may be any thread. What comes and goes does
so in the thread of the loop alone.

The config of a live process is live: setting an attribute takes effect from the next start on, or
at once where the daemon only has to decide. A value within an attribute that was changed in place,
such as a variable in `environment`, counts from the next start on.
"""

from contextlib import suppress
from threading import RLock

from supervisor.config.record import replaced
from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import AUTO_LOG, FileLog
from supervisor.daemon.children import CHANNELS, Body
from supervisor.daemon.plugin_view.groups import (
    EventListenerPool,
    FastCGIProcessGroup,
    ProcessGroup,
    ProcessGroupBase,
)
from supervisor.daemon.plugin_view.inside import Inside
from supervisor.daemon.plugin_view.processes import FastCGISubprocess, Subprocess
from supervisor.errors import HostError
from supervisor.hints import Any, Sequence
from supervisor.lean import partial
from supervisor.levels import Level
from supervisor.options import ProcessConfig, ProcessGroupConfig
from supervisor.promised.translate import (
    group_config,
    group_settings,
    process_config,
    process_settings,
)
from supervisor.states import STOPPED_STATES

_GROUP_CLASSES: dict[str, type[ProcessGroupBase]] = {
    "program": ProcessGroup,
    "eventlistener": EventListenerPool,
    "fcgi": FastCGIProcessGroup,
}


class LiveHome:
    """The active processes and groups. Implements `plugin_view.groups.Home`."""

    def __init__(self, inside: Inside) -> None:
        self.inside = inside
        self.options: Any = None
        """What configs have as `options`; set once it is made."""
        self._processes: dict[int, Subprocess] = {}
        self._groups: dict[str, ProcessGroupBase] = {}
        self._incoming: dict[tuple[str, str], Subprocess] = {}
        """Objects that plug-ins have for processes which are just becoming active."""
        self._making = RLock()
        """Held while one is made or forgotten; nobody who holds it waits for the loop."""
        parts = inside.parts
        parts.groups.on_removed = self._forget
        parts.children.before_spawn = self._look_again

    # -- finding ---------------------------------------------------------------------------------

    def process(self, process_id: int) -> Subprocess:
        """The one object for a process. Raises KeyError if it is not active."""
        with self._making:
            known = self._processes.get(process_id)
            if known is None:
                settings = self.inside.parts.children.body(process_id).settings
                group = self.group(settings.group)
                # Making the group has made its processes.
                known = self._processes.get(process_id)
            if known is None:
                known = self._incoming.get((settings.group, settings.name))
                if known is None:
                    made = FastCGISubprocess if settings.fcgi is not None else Subprocess
                    known = made(process_config(self.options, settings))
                self._enliven(known, process_id)
                known.group = group
            return known

    def group(self, name: str) -> ProcessGroupBase:
        """The one object for a group. Raises KeyError if it is not active."""
        parts = self.inside.parts
        with self._making:
            settings = parts.groups.group(name)
            known = self._groups.get(name)
            if known is None:
                if parts.supervision.group(name) is None:
                    # The loop is about to make it active.
                    raise KeyError(name)
                config = group_config(self.options, replaced(settings, processes=()))
                known = self._groups[name] = _GROUP_CLASSES[settings.kind](config)
                known.attach(self)
                config.settings = settings
                config.process_configs = [each.config for each in known.processes.values()]
                config.on_change = partial(self._group_changed, name, config)
            return known

    def is_group(self, name: str, group: ProcessGroupBase) -> bool:
        """Whether it is the active group of that name."""
        return self._groups.get(name) is group

    def _enliven(self, process: Subprocess, process_id: int) -> None:
        self._processes[process_id] = process
        process.attach(self.inside, process_id)
        body, config = self.inside.parts.children.body(process_id), process.config
        config.on_change = None
        for channel, log in body.logs.items():
            if getattr(body.settings, f"{channel}_logfile") is AUTO_LOG:
                setattr(config, f"{channel}_logfile", log.path)
        config.settings = body.settings
        config.on_change = partial(self._config_changed, process_id)

    def _forget(self, process_ids: Sequence[int]) -> None:
        active = self.inside.parts.groups
        with self._making:
            for process_id in process_ids:
                process = self._processes.pop(process_id, None)
                if process is not None:
                    process.config.on_change = None
            self._groups = {name: each for name, each in self._groups.items() if name in active}

    # -- coming and going ------------------------------------------------------------------------

    def take_in(self, group: str, name: str, process: Subprocess) -> None:
        """Make a process a member of an active group. Raises ValueError."""
        self.inside.in_loop(partial(self._take_in, group, name, process))

    def _take_in(self, group: str, name: str, process: Subprocess) -> None:
        config = process.config
        if name != config.name:
            raise ValueError(f"cannot put process {config.name!r} into a group as {name!r}")
        known = self.inside.parts.supervision.find(group, name)
        if known is not None:
            if self._processes.get(known.id) is process:
                return
            self._take_out(group, name)
        settings = process_settings(config, group)
        self._incoming[group, name] = process
        try:
            process_id = self.inside.parts.groups.add_process(settings)
            self.process(process_id)
        finally:
            del self._incoming[group, name]
        process.group = self.group(group)

    def take_out(self, group: str, name: str) -> None:
        """Take a process out of its group. Raises KeyError; ValueError while it runs."""
        self.inside.in_loop(partial(self._take_out, group, name))

    def _take_out(self, group: str, name: str) -> None:
        found = self.inside.parts.supervision.find(group, name)
        if found is None:
            raise KeyError(name)
        if found.state not in STOPPED_STATES:
            raise ValueError(f"cannot take {found.namespec} out of its group: it has not stopped")
        self.inside.parts.groups.remove_process(group, found.id)

    def add_group(self, group: ProcessGroupBase) -> bool:
        """Make a group active; False if there is one of that name, or it cannot be made.

        Raises ValueError if something about it cannot be used.
        """
        return self.inside.in_loop(partial(self._add_group, group))

    def _add_group(self, group: ProcessGroupBase) -> bool:
        parts = self.inside.parts
        settings = settings_of_group(group.config)
        if settings.name in parts.groups:
            return False
        own = {(settings.name, name): each for name, each in group.processes.items()}
        group.attach(self)
        group.config.on_change = partial(self._group_changed, settings.name, group.config)
        self._groups[settings.name] = group
        self._incoming.update(own)
        try:
            parts.groups.add(settings)
            for process_id in parts.groups.process_ids(settings.name):
                self.process(process_id)
        except HostError as error:
            del self._groups[settings.name]
            parts.main_log.log(Level.ERRO, error.message)
            return False
        finally:
            for key in own:
                del self._incoming[key]
        return True

    def remove_group(self, name: str) -> bool:
        """Take a group out; False if one of its processes has not stopped. Raises KeyError."""
        return self.inside.in_loop(partial(self._remove_group, name))

    def _remove_group(self, name: str) -> bool:
        parts = self.inside.parts
        if name not in parts.groups:
            raise KeyError(name)
        group = parts.supervision.group(name)
        if group is None or any(each.state not in STOPPED_STATES for each in group.processes):
            return False
        parts.groups.remove(name)
        return True

    # -- configs ---------------------------------------------------------------------------------

    def _group_changed(self, name: str, config: ProcessGroupConfig) -> None:
        """Make another priority count; what else a group is made of stays until it is removed."""
        with suppress(KeyError):
            # Gone while another thread was about to change it: there is nothing to change.
            if self.inside.parts.groups.group(name).priority != config.priority:
                revise = partial(self.inside.parts.groups.revise, name, int(config.priority))
                self.inside.in_loop(revise)

    def _config_changed(self, process_id: int) -> None:
        """Make what a plug-in wrote count. Raises ValueError if it cannot be used."""
        with suppress(KeyError):
            # As above.
            process, body = self._processes[process_id], self.inside.parts.children.body(process_id)
            wanted = self._settings_of(process.config, body)
            if wanted != body.settings:
                revise = partial(self.inside.parts.groups.revise_process, process_id, wanted)
                self.inside.in_loop(revise)

    def _look_again(self, process_id: int) -> None:
        if process_id not in self._processes:
            return
        try:
            self._config_changed(process_id)
        except ValueError as error:
            name = self._processes[process_id].config.name
            self.inside.parts.main_log.log(
                Level.ERRO, f"{name} is started as it was before a plug-in changed it: {error}"
            )

    def _settings_of(self, config: ProcessConfig, body: Body) -> ProcessSettings:
        # What the attributes do not say stays as it is, the name included.
        now = config.settings = body.settings
        kept: dict[str, Any] = {"process_name": now.process_name}
        wanted = process_settings(config, now.group)
        for channel in CHANNELS:
            key = f"{channel}_logfile"
            log, is_auto = body.logs.get(channel), getattr(now, key) is AUTO_LOG
            if is_auto and log is not None and getattr(wanted, key) == FileLog(log.path):
                kept[key] = AUTO_LOG
        return replaced(wanted, **kept)


def settings_of_group(config: ProcessGroupConfig) -> GroupSettings:
    """The settings that a group stands for now: those of the file if nothing was changed."""
    settings = group_settings(config)
    return config.settings if config.settings == settings else settings
