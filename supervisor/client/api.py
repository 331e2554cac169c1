"""The JSON API of a daemon, as far as commands use it: paths, single answers, streams.

Daemons before 5.0 have none: they answer with a page of theirs, or 404, but never with JSON.
"""

import http.client
import json
import xmlrpc.client
from urllib.parse import quote

from supervisor.client.address import Address, parse_serverurl
from supervisor.client.credentials import authorization
from supervisor.errors import Fault
from supervisor.hints import Any, Mapping
from supervisor.tuples import NamedTuple

PREFIX = "/api/v1"
JSON = "application/json"
PROBLEM = "application/problem+json"
PLAIN_TEXT = "text/plain"
EVENT_STREAM = "text/event-stream"
HEARTBEAT_S = 15.0
"""A daemon lets hear of itself that often in a stream of events."""
ANSWER_BYTES_MAX = 1 << 26
"""Of one answer; nothing that commands ask for comes near."""
HTTP_OK = 200
HTTP_NOT_FOUND = 404


def log_path(process: str, channel: str) -> str:
    """Path of one log of a process, whatever its name contains."""
    return f"{PREFIX}/processes/{quote(process, safe='')}/logs/{channel}"


def is_json(content_type: str) -> bool:
    """Whether it was the API that answered so, if only to refuse."""
    return content_type in (JSON, PROBLEM)


class Answer(NamedTuple):
    """What came back."""

    status: int
    content_type: str
    """In lower case, without parameters."""
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def is_of_api(self) -> bool:
        """False if the daemon has no JSON API: what answered was something else."""
        return self.status == HTTP_OK or is_json(self.content_type)


class Api:
    """One daemon and as whom to talk to it."""

    def __init__(
        self,
        serverurl: str | Address,
        username: str | None,
        password: str | None,
        token: str | None = None,
    ) -> None:
        self.address: Address = parse_serverurl(serverurl)
        self.headers: dict[str, str] = {}
        """Those that every request has."""
        value = authorization(username, password, token)
        if value is not None:
            self.headers["Authorization"] = value

    def get(self, path: str, accept: str) -> Answer:
        """The answer to one request. Raises OSError and http.client.HTTPException."""
        connection = http.client.HTTPConnection(self.address.host)
        connection.sock = self.address.connect()
        try:
            headers = {"Accept": accept, "User-Agent": "supervisorctl", **self.headers}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read(ANSWER_BYTES_MAX)
        finally:
            connection.close()
        named = {name.lower(): value for name, value in response.getheaders()}
        content_type = named.get("content-type", "").partition(";")[0].strip().lower()
        return Answer(response.status, content_type, named, body)


def problem_fault(status: int, body: bytes) -> xmlrpc.client.Fault:
    """Why a request was refused, as XML-RPC would have told it (RFC 9457; `code` is ours).

    What is no problem document of the API is one by its status: 404 is BAD_NAME, others FAILED.
    """
    try:
        problem: Any = json.loads(body)
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    code = problem.get("code")
    if not isinstance(code, int):
        code = Fault.BAD_NAME if status == HTTP_NOT_FOUND else Fault.FAILED
    texts = (problem.get(key) for key in ("detail", "title"))
    text = next((text for text in texts if isinstance(text, str) and text), f"HTTP status {status}")
    return xmlrpc.client.Fault(int(code), text)
