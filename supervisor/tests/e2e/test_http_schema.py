"""The API against its own OpenAPI document: requests made from it, good and bad, by schemathesis.

No answer may be a server error, have a status that is not documented, or not fit its schema.
What is valid is taken unless a method refuses it, which its fault says; what is not is refused.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance

from supervisor.rpc.caller import ANYBODY
from supervisor.tests.support.daemon import OUR_DAEMON, LiveDaemon, free_port
from supervisor.tests.web.api.desk import Desk
from supervisor.web.api.openapi import document
from supervisor.web.api.table import all_operations

EXAMPLES_COUNT = 8
TIMEOUT_S = 20
CONFIG = """
[inet_http_server]
port = 127.0.0.1:%d

[program:cat]
command = cat
startsecs = 0

[program:pool]
command = sleep 600
process_name = %%(process_num)d
numprocs = 2
startsecs = 0

[eventlistener:ears]
command = cat
events = TICK_3600
startsecs = 0
"""
NAMES = {
    "name": ["cat", "pool:0", "pool", "ears", "pool:*", "gr\u00fc\u00df/e"],
    "pool": ["ears", "cat"],
    "method": [
        "supervisor.getState",
        "supervisor.readLog",
        "supervisor.tailProcessStdoutLog",
        "supervisor.startProcess",
        "supervisor.signalProcess",
        "supervisor.sendProcessStdin",
        "system.multicall",
    ],
}
"""What is there, so that not every request is about nothing."""

LEFT_OUT = {
    ("POST", "/supervisor/shutdown"),
    ("POST", "/supervisor/restart"),
    ("GET", "/events"),
}
"""The first two end the test, the last one never ends."""

DOCUMENT = document(all_operations(), has_users=False)
PLACES = [
    (verb.upper(), path)
    for path, item in DOCUMENT["paths"].items()
    for verb in item
    if verb != "parameters" and (verb.upper(), path) not in LEFT_OUT
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The API of a real daemon, as schemathesis knows it."""
    load_all_checks()
    port = free_port()
    place: Path = tmp_path_factory.mktemp("api")
    with LiveDaemon(OUR_DAEMON, CONFIG % port, place) as daemon:
        url = f"http://127.0.0.1:{port}/api/v1"
        yield schemathesis.openapi.from_url(f"{url}/openapi.json"), url
        assert "Traceback" not in daemon.log.read_text(encoding="utf-8", errors="replace")


def tamed(case: Any, dice: random.Random, is_valid: bool) -> None:
    """Make a request about something, and let nobody wait for long."""
    if is_valid and isinstance(case.path_parameters, dict):
        for name in case.path_parameters:
            if dice.random() < 0.7:
                case.path_parameters[name] = dice.choice(NAMES[name])
    query, body = case.query, case.body
    if isinstance(query, dict):
        # Nobody reads to the end of what has none.
        if "follow" in query:
            query["follow"] = "false"
        if is_valid and "wait" in query:
            query["wait"] = 0
    if isinstance(body, dict) and is_valid:
        if "timeout_secs" in body:
            body["timeout_secs"] = 1
        if "signal" in body and dice.random() < 0.5:
            body["signal"] = dice.choice(["CONT", "sigusr1", 0, 1])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("verb", "path"), PLACES, ids=[" ".join(place) for place in PLACES])
def test_every_answer_fits_the_document(
    api: Any, verb: str, path: str, mode: GenerationMode
) -> None:
    """Schemathesis against our OpenAPI document with no server error and no schema violation."""
    schema, url = api
    operation: APIOperation = schema[path][verb]
    is_valid = mode is GenerationMode.POSITIVE
    dice = random.Random(f"{verb} {path}")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES_COUNT,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        tamed(case, dice, is_valid)
        answer = case.call(base_url=url, timeout=TIMEOUT_S)
        refused_by_method = answer.status_code == 400 and "code" in answer.json()
        excluded = [positive_data_acceptance] if refused_by_method else []
        case.validate_response(answer, excluded_checks=excluded)

    # Where nothing can be wrong there is nothing to try.
    with suppress(Unsatisfiable):
        ask()


def test_document_of_the_daemon_is_the_one_that_is_tested(api: Any) -> None:
    schema, _ = api
    assert schema.raw_schema["paths"] == DOCUMENT["paths"]
    assert Desk().call("GET", "/openapi.json", caller=ANYBODY)[1]["paths"] == DOCUMENT["paths"]
