"""The API of a daemon without a system: requests as values, answers as structs."""

import json
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import unquote

from supervisor.core.policies import ProcessSpec
from supervisor.daemon.offers import own_offering
from supervisor.rpc.caller import ANYBODY, Caller
from supervisor.rpc.ports import Services
from supervisor.tests.rpc.world import World, program
from supervisor.web.api import make_api
from supervisor.web.gateway import Gateway
from supervisor.web.messages import Answer, Handler, Later, Request, Response
from supervisor.web.site import Forms, ServerFacts, Sessions, Site
from supervisor.web.turns import turns_by

NOBODY_SIGNS_IN: Any = object()
"""Forms and sessions: the API has none."""

JSON = ("content-type", "application/json")


def make_site(world: World, *, has_users: bool = False) -> Site:
    """What the code behind late routes is given, of a world."""
    services = cast(Services, world)
    facts = ServerFacts(
        "inet_http_server", "inet", "localhost:9001", lambda: has_users, "/etc/s.conf"
    )
    gateway = Gateway(own_offering(services, lambda call: call()), services, world.log)
    forms, sessions = cast(Forms, NOBODY_SIGNS_IN), cast(Sessions, NOBODY_SIGNS_IN)
    turns = turns_by(world.timers, services.clock)
    return Site(gateway, services, facts, forms, sessions, world.timers, turns)


class Pending:
    """An answer that is to come."""

    def __init__(self, later: Later) -> None:
        self.later = later
        self.response: Response | None = None
        later.then(self._take)

    def _take(self, response: Response) -> None:
        self.response = response

    def get(self) -> tuple[int, Any]:
        """Status and struct of the answer that has come."""
        assert self.response is not None, "the answer is still to come"
        return opened(self.response)


def opened(response: Response) -> tuple[int, Any]:
    """Status and struct of a JSON answer."""
    kinds = ("application/json", "application/problem+json")
    assert response.content_type in kinds, response.content_type
    return response.status, json.loads(response.body)


class Desk:
    """Somebody who asks the API."""

    def __init__(self, *specs: ProcessSpec, handler: Any = make_api) -> None:
        specs = specs or (program("web"), program("1", "pool"), program("2", "pool"))
        self.world = World(*specs)
        self.site = make_site(self.world)
        self.handler: Handler = handler(self.site)

    def ask(
        self,
        verb: str,
        target: str,
        body: Any = None,
        *,
        headers: Sequence[tuple[str, str]] = (),
        caller: Caller = ANYBODY,
    ) -> Answer:
        """The answer to a request; a body that is no bytes is sent as JSON."""
        path, _, query = target.partition("?")
        data = body if isinstance(body, bytes) else b""
        if body is not None and not isinstance(body, bytes):
            data, headers = json.dumps(body).encode(), (*headers, JSON)
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        request = Request(verb, target, "1.1", unquote(path), query, encoded, data)
        request.caller = caller
        return self.handler(request)

    def call(
        self, verb: str, path: str, body: Any = None, caller: Caller = ANYBODY
    ) -> tuple[int, Any]:
        """Status and struct of an answer that comes at once."""
        answer = self.ask(verb, f"/api/v1{path}", body, caller=caller)
        assert isinstance(answer, Response), answer
        return opened(answer)

    def wait(self, verb: str, path: str, body: Any = None) -> Pending:
        """An answer that does not come at once."""
        answer = self.ask(verb, f"/api/v1{path}", body)
        assert isinstance(answer, Later), answer
        pending = Pending(answer)
        assert pending.response is None, "the answer came at once"
        return pending

    def problem(self, verb: str, path: str, body: Any = None) -> tuple[int, str]:
        """Status and detail of a problem."""
        status, struct = self.call(verb, path, body)
        assert struct["status"] == status
        return status, struct["detail"]
