"""From settings to policies: what the configuration says, in the words of the core."""

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
from supervisor.hints import Any, Callable, TypeVar
from supervisor.host.signals import signal_name
from supervisor.signals import signal

_T = TypeVar("_T")

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
        _shared(_start_policy, settings.autostart, settings.startsecs, settings.startretries),
        _shared(_restart_policy, settings.autorestart, settings.exitcodes),
        stop_policy(settings),
    )


def stop_policy(settings: ProcessSettings) -> StopPolicy:
    """The stop signal first, then SIGKILL every `stopwaitsecs` until it is gone."""
    return _shared(
        _ladder,
        settings.stopsignal,
        settings.stopasgroup,
        settings.killasgroup,
        settings.stopwaitsecs,
    )


_SHARED_COUNT_MAX = 384
_policies: dict[tuple[object, ...], Any] = {}


def _shared(make: Callable[..., _T], *settings: object) -> _T:
    """What `make` makes of these settings.

    Most programs of a configuration have the same policies: equal ones are one object, which saves
    half a KiB per program.
    """
    key = (make, *settings)
    policy: _T | None = _policies.get(key)
    if policy is None:
        if len(_policies) >= _SHARED_COUNT_MAX:
            _policies.clear()
        policy = _policies[key] = make(*settings)
    return policy


def _start_policy(autostart: bool, startsecs: int, startretries: int) -> StartPolicy:
    return StartPolicy(autostart, float(startsecs), startretries)


def _restart_policy(autorestart: Autorestart, exitcodes: tuple[int, ...]) -> RestartPolicy:
    return RestartPolicy(_RESTART[autorestart], exitcodes)


def _ladder(signum: int, stopasgroup: bool, killasgroup: bool, stopwaitsecs: int) -> StopPolicy:
    wait_s = float(stopwaitsecs)
    return StopPolicy(
        (_rung(signum, wait_s, stopasgroup), _rung(signal.SIGKILL, wait_s, killasgroup))
    )


def _rung(signum: int, wait_s: float, to_group: bool) -> Rung:
    return Rung(signum, signal_name(signum), wait_s, to_group)
