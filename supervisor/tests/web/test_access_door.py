"""Who comes in, by which proof, and what becomes of those who prove nothing."""

import hashlib
import os
import socket
import struct
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from supervisor.levels import Level
from supervisor.rpc.caller import Role
from supervisor.tests.web.doors import access, open_gate, password_gate, user_gate
from supervisor.tests.web.site import Loop, RawClient, Site, wait_until
from supervisor.web.access.attempts import PEER_PLACES_MAX
from supervisor.web.access.desk import Access
from supervisor.web.access.digests import sha256_hex
from supervisor.web.access.door import CROWDED, SIGN_IN_BYTES_MAX, WRONG
from supervisor.web.access.failures import FAILURE_DELAY_S, LINES_MAX, PERIOD_S
from supervisor.web.access.users import Token, User
from supervisor.web.application import Doorway
from supervisor.web.limits import DEFAULT_LIMITS, Limits
from supervisor.web.messages import Answer, Later, Request, Response
from supervisor.web.site import SignedIn

OWN_UID = os.geteuid()
SHA = "{SHA}" + hashlib.sha1(b"geheim").hexdigest()
SLOW = "{SCRYPT}4$8$1$c2FsdA$" + b64encode(
    hashlib.scrypt(b"slow", salt=b"salt", n=16, r=8, p=1, dklen=32)
).decode().rstrip("=")
"""Takes no time, but is counted like one that does."""

BROWSER = "Accept-Language: en\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\n"


def say_who(request: Request) -> Answer:
    """Says who calls, and from where."""
    caller = request.caller
    text = f"{caller.name} {caller.role.name} {','.join(caller.programs)} {caller.how}"
    return Response(200, "text/plain", f"{text} {len(request.body)}".encode())


class Stage:
    """A server with users; its sign-in page is a line."""

    def __init__(self, loop: Loop, path: Path | None = None, own_uid: int | None = None) -> None:
        self.loop = loop
        now_s = time.time()
        self.users = [
            User("admin", Role.ADMIN, (), "the server's own"),
            User("alice", Role.OPERATE, ("web",), "wonder", 4242, (
                Token(sha256_hex("alices-token")),
                Token(sha256_hex("soon-over"), now_s + 100.0),
                Token(sha256_hex("long-over"), now_s - 1.0),
            )),
            User("hashed", Role.READ, (), SHA),
            User("slow", Role.READ, (), SLOW),
            User("machine", Role.READ, (), None, None, (Token(sha256_hex("machines-token")),)),
            User("admin", Role.READ, (), "another admin's"),
        ]  # fmt: skip
        self.access = access(loop.ports, self.users, own_uid=own_uid)
        app = Doorway(say_who, self.sign_in)
        self.site = Site(
            loop, app, path=path, gate=user_gate(self.access), limits=Limits(linger_s=1000.0)
        )

    def sign_in(self, request: Request) -> Answer:
        """Stands for the pages."""
        if request.method != "POST":
            return Response(401, "text/html", b"please sign in")
        words = dict(pair.split("=") for pair in request.body.decode().split("&"))
        outcome = self.access.door.sign_in(request, words["user"], words["password"])
        later = Later(outcome.abandon)
        outcome.then(lambda known: later.resolve(page_of(known.value)))
        return later

    def get(self, authorization: str = "", more: str = "", path: str = "/x") -> bytes:
        """The reply to a GET with that Authorization header."""
        line = f"Authorization: {authorization}\r\n" if authorization else ""
        with self.site.connect() as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n{line}{more}\r\n".encode())
            head, body = client.read_reply()
            return head + body

    def wait_delayed(self, count: int = 1) -> None:
        """Until that many failures have a place."""
        attempts = self.access.door.failures.attempts
        wait_until(lambda: self.loop.call(lambda: len(attempts)) == count, f"{count} are delayed")

    def get_refused(self, authorization: str, more: str = "") -> bytes:
        """The reply to wrong credentials, which comes when its time has come."""
        with self.site.connect() as client:
            self.send_wrong(client, authorization, more)
            self.wait_delayed()
            assert not client.received
            self.loop.advance(FAILURE_DELAY_S)
            head, body = client.read_reply()
            assert client.is_closed()
            return head + body

    def send_wrong(self, client: RawClient, authorization: str, more: str = "") -> None:
        line = f"Authorization: {authorization}\r\n"
        client.send(f"GET /x HTTP/1.1\r\nHost: x\r\n{line}{more}\r\n".encode())


def page_of(outcome: SignedIn | str) -> Response:
    """What a page shows of a sign-in."""
    if isinstance(outcome, str):
        return Response(401, "text/plain", outcome.encode())
    headers = (("Location", "."), ("Set-Cookie", outcome.cookie))
    return Response(303, "text/plain", b"", headers)


def basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Loop() as loop:
        stage = Stage(loop)
        with stage.site:
            yield stage


@pytest.mark.parametrize(
    ("authorization", "who"),
    [
        (basic("alice", "wonder"), b"alice OPERATE web password 0"),
        (basic("admin", "the server's own"), b"admin ADMIN  password 0"),
        (basic("admin", "another admin's"), b"admin READ  password 0"),
        (basic("hashed", "geheim"), b"hashed READ  password 0"),
        (basic("slow", "slow"), b"slow READ  password 0"),
        ("Bearer alices-token", b"alice OPERATE web token 0"),
        ("bearer  alices-token ", b"alice OPERATE web token 0"),
        ("Bearer soon-over", b"alice OPERATE web token 0"),
        ("Bearer machines-token", b"machine READ  token 0"),
    ],
)
def test_users_come_in_by_password_or_token(stage: Stage, authorization: str, who: bytes) -> None:
    """With their role and their programs; the user name of the server is an admin."""
    assert stage.get(authorization).endswith(who)


@pytest.mark.parametrize(
    "authorization",
    [
        basic("alice", "wrong"),
        basic("alice", ""),
        basic("alice", "wonder "),
        basic("Alice", "wonder"),
        basic("nobody", "wonder"),
        basic("", "wonder"),
        basic("", ""),
        basic("machine", ""),
        basic("machine", "machines-token"),
        basic("hashed", SHA),
        basic("slow", SLOW),
        basic("slow", "fast"),
        "Bearer wonder",
        "Bearer long-over",
        f"Bearer {sha256_hex('alices-token')}",
        "Bearer",
        "Bearer ",
        "Basic",
        "Basic !!!!",
        "Digest username=alice",
        "nonsense",
    ],
)
def test_wrong_credentials_are_refused_after_a_while(stage: Stage, authorization: str) -> None:
    """A stored hash is no password, a user without a password has none, old tokens are over."""
    reply = stage.get_refused(authorization)
    assert reply.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert reply.endswith(b"<p>Message: Unauthorized.\r\n</body>\r\n")
    challenge = b"Bearer" if authorization.startswith("Bearer") else b"Basic"
    assert b"\r\nWWW-Authenticate: " + challenge in reply


def test_token_expires_while_the_daemon_runs(stage: Stage) -> None:
    assert stage.get("Bearer soon-over").endswith(b"alice OPERATE web token 0")
    stage.loop.advance(101.0)
    assert b" 401 " in stage.get_refused("Bearer soon-over")


def test_first_request_without_credentials_is_challenged_at_once(stage: Stage) -> None:
    """Clients ask so whether they need any: nothing has failed, nothing is logged."""
    reply = stage.get()
    assert reply.startswith(b"HTTP/1.1 401 ")
    assert b'\r\nWWW-Authenticate: Basic realm="default"\r\n' in reply
    assert stage.loop.logged(Level.WARN) == []


def test_others_are_served_while_failures_wait(stage: Stage) -> None:
    """And the answer to each comes from when it asked."""
    count = PEER_PLACES_MAX - 1
    clients = [stage.site.connect() for _ in range(count)]
    for client in clients:
        stage.send_wrong(client, basic("alice", "guess"))
    stage.wait_delayed(count)
    assert stage.get(basic("alice", "wonder")).endswith(b"alice OPERATE web password 0")
    stage.loop.advance(FAILURE_DELAY_S / 2)
    assert not any(client.received for client in clients)
    stage.loop.advance(FAILURE_DELAY_S / 2)
    for client in clients:
        with client:
            assert client.read_reply()[0].startswith(b"HTTP/1.1 401 ")


def crowd(stage: Stage) -> None:
    """Guess as often as one address may, and leave: the places stay taken for a second."""
    for count in range(PEER_PLACES_MAX):
        with stage.site.connect() as client:
            stage.send_wrong(client, basic("alice", f"guess {count}"))
            stage.wait_delayed(count + 1)


def test_no_more_guesses_are_looked_at_than_have_a_place(stage: Stage) -> None:
    """The right password is refused like the wrong ones: else that would be an answer, too."""
    crowd(stage)
    for authorization in (basic("alice", "wonder"), basic("alice", "x"), "Bearer x", "nonsense"):
        reply = stage.get(authorization)
        assert reply.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
        assert b"\r\nRetry-After: 5\r\n" in reply
        assert reply.endswith(f"{CROWDED}\n".encode())
    stage.wait_delayed(PEER_PLACES_MAX)
    stage.loop.advance(FAILURE_DELAY_S)
    assert b" 200 " in stage.get(basic("alice", "wonder"))


def test_crowd_of_guesses_does_not_fill_the_log(stage: Stage) -> None:
    """Those that are not looked at are told of as failures are: some, then their number."""
    crowd(stage)
    for _ in range(2 * LINES_MAX):
        stage.get(basic("alice", "x"))
    lines = stage.loop.logged(Level.WARN)
    told = "inet_http_server: audit: refused to look at a sign-in after too many failures from 127."
    assert lines[PEER_PLACES_MAX].startswith(told)
    assert len(lines) == LINES_MAX + 1


def test_who_need_not_guess_comes_in_through_a_crowd(stage: Stage) -> None:
    """From the same address: by a session, a token, or a connection that is known already."""
    cookie = cookie_of(sign_in(stage, "alice", "wonder"))
    line = f"GET /x HTTP/1.1\r\nHost: x\r\nAuthorization: {basic('alice', 'wonder')}\r\n\r\n"
    with stage.site.connect() as known:
        known.send(line.encode())
        known.read_reply()
        crowd(stage)
        assert stage.get(more=f"Cookie: {cookie}\r\n").endswith(b"alice OPERATE web session 0")
        assert stage.get("Bearer alices-token").endswith(b"alice OPERATE web token 0")
        known.send(line.encode())
        assert known.read_reply()[1] == b"alice OPERATE web password 0"
        known.send(line.replace(basic("alice", "wonder"), basic("hashed", "geheim")).encode())
        assert known.read_reply()[0].startswith(b"HTTP/1.1 429 ")


def test_crowd_at_one_address_keeps_nobody_out_at_another(stage: Stage) -> None:
    crowd(stage)
    with connect_from_elsewhere(stage) as client:
        stage.send_wrong(client, basic("alice", "wonder"))
        assert client.read_reply()[1] == b"alice OPERATE web password 0"


def connect_from_elsewhere(stage: Stage) -> RawClient:
    """A client with another address."""
    return RawClient(
        socket.create_connection(("127.0.0.1", stage.site.port), source_address=("127.0.0.2", 0))
    )


def test_form_to_sign_in_is_no_way_round_the_bound(stage: Stage) -> None:
    """Whatever is tried there counts, and is not looked at either in a crowd."""
    crowd(stage)
    promise = stage.loop.call(
        lambda: stage.access.door.sign_in(request_from("127.0.0.1:1"), "alice", "wonder")
    )
    assert promise.result() == CROWDED
    promise = stage.loop.call(
        lambda: stage.access.door.sign_in(request_from("127.0.0.2:1"), "alice", "wonder")
    )
    assert isinstance(promise.result(), SignedIn)


@pytest.mark.parametrize("header", ["Cookie", "uid"])
def test_who_is_known_may_not_guess_the_passwords_of_others(stage: Stage, header: str) -> None:
    """He comes in as who he is, whatever he tries; beyond the bound nothing is looked at."""
    cookie = cookie_of(sign_in(stage, "alice", "wonder")).encode()
    uid = 4242 if header == "uid" else None

    def admitted_as(password: str) -> str:
        headers = [(b"authorization", basic("admin", password).encode()), (b"cookie", cookie)]
        request = request_from("127.0.0.1:1", headers[: 1 if header == "uid" else 2])
        assert stage.loop.call(lambda: stage.access.door.admit(request, uid)) is None
        return request.caller.name

    assert admitted_as("the server's own") == "admin"
    for number in range(PEER_PLACES_MAX):
        assert admitted_as(f"guess {number}") == "alice"
    assert admitted_as("the server's own") == "alice"
    stage.loop.advance(FAILURE_DELAY_S)
    assert admitted_as("the server's own") == "admin"


def request_from(peer: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> Request:
    request = Request("GET", "/", "1.1", "/", "", headers)
    request.peer = peer
    return request


def test_client_that_leaves_before_its_answer_is_forgotten(stage: Stage) -> None:
    """What it tried is not, for a second: leaving early buys no further guess."""
    with stage.site.connect() as client:
        stage.send_wrong(client, basic("alice", "guess"))
        stage.wait_delayed()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: stage.site.connections_count == 0, "it is forgotten")
    stage.wait_delayed(1)
    stage.loop.advance(FAILURE_DELAY_S)
    stage.wait_delayed(0)
    assert stage.loop.is_asleep()


def test_pipelined_guesses_get_one_answer(stage: Stage) -> None:
    """The connection ends with it: a guess costs a connection and a second."""
    with stage.site.connect() as client:
        for _ in range(10):
            stage.send_wrong(client, basic("alice", "guess"))
        stage.wait_delayed()
        stage.loop.advance(FAILURE_DELAY_S)
        assert client.read_reply()[0].startswith(b"HTTP/1.1 401 ")
        assert client.is_closed()
    assert len(stage.loop.logged(Level.WARN)) == 1


def test_failures_are_logged_with_address_and_without_password(stage: Stage) -> None:
    """The user is named if there is one of that name: else it may be a password, too."""
    stage.get_refused(basic("alice", "hunter2"))
    stage.get_refused(basic("hunter2", "alice"))
    stage.get_refused("Bearer hunter2")
    stage.get_refused("Negotiate hunter2")
    lines = stage.loop.logged(Level.WARN)
    what = (
        "a wrong password for 'alice'",
        "a wrong password for an unknown user",
        "an unknown or expired token",
        "a request with what is no credentials",
    )
    for line, expected in zip(lines, what, strict=True):
        beginning = f"inet_http_server: audit: refused {expected} from 127.0.0.1:"
        assert line.startswith(beginning)
        assert line.removeprefix(beginning).isdigit()
    assert not any("hunter2" in text for text in stage.loop.logged())


def test_many_failures_do_not_fill_the_log(stage: Stage) -> None:
    """From some number on they are only counted; the count is told in the next period."""
    door, peer = stage.access.door, "192.0.2.1:1"
    tell = door.failures.tell
    stage.loop.call(lambda: [tell("a guess", peer) for _ in range(1000)])
    assert len(stage.loop.logged(Level.WARN)) == LINES_MAX + 1
    stage.loop.advance(PERIOD_S + 1)
    stage.loop.call(lambda: tell("a guess", peer))
    added = stage.loop.logged(Level.WARN)[LINES_MAX + 1 :]
    assert len(added) == 2
    assert f"{1000 - LINES_MAX} more" in added[0]


def test_slow_passwords_have_their_turn(stage: Stage) -> None:
    """Verifying is bounded per second, so guesses wait; what is known already does not."""
    assert b" 200 " in stage.get(basic("slow", "slow"))
    clients = [stage.site.connect() for _ in range(8)]
    for number, client in enumerate(clients):
        stage.send_wrong(client, basic("slow", f"guess {number}"))
    with connect_from_elsewhere(stage) as known:
        stage.send_wrong(known, basic("slow", "slow"))
        assert known.read_reply()[0].startswith(b"HTTP/1.1 200 ")
    for client in clients:
        with client:
            while not client.received:
                stage.loop.advance(1.0)
                client.sock.settimeout(0.05)
                try:
                    client.received += client.sock.recv(65536)
                except TimeoutError:
                    continue
            assert client.received[9:12] in (b"401", b"429", b"503")


def test_names_of_users_cannot_be_told_by_what_is_verified(stage: Stage) -> None:
    """An unknown user costs a verification, too: here, the budget of slow ones."""
    clients = [stage.site.connect() for _ in range(8)]
    for number, client in enumerate(clients):
        stage.send_wrong(client, basic("nosuchuser", f"guess {number}"))
    stage.wait_delayed(8)
    assert len(stage.loop.logged(Level.WARN)) < 8, "some of them have to wait for their turn"
    for client in clients:
        client.sock.close()


# -- peers ---------------------------------------------------------------------------------------


def test_peer_of_a_unix_socket_is_known_by_his_uid(tmp_path: Path) -> None:
    """This user of the system, and root, are admins; what is given as credentials counts first."""
    with Loop() as loop:
        stage = Stage(loop, tmp_path / "s", own_uid=OWN_UID)
        with stage.site:
            assert stage.get().endswith(f"uid {OWN_UID} ADMIN  peer 0".encode())
            assert stage.get(basic("alice", "wonder")).endswith(b"alice OPERATE web password 0")
            assert stage.get(basic("alice", "wrong")).endswith(b" ADMIN  peer 0")


def test_peer_that_is_no_user_has_to_say_who_he_is(tmp_path: Path) -> None:
    """With a user name and password of its own, a server takes nobody's uid for them."""
    with Loop() as loop:
        stage = Stage(loop, tmp_path / "s", own_uid=None)
        with stage.site:
            assert stage.get().startswith(b"HTTP/1.1 401 ")
            assert stage.get(basic("alice", "wonder")).endswith(b"alice OPERATE web password 0")


def test_uid_can_be_a_user(stage: Stage) -> None:
    """With his role and his programs; others are nobody."""
    request = Request("GET", "/", "1.1", "/", "", [])
    admit = stage.access.door.admit
    assert stage.loop.call(lambda: admit(request, 4242)) is None
    assert request.caller == stage.users[1].caller("peer")
    assert isinstance(stage.loop.call(lambda: admit(request, 4243)), Response)
    assert isinstance(stage.loop.call(lambda: admit(request, 0)), Response)


# -- pages ---------------------------------------------------------------------------------------


def test_person_without_credentials_is_shown_the_page_to_sign_in(stage: Stage) -> None:
    """No challenge that makes the browser open a window of its own."""
    reply = stage.get(more=BROWSER)
    assert reply.endswith(b"please sign in")
    assert b"Basic" not in reply


@pytest.mark.parametrize("path", ["/RPC2", "/act", "/sign-in/x", "/api/v1/processes"])
def test_browser_cannot_send_anything_but_the_form(stage: Stage, path: str) -> None:
    """Before he has signed in, nothing that a person sends reaches any route."""
    data = f"POST {path} HTTP/1.1\r\nHost: x\r\n{BROWSER}Content-Length: 5\r\n\r\nhello"
    reply = stage.site.exchange(data.encode())
    assert reply.startswith(b"HTTP/1.1 401 ")
    assert b"WWW-Authenticate: Form " in reply and b"Basic" not in reply


def test_stranger_may_not_send_much(stage: Stage) -> None:
    for method, path in (("POST", "/sign-in"), ("GET", "/")):
        line = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{BROWSER}"
        data = f"{line}Content-Length: {SIGN_IN_BYTES_MAX + 1}\r\n\r\n"
        with stage.site.connect() as client:
            client.send(data.encode())
            assert client.read_reply()[0].startswith(b"HTTP/1.1 413 ")


def sign_in(stage: Stage, user: str, password: str, more: str = "") -> bytes:
    body = f"user={user}&password={password}"
    with stage.site.connect() as client:
        client.send(
            f"POST /sign-in HTTP/1.1\r\nHost: x\r\n{BROWSER}{more}"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        if user == "alice" and password == "wonder":
            return client.read_reply()[0]
        stage.wait_delayed()
        stage.loop.advance(FAILURE_DELAY_S)
        head, answer = client.read_reply()
        return head + answer


def cookie_of(reply: bytes) -> str:
    return reply.decode().partition("Set-Cookie: ")[2].partition(";")[0]


def test_person_signs_in_and_out(stage: Stage) -> None:
    """The cookie stands for the user, until he leaves; the log tells both sides."""
    reply = sign_in(stage, "alice", "wonder")
    assert reply.startswith(b"HTTP/1.1 303 ")
    cookie = f"{BROWSER}Cookie: {cookie_of(reply)}\r\n"
    assert stage.get(more=cookie).endswith(b"alice OPERATE web session 0")
    assert any("audit: alice signed in from 127.0.0.1:" in line for line in stage.loop.logged())
    request = Request("POST", "/", "1.1", "/", "", [(b"cookie", cookie_of(reply).encode())])
    stage.loop.call(lambda: stage.access.door.sign_out(request))
    assert stage.get(more=cookie).endswith(b"please sign in")


def test_failed_sign_in_waits_and_is_logged(stage: Stage) -> None:
    """The same words whether there is such a user or not."""
    for user in ("alice", "nobody"):
        reply = sign_in(stage, user, "hunter2")
        assert reply.startswith(b"HTTP/1.1 401 ")
        assert reply.endswith(WRONG.encode())
        assert b"Set-Cookie" not in reply
    assert len(stage.loop.logged(Level.WARN)) == 2
    assert not any("hunter2" in text for text in stage.loop.logged())


def test_foreign_page_cannot_sign_anybody_in(stage: Stage) -> None:
    """Login CSRF: it would make a person act as somebody else."""
    reply = stage.site.exchange(
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n"
        b"Content-Length: 26\r\n\r\nuser=alice&password=wonder"
    )
    assert reply.startswith(b"HTTP/1.1 403 ")
    assert b"Set-Cookie" not in reply


def test_cookie_does_not_help_a_foreign_page(stage: Stage) -> None:
    """Also where a browser would send it along."""
    cookie = cookie_of(sign_in(stage, "alice", "wonder"))
    for header in ("Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Origin: null"):
        reply = stage.site.exchange(
            f"POST /RPC2 HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n{header}\r\n"
            "Content-Length: 0\r\n\r\n".encode()
        )
        assert reply.startswith(b"HTTP/1.1 403 ")


def test_passwords_that_browsers_remember_do_not_help_a_foreign_page(stage: Stage) -> None:
    """Basic credentials are sent along with any request to the host."""
    reply = stage.get(basic("alice", "wonder"), "Sec-Fetch-Site: cross-site\r\n"
                      "Sec-Fetch-Mode: no-cors\r\n")  # fmt: skip
    assert reply.startswith(b"HTTP/1.1 403 ")


# -- servers of old, and open ones ---------------------------------------------------------------


def test_server_with_one_password_is_what_it_was(tmp_path: Path) -> None:
    """Its user is an admin over everything; a browser may sign in on a page, too."""
    with (
        Loop() as loop,
        Site(loop, say_who, gate=password_gate(loop.ports, "user", "secret")) as site,
    ):
        good = f"GET / HTTP/1.1\r\nAuthorization: {basic('user', 'secret')}\r\n"
        assert site.exchange(f"{good}\r\n".encode()).endswith(b"user ADMIN  password 0")
        foreign = f"{good}Origin: http://evil.example\r\nContent-Length: 0\r\n\r\n"
        assert b" 403 " in site.exchange(foreign.replace("GET", "POST").encode())
        assert b" 401 " in site.exchange(b"GET / HTTP/1.1\r\n\r\n")


def test_one_password_is_not_looked_at_in_a_crowd(tmp_path: Path) -> None:
    """Not by the short way either, which servers with one password have."""
    with (
        Loop() as loop,
        Site(loop, say_who, gate=password_gate(loop.ports, "user", "secret")) as site,
    ):
        ask = "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n\r\n"
        clients = [site.connect() for _ in range(PEER_PLACES_MAX + 1)]
        for number, client in enumerate(clients):
            client.send(ask.format(basic("user", f"guess {number}")).encode())
        loop.call(lambda: None)
        good = ask.format(basic("user", "secret")).encode()
        wait_until(lambda: b" 429 " in site.exchange(good), "it is crowded")
        loop.advance(FAILURE_DELAY_S)
        assert b" 200 " in site.exchange(good)
        for client in clients:
            client.sock.close()


def open_site(loop: Loop, made: Access) -> Site:
    return Site(loop, say_who, gate=open_gate(made))


def test_open_server_answers_plain_clients_by_any_name() -> None:
    """As ever: whatever the Host header says."""
    with Loop() as loop, open_site(loop, access(loop.ports, names=("box",))) as site:
        for host in ("x", "evil.example", "", "box:9001"):
            reply = site.exchange(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert reply.endswith(b" ADMIN  open 0")


def test_open_server_answers_browsers_by_its_own_names_only() -> None:
    """DNS rebinding: 421 in clear words; the body is never read."""
    with Loop() as loop, open_site(loop, access(loop.ports, names=("box",))) as site:
        for host, status in (("box:9001", 200), ("127.0.0.1:9001", 200), ("evil.example", 421)):
            request = f"POST / HTTP/1.1\r\nHost: {host}\r\n{BROWSER}Content-Length: 4\r\n\r\nbody"
            reply = site.exchange(request.encode())
            assert reply.startswith(f"HTTP/1.1 {status} ".encode()), host
            assert (b"Connection: close" in reply) is (status == 421)


def test_refusal_of_the_gate_is_the_end_of_the_connection(stage: Stage) -> None:
    """What follows, as body or next request, is never looked at."""
    with stage.site.connect() as client:
        good = f"Authorization: {basic('alice', 'wonder')}\r\n"
        client.send(
            b"POST /x HTTP/1.1\r\nOrigin: null\r\nContent-Length: 60\r\n\r\n"
            + f"GET /x HTTP/1.1\r\n{good}\r\n".encode() * 2
        )
        assert client.read_reply()[0].startswith(b"HTTP/1.1 403 ")
        assert client.is_closed()


def test_body_is_taken_after_a_slow_password(stage: Stage) -> None:
    """Also from a client that waits to be told to send it."""
    with stage.site.connect() as client:
        client.send(
            b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n"
            + f"Authorization: {basic('slow', 'slow')}\r\n\r\n".encode()
        )
        assert client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"body")
        assert client.read_reply()[1] == b"slow READ  password 4"


def test_half_open_and_silent_clients_keep_nobody_out(stage: Stage) -> None:
    """Slowloris, with credentials and without: one more is served at once; heads must end."""
    good = f"Authorization: {basic('alice', 'wonder')}\r\n".encode()
    beginnings = (b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\n" + good)
    clients = []
    for number in range(400):
        client = stage.site.connect()
        client.send(beginnings[number % 4])
        clients.append(client)
    assert stage.get(basic("alice", "wonder")).endswith(b"alice OPERATE web password 0")
    stage.loop.advance(DEFAULT_LIMITS.head_s + 1)
    for number, client in enumerate(clients):
        with client:
            if number % 4:
                assert client.read_reply()[0].startswith(b"HTTP/1.1 408 ")
    wait_until(lambda: stage.site.connections_count == 0, "all are gone")


def test_body_that_trickles_in_is_given_up_with_credentials_too(stage: Stage) -> None:
    """A known user may be as slow as anybody else, and no slower."""
    with stage.site.connect() as client:
        client.send(
            b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
            + f"Authorization: {basic('alice', 'wonder')}\r\n\r\nx".encode()
        )
        wait_until(lambda: stage.site.connections_count == 1, "it has begun")
        while not client.received:
            stage.loop.advance(DEFAULT_LIMITS.body_s + 1)
            client.sock.settimeout(0.05)
            try:
                client.received += client.sock.recv(65536)
            except TimeoutError:
                continue
        assert client.received.startswith(b"HTTP/1.1 408 ")
