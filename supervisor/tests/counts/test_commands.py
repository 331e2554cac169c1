"""What a command of supervisorctl costs, by count of the functions that it calls."""

import ast
import subprocess
import sys
from collections.abc import Mapping

from supervisor.tests.counts.calls import CALM
from supervisor.tests.support.daemon import clean_environment
from supervisor.tests.support.scenario_live import live

FEW_COUNT, MANY_COUNT = 100, 1100
PROCESS_CALLS_MAX = 20
"""For each line of ``status``; 18 at present. So 5,000 take 0.1 s."""
REQUESTS = {"connect": 1, "sendall": 2}
"""Which version is it, how are all of them: over one connection."""

COUNTED = """
import collections, sys
from supervisor.supervisorctl import main
calls = collections.Counter()
def count(frame, event, function):
    if event == "call":
        calls["of Python"] += 1
    elif event == "c_call":
        calls[function.__name__] += 1
sys.setprofile(count)
try:
    main(sys.argv[1:])
except SystemExit:
    pass
finally:
    sys.setprofile(None)
    print(dict(calls), file=sys.stderr)
"""


def status_calls(processes_count: int) -> Mapping[str, int]:
    """How often ``status`` calls which function, with so many processes that are stopped."""
    config = f"""
    [program:crowd]
    command = sleep 1000
    process_name = %(process_num)04d
    numprocs = {processes_count}
    autostart = false
    """.replace("\n    ", "\n")
    with live(config, environment=CALM) as daemon:
        done = subprocess.run(
            [sys.executable, "-c", COUNTED, "-c", str(daemon.config), "status"],
            env=clean_environment((sys.executable,)),
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=True,
        )
    assert done.stdout.count("STOPPED") == processes_count
    found = ast.literal_eval(done.stderr)
    assert isinstance(found, dict)
    return found


def test_status_costs_few_calls_for_each_process_and_two_requests_for_all() -> None:
    """No line is asked for, looked up or formatted by itself: thousands are listed at once."""
    few, many = status_calls(FEW_COUNT), status_calls(MANY_COUNT)
    more_count = sum(many.values()) - sum(few.values())
    assert more_count <= PROCESS_CALLS_MAX * (MANY_COUNT - FEW_COUNT)
    assert {name: many.get(name) for name in REQUESTS} == REQUESTS
