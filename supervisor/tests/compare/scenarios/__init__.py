"""All scenarios of the differential suite, by area."""

from supervisor.tests.compare.scenarios import (
    child,
    config,
    ctl,
    ctl_plugins,
    daemon,
    fcgi,
    lifecycle,
    listeners,
    logs,
    rpc,
    signals,
)
from supervisor.tests.support.scenario import Scenario

ALL: tuple[Scenario, ...] = (
    *lifecycle.SCENARIOS,
    *signals.SCENARIOS,
    *child.SCENARIOS,
    *logs.SCENARIOS,
    *rpc.SCENARIOS,
    *ctl.SCENARIOS,
    *ctl_plugins.SCENARIOS,
    *config.SCENARIOS,
    *daemon.SCENARIOS,
    *fcgi.SCENARIOS,
    *listeners.SCENARIOS,
)
