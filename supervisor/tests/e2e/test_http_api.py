"""The HTTP API of a real daemon, asked by real clients: httpx, curl, xmlrpc.client, a scraper."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from supervisor.tests.plugins.site import PluginDaemon
from supervisor.tests.support.daemon import free_port, wait_until

CONFIG = """
[inet_http_server]
port = 127.0.0.1:%(port)d

[rpcinterface:answers]
supervisor.rpcinterface_factory = answers:make

[program:cat]
command = cat
startsecs = 0
stdout_logfile = %%(here)s/cat.log

[program:pool]
command = sleep 600
process_name = %%(process_num)d
numprocs = 2
startsecs = 0

[program:slow]
command = sh -c "trap '' TERM; while :; do sleep 0.1; done"
startsecs = 0
stopwaitsecs = 1

[program:gone]
command = no-such-program
autostart = false
startretries = 0
"""


class Site:
    """The daemon, and a client of its API."""

    def __init__(self, daemon: PluginDaemon, port: int) -> None:
        self.daemon = daemon
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=f"{self.url}/api/v1/", timeout=20)

    def get(self, path: str, **query: Any) -> Any:
        """The struct that a GET is answered with."""
        return self.client.get(path, params=query).raise_for_status().json()

    def rpc(self, method: str, *params: Any) -> httpx.Response:
        """The answer to a call of a method by its name."""
        return self.client.post(f"rpc/{method}", json={"params": params})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Shared: whoever changes something sets it back."""
    port = free_port()
    place = tmp_path_factory.mktemp("api")
    with PluginDaemon(CONFIG % {"port": port}, place) as daemon:
        site = Site(daemon, port)
        with site.client:
            yield site


def test_document_is_openapi_3_1(site: Site) -> None:
    """OpenAPI 3.1 document at /api/v1/openapi.json."""
    document = site.get("openapi.json")
    assert document["openapi"].startswith("3.1")
    validate(document)
    ids = [
        operation["operationId"]
        for item in document["paths"].values()
        for verb, operation in item.items()
        if verb != "parameters"
    ]
    assert len(ids) == len(set(ids))


def test_api_and_xml_rpc_tell_the_same(site: Site) -> None:
    """JSON for all that XML-RPC offers, made from the same methods."""
    rpc = site.daemon.rpc.supervisor
    for info in rpc.getAllProcessInfo():
        name = f"{info['group']}:{info['name']}"
        struct = site.get(f"processes/{name}")
        stable = [key for key in info if key not in ("now", "description")]
        assert [struct[key] for key in stable] == [info[key] for key in stable]
    assert site.get("config")["processes"] == rpc.getAllConfigInfo()
    assert site.get("methods")["methods"] == site.daemon.rpc.system.listMethods()
    assert site.rpc("supervisor.getPID").json() == {"result": site.daemon.pid}


def test_process_is_driven_by_httpx(site: Site) -> None:
    assert site.client.post("processes/cat/stop").json()["statename"] == "STOPPED"
    again = site.client.post("processes/cat/stop")
    assert (again.status_code, again.json()["fault"]) == (409, "NOT_RUNNING")
    assert again.headers["content-type"] == "application/problem+json"
    assert site.client.post("processes/cat/start").json()["statename"] == "RUNNING"
    site.client.post("processes/cat/stdin", json={"chars": "grüß\n"}).raise_for_status()
    log = wait_until(
        lambda: (found := site.client.get("processes/cat/logs/stdout")).content and found,
        "cat has written to its log",
    )
    assert log.text == "grüß\n"
    assert (log.headers["x-log-next"], log.headers["x-log-end"]) == ("7", "7")
    site.client.delete("processes/cat/logs").raise_for_status()


def test_start_that_fails_says_why(site: Site) -> None:
    answer = site.client.post("processes/gone/start")
    assert (answer.status_code, answer.json()["fault"]) == (409, "NO_FILE")
    assert "no-such-program" in answer.json()["detail"]


def test_client_waits_no_longer_than_it_says(site: Site) -> None:
    """?wait= for slow actions."""
    answer = site.client.post("processes/slow/stop", params={"wait": 0})
    assert (answer.status_code, answer.json()["statename"]) == (202, "STOPPING")
    wait_until(lambda: site.get("processes/slow")["statename"] == "STOPPED", "slow has stopped")
    assert site.client.post("processes/slow/start").status_code == 200
    assert site.client.post("processes/slow/restart", params={"wait": 15}).status_code == 200


def test_group_is_driven(site: Site) -> None:
    pids = {each["pid"] for each in site.get("groups/pool")["processes"]}
    results = site.client.post("groups/pool/restart").json()["results"]
    assert [each["status"] for each in results] == [80, 80]
    assert not pids & {each["pid"] for each in site.get("groups/pool")["processes"]}
    assert site.client.delete("groups/pool").json()["fault"] == "STILL_RUNNING"
    site.client.post("groups/pool/stop").raise_for_status()
    site.client.delete("groups/pool").raise_for_status()
    assert site.client.get("groups/pool").status_code == 404
    assert site.client.put("groups/pool").json()["name"] == "pool"


def test_events_are_followed(site: Site) -> None:
    """GET /api/v1/events as server-sent events with resume by id and topics."""
    query = {"types": "REMOTE_COMMUNICATION"}
    ids = []
    with site.client.stream("GET", "events", params=query) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        lines = stream.iter_lines()
        assert next(lines).startswith("retry: ")
        for word in ("one", "two"):
            body = {"type": word, "data": "\ndata: x\r\n\r\nü"}
            site.client.post("events", json=body).raise_for_status()
        while len(ids) < 3:
            line = next(lines)
            if line.startswith("id: "):
                ids.append(line.removeprefix("id: "))
    with site.client.stream("GET", "events", headers={"Last-Event-ID": ids[1]}) as stream:
        line = next(line for line in stream.iter_lines() if line.startswith("data: "))
        struct = json.loads(line.removeprefix("data: "))
        assert struct["payload"] == "type:two\n\ndata: x\r\n\r\nü"


def test_log_is_followed(site: Site) -> None:
    url = "processes/cat/logs/stdout"
    with site.client.stream("GET", url, headers={"Accept": "text/event-stream"}) as stream:
        site.client.post("processes/cat/stdin", json={"chars": "hello\n"}).raise_for_status()
        line = next(line for line in stream.iter_lines() if line.startswith("data: "))
        assert "hello" in json.loads(line.removeprefix("data: "))["text"]
    with site.client.stream("GET", url, params={"follow": "true", "from": -3}) as stream:
        assert next(stream.iter_raw()) == b"lo\n"
    site.client.delete("processes/cat/logs").raise_for_status()


def test_methods_of_plug_ins_are_called_by_their_names(site: Site) -> None:
    """POST /api/v1/rpc/{method} for every method, those of plug-ins included."""
    assert site.rpc("answers.add", 1, 2).json() == {"result": 3}
    assert site.get("methods/answers.add")["signature"] == ["int", "int", "int"]
    assert site.get("methods/answers.crash")["signature"] is None
    assert site.rpc("answers.nothing").json() == {"result": None}


@pytest.mark.parametrize(
    ("method", "status", "code"),
    [
        ("known_fault", 404, 10),
        ("own_fault", 409, 777),
        ("nameless_fault", 409, 1234),
        ("strange_fault", 409, 30),
        ("crash", 409, 30),
        ("nonsense", 409, 30),
        ("type_error", 400, 2),
        ("_hidden", 404, 1),
        ("value", 404, 1),
        ("add.__call__", 404, 1),
    ],
)
def test_whatever_a_plug_in_does_is_a_problem(
    site: Site, method: str, status: int, code: int
) -> None:
    answer = site.rpc(f"answers.{method}")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_many_calls_are_made_in_one_request(site: Site) -> None:
    calls = [{"methodName": "supervisor.getPID"}, {"methodName": "answers.add", "params": [1]}]
    assert site.rpc("system.multicall", calls).json() == {"result": [site.daemon.pid, 2]}


def test_curl_needs_no_headers_for_what_takes_no_body(site: Site) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    url = f"{site.url}/api/v1/processes/cat/restart"
    done = subprocess.run(
        [curl, "-sS", "-m", "20", "-X", "POST", url], capture_output=True, timeout=30, check=True
    )
    assert json.loads(done.stdout)["statename"] == "RUNNING"


def test_scraper_reads_the_metrics(site: Site) -> None:
    """Proven against the parser of prometheus_client; CPU and memory are there at once."""
    answer = site.client.get(f"{site.url}/metrics")
    families = {each.name: each for each in text_string_to_metric_families(answer.text)}
    memory = families["supervisor_process_memory_bytes"].samples
    assert {sample.labels["name"] for sample in memory} >= {"cat", "slow"}
    assert all(sample.value > 0 for sample in memory)
    assert site.client.get(f"{site.url}/healthz").text == "ok\n"


def test_browser_of_a_foreign_page_gets_nowhere(site: Site) -> None:
    """No CORS, and nothing changes what a foreign page may send without asking first."""
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = site.client.post("processes/cat/stop", headers=headers)
        assert answer.status_code in (403, 421), answer.text
        assert "access-control-allow-origin" not in answer.headers
    assert site.get("processes/cat")["statename"] == "RUNNING"
