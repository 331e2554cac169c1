"""Users and tokens that are changed in the file while the daemon runs."""

import base64
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import urllib.parse
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Self

import pytest

from supervisor.tests.support.daemon import (
    DEADLINE_S,
    OUR_CTL,
    OUR_DAEMON,
    LiveDaemon,
    clean_environment,
    free_port,
    wait_until,
)

USERS = {
    "alice": "password = wonder\nroles = admin",
    "bob": "password = builder",
    "robot": "tokens = {SHA256}" + hashlib.sha256(b"old-token").hexdigest(),
}
NEW_TOKEN = "tokens = {SHA256}" + hashlib.sha256(b"new-token").hexdigest()


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


ALICE, BOB, ROBOT = basic("alice", "wonder"), basic("bob", "builder"), "Bearer old-token"


class Peopled(LiveDaemon):
    """A daemon whose users change; the unix socket knows who runs it."""

    def __init__(self, directory: Path, server: str = "", **users: str) -> None:
        self.port = free_port()
        self._server = server
        super().__init__(OUR_DAEMON, self._text(server, users), directory)

    def _text(self, server: str, users: dict[str, str]) -> str:
        sections = "".join(f"[user:{name}]\n{keys}\n" for name, keys in users.items())
        return (
            f"[inet_http_server]\nport = 127.0.0.1:{self.port}\n{server}\n{sections}"
            "[program:cat]\ncommand = cat\nstartsecs = 0\n[program:dog]\ncommand = cat\n"
        )

    def write_users(self, server: str = "", **users: str) -> None:
        """Write another file."""
        self.write_config(self._text(server, users))

    def become(self, server: str = "", **users: str) -> str:
        """Write another file and have it read: what that prints."""
        self.write_users(server, **users)
        return self.ctl("reread").stdout

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)

    def status(self, path: str = "/api/v1/supervisor", **headers: str) -> int:
        """Status of the answer to a request over TCP."""
        connection = self.connect()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def sign_in(self, name: str, password: str) -> str:
        """The cookie of a session."""
        connection = self.connect()
        body = urllib.parse.urlencode({"user": name, "password": password, "back": "/"})
        connection.request("POST", "/sign-in", body, {"Accept-Language": "en"})
        answer = connection.getresponse()
        assert answer.status == 303, answer.status
        connection.close()
        return (answer.getheader("Set-Cookie") or "").partition(";")[0]

    @contextmanager
    def stream(
        self, path: str = "/api/v1/events", **headers: str
    ) -> Iterator[http.client.HTTPResponse]:
        """A stream that has begun."""
        connection = self.connect()
        connection.request("GET", path, headers={"Accept": "text/event-stream", **headers})
        answer = connection.getresponse()
        assert answer.status == 200
        yield answer
        answer.close()
        connection.close()


def wait_for_end(stream: http.client.HTTPResponse) -> bytes:
    """All that a stream still brings until it is closed."""
    data = b""
    try:
        while piece := stream.read1():
            data += piece
    except (http.client.IncompleteRead, ConnectionResetError):
        return data
    return data


def is_alive(stream: http.client.HTTPResponse, daemon: Peopled) -> bool:
    """Whether something that happens now arrives."""
    daemon.rpc.supervisor.stopProcess("cat")
    daemon.rpc.supervisor.startProcess("cat")
    while line := stream.readline():
        if b"PROCESS_STATE_CHANGE_STOPPED" in line or b"cat" in line:
            return True
    return False


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Peopled]:
    with Peopled(tmp_path / "d", **USERS) as started:
        started.wait_state("cat", "RUNNING")
        yield started


def test_revoked_token_is_refused_after_a_reread(daemon: Peopled) -> None:
    """The one that took its place is good at once; the words tell no secret."""
    assert daemon.status(Authorization=ROBOT) == 200
    printed = daemon.become(**USERS | {"robot": NEW_TOKEN})
    assert printed.splitlines() == [
        "user robot: changed (tokens)",
        "No config updates to processes",
    ]
    assert daemon.status(Authorization=ROBOT) == 401
    assert daemon.status(Authorization="Bearer new-token") == 200
    assert daemon.status(Authorization=ALICE) == 200
    assert "reread the configuration: user robot: changed (tokens)" in daemon.log_text()


def test_update_takes_over_users_and_says_so(daemon: Peopled) -> None:
    """Also an update of a single group: a file is read as a whole."""
    daemon.write_users(alice=USERS["alice"], carla="password = wonder")
    done = daemon.ctl("update", "cat")
    assert done.stdout.splitlines() == [
        "user carla: added",
        "user bob: removed",
        "user robot: removed",
    ]
    assert daemon.status(Authorization=BOB) == 401
    assert daemon.status(Authorization=basic("carla", "wonder")) == 200


def test_role_and_programs_are_those_of_the_file(daemon: Peopled) -> None:
    proxy = xmlrpc.client.ServerProxy(f"http://bob:builder@127.0.0.1:{daemon.port}/RPC2")

    def stop() -> object:
        try:
            return proxy.supervisor.stopProcess("cat")
        except xmlrpc.client.Fault as fault:
            return fault.faultCode

    assert stop() == 110
    daemon.become(**USERS | {"bob": "password = builder\nroles = operate\nprograms = dog"})
    assert stop() == 10
    daemon.become(**USERS | {"bob": "password = builder\nroles = operate"})
    assert stop() is True


@pytest.mark.parametrize(
    "keys",
    [
        None,
        "password = another",
        "password = builder\nroles = operate",
        "password = builder\nprograms = dog",
    ],
)
@pytest.mark.parametrize("how", ["password", "session"])
def test_sessions_and_streams_of_changed_users_end(
    daemon: Peopled, keys: str | None, how: str
) -> None:
    """Gone, with another password, or with other rights: he has to say anew who he is."""
    cookie = daemon.sign_in("bob", "builder")
    alices = daemon.sign_in("alice", "wonder")
    headers = {"Authorization": BOB} if how == "password" else {"Cookie": cookie}
    assert daemon.status(Cookie=cookie) == 200
    with (
        daemon.stream(**headers) as events,
        daemon.stream("/logtail/cat", **headers) as log,
        daemon.stream(Authorization=ALICE) as others,
    ):
        changed = {} if keys is None else {"bob": keys}
        daemon.become(**{"alice": USERS["alice"], "robot": USERS["robot"], **changed})
        wait_for_end(events)
        wait_for_end(log)
        assert is_alive(others, daemon)
    assert daemon.status(Cookie=cookie) == 401
    assert daemon.status(Cookie=alices) == 200


def test_streams_by_a_revoked_token_end_and_others_stay(daemon: Peopled) -> None:
    """A token that is only added, or a user who is not changed, costs nobody his stream."""
    both = USERS["robot"] + ", " + NEW_TOKEN.removeprefix("tokens = ")
    with daemon.stream(Authorization=ROBOT) as old:
        daemon.become(**USERS | {"robot": both})
        assert is_alive(old, daemon)
        with daemon.stream(Authorization="Bearer new-token") as new:
            daemon.become(**USERS | {"robot": NEW_TOKEN})
            wait_for_end(old)
            assert is_alive(new, daemon)


def test_request_that_is_still_arriving_of_a_removed_user_is_not_answered(daemon: Peopled) -> None:
    """Else its end could be held back until it is useful."""
    body = xmlrpc.client.dumps((), "supervisor.stopAllProcesses").encode()
    head = f"POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nAuthorization: {ALICE}\r\n"
    with socket.create_connection(("127.0.0.1", daemon.port), DEADLINE_S) as client:
        # Expect: the answer tells that the head has been judged.
        client.sendall(
            f"{head}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        daemon.become(bob=USERS["bob"])
        assert client.recv(100) == b""
    assert daemon.info("cat")["statename"] == "RUNNING"


def test_who_removes_himself_is_still_answered(daemon: Peopled) -> None:
    """And is told what has changed, with the same request."""
    daemon.write_users(bob=USERS["bob"])
    url = f"http://127.0.0.1:{daemon.port}"
    done = daemon.ctl("-s", url, "-u", "alice", "-p", "wonder", "reread")
    assert done.stdout.splitlines()[0] == "user alice: removed"
    assert daemon.status(Authorization=ALICE) == 401


@pytest.mark.parametrize(
    "broken",
    ["[program:x]\n", "[user:eve]\npassword = {SHA}short\n", "[inet_http_server]\nport=x\n"],
)
def test_broken_file_changes_no_user(daemon: Peopled, broken: str) -> None:
    with daemon.stream(Authorization=BOB) as stream:
        daemon.write_config(broken + f"[user:alice]\n{USERS['alice']}\n")
        assert daemon.ctl("reread").returncode != 0
        for authorization in (ALICE, BOB, ROBOT):
            assert daemon.status(Authorization=authorization) == 200
        assert is_alive(stream, daemon)
        daemon.signal(signal.SIGHUP)
        daemon.wait_log("cannot restart")
        assert daemon.status(Authorization=BOB) == 200


def test_sighup_takes_over_users(daemon: Peopled) -> None:
    """A restart ends all sessions and streams."""
    cookie = daemon.sign_in("alice", "wonder")
    with daemon.stream(Authorization=BOB) as stream:
        daemon.write_users(**USERS | {"robot": NEW_TOKEN})
        daemon.signal(signal.SIGHUP)
        wait_for_end(stream)

    def is_back() -> bool:
        try:
            return daemon.status(Authorization="Bearer new-token") == 200
        except (OSError, http.client.HTTPException):
            return False

    wait_until(is_back, "the daemon is back")
    assert daemon.status(Authorization=ROBOT) == 401
    assert daemon.status(Cookie=cookie) == 401


def test_first_user_shuts_an_open_server_and_the_last_one_does_not_open_it(tmp_path: Path) -> None:
    """A section that is missing, such as of a file that is gone, opens nothing to everybody."""
    with Peopled(tmp_path / "d") as daemon:
        assert daemon.status() == 200
        with daemon.stream() as stream:
            said = daemon.become(bob=USERS["bob"])
            assert "user bob: added" in said
            assert "inet_http_server: now asks who somebody is" in said
            wait_for_end(stream)
        assert daemon.status() == 401
        assert b"sign in" in page(daemon).lower()
        assert daemon.status(Authorization=BOB) == 200
        cookie = daemon.sign_in("bob", "builder")
        assert daemon.status(Cookie=cookie) == 200
        said = daemon.become()
        assert "user bob: removed" in said
        assert "inet_http_server: no user is left; it goes on asking" in said
        for headers in ({}, {"Authorization": BOB}, {"Cookie": cookie}):
            assert daemon.status(**headers) == 401


def page(daemon: Peopled) -> bytes:
    connection = daemon.connect()
    connection.request("GET", "/", headers={"Accept-Language": "en"})
    answer = connection.getresponse()
    assert answer.status == 401
    data = answer.read()
    connection.close()
    return data


@pytest.mark.parametrize("users", [{}, USERS])
def test_password_of_a_server_is_changed_by_a_reread(tmp_path: Path, users: dict[str, str]) -> None:
    """With its streams, also where there is no other user."""
    old, new = basic("op", "old"), basic("op", "new")
    with Peopled(tmp_path / "d", "username = op\npassword = old", **users) as daemon:
        with daemon.stream(Authorization=old) as stream:
            said = daemon.become("username = op\npassword = old", **users)
            assert said == "No config updates to processes\n"
            assert is_alive(stream, daemon)
            said = daemon.become("username = op\npassword = new", **users)
            assert "inet_http_server: changed (username or password)" in said
            wait_for_end(stream)
        assert daemon.status(Authorization=old) == 401
        assert daemon.status(Authorization=new) == 200


# -- users of the system -------------------------------------------------------------------------

PEER_UID = 65534
"""The user `nobody`: uids of sections are those of users of the system."""
PEER_CODE = """
import http.client, os, socket, sys
if len(sys.argv) > 2:
    os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
connection = http.client.HTTPConnection("localhost")
connection.sock = client
for line in sys.stdin:
    path = line.strip()
    connection.request("GET", path)
    answer = connection.getresponse()
    print(answer.status, flush=True)
    if not path.endswith("events"):
        answer.read()
    else:
        try:
            while answer.read1():
                pass
        except http.client.IncompleteRead:
            pass
        print("over", flush=True)
"""


class Peer:
    """A process that asks over one connection to the unix socket, as another user if it may."""

    def __init__(self, daemon: Peopled, uid: int | None = None) -> None:
        words = [sys.executable, "-c", PEER_CODE, str(daemon.socket)]
        self.process = subprocess.Popen(
            words if uid is None else [*words, str(uid)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def asks(self, path: str = "/api/v1/supervisor") -> str:
        """What it is answered, the empty text if it is not."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return self.hears()

    def hears(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def open_socket_to_all(daemon: Peopled) -> None:
    daemon.socket.chmod(0o777)
    for directory in (daemon.directory, *daemon.directory.parents):
        if directory == Path(gettempdir()):
            break
        directory.chmod(0o755)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another user")
@pytest.mark.parametrize("left", [{}, {"peter": "password = x"}, {"peter": "uid = 1"}])
def test_uid_of_a_removed_user_is_nobody_s(tmp_path: Path, left: dict[str, str]) -> None:
    """Also on a connection that he has kept open, and for the stream that he follows."""
    peter = {"peter": f"uid = {PEER_UID}"}
    with Peopled(tmp_path / "d", **USERS, **peter) as daemon:
        open_socket_to_all(daemon)
        with Peer(daemon, PEER_UID) as peer, Peer(daemon, PEER_UID) as follower:
            assert peer.asks() == "200"
            assert follower.asks("/api/v1/events") == "200"
            daemon.become(**USERS, **left)
            assert peer.asks() == "401"
            assert follower.hears() == "over"


def test_root_rule_is_that_of_the_server_as_it_is_read(tmp_path: Path) -> None:
    """Who runs the daemon is an admin on its socket, unless it has a user name of its own, or he
    is one of the users.
    """
    mine = str(os.geteuid())
    with Peopled(tmp_path / "d", **USERS) as daemon, Peer(daemon) as me, Peer(daemon) as follower:
        assert me.asks() == "200"
        assert follower.asks("/api/v1/events") == "200"
        said = daemon.become(**USERS, me=f"uid = {mine}\nroles = admin\nprograms = dog")
        assert "user me: added" in said
        assert follower.hears() == "over"
        assert me.asks("/api/v1/processes/dog") == "200"
        assert me.asks("/api/v1/processes/cat") == "404"
        daemon.become("[unix_http_server]\nusername = op\npassword = word\n", **USERS)
        assert me.asks() == "401"


# -- supervisorctl -------------------------------------------------------------------------------


class Client:
    """A supervisorctl with the token of the robot, or whatever else its section says."""

    def __init__(self, daemon: Peopled, keys: str = "token = old-token") -> None:
        self.path = daemon.directory / "client.conf"
        url = f"http://127.0.0.1:{daemon.port}"
        self.path.write_text(f"[supervisorctl]\nserverurl = {url}\n{keys}\n")
        self._words = [*OUR_CTL, "-c", str(self.path)]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._words, *words], env=clean_environment(OUR_CTL), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=DEADLINE_S, check=False,
        )  # fmt: skip

    @contextmanager
    def begin(self, said: Path, told: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """One that goes on, printing into these files."""
        with said.open("wb") as stdout, told.open("wb") as stderr:
            process = subprocess.Popen(
                [*self._words, *words], env=clean_environment(OUR_CTL),
                stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            )  # fmt: skip
        with process:
            try:
                yield process
            finally:
                process.kill()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("events -f", "PROCESS_STATE"),
        ("logs -f dog", "hello"),
        ("logs -f cat dog", "hello"),
        ("status --watch", "dog "),
    ],
)
def test_who_follows_is_told_that_his_token_is_not_good_any_more(
    daemon: Peopled, words: str, shown: str
) -> None:
    """Not that the daemon does not answer: waiting would not help."""
    daemon.wait_state("dog", "RUNNING")
    said, told = daemon.directory / "said", daemon.directory / "told"

    def is_shown() -> bool:
        # Again and again: what happens before it follows is not shown.
        daemon.rpc.supervisor.signalProcess("cat", "KILL")
        daemon.wait_state("cat", "RUNNING")
        daemon.rpc.supervisor.sendProcessStdin("dog", "hello\n")
        return shown in said.read_text()

    with Client(daemon).begin(said, told, *words.split()) as following:
        wait_until(is_shown, "something is shown")
        daemon.become(**USERS | {"robot": NEW_TOKEN})
        assert following.wait(DEADLINE_S) == 1
    assert said.read_text().endswith("Server requires authentication\n")
    assert told.read_text().startswith("cannot log in: the token in [supervisorctl] of ")
    assert "or has expired; try: supervisorctl make-token" in told.read_text()


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("token = nobodys", "the token in [supervisorctl] of {}"),
        ("username = alice\npassword = x", "cannot log in as alice: the user name or the password"),
        ("", "cannot log in: user name or password is missing; try: supervisorctl -u NAME, or set"),
    ],
)
@pytest.mark.parametrize("words", ["status", "--output json status", "events --output json"])
def test_who_is_not_known_is_told_what_to_correct(
    daemon: Peopled, keys: str, told: str, words: str
) -> None:
    """With the file; where JSON is wanted, nothing else is on standard output."""
    client = Client(daemon, keys)
    done = client.run(*words.split())
    assert done.returncode == 1
    assert told.format(client.path) in done.stderr
    assert done.stdout == ("Server requires authentication\n" if words == "status" else "")


@pytest.mark.parametrize(
    ("user", "words", "said"),
    [
        ("bob", "reread", "supervisor.reloadConfig takes the role admin"),
        ("bob", "shutdown", "supervisor.shutdown takes the role admin"),
        ("carla", "shutdown", "this concerns the whole daemon: it takes a user who may see all"),
        ("carla", "maintail", "this concerns the whole daemon: it takes a user who may see all"),
    ],
)
def test_who_may_not_do_something_is_told_what_it_takes(
    tmp_path: Path, user: str, words: str, said: str
) -> None:
    """In a sentence, not as an exception of Python."""
    users = {**USERS, "carla": "password = builder\nroles = admin\nprograms = cat"}
    with Peopled(tmp_path / "d", **users) as daemon:
        done = Client(daemon, f"username = {user}\npassword = builder").run(words)
        assert done.returncode == 1
        assert done.stdout.startswith(f"ERROR: FORBIDDEN: {said}")
        assert done.stderr.startswith(f"{user} may not do this; try: supervisorctl -u NAME as ")
