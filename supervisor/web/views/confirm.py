"""Asking before something is stopped: what will happen, to whom, and to whom not."""

from supervisor.rpc.caller import Role
from supervisor.rpc.ports import Services
from supervisor.web.messages import Answer, Request
from supervisor.web.site import Site
from supervisor.web.views import errors, layout, words
from supervisor.web.views.actions import VERBS
from supervisor.web.views.arguments import arguments
from supervisor.web.views.back import HOME, came_from, way_back
from supervisor.web.views.kit import NOTHING, Html, Template, joined, quoted
from supervisor.web.views.picture import Member
from supervisor.web.views.targets import Target, target_of

KEYS_READ_MAX = 50
"""For more processes the answer does not say which signal they get: nobody would read it."""

_CONFIRM = Template("confirm.html")

_ASKING = ("confirm.html", "clearlog")

_AFFECTED: dict[str, frozenset[str]] = {
    "start": frozenset({"STOPPED", "EXITED", "bad-exit", "FATAL", "UNKNOWN"}),
    "stop": frozenset({"STARTING", "RUNNING", "BACKOFF", "STOPPING"}),
    "restart": frozenset(
        {"STARTING", "RUNNING", "BACKOFF", "STOPPING", "STOPPED", "EXITED", "bad-exit", "FATAL"}
    ),
    "clear": frozenset(),
}
"""Looks of the processes that an action does something with; none stands for all."""


def view(request: Request, site: Site) -> Answer:
    """``/confirm.html?stop=NAME``: ask."""
    said = arguments(request)
    for verb in VERBS:
        if verb in said:
            return ask(request, site, verb, said[verb], said.get("back", ""))
    return errors.not_found(request, site)


def ask(request: Request, site: Site, verb: str, name: str, back: str = "") -> Answer:
    """The page that asks whether that is meant."""
    services = site.gateway.services(request)
    target = target_of(request, site, name)
    if target is None:
        return errors.no_such_process(request, site, name)
    affected = [member for member in target.members if _is_affected(verb, member)]
    may = request.caller.may(Role.OPERATE)
    question = _question(verb, target, len(affected))
    way = _way_back(request, back)
    yes = _CONFIRM["yes"](name=verb, target=target.name, words=_button(verb, target, len(affected)))
    main = _CONFIRM["page"](
        token=site.forms.token(request),
        back=way,
        question=question,
        effect=_effect(services, verb, affected) if may else "You may look, but not do this.",
        names=_names(verb, target, affected),
        others=_others(target, affected),
        yes=yes if may and affected else NOTHING,
        no_address=way,
        no=Html("Cancel" if may and affected else "Back"),
    )
    return layout.answer(site, request, layout.Page(question, main_class="small"), main)


def _way_back(request: Request, back: str) -> str:
    if back:
        return way_back(back)
    page = came_from(request)
    # Not back to a question, nor to an address that would ask one.
    return HOME if page.startswith(_ASKING) or "action=" in page else page


def _is_affected(verb: str, member: Member) -> bool:
    looks = _AFFECTED[verb]
    return not looks or member.look in looks


def _question(verb: str, target: Target, count: int) -> str:
    order = VERBS[verb].order
    if target.is_one:
        return f"{order} {target.name}?"
    if not count:
        return f"Nothing to {VERBS[verb].undone}{target.place}"
    all_of = "all " if count == len(target.members) and not target.group and count > 1 else ""
    return f"{order} {all_of}{target.counted(count)}?"


def _button(verb: str, target: Target, count: int) -> str:
    if verb == "clear":
        return "Clear logs"
    return VERBS[verb].order if target.is_one else f"{VERBS[verb].order} {words.processes(count)}"


def _effect(services: Services, verb: str, affected: list[Member]) -> str:
    if not affected:
        return _NOT_NEEDED[verb]
    one = len(affected) == 1
    if verb == "clear":
        whose = "its" if one else "their"
        return f"What is in {whose} logs now is lost, for stdout and stderr alike."
    if verb == "start":
        return "It is started." if one else "They are started in the order of their priorities."
    stop = _stop_words(services, affected)
    if verb == "stop":
        stay = "It stays" if one else "They stay"
        return f"{stop} {stay} stopped until somebody starts {'it' if one else 'them'}."
    again = (
        "Then it is started again."
        if one
        else "Then all are started, also those that are not running now."
    )
    return f"{stop} {again}"


_NOT_NEEDED = {
    "start": "It is running already.",
    "stop": "It is not running.",
    "restart": "There is nothing to restart.",
    "clear": "There are no logs.",
}


def _stop_words(services: Services, affected: list[Member]) -> str:
    who = "It" if len(affected) == 1 else "Each"
    manners = {_manner(services, member) for member in affected[:KEYS_READ_MAX]}
    if len(manners) == 1 and len(affected) <= KEYS_READ_MAX:
        signal, seconds = manners.pop()
        if signal:
            wait = f"up to {words.plural(int(seconds), 'second')}" if seconds.isdigit() else "time"
            return f"{who} gets SIG{signal} and {wait} to end, then SIGKILL."
    return f"{who} gets its stop signal and its time to end, then SIGKILL."


def _manner(services: Services, member: Member) -> tuple[str, str]:
    """Stop signal and seconds until SIGKILL, as the configuration says them."""
    try:
        keys = services.configuration.keys_of(member.process.id)
    except KeyError:
        return "", ""
    found = {each.key: each.value for each in keys}
    return found.get("stopsignal", "").removeprefix("SIG"), found.get("stopwaitsecs", "")


def _names(verb: str, target: Target, affected: list[Member]) -> Html:
    if not affected or target.is_one:
        return NOTHING
    return _CONFIRM["names"](
        order=VERBS[verb].order,
        member=joined(
            _CONFIRM["member"](
                look=member.look,
                state=words.STATE_WORDS[member.process.state],
                name=member.process.name if target.group else member.namespec,
                q=quoted(member.namespec),
            )
            for member in affected
        ),
    )


def _others(target: Target, affected: list[Member]) -> Html:
    chosen = {member.process.id for member in affected}
    left = [
        member.process.name if target.group else member.namespec
        for member in target.members
        if member.process.id not in chosen
    ]
    if target.is_one:
        return NOTHING
    told = [f"Not affected: {words.names(left)}."] if left else []
    if target.is_scoped:
        told.append("Processes that you may not see are left as they are.")
    return _CONFIRM["others"](text=" ".join(told)) if told else NOTHING
