"""The daemon as plug-ins know it: what factories are called with."""

from supervisor.daemon.plugin_view.groups import ProcessGroupBase
from supervisor.daemon.plugin_view.home import LiveHome, settings_of_group
from supervisor.daemon.plugin_view.inside import Inside
from supervisor.daemon.plugin_view.mappings import LiveMapping
from supervisor.daemon.plugin_view.options import LiveOptions
from supervisor.daemon.plugins import Parts
from supervisor.daemon.servers import Servers
from supervisor.events import TICK_EVENTS
from supervisor.hints import Any, MutableMapping
from supervisor.rpc.ports import Services
from supervisor.states import SupervisorStates


class ActiveGroups(LiveMapping[ProcessGroupBase]):
    """Active groups by name: what is put in runs, what is taken out is gone."""

    def __init__(self, home: LiveHome) -> None:
        self._home = home

    def __getitem__(self, name: str) -> ProcessGroupBase:
        return self._home.group(name)

    def __setitem__(self, name: str, group: ProcessGroupBase) -> None:
        if name != group.config.name:
            raise ValueError(f"cannot make group {group.config.name!r} active as {name!r}")
        if not self._home.add_group(group) and self.get(name) is not group:
            raise ValueError(f"cannot make group {name!r} active")

    def __delitem__(self, name: str) -> None:
        if not self._home.remove_group(name):
            raise ValueError(f"cannot take group {name!r} out: some of its processes run")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._home.inside.parts.groups

    def names(self) -> list[str]:
        """In the order in which they became active."""
        return [each.name for each in self._home.inside.parts.groups.settings()]


class Supervisor:
    """The daemon. Attributes that plug-ins set stay with it."""

    options: Any
    process_groups: MutableMapping[str, Any]

    def __init__(self, options: Any) -> None:
        self.options = options
        self.process_groups = {}
        self._home: LiveHome | None = None

    @classmethod
    def of(cls, parts: Parts) -> "Supervisor":
        """The running daemon."""
        made = cls(None)
        made._home = home = LiveHome(Inside(parts))
        made.options = home.options = LiveOptions(home, made)
        made.process_groups = ActiveGroups(home)
        return made

    def serve(self, servers: Servers) -> None:
        """These are, or will be, the servers."""
        self.home.inside.servers = servers

    def close(self) -> None:
        """The daemon is at its end."""
        self.home.inside.close()

    @property
    def home(self) -> LiveHome:
        """Where everything that is live is found. Raises ValueError outside of a daemon."""
        if self._home is None:
            raise ValueError("this is not a running daemon")
        return self._home

    @property
    def services(self) -> Services:
        """What RPC interfaces get of the daemon."""
        return self.home.inside.parts.services

    # -- state -----------------------------------------------------------------------------------

    def get_state(self) -> int:
        """One of SupervisorStates."""
        mood: int = self.options.mood
        return mood

    @property
    def stopping(self) -> bool:
        """Whether the daemon is about to leave, or to restart."""
        return self.get_state() < SupervisorStates.RUNNING

    @property
    def stop_groups(self) -> list[Any] | None:
        """While the daemon leaves: groups that have yet to stop, the next one last."""
        if not self.stopping:
            return None
        return [each for each in sorted(self.process_groups.values()) if _runs(each)]

    @property
    def ticks(self) -> dict[int, int]:
        """For each kind of tick, the beginning of the slice of time that it is now."""
        if self._home is None:
            return {}
        wall_s = self._home.inside.parts.clock.now().wall_s
        return {each.period: int(wall_s - wall_s % each.period) for each in TICK_EVENTS}

    # -- groups ----------------------------------------------------------------------------------

    def diff_to_active(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Configs of groups that are (added, changed, removed) compared with what is active."""
        active = {each.name: each for each in self.home.inside.parts.groups.settings()}
        configs = list(self.options.process_group_configs)
        wanted = {each.name: settings_of_group(each) for each in configs}
        added = [each for each in configs if each.name not in active]
        changed = [
            each
            for each in configs
            if each.name in active and wanted[each.name] != active[each.name]
        ]
        now = self.process_groups.items()
        removed = [each.config for name, each in now if name in active and name not in wanted]
        return added, changed, removed

    def add_process_group(self, config: Any) -> bool:
        """Make a group active; False if there is one of that name."""
        return self.home.add_group(config.make_group())

    def remove_process_group(self, name: str) -> bool:
        """Take a group out; False if some of its processes run. Raises KeyError."""
        return self.home.remove_group(name)

    def get_process_map(self) -> dict[int, Any]:
        """What is connected to the children of all processes, by descriptor."""
        found: dict[int, Any] = {}
        for group in self.process_groups.values():
            found.update(group.get_dispatchers())
        return found

    def reap(self, once: bool = False, recursionguard: int = 0) -> None:
        """Take note of all children that have ended."""
        executor = self.home.inside.parts.executor
        self.home.inside.in_loop(executor.reap)


def _runs(group: Any) -> bool:
    return bool(group.get_unstopped_processes())
