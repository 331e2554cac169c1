"""Users, roles and programs of a real daemon, with real clients."""

import base64
import hashlib
import http.client
import os
import re
import socket
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from supervisor.tests.support.daemon import (
    DEADLINE_S,
    OUR_DAEMON,
    LiveDaemon,
    clean_environment,
    free_port,
    wait_until,
)

NOBODY_UID = 65534
TOKEN = "carlas-token-of-many-characters"
SHA256 = hashlib.sha256(TOKEN.encode()).hexdigest()
SHA1 = hashlib.sha1(b"dorasword").hexdigest()
SCRYPT_KEY = hashlib.scrypt(b"slowword", salt=b"saltsalt", n=1 << 14, r=8, p=1, dklen=32)


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


SCRYPT = "{SCRYPT}14$8$1$" + _unpadded(b"saltsalt") + "$" + _unpadded(SCRYPT_KEY)

CONFIG = f"""\
[unix_http_server]
chmod = 0777

[inet_http_server]
port = 127.0.0.1:%(port)d
username = legacy
password = oldword

[user:reader]
password = readword

[user:operator]
password = operword
roles = operate

[user:admin]
password = adminword
roles = admin

[user:carla]
password = carlasword
roles = admin
programs = web, mix:a, carlas*
tokens = {{SHA256}}{SHA256}

[user:dora]
password = {{SHA}}{SHA1}
uid = {NOBODY_UID}
programs = db

[user:slow]
password = {SCRYPT}

[program:web]
command = cat

[program:db]
command = cat
environment = SECRET="hunter2"

[program:a]
command = cat

[program:b]
command = cat

[group:mix]
programs = a,b
"""
EVERYBODY = {"web", "db", "a", "b"}


class Guarded(LiveDaemon):
    """A daemon with these users."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        super().__init__(OUR_DAEMON, CONFIG % {"port": self.port}, directory)

    def as_(self, name: str, password: str | None = None) -> Any:
        """The daemon as that user calls it over TCP."""
        word = PASSWORDS[name] if password is None else password
        return xmlrpc.client.ServerProxy(f"http://{name}:{word}@127.0.0.1:{self.port}/RPC2")

    def request(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to a request over TCP."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def curl(self, *words: str) -> str:
        """What curl prints."""
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "15", *words],
            capture_output=True, text=True, timeout=DEADLINE_S, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr


PASSWORDS = {
    "legacy": "oldword",
    "reader": "readword",
    "operator": "operword",
    "admin": "adminword",
    "carla": "carlasword",
    "dora": "dorasword",
    "slow": "slowword",
}
BROWSER = {"Accept_Language": "en", "Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}


def basic(name: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{PASSWORDS[name]}".encode()).decode()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with Guarded(tmp_path_factory.mktemp("guarded")) as started:
        for name in ("web", "db", "mix:a", "mix:b"):
            started.wait_state(name, "RUNNING")
        yield started


def fault_of(call: Any) -> tuple[int, str]:
    """Code and text of the fault that a call is refused with."""
    try:
        value = call()
    except xmlrpc.client.Fault as fault:
        return fault.faultCode, fault.faultString
    raise AssertionError(f"not refused: {value!r}")


def names_seen(proxy: Any) -> set[str]:
    return {info["name"] for info in proxy.supervisor.getAllProcessInfo()}


def running(daemon: Guarded) -> set[str]:
    infos: Any = daemon.rpc.supervisor.getAllProcessInfo()
    return {info["name"] for info in infos if info["statename"] == "RUNNING"}


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("legacy", EVERYBODY),
        ("reader", EVERYBODY),
        ("operator", EVERYBODY),
        ("admin", EVERYBODY),
        ("slow", EVERYBODY),
        ("carla", {"web", "a"}),
        ("dora", {"db"}),
    ],
)
def test_user_sees_his_programs(daemon: Guarded, name: str, seen: set[str]) -> None:
    assert names_seen(daemon.as_(name)) == seen


def test_token_is_good_enough(daemon: Guarded) -> None:
    """For curl, and for the XML-RPC client of the standard library."""
    url = f"http://127.0.0.1:{daemon.port}/ok.html"
    assert daemon.curl("-H", f"Authorization: Bearer {TOKEN}", url) == "OK"
    proxy: Any = xmlrpc.client.ServerProxy(
        f"http://127.0.0.1:{daemon.port}/RPC2",
        headers=[("Authorization", f"Bearer {TOKEN}")],
    )
    assert names_seen(proxy) == {"web", "a"}


def wrong_parameters() -> list[str]:
    return ["x"] * 9


ROLES = {"reader": 1, "operator": 2, "admin": 3}


def test_every_method_is_refused_to_those_below_its_role(daemon: Guarded) -> None:
    """All that the daemon lists: FORBIDDEN for those below, alone and in a multicall.

    With parameters that no method takes, so that nothing happens to those who may.
    """
    methods = daemon.as_("admin").system.listMethods()
    assert len(methods) > 40
    refused: dict[str, set[str]] = {}
    for user in ROLES:
        proxy = daemon.as_(user)
        calls = [{"methodName": name, "params": wrong_parameters()} for name in methods]
        # A multicall within one is refused for what it is.
        answers = proxy.system.multicall(calls)
        codes = dict(zip(methods, [each["faultCode"] for each in answers], strict=True))
        for name in methods:
            alone, _ = fault_of(partial(getattr(proxy, name), *wrong_parameters()))
            assert alone in (2, 110), name
            assert alone == codes[name], name
        refused[user] = {name for name, code in codes.items() if code == 110}
    assert refused["admin"] == set()
    assert "supervisor.shutdown" in refused["operator"] < refused["reader"]
    assert "supervisor.startProcess" in refused["reader"] - refused["operator"]
    assert running(daemon) == EVERYBODY


@pytest.mark.parametrize("name", ["db", "mix:b", "db:*", "db:db"])
def test_nothing_of_others_can_be_seen_or_touched(daemon: Guarded, name: str) -> None:
    """By any method that names a process, with any form of the name."""
    supervisor = daemon.as_("carla").supervisor
    no_name = (10, f"BAD_NAME: {name}")
    for method, params in {
        "startProcess": (),
        "stopProcess": (),
        "signalProcess": ("TERM",),
        "getProcessInfo": (),
        "sendProcessStdin": ("x",),
        "readProcessStdoutLog": (0, 0),
        "readProcessStderrLog": (0, 0),
        "tailProcessStdoutLog": (0, 10),
        "tailProcessStderrLog": (0, 10),
        "clearProcessLogs": (),
    }.items():
        assert fault_of(lambda: getattr(supervisor, method)(name, *params)) == no_name  # noqa: B023
    assert running(daemon) == EVERYBODY


def test_groups_and_all_mean_what_is_his(daemon: Guarded) -> None:
    """A shared group has only his processes; one of others does not exist."""
    carla = daemon.as_("carla")
    assert fault_of(lambda: carla.supervisor.stopProcessGroup("db")) == (10, "BAD_NAME: db")
    for method in ("stopAllProcesses", "startAllProcesses", "clearAllProcessLogs"):
        told = getattr(carla.supervisor, method)()
        assert {each["name"] for each in told} == {"a", "web"}
        assert {"db", "b"} <= running(daemon)
    told = carla.supervisor.signalProcessGroup("mix", 0)
    assert [each["name"] for each in told] == ["a"]
    (stopped, started, refused) = carla.system.multicall(
        [
            {"methodName": "supervisor.stopProcess", "params": ["mix:*"]},
            {"methodName": "supervisor.startProcess", "params": ["mix:*"]},
            {"methodName": "supervisor.stopProcess", "params": ["db"]},
        ]
    )
    assert [each["name"] for each in (*stopped, *started)] == ["a", "a"]
    assert refused["faultCode"] == 10
    wait_until(lambda: running(daemon) == EVERYBODY, "all are back")


def test_configuration_is_his_part_of_it(daemon: Guarded) -> None:
    """An admin with programs adds and removes his own groups, and no others."""
    carla = daemon.as_("carla").supervisor
    assert {info["name"] for info in carla.getAllConfigInfo()} == {"web", "a"}
    daemon.write_config(
        CONFIG % {"port": daemon.port}
        + "[program:carlas]\ncommand = cat\n[program:others]\ncommand = cat\n"
    )
    assert carla.reloadConfig() == [[["carlas"], [], []]]
    assert fault_of(lambda: carla.addProcessGroup("others")) == (10, "BAD_NAME: others")
    assert carla.addProcessGroup("carlas") is True
    daemon.wait_state("carlas", "RUNNING")
    code, text = fault_of(lambda: carla.removeProcessGroup("mix"))
    assert (code, text) == (110, "FORBIDDEN: group mix has programs that are not yours")
    assert carla.stopProcess("carlas") is True
    assert carla.removeProcessGroup("carlas") is True
    assert fault_of(lambda: carla.addProcessGroup("mix"))[0] == 110
    assert fault_of(lambda: daemon.as_("dora").supervisor.addProcessGroup("carlas"))[0] == 110
    assert running(daemon) == EVERYBODY


def test_whole_daemon_is_not_for_users_with_programs(daemon: Guarded) -> None:
    """Even for an admin: its end, its log, messages to everybody's listeners."""
    carla = daemon.as_("carla").supervisor
    for method, params in {
        "shutdown": (), "restart": (), "readLog": (0, 0), "clearLog": (), "clearFatal": (),
        "sendRemoteCommEvent": ("a", "b"),
    }.items():  # fmt: skip
        assert fault_of(lambda: getattr(carla, method)(*params))[0] == 110  # noqa: B023
    for path, status in (("/mainlogtail", 403), ("/logtail/db", 404), ("/logtail/mix:b", 404)):
        assert daemon.request("GET", path, Authorization=basic("carla"))[0] == status
    assert carla.getState()["statename"] == "RUNNING"


def test_log_of_one_s_own_can_be_followed(daemon: Guarded) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=DEADLINE_S)
    connection.request("GET", "/logtail/web", headers={"Authorization": basic("carla")})
    answer = connection.getresponse()
    assert answer.status == 200
    daemon.as_("carla").supervisor.sendProcessStdin("web", "hello\n")
    assert answer.readline() == b"hello\n"
    connection.close()


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/processes", "/api/v1/supervisor", "/"])
def test_api_metrics_and_pages_show_nothing_of_others(daemon: Guarded, path: str) -> None:
    """Nor to those who have not said who they are."""
    status, _, body = daemon.request("GET", path, Authorization=basic("dora"))
    assert status == 200
    for name in ("web", "mix"):
        assert not re.search(rb'["/=>:]' + name.encode() + rb'["/<:]', body), name
    assert b"hunter2" not in body
    for headers in ({}, BROWSER):
        status, _, body = daemon.request("GET", path, **headers)
        assert status == 401
        assert b"db" not in re.findall(rb"\w+", body)


# -- the unix socket -----------------------------------------------------------------------------


def test_peers_of_the_socket_are_known(daemon: Guarded) -> None:
    """The user who runs the daemon is an admin without a word; the log says who he is."""
    proxy: Any = daemon.rpc
    assert proxy.supervisor.signalProcess("web", 0) is True
    daemon.wait_log(f"audit: uid {os.geteuid()} (peer) from localhost:0 (uid {os.geteuid()}): ")


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another user")
def test_other_user_of_the_system_is_the_user_he_is_configured_to_be(daemon: Guarded) -> None:
    """His role and his programs; nothing else helps him."""
    for directory in (daemon.directory, *daemon.directory.parents):
        if directory == Path(gettempdir()):
            break
        directory.chmod(0o755)
    code = (
        "import os, sys, http.client, socket\n"
        f"os.setgid({NOBODY_UID}); os.setuid(int(sys.argv[1]))\n"
        "c = http.client.HTTPConnection('x'); c.sock = socket.socket(socket.AF_UNIX)\n"
        f"c.sock.connect({str(daemon.socket)!r})\n"
        "body = ('<methodCall><methodName>supervisor.' + sys.argv[2] + '</methodName>'\n"
        "        '</methodCall>')\n"
        "c.request('POST', '/RPC2', body)\n"
        "a = c.getresponse(); print(a.status, a.read().decode())\n"
    )

    def call(uid: int, method: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code, str(uid), method], capture_output=True, text=True,
            env=clean_environment(OUR_DAEMON), timeout=DEADLINE_S, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    told = call(NOBODY_UID, "getAllProcessInfo")
    assert told.startswith("200 ") and ">db<" in told and ">web<" not in told
    assert "FORBIDDEN" in call(NOBODY_UID, "shutdown")
    assert call(12345, "getAllProcessInfo").startswith("401 ")


# -- strangers -----------------------------------------------------------------------------------


def test_wrong_passwords_wait_and_keep_nobody_waiting(daemon: Guarded) -> None:
    """Two hundred guesses at once: 16 are looked at; none of them learns anything.

    From another address everybody is served meanwhile, and from that one who need not guess.
    """
    guess = base64.b64encode(b"admin:hunter2").decode()
    data = f"GET /ok.html HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {guess}\r\n\r\n".encode()
    clients = [
        socket.create_connection(("127.0.0.1", daemon.port), timeout=DEADLINE_S) for _ in range(200)
    ]
    for client in clients:
        client.sendall(data)
    statuses = []
    for honest, authorization in (("127.0.0.2", basic("admin")), ("127.0.0.1", f"Bearer {TOKEN}")):
        address = ("127.0.0.1", daemon.port)
        with socket.create_connection(address, DEADLINE_S, (honest, 0)) as client:
            line = f"Authorization: {authorization}\r\n"
            client.sendall(f"GET /ok.html HTTP/1.1\r\nHost: x\r\n{line}\r\n".encode())
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    for client in clients:
        with client:
            statuses.append(client.recv(65536)[9:12])
    assert set(statuses) == {b"401", b"429"}
    assert statuses.count(b"429") > 100
    wait_until(lambda: is_let_in(daemon), "its address is no longer crowded")
    log = daemon.wait_log("audit: refused a wrong password for 'admin' from 127.0.0.1:")
    assert "hunter2" not in log
    assert log.count("audit: refused") < 100


def is_let_in(daemon: Guarded) -> bool:
    """Whether the right password is."""
    try:
        return bool(names_seen(daemon.as_("admin")) == EVERYBODY)
    except xmlrpc.client.ProtocolError as error:
        assert error.errcode == HTTPStatus.TOO_MANY_REQUESTS
        return False


def test_passwords_are_never_logged_or_shown(daemon: Guarded) -> None:
    """Right ones neither, nor what is typed into programs."""
    daemon.as_("admin").supervisor.sendProcessStdin("web", "my-secret-line\n")
    for word in (*PASSWORDS.values(), TOKEN, "my-secret-line"):
        assert word not in daemon.log_text()
        assert word not in daemon.output()
    shown = str(daemon.as_("reader").supervisor.getAllConfigInfo())
    assert not any(word in shown for word in PASSWORDS.values())


def test_thousand_silent_strangers_disturb_nobody(daemon: Guarded) -> None:
    """Connections without a word, with half a head, with a body that never comes."""
    beginnings = (
        b"",
        b"POST /RPC2 HTTP/1.1\r\nHost: x\r\n",
        b"POST /RPC2 HTTP/1.1\r\nHost: x\r\nAuthorization: "
        + basic("reader").encode()
        + b"\r\nContent-Length: 100000\r\n\r\n<methodCall>",
    )
    clients = []
    try:
        for number in range(1000):
            client = socket.create_connection(("127.0.0.1", daemon.port), timeout=DEADLINE_S)
            client.sendall(beginnings[number % len(beginnings)])
            clients.append(client)
        assert names_seen(daemon.as_("admin")) == EVERYBODY
        pid = daemon.info("web")["pid"]
        assert daemon.as_("operator").supervisor.stopProcess("web") is True
        assert daemon.as_("operator").supervisor.startProcess("web") is True
        assert daemon.info("web")["pid"] != pid
    finally:
        for client in clients:
            client.close()


@pytest.mark.parametrize(
    "path",
    [
        "/../../../etc/passwd",
        "/..%2f..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/stylesheets/../../../etc/passwd",
        "/images/..%5c..%5cetc/passwd",
        "//etc/passwd",
        "/ui/../status.html",
        "/supervisor.css%00.html",
        "/logtail/..%2f..%2fetc%2fpasswd",
        "/api/v1/processes/..%2f..%2fetc%2fpasswd/logs/stdout",
        "/api/v1/processes/web/logs/..%2f..%2fpasswd",
        "/download?name=../../etc/passwd",
        "/status.html",
    ],
)
def test_no_path_leads_out(daemon: Guarded, path: str) -> None:
    """Path traversal: no path of a request becomes a path of a file."""
    url = f"http://127.0.0.1:{daemon.port}{path}"
    told = daemon.curl("--path-as-is", "-i", "-u", "admin:adminword", url)
    assert re.match(r"HTTP/1\.1 (400|404) ", told), told
    assert "root:" not in told and "meld:id" not in told


def test_methods_cannot_be_reached_by_walking(daemon: Guarded) -> None:
    """The class of CVE-2017-11610."""
    proxy = daemon.as_("admin")
    for name in (
        "supervisor.supervisord.options.warnings.linecache.os.system",
        "supervisor._services.control.shutdown",
        "supervisor.__init__",
        "system.__class__",
    ):
        assert fault_of(lambda: getattr(proxy, name)("id")) == (1, "UNKNOWN_METHOD")  # noqa: B023


def test_nothing_that_clients_send_makes_a_line_of_the_log(daemon: Guarded) -> None:
    """Log injection by names, parameters, users, headers and paths."""
    evil = "x\n2030-01-01 00:00:00,000 CRIT forged"
    proxy = daemon.as_("operator")
    fault_of(lambda: proxy.supervisor.startProcess(evil))
    fault_of(lambda: getattr(proxy, evil)())
    proxy.supervisor.sendRemoteCommEvent(evil, evil)
    guess = base64.b64encode(f"{evil}:x".encode()).decode()
    daemon.request("GET", "/ok.html", Authorization=f"Basic {guess}")
    daemon.request("GET", "/x%0a2030-01-01%20forged", Authorization=basic("admin"))
    daemon.wait_log("sendRemoteCommEvent('x\\n2030-01-01")
    assert not re.search(r"(?m)^2030", daemon.log_text())


def test_nothing_that_clients_send_makes_a_header(daemon: Guarded) -> None:
    """Header injection by Host, by the path to come back to, by cookies."""
    evil = "%0d%0aSet-Cookie:%20stolen=1%0d%0a"
    for path in (f"/{evil}", f"/?message={evil}", f"/sign-in?back={evil}", f"/theme?{evil}"):
        for headers in (BROWSER, {"Authorization": basic("admin")}):
            _, found, _ = daemon.request("GET", path, **headers)
            assert "stolen" not in found.get("set-cookie", "")
    form = f"user=admin&password=adminword&back={evil}//evil.example"
    status, found, _ = sign_in(daemon, form)
    assert status == 303
    assert "evil.example" not in found["location"]
    assert found["set-cookie"].startswith("supervisor_")


# -- browsers ------------------------------------------------------------------------------------


def sign_in(daemon: Guarded, form: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent = BROWSER | {"Content_Type": "application/x-www-form-urlencoded"} | headers
    return daemon.request("POST", "/sign-in", form.encode(), **sent)


def test_person_signs_in_by_the_page(daemon: Guarded) -> None:
    """A page with 401 and no challenge; then a cookie that scripts and other sites do not get."""
    status, headers, body = daemon.request("GET", "/", **BROWSER)
    assert status == 401
    assert "basic" not in headers.get("www-authenticate", "").lower()
    assert b"<form" in body and b"password" in body
    status, headers, _ = sign_in(daemon, "user=carla&password=carlasword")
    assert status == 303
    assert re.search(r"; HttpOnly; SameSite=Strict$", headers["set-cookie"])
    cookie = headers["set-cookie"].partition(";")[0]
    status, headers, body = daemon.request("GET", "/", Cookie=cookie, **BROWSER)
    assert status == 200
    assert b"web" in body and b">db<" not in body
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_wrong_sign_in_is_refused_after_a_while(daemon: Guarded) -> None:
    status, headers, body = sign_in(daemon, "user=carla&password=hunter2")
    assert status == 401
    assert "set-cookie" not in headers
    assert b"The user name or the password is wrong" in body and b"hunter2" not in body


def test_session_that_somebody_planted_is_not_used_on(daemon: Guarded) -> None:
    """Session fixation."""
    _, headers, _ = sign_in(daemon, "user=carla&password=carlasword")
    name, _, value = headers["set-cookie"].partition(";")[0].partition("=")
    planted = f"{name}={'a' * len(value)}"
    _, headers, _ = sign_in(daemon, "user=admin&password=adminword", Cookie=planted)
    assert planted not in headers["set-cookie"]
    assert daemon.request("GET", "/", Cookie=planted, **BROWSER)[0] == 401


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Referer": "http://evil.example/x", "Accept_Language": "en"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"},
    ],
)
@pytest.mark.parametrize("path", ["/RPC2", "/act", "/api/v1/processes/web/stop", "/sign-in", "/x"])
def test_foreign_page_can_do_nothing(daemon: Guarded, path: str, foreign: dict[str, str]) -> None:
    """CSRF on every way in, with the credentials that a browser sends along."""
    call = b"<methodCall><methodName>supervisor.stopAllProcesses</methodName></methodCall>"
    status, headers, body = daemon.request(
        "POST", path, call, Authorization=basic("admin"), **foreign
    )
    assert status == 403
    assert b"another site" in body
    assert "access-control-allow-origin" not in headers
    assert running(daemon) == EVERYBODY


def test_form_without_its_token_does_nothing(daemon: Guarded) -> None:
    """Also from our own origin, and with a token of somebody else."""
    _, headers, _ = sign_in(daemon, "user=admin&password=adminword")
    cookie = headers["set-cookie"].partition(";")[0]
    _, _, page = daemon.request("GET", "/", Authorization=basic("operator"))
    field = re.findall(rb'<input[^>]*name="token"[^>]*>', page)[0]
    other = re.findall(rb'value="([^"]+)"', field)[0].decode()
    own = {"Origin": f"http://127.0.0.1:{daemon.port}", "Cookie": cookie}
    for token in ("", "x", other):
        form = f"stop=web&token={token}"
        status, _, _ = daemon.request("POST", "/act", form.encode(), **own, **BROWSER)
        assert status in (400, 403)
    assert running(daemon) == EVERYBODY


def test_form_with_its_token_acts(daemon: Guarded) -> None:
    """As the person who signed in, whose name is in the log."""
    _, headers, _ = sign_in(daemon, "user=carla&password=carlasword")
    own = {"Cookie": headers["set-cookie"].partition(";")[0]}
    _, _, page = daemon.request("GET", "/", **own, **BROWSER)
    token = re.findall(
        rb"[A-Za-z0-9_-]{32}", b"".join(re.findall(rb'<input[^>]*"token"[^>]*>', page))
    )
    for wanted, stays in (("db", True), ("web", False)):
        form = f"stop={wanted}&token={token[0].decode()}"
        status, _, _ = daemon.request("POST", "/act", form.encode(), **own, **BROWSER)
        assert status in (303, 403, 404)
        assert (wanted in running(daemon)) is stays
    daemon.wait_log("audit: carla (session) from 127.0.0.1:")
    daemon.rpc.supervisor.startProcess("web")
