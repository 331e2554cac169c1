"""From settings to policies: what the configuration says, in the words of the core."""

from signal import SIGKILL

from supervisor.config.sections.group import GroupSettings
from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import Autorestart
from supervisor.core.policies import (
    GroupSpec,
    ProcessSpec,
    Restart,
    RestartPolicy,
    Rung,
    StartPolicy,
    StopPolicy,
)
from supervisor.host.signals import signal_name

_RESTART = {
    Autorestart.NEVER: Restart.NEVER,
    Autorestart.UNEXPECTED: Restart.UNEXPECTED,
    Autorestart.ALWAYS: Restart.ALWAYS,
}


def group_spec(settings: GroupSettings) -> GroupSpec:
    """The group with its members in configuration order."""
    return GroupSpec(
        settings.name,
        settings.priority,
        settings.kind,
        tuple(process_spec(each) for each in settings.processes),
    )


def process_spec(settings: ProcessSettings) -> ProcessSpec:
    """The policies of one process."""
    return ProcessSpec(
        settings.name,
        settings.group,
        settings.priority,
        StartPolicy(settings.autostart, float(settings.startsecs), settings.startretries),
        RestartPolicy(_RESTART[settings.autorestart], settings.exitcodes),
        stop_policy(settings),
    )


def stop_policy(settings: ProcessSettings) -> StopPolicy:
    """The stop signal first, then SIGKILL every `stopwaitsecs` until it is gone."""
    wait_s = float(settings.stopwaitsecs)
    return StopPolicy(
        (
            _rung(settings.stopsignal, wait_s, settings.stopasgroup),
            _rung(SIGKILL, wait_s, settings.killasgroup),
        )
    )


def _rung(signum: int, wait_s: float, to_group: bool) -> Rung:
    return Rung(signum, signal_name(signum), wait_s, to_group)
