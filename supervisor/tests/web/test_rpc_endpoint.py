"""The XML-RPC endpoint, with real clients of the standard library."""

import http.client
import socket
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.errors import Fault, RequestRefused
from supervisor.levels import Level
from supervisor.rpc.deferred import Deferred
from supervisor.rpc.registry import Registry
from supervisor.tests.web.site import Loop, Site, calls_of, wait_until
from supervisor.web.limits import LOGGED_BODY_BYTES_MAX
from supervisor.web.routes import Routes
from supervisor.web.rpc_endpoint import RpcEndpoint

CALL = b"<?xml version='1.0'?><methodCall><methodName>%b</methodName></methodCall>"


class Interface:
    """Methods that answer in every possible way."""

    def __init__(self) -> None:
        self.waiting: list[Deferred] = []

    def echo(self, value: Any) -> Any:
        """Return the argument."""
        return value

    def refuse(self) -> Any:
        """Refuse."""
        raise RequestRefused(Fault.BAD_NAME, "größe")

    def crash(self) -> Any:
        """Fail in an unforeseen way."""
        raise RuntimeError("something broke")

    def unmarshallable(self) -> Any:
        """Return what XML-RPC has no type for."""
        return object()

    def wait(self) -> Deferred:
        """Answer later."""
        deferred = Deferred()
        self.waiting.append(deferred)
        return deferred

    def at_once(self) -> Deferred:
        """Answer later, which is now."""
        deferred = Deferred()
        deferred.settle(lambda: "now")
        return deferred


class Stage:
    """A site with that interface as namespace `test`."""

    def __init__(self, loop: Loop, path: Path | None = None) -> None:
        self.loop = loop
        self.interface = Interface()
        log = loop.ports.log
        registry = Registry([("test", self.interface)], log)
        self.site = Site(
            loop, Routes([("/RPC2", RpcEndpoint(calls_of(registry), log))], {}), path=path
        )

    def settle(self, value: Any) -> None:
        """Answer the longest waiting call."""
        wait_until(lambda: bool(self.interface.waiting), "a call waits")
        deferred = self.interface.waiting.pop(0)
        self.loop.call(lambda: deferred.settle(lambda: value))


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Loop() as loop:
        stage = Stage(loop)
        with stage.site:
            yield stage


def post(body: bytes, headers: bytes = b"") -> bytes:
    """A call as bytes."""
    return (
        b"POST /RPC2 HTTP/1.1\r\nHost: x\r\n%bContent-Type: text/xml\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (headers, len(body), body)
    )


def test_endpoint_serves_xmlrpc_client_over_tcp(stage: Stage) -> None:
    """The standard library's client gets values and faults, many on one connection."""
    with xmlrpc.client.ServerProxy(f"http://127.0.0.1:{stage.site.port}/RPC2") as proxy:
        assert proxy.test.echo({"name": "größe", "list": [1, True]}) == {
            "name": "größe",
            "list": [1, True],
        }
        with pytest.raises(xmlrpc.client.Fault, match="BAD_NAME: größe") as caught:
            proxy.test.refuse()
        assert caught.value.faultCode == Fault.BAD_NAME
        assert "test.echo" in proxy.system.listMethods()
        assert stage.site.connections_count == 1


def test_endpoint_serves_xmlrpc_client_over_unix_socket(tmp_path: Path) -> None:
    """A unix socket behaves as a TCP socket does."""

    class Connection(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(str(tmp_path / "s"))

    class Transport(xmlrpc.client.Transport):
        def make_connection(self, host: Any) -> http.client.HTTPConnection:
            return Connection("localhost")

    with Loop() as loop, Stage(loop, tmp_path / "s").site:
        proxy = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=Transport())
        assert proxy.test.echo("x" * 1_000_000) == "x" * 1_000_000
        proxy("close")()
        assert any(
            text.startswith("localhost:0 - - [") and '"POST /RPC2 HTTP/1.1" 200 ' in text
            for text in loop.logged(Level.TRAC)
        )


def test_reply_is_text_xml_with_length_in_bytes(stage: Stage) -> None:
    """Content-Type: text/xml, and Content-Length counts bytes."""
    body = xmlrpc.client.dumps(("größe",), "test.echo").encode()
    with stage.site.connect() as client:
        client.send(post(body))
        head, reply = client.read_reply()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nContent-Type: text/xml\r\n" in head
    assert xmlrpc.client.loads(reply)[0] == ("größe",)


def test_x35_deferred_answer_counts_bytes_not_characters(stage: Stage) -> None:
    """A deferred answer with non-ASCII text is complete, and the connection stays in step."""
    with stage.site.connect() as client:
        client.send(post(CALL % b"test.wait"))
        stage.settle(["größe:größe"])
        assert xmlrpc.client.loads(client.read_reply()[1])[0] == (["größe:größe"],)
        client.send(post(CALL % b"test.at_once"))
        assert xmlrpc.client.loads(client.read_reply()[1])[0] == ("now",)


def test_deferred_fault_is_a_fault(stage: Stage) -> None:
    """A deferred call that is refused in the end answers with a fault."""

    def refuse() -> None:
        raise RequestRefused(Fault.ABNORMAL_TERMINATION, "web")

    with stage.site.connect() as client:
        client.send(post(CALL % b"test.wait"))
        wait_until(lambda: bool(stage.interface.waiting), "a call waits")
        stage.loop.call(lambda: stage.interface.waiting.pop().settle(refuse))
        with pytest.raises(xmlrpc.client.Fault, match="ABNORMAL_TERMINATION: web"):
            xmlrpc.client.loads(client.read_reply()[1])


def test_x21_requests_pipelined_behind_a_deferred_one_are_answered_in_order(stage: Stage) -> None:
    """What is asked behind a deferred answer waits for it, then is answered by itself."""
    echo = xmlrpc.client.dumps((7,), "test.echo").encode()
    with stage.site.connect() as client:
        client.send(post(CALL % b"test.wait") + post(echo) + post(CALL % b"test.wait") + post(echo))
        stage.settle("first")
        stage.settle("second")
        answers = [xmlrpc.client.loads(client.read_reply()[1])[0] for _ in range(4)]
    assert answers == [("first",), (7,), ("second",), (7,)]


def test_many_pipelined_deferred_answers_that_are_known_at_once(stage: Stage) -> None:
    """Any number of calls in one write is answered, whether or not the answers are deferred."""
    with stage.site.connect() as client:
        client.send(post(CALL % b"test.at_once") * 300)
        for _ in range(300):
            assert xmlrpc.client.loads(client.read_reply()[1])[0] == ("now",)


def test_x20_waiting_for_a_deferred_answer_does_not_spin(stage: Stage) -> None:
    """While a client waits the loop sleeps."""
    with stage.site.connect() as client:
        client.send(post(CALL % b"test.wait"))
        wait_until(lambda: bool(stage.interface.waiting), "a call waits")
        assert stage.loop.is_asleep()
        stage.settle(True)
        client.read_reply()


def test_client_that_leaves_while_its_answer_is_deferred_is_forgotten(stage: Stage) -> None:
    """The answer to a client that has gone is dropped; others are served."""
    with stage.site.connect() as client:
        client.send(post(CALL % b"test.wait"))
        wait_until(lambda: bool(stage.interface.waiting), "a call waits")
    stage.settle(True)
    wait_until(lambda: stage.site.connections_count == 0, "the connection is closed")
    assert b" 200 OK" in stage.site.exchange(post(CALL % b"test.at_once"))


def test_client_that_closes_its_side_still_gets_its_deferred_answer(stage: Stage) -> None:
    """Half-closed is not gone."""
    with stage.site.connect() as client:
        client.send(post(CALL % b"test.wait"))
        client.finish()
        stage.settle("late")
        assert b"<string>late</string>" in client.read_all()


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"PUT", b"get", b"post", b"OPTIONS"])
def test_anything_but_post_is_a_bad_request(stage: Stage, method: bytes) -> None:
    """POST only, other methods are answered with 400."""
    reply = stage.site.exchange(method + b" /RPC2 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"abc", "unmarshallable"),
        (b"<methodCall></methodCall>", "no method name"),
        (b"<methodCall><methodName></methodName></methodCall>", "no method name"),
        (b"<a><b></a></b>", "unmarshallable"),
        (b"\xff\x00", "unmarshallable"),
    ],
)
def test_body_that_is_no_call_is_a_bad_request(stage: Stage, body: bytes, why: str) -> None:
    """400, logged as an error with the data; the connection lives on."""
    with stage.site.connect() as client:
        client.send(post(body) + post(CALL % b"test.at_once"))
        assert client.read_reply()[0].startswith(b"HTTP/1.1 400 ")
        assert client.read_reply()[0].startswith(b"HTTP/1.1 200 ")
    quoted = repr(body.decode("utf-8", "backslashreplace"))
    expected = f"XML-RPC request data {quoted} is invalid: {why}"
    assert stage.loop.logged(Level.ERRO) == [expected]


def test_x32_empty_body_is_a_bad_request(stage: Stage) -> None:
    """POST with Content-Length 0 is answered with 400 (the reference never answers)."""
    with stage.site.connect() as client:
        client.send(post(b""))
        assert client.read_reply()[0].startswith(b"HTTP/1.1 400 ")


def test_long_data_is_not_logged_in_full(stage: Stage) -> None:
    """A log line quotes a bounded part of the data."""
    stage.site.exchange(post(b"x" * 100_000))
    (line,) = stage.loop.logged(Level.ERRO)
    assert len(line) < LOGGED_BODY_BYTES_MAX + 200


def test_unexpected_exception_is_500_and_critical(stage: Stage) -> None:
    """500 with the traceback in the main log; the connection and the others live on."""
    with stage.site.connect() as client:
        client.send(post(CALL % b"test.crash") + post(CALL % b"test.at_once"))
        assert client.read_reply()[0].startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
        assert client.read_reply()[0].startswith(b"HTTP/1.1 200 ")
    (line,) = stage.loop.logged(Level.CRIT)
    assert line.startswith("Handling XML-RPC request with data ")
    assert "raised an unexpected exception: Traceback" in line


def test_x6_result_that_cannot_be_sent_is_a_fault(stage: Stage) -> None:
    """A method that returns what XML-RPC has no type for is a fault (500 in the reference)."""
    with stage.site.connect() as client:
        client.send(post(CALL % b"test.unmarshallable") + post(CALL % b"test.at_once"))
        head, body = client.read_reply()
        assert head.startswith(b"HTTP/1.1 200 ")
        assert b"<int>30</int>" in body
        assert b"<fault>" not in client.read_reply()[1]
    (line,) = stage.loop.logged(Level.CRIT)
    assert line == (
        "test.unmarshallable returned what XML-RPC cannot carry: a value of type object "
        "(it must return what XML-RPC has a type for)"
    )


def test_x6_deferred_answer_that_cannot_be_sent_is_a_fault(stage: Stage) -> None:
    """Also a deferred result may be something that XML-RPC has no type for."""
    with stage.site.connect() as client:
        client.send(post(CALL % b"test.wait"))
        stage.settle(object())
        with pytest.raises(xmlrpc.client.Fault) as caught:
            xmlrpc.client.loads(client.read_reply()[1])
    assert caught.value.faultString == (
        "FAILED: test.wait returned what XML-RPC cannot carry: a value of type object"
    )


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_result_that_breaks_when_it_is_read_is_a_fault(
    stage: Stage, error: type[BaseException]
) -> None:
    """Even if it tries to end the daemon."""

    class Breaking(str):
        def __str__(self) -> str:
            raise error("do not look")

    with stage.site.connect() as client:
        client.send(post(CALL % b"test.wait") + post(CALL % b"test.at_once"))
        stage.settle(Breaking("x"))
        with pytest.raises(xmlrpc.client.Fault) as caught:
            xmlrpc.client.loads(client.read_reply()[1])
        assert b"<fault>" not in client.read_reply()[1]
    why = f"test.wait returned what cannot be read: <class '{error.__name__}'>"
    assert caught.value.faultString == f"FAILED: {why}"
    (line,) = stage.loop.logged(Level.CRIT)
    assert line.startswith(f"{why}: Traceback")


def test_calls_are_logged_at_trace_level(stage: Stage) -> None:
    """Method called, outcome, access line, in this order."""
    stage.site.exchange(post(CALL % b"test.refuse"))
    texts = stage.loop.logged(Level.TRAC)[1:]
    assert texts[0] == "XML-RPC method called: test.refuse()"
    assert texts[1] == "XML-RPC method test.refuse() returned fault: [10] BAD_NAME: größe"
    assert texts[2].startswith("127.0.0.1:")
    assert '] "POST /RPC2 HTTP/1.1" 200 ' in texts[2]
