"""Wrong roles on every operation: nobody does what is not his to do."""

import pytest

from supervisor.rpc.caller import Caller, Role
from supervisor.tests.rpc.world import program
from supervisor.tests.web.api.desk import Desk, opened
from supervisor.web.api.operations import Operation
from supervisor.web.api.table import all_operations
from supervisor.web.messages import Later, Response

NAMES = {"{name}": "web", "{pool}": "ears", "{method}": "supervisor.shutdown"}
OPERATIONS = [each for each in all_operations() if each.role > Role.READ]
EXAMPLES = {"string": "HUP", "integer": 1, "array": []}


@pytest.mark.parametrize("operation", OPERATIONS, ids=[f"{o.verb} {o.path}" for o in OPERATIONS])
@pytest.mark.parametrize("role", list(Role))
def test_operation_takes_its_role(operation: Operation, role: Role) -> None:
    """READ looks, OPERATE acts on processes, ADMIN on the daemon."""
    desk = Desk(program("web"), program("ears"))
    path = operation.path
    for name, value in NAMES.items():
        path = path.replace(name, value)
    body = {field.name: EXAMPLES[field.kinds[0]] for field in operation.body if field.is_required}
    caller = Caller("ann", role, (), "password")
    answer = desk.ask(operation.verb, f"/api/v1{path}", body or None, caller=caller)
    if isinstance(answer, Later):
        assert role >= operation.role
        return
    assert isinstance(answer, Response)
    status, struct = opened(answer)
    assert (status == 403) == (role < operation.role), struct
    if status == 403:
        assert struct["fault"] == "FORBIDDEN"
        assert desk.world.state("web:web") == "STOPPED"
        assert not desk.world.left


@pytest.mark.parametrize("method", ["supervisor.shutdown", "supervisor.startProcess"])
@pytest.mark.parametrize("path", ["/rpc/%s", "/rpc/system.multicall"])
def test_calling_by_name_takes_the_role_of_the_method(method: str, path: str) -> None:
    """Also within a multicall."""
    desk = Desk(program("web"))
    caller = Caller("ann", Role.READ, (), "password")
    params: list[object] = [] if method.endswith("shutdown") else ["web"]
    if "%s" in path:
        status, struct = desk.call("POST", path % method, {"params": params}, caller=caller)
        assert (status, struct["fault"]) == (403, "FORBIDDEN")
    else:
        calls = [{"methodName": method, "params": params}]
        _, struct = desk.call("POST", path, {"params": [calls]}, caller=caller)
        assert struct["result"][0]["faultCode"] == 110
    assert desk.world.state("web:web") == "STOPPED"
