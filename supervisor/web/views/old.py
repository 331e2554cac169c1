"""``index.html?action=…``: the addresses of old, which scripts use.

A plain client acts by them as ever. In a browser a link shows what it would do, with a form to do
it; what a foreign page asks for, or a prefetch, is refused.
"""

import time

from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.oneline import told_name
from supervisor.web.access.policy import Verdict, judge_action
from supervisor.web.messages import Answer, Request, Response
from supervisor.web.site import Site
from supervisor.web.views import actions, confirm, errors
from supervisor.web.views.arguments import arguments
from supervisor.web.views.back import HOME
from supervisor.web.views.calls import Call, Result, call_in_turn
from supervisor.web.views.targets import ALL, Target, target_of

_ALL_ACTIONS = {
    "stopall": ("stop", "stopped at"),
    "restartall": ("restart", "restarted at"),
}
_ONE_ACTIONS = {
    "start": ("start", "Process {} started"),
    "stop": ("stop", "Process {} stopped"),
    "restart": ("restart", "Process {} restarted"),
    "clearlog": ("clear", "Log for {} cleared"),
}
_FAULT_WORDS: dict[int, str] = {
    Fault.NO_FILE: "no such file",
    Fault.NOT_EXECUTABLE: "file not executable",
    Fault.ALREADY_STARTED: "already started",
    Fault.SPAWN_ERROR: "spawn error",
    Fault.ABNORMAL_TERMINATION: "abnormal termination",
    Fault.NOT_RUNNING: "not running",
}


def act_as_of_old(request: Request, site: Site) -> Answer:
    """Do it, ask, or refuse it."""
    said = arguments(request)
    action, name = said["action"], said.get("processname", "")
    if action == "refresh":
        return actions.told(site, HOME, f"Page refreshed at {_ctime(site)}", is_good=True)
    if action not in _ALL_ACTIONS and (action not in _ONE_ACTIONS or not name):
        return _senseless(request, site, action)
    verdict = judge_action(request)
    if verdict is Verdict.REFUSE:
        return _foreign(request, site)
    if verdict is Verdict.ASK:
        verb = (_ALL_ACTIONS.get(action) or _ONE_ACTIONS[action])[0]
        return confirm.ask(request, site, verb, ALL if action in _ALL_ACTIONS else name)
    if action in _ALL_ACTIONS:
        return _act_on_all(request, site, action)
    return _act_on_one(request, site, action, name)


def _act_on_all(request: Request, site: Site, action: str) -> Answer:
    verb, words = _ALL_ACTIONS[action]
    calls = [Call("stopAllProcesses")]
    if verb == "restart":
        calls.append(Call("startAllProcesses"))

    def finish(results: list[Result]) -> Response:
        refused = actions.stopped_short(request, site, results, action)
        if refused is not None:
            return refused
        whose = "All of your processes" if request.caller.programs else "All"
        text = f"{whose} {words} {_ctime(site)}"
        failed = [
            f"{actions._name_of(status)} ({_words_of(status['status'], status['description'])})"
            for result in results
            for status in result.statuses
            if status["status"] != Fault.SUCCESS
        ]
        if failed:
            text += f", except {', '.join(failed)}"
        return actions.told(site, HOME, text, is_good=not failed)

    return call_in_turn(site.gateway, request, calls, finish)


def _act_on_one(request: Request, site: Site, action: str, name: str) -> Answer:
    verb, words = _ONE_ACTIONS[action]
    target = target_of(request, site, name)
    if target is None or not target.is_one:
        return actions.told(site, HOME, f"No such process named {name}", is_good=False)

    def finish(results: list[Result]) -> Response:
        refused = actions.stopped_short(request, site, results, f"{action} {name}")
        if refused is not None:
            return refused
        error = results[-1].error
        if error is None:
            return actions.told(site, HOME, words.format(name), is_good=True)
        if verb == "restart":
            text = f"{words.format(name)}, but it is not up: {_error_words(error)}"
        else:
            text = f"ERROR: Process {name}: {_error_words(error)}"
        return actions.told(site, HOME, text, is_good=False)

    return call_in_turn(site.gateway, request, _calls(verb, target), finish)


def _calls(verb: str, target: Target) -> list[Call]:
    name = actions.full_name(target)
    methods = {
        "start": ("startProcess",),
        "stop": ("stopProcess",),
        "restart": ("stopProcess", "startProcess"),
        "clear": ("clearProcessLogs",),
    }[verb]
    return [Call(method, (name,)) for method in methods]


def _error_words(error: Exception) -> str:
    if isinstance(error, RequestRefused):
        return _words_of(error.fault, error.text)
    return actions.error_words(error)


def _words_of(fault: int, text: str) -> str:
    return _FAULT_WORDS.get(fault) or f"unexpected rpc fault [{int(fault)}] {text}"


def _ctime(site: Site) -> str:
    return time.ctime(site.services.clock.now().wall_s)


def _senseless(request: Request, site: Site, action: str) -> Response:
    """Which argument is wrong, what it may be, and an example of what is right."""
    if action in _ONE_ACTIONS:
        headline, example = "The name of a process is missing", f"action={action}"
        why = f"The argument processname is missing: action={action} takes the name of a process."
    else:
        headline, example = "There is no such action", "action=restart"
        why = (
            f"The argument action is {told_name(action)!a}, which is none:"
            f" {', '.join(_ONE_ACTIONS)} take a processname, {', '.join(_ALL_ACTIONS)} and"
            " refresh take none."
        )
    text = f"{why} Nothing was changed. An example: index.html?{example}&processname=web"
    if not errors.wants_html(request):
        return Response(400, "text/plain;charset=utf-8", f"{text}\n".encode("ascii"))
    trouble = errors.Trouble(400, headline, text, (("Action", told_name(action)),))
    return errors.page(request, site, trouble)


def _foreign(request: Request, site: Site) -> Response:
    return errors.page(
        request,
        site,
        errors.Trouble(
            403,
            "Another site asked for this",
            "A page of another site, or the browser by itself, asked for an action here. "
            "Nothing was done. Use the buttons of the list of processes.",
        ),
    )
