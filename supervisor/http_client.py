"""Promised names: following a log of a daemon, with an object that is told what comes in.

`get` returns when the answer has ended; whoever has other things to do calls it in a thread.
Nothing inside the package uses this module.
"""

import http.client

from supervisor.client.address import parse_serverurl
from supervisor.client.credentials import basic_credentials
from supervisor.hints import Any

READ_BYTES = 65536
_USER_AGENT = "Supervisor HTTP Client"


class Listener:
    """What is called with the parts of an answer; all of it does nothing unless it is overridden.

    Except for `feed` and `error`, which print.
    """

    def status(self, url: str, status: int) -> None:
        """The status line came."""

    def error(self, url: str, error: Any) -> None:
        """The request failed, or the answer is not what was asked for."""
        print(url, error)

    def response_header(self, url: str, name: bytes, value: bytes) -> None:
        """A header came; its name is in lower case."""

    def done(self, url: str) -> None:
        """The answer had a length, and is complete."""

    def feed(self, url: str, data: bytes) -> None:
        """A piece of the answer came."""
        print(data.decode("utf-8", "replace"), end="", flush=True)

    def close(self, url: str) -> None:
        """The connection is closed: nothing comes after this."""


class HTTPHandler:
    """One request to a daemon; `conn` and `map` are those of a loop that is not needed any more."""

    def __init__(
        self,
        listener: Any,
        username: str = "",
        password: str | None = None,
        conn: Any = None,
        map: Any = None,
    ) -> None:
        self.listener = listener
        self.username = username
        self.password = password
        self.url: str | None = None

    def get(self, serverurl: str, path: str = "") -> None:
        """Ask for a path and pass on what comes, to its end.

        Raises ValueError for a URL that is neither `unix://PATH` nor `http://HOST[:PORT]`; whatever
        else fails is told to the listener.
        """
        address = parse_serverurl(serverurl)
        url = self.url = f"{serverurl}{path}"
        connection = http.client.HTTPConnection(address.host)
        try:
            connection.sock = address.connect()
            connection.request("GET", path, headers=self._headers())
            self._pass_on(url, connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            self.listener.error(url, f"Cannot connect, error: {type(error)} ({error})")
        finally:
            connection.close()
            self.listener.close(url)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "*/*", "User-Agent": _USER_AGENT}
        if self.password is not None:
            headers["Authorization"] = basic_credentials(self.username, self.password)
        return headers

    def _pass_on(self, url: str, response: http.client.HTTPResponse) -> None:
        self.listener.status(url, response.status)
        if response.status != http.client.OK:
            self.listener.error(url, f"Cannot read, status code {response.status}")
            return
        for name, value in response.getheaders():
            self.listener.response_header(url, name.lower().encode(), value.encode())
        try:
            while data := response.read1(READ_BYTES):
                self.listener.feed(url, data)
        except (OSError, http.client.HTTPException):
            # A daemon that shuts down just drops the connection: the stream has ended.
            return
        if "Content-Length" in response.headers:
            self.listener.done(url)
