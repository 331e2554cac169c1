"""What holds for the whole suite: how often laws are tried, and what the collector looks at."""

import gc
import signal

import pytest
from hypothesis import settings

from supervisor.tests.support.budget import BUDGET, tries

# Without time limits: a busy machine breaks no law.
settings.register_profile(BUDGET, deadline=None, max_examples=tries(100))
settings.load_profile(BUDGET)

# A shell has its background jobs ignore Ctrl-C, and nohup what it starts the end of a terminal; so
# would every program that is tested. What is handled here is as usual for those.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda number, frame: None)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """The suite itself stays: who looks for garbage need not look through it each time."""
    gc.collect()
    gc.freeze()
