"""`supervisorctl query` with a real daemon and real listeners."""

import json
import subprocess

from supervisor.tests.support.daemon import OUR_CTL, clean_environment
from supervisor.tests.support.scenario_live import live, script, wait_text

LISTENER = """#!{python}
import os, sys
from supervisor import childutils

ANSWERS = {"bytes": b"\\xff\\r\\n\\x00", "empty": b"", "fail": b"FAIL"}
while True:
    headers, payload = childutils.listener.wait(sys.stdin, sys.stdout)
    if payload == "silence":
        open("{dir}/asked", "w").write("asked")
        sys.stdin.read()
    name = headers["eventname"]
    data = ANSWERS.get(payload) if payload in ANSWERS else f"{name} {payload}!".encode()
    sys.stdout.flush()
    sys.stdout.buffer.write(b"RESULT %d\\n%s" % (len(data), data))
    sys.stdout.buffer.flush()
"""

CONFIG = """
[eventlistener:ears]
command = {dir}/ears
events = TICK_3600
startsecs = 0
numprocs = 2
process_name = %(program_name)s_%(process_num)d
[program:cat]
command = cat
startsecs = 0
"""


def test_query_gets_what_a_listener_answers_and_says_why_there_is_none() -> None:
    """`query POOL TEXT` prints the listener's result; errors in words; the listeners go on."""
    with live(CONFIG, start=False) as daemon:
        script(daemon, "ears", LISTENER)
        daemon.start()
        daemon.wait_state("ears:ears_0", "RUNNING")

        asked = daemon.ctl("query", "ears", "wie", "geht's,", "Jürgen?")
        assert (asked.stdout, asked.returncode) == ("MONITOR_QUERY wie geht's, Jürgen?!\n", 0)
        struct = json.loads(daemon.ctl("query", "--json", "ears", "x").stdout)
        assert struct == {"group": "ears", "result": "MONITOR_QUERY x!", "result_base64": None}
        assert daemon.ctl("query", "ears", "empty").stdout == "\n"

        raw = subprocess.run(
            [*OUR_CTL, "-c", str(daemon.config), "query", "ears", "bytes"],
            env=clean_environment(OUR_CTL),
            capture_output=True,
            timeout=20,
            check=False,
        )
        assert (raw.stdout, raw.returncode) == (b"\xff\r\n\x00", 0)

        for pool in ("cat", "nobody"):
            refused = daemon.ctl("query", pool, "x")
            assert refused.stdout == f"{pool}: ERROR (no such group of event listeners)\n"
            assert refused.returncode == 1

        silent = daemon.ctl("query", "--timeout", "1", "ears", "silence")
        wait_text(daemon.directory / "asked", "asked")
        assert silent.stdout.startswith("ears: ERROR (")
        assert silent.returncode == 1
        assert daemon.ctl("query", "ears", "again").stdout == "MONITOR_QUERY again!\n"
