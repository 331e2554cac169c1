"""What holds for the whole suite: how often laws are tried, and what the collector looks at."""

import gc
import signal

import pytest
from hypothesis import settings

from supervisor.tests.support.budget import BUDGET, tries

# Without time limits: a busy machine breaks no law.
settings.register_profile(BUDGET, deadline=None, max_examples=tries(100))
settings.load_profile(BUDGET)

ID_LENGTH_MAX = 120
"""Characters of one argument in the name of a test; some tests are given 16 MiB."""

# A shell has its background jobs ignore Ctrl-C, and nohup what it starts the end of a terminal; so
# would every program that is tested. What is handled here is as usual for those.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda number, frame: None)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test after a long argument's begin and length: names are sent to and fro a lot."""
    if isinstance(val, str | bytes) and len(val) > ID_LENGTH_MAX:
        begin = val[: ID_LENGTH_MAX // 2]
        text = begin if isinstance(begin, str) else begin.decode("ascii", "backslashreplace")
        return f"{argname}: {len(val)} of {text!a}"
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """The suite itself stays: who looks for garbage need not look through it each time."""
    gc.collect()
    gc.freeze()
