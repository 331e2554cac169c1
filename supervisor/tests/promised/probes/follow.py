"""http_client: what a listener is told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from probe import show

from supervisor.http_client import HTTPHandler, Listener


class Peer(BaseHTTPRequestHandler):
    """Answers in several ways."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        return

    def do_GET(self):
        if self.path == "/chunks":
            self.answer(200, "Transfer-Encoding", "chunked", b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        elif self.path == "/length":
            self.answer(200, "Content-Length", "5", b"hello")
        elif self.path == "/who":
            who = self.headers["Authorization"].encode()
            self.answer(200, "Content-Length", str(len(who)), who)
        elif self.path == "/stream":
            self.answer(200, "Connection", "close", b"stream")
        else:
            self.answer(404, "Content-Length", "2", b"no")

    def answer(self, status, name, value, body):
        """Send it all."""
        self.send_response(status)
        self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = name == "Connection"


class Told(Listener):
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def status(self, url, status):
        self.told.append(("status", url, status))

    def error(self, url, error):
        self.told.append(("error", url, error))

    def response_header(self, url, name, value):
        if name.lower() not in (b"date", b"server"):
            self.told.append(("header", name, value))

    def done(self, url):
        self.told.append("done")

    def feed(self, url, data):
        self.told.append(("feed", data))

    def close(self, url):
        self.told.append("close")


class Server(ThreadingHTTPServer):
    """Says nothing about clients that are gone."""

    def handle_error(self, request, client_address):
        return


peer = Server(("127.0.0.1", 0), Peer)
threading.Thread(target=peer.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{peer.server_port}"


def told(serverurl, path, **kwargs):
    """What a listener is told about a request."""
    listener = Told()
    HTTPHandler(listener, **kwargs).get(serverurl, path)
    try:
        from supervisor.medusa.asyncore_25 import loop
    except ImportError:
        pass
    else:
        loop(timeout=0.05, count=100)
    return eval(repr(listener.told).replace(URL, "URL"))


show("length", told, URL, "/length")
show("chunks", told, URL, "/chunks")
show("stream", told, URL, "/stream")
show("missing", told, URL, "/missing")
show("credentials", told, URL, "/who", username="u", password="p")
show("nobody there", lambda: [what[0] for what in told("http://127.0.0.1:1", "/x")])
show("other scheme", lambda: told("ftp://h", "/x"))
base = Listener()
show("base", lambda: [base.status("u", 1), base.response_header("u", b"n", b"v"), base.done("u")])
show("base error", base.error, "u", "wrong")
show("base feed", base.feed, "u", b"data\n")
show("base close", base.close, "u")
