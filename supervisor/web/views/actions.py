"""``/act``: what the buttons do, and what became of it in words."""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any
from supervisor.rpc.ports import Services
from supervisor.states import ProcessStates
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Answer, Request, Response, error_response
from supervisor.web.site import Site
from supervisor.web.views import errors, notice
from supervisor.web.views.arguments import arguments
from supervisor.web.views.back import way_back
from supervisor.web.views.calls import Call, Patience, Result, call_in_turn
from supervisor.web.views.targets import ALL, Target, target_of
from supervisor.web.views.words import names, sentence


class Verb(NamedTuple):
    """An action, in words."""

    order: str
    """``Stop``"""
    done: str
    """``Stopped``"""
    undone: str
    """``stop``, behind `could not`."""


VERBS: dict[str, Verb] = {
    "start": Verb("Start", "Started", "start"),
    "stop": Verb("Stop", "Stopped", "stop"),
    "restart": Verb("Restart", "Restarted", "restart"),
    "clear": Verb("Clear the logs of", "Cleared the logs of", "clear the logs of"),
}
"""By the name of the field that asks for it; its value is the target."""

ACCEPT = "accept"
"""The field that accepts what is wrong with the daemon itself."""

PATIENCE_S = 5.0
"""A form is answered after so long at the latest, whatever its processes take to end."""

_FAULT_WORDS: dict[int, str] = {
    Fault.ALREADY_STARTED: "it is running already",
    Fault.NOT_RUNNING: "it is not running",
    Fault.BAD_NAME: "there is no such process any more",
    Fault.SPAWN_ERROR: "it could not be started",
    Fault.ABNORMAL_TERMINATION: "it ended too soon",
}
_LEAVING_FAULTS = (Fault.SHUTDOWN_STATE, Fault.FORBIDDEN)


def view(request: Request, site: Site) -> Answer:
    """Do what the form says, and go back to where it was, with a notice of what became of it."""
    said = arguments(request)
    refused = site.forms.check(request, said.get("token", ""))
    if refused is not None:
        return _not_ours(request, site, refused)
    back = way_back(said.get("back", ""))
    if ACCEPT in said:
        return _accept(request, site, back)
    for name in VERBS:
        if name in said:
            return perform(request, site, name, said[name], back)
    return errors.page(
        request,
        site,
        errors.Trouble(
            400, "Nothing was asked for", "The form says nothing to do. Nothing was changed."
        ),
    )


def perform(request: Request, site: Site, name: str, wanted: str, back: str) -> Answer:
    """Do something, by the name of its verb, with a target."""
    verb = VERBS[name]
    services = site.gateway.services(request)
    target = target_of(request, site, wanted)
    if target is None:
        text = f"There is no process {wanted}. Nothing was changed."
        return told(site, back, text, is_good=False)

    def finish(results: list[Result]) -> Response:
        refused = stopped_short(request, site, results, f"{verb.order} {wanted}")
        if refused is not None:
            return refused
        text, is_good = _outcome(services, verb, target, results)
        return told(site, back, text, is_good=is_good)

    def not_yet() -> Response:
        whom = wanted if target.is_one else target.counted(len(target.members))
        text = f"{verb.order} {whom}: under way. The list shows when it is done."
        return told(site, back, text, is_good=True)

    patience = Patience(site, PATIENCE_S, not_yet)
    return call_in_turn(site.gateway, request, calls_of(name, target), finish, patience)


def calls_of(name: str, target: Target) -> list[Call]:
    """The calls that an action is made of.

    A stop is waited for; a start is not: how long that takes to be known is up to `startsecs`.
    """
    if name == "clear":
        return [Call("clearProcessLogs", (each.namespec,)) for each in target.members]
    found = []
    if name in ("stop", "restart") and not (
        target.is_one and name == "restart" and _is_down(target)
    ):
        found.append(_call("stop", target, True))
    if name in ("start", "restart"):
        found.append(_call("start", target, False))
    return found


def _call(name: str, target: Target, waits: bool) -> Call:
    if target.is_one:
        return Call(f"{name}Process", (full_name(target), waits))
    if target.name == ALL:
        return Call(f"{name}AllProcesses", (waits,))
    return Call(f"{name}ProcessGroup", (target.group, waits))


def full_name(target: Target) -> str:
    """Group and name of a process: a name alone could be that of a group."""
    process = target.members[0].process
    return f"{process.group}:{process.name}"


def _is_down(target: Target) -> bool:
    return target.members[0].look in ("STOPPED", "EXITED", "bad-exit", "FATAL")


# -- what became of it


def told(site: Site, back: str, text: str, *, is_good: bool) -> Response:
    """Go back and say it there."""
    wall_s = site.services.clock.now().wall_s
    return go_to(notice.address(back, text, is_good, wall_s))


def go_to(address: str) -> Response:
    """Lead the browser to an address of ours, which is relative: proxies need know nothing."""
    return error_response(303, (("Location", address), ("Cache-Control", "no-cache")))


def stopped_short(
    request: Request, site: Site, results: list[Result], wanted: str
) -> Response | None:
    """The error page if the caller may not do that, or if the daemon is about to leave."""
    for result in results:
        error = result.error
        if isinstance(error, RequestRefused) and error.fault in _LEAVING_FAULTS:
            return errors.refusal(request, site, error, wanted)
    return None


def failures(results: list[Result], target: Target) -> dict[str, str]:
    """Why not, by the name of each process that something has not been done with."""
    found: dict[str, str] = {}
    for result in results:
        for status in result.statuses:
            if status["status"] != Fault.SUCCESS:
                name = _name_of(status)
                found[name] = words_of(status["status"], status["description"])
    for result, member in zip(results, target.members, strict=False):
        if result.error is not None and not target.is_one:
            found[member.namespec] = error_words(result.error)
    return found


def error_words(error: Exception) -> str:
    """Why a call was refused, in words."""
    if isinstance(error, RequestRefused):
        return words_of(error.fault, error.text)
    return "the daemon made a mistake, see its main log"


def words_of(fault: int, text: str) -> str:
    """What a fault means; a text of its own says more than its name does."""
    return _FAULT_WORDS.get(fault) or text.partition(": ")[2] or text.lower().replace("_", " ")


def _name_of(status: dict[str, Any]) -> str:
    group, name = status["group"], status["name"]
    return name if group == name else f"{group}:{name}"


def _outcome(
    services: Services, verb: Verb, target: Target, results: list[Result]
) -> tuple[str, bool]:
    if target.is_one:
        return _outcome_of_one(services, verb, target, results)
    failed = failures(results, target)
    whom = target.counted(_touched(results))
    if not failed:
        return f"{verb.done} {whom}.", True
    done = f"{verb.done} {target.counted(_touched(results) - len(failed))}. "
    named = names([f"{name} ({why})" for name, why in failed.items()], shown_max=4)
    return f"{done}Could not {verb.undone} {named}.", False


def _touched(results: list[Result]) -> int:
    """How many processes the last of the calls was about."""
    statuses = results[-1].statuses if results else []
    return len(statuses) if statuses or not results or results[-1].value == [] else len(results)


def _outcome_of_one(
    services: Services, verb: Verb, target: Target, results: list[Result]
) -> tuple[str, bool]:
    error = results[-1].error
    name = target.name
    process = services.control.find(target.group, target.members[0].process.name)
    if error is not None:
        why = error_words(error)
        if isinstance(error, RequestRefused) and error.fault == Fault.SPAWN_ERROR:
            why = (process.spawnerr if process else None) or why
        return (
            f"Could not {verb.undone} {name}: {sentence(why)[0].lower()}{sentence(why)[1:]}",
            False,
        )
    if verb.done not in ("Started", "Restarted") or process is None:
        return f"{verb.done} {name}.", True
    pid = f", pid {process.pid}" if process.pid else ""
    if process.state == ProcessStates.STARTING:
        return f"{verb.done} {name}{pid}. It counts as running when it has stayed up.", True
    return f"{verb.done} {name}{pid}.", True


def _accept(request: Request, site: Site, back: str) -> Answer:
    def finish(results: list[Result]) -> Response:
        refused = stopped_short(request, site, results, "Accept what is wrong")
        if refused is not None:
            return refused
        error = results[0].error
        if error is not None:
            return told(site, back, sentence(error_words(error)), is_good=False)
        text = "Accepted. The daemon tells again when the system refuses it something anew."
        return told(site, back, text, is_good=True)

    return call_in_turn(site.gateway, request, [Call("clearFatal")], finish)


def _not_ours(request: Request, site: Site, why: str) -> Response:
    return errors.page(
        request, site, errors.Trouble(403, "This form cannot be believed", why, again="./")
    )
