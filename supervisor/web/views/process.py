"""The page of one process: everything that is known of it, and what can be done with it."""

from supervisor.core.snapshot import ProcessSnapshot
from supervisor.hints import Sequence
from supervisor.rpc.caller import Role
from supervisor.rpc.figures import Usage
from supervisor.rpc.ports import Services, Setting
from supervisor.signals import NUMBERS
from supervisor.states import RUNNING_STATES
from supervisor.tuples import NamedTuple
from supervisor.web.messages import Answer, Request, Response
from supervisor.web.sampling import after_sample
from supervisor.web.site import Site
from supervisor.web.views import errors, layout, logs, picture, words
from supervisor.web.views.arguments import query_arguments
from supervisor.web.views.attention import last_line
from supervisor.web.views.back import here
from supervisor.web.views.curves import cpu_curve, memory_curve
from supervisor.web.views.history import STRIP_S, history, last_fault
from supervisor.web.views.kit import NOTHING, Html, Template, attributes, joined, quoted
from supervisor.web.views.picture import PROBLEMS, Member
from supervisor.web.views.sending import position
from supervisor.web.views.sources import STREAMS, LogSource, process_log
from supervisor.wire.namespec import split_namespec

PAGE = "process.html"
MERGED = "merged"
SIGNALS = ("HUP", "USR1", "USR2", "INT", "QUIT", "TERM", "KILL", "CONT", "STOP", "WINCH")
"""That are offered; the API takes any."""

_PROCESS = Template("process.html")
_NONE = "–"


class Subject(NamedTuple):
    """A process, and the page of whom it is made for."""

    services: Services
    """As the caller may see them."""
    process: ProcessSnapshot
    may_act: bool
    may_see_secrets: bool
    settings: Sequence[Setting]

    @property
    def member(self) -> Member:
        """The process as lists show it."""
        return Member(self.process, picture.look_of(self.process), self.process.namespec)

    @property
    def exit_codes(self) -> frozenset[int]:
        """Codes that are expected."""
        codes = self.setting("exitcodes").split(",")
        return frozenset(int(code) for code in codes if code.isdigit())

    def setting(self, key: str) -> str:
        """Text of a setting, empty if there is none of that key."""
        return next((each.value for each in self.settings if each.key == key), "")


def subject_of(request: Request, site: Site, name: str) -> Subject | None:
    """The process of that name, None if there is none for this caller."""
    services = site.gateway.services(request)
    group, process_name = split_namespec(name)
    process = None if process_name is None else services.control.find(group, process_name)
    if process is None:
        return None
    caller = request.caller
    return Subject(
        services,
        process,
        caller.may(Role.OPERATE),
        caller.may(Role.ADMIN),
        services.configuration.keys_of(process.id),
    )


def view(request: Request, site: Site) -> Answer:
    """The page."""
    said = query_arguments(request)
    name = said.get("name", "")
    subject = subject_of(request, site, name)
    if subject is None:
        return errors.no_such_process(request, site, name)
    stream = said.get("only", "")
    if stream in STREAMS:
        part = log_pane(subject, stream, request)
        return Response(200, layout.HTML, part.encode(), layout.NO_CACHE)

    def page() -> Response:
        # What has happened meanwhile is on it, or it would miss that: open pages are told the rest.
        known = subject_of(request, site, name)
        if known is None:
            return errors.no_such_process(request, site, name)
        return _page(request, site, known)

    # Numbers of this moment also for those who have no script.
    return after_sample(request, subject.services, page)


def _page(request: Request, site: Site, subject: Subject) -> Response:
    said = query_arguments(request)
    name = said.get("name", "")
    is_merged = said.get("view") == MERGED
    token = site.forms.token(request)
    back = here(request.path, request.query)
    main = joined(
        (
            head(subject),
            _PROCESS["acts"](token=token, back=back) if subject.may_act else NOTHING,
            fault(subject),
            facts(subject),
            _logs(subject, request, is_merged),
            _PROCESS["below"](
                history=section_history(subject),
                tell=_tell(subject, token, back) if subject.may_act else NOTHING,
                setting=joined(_setting(each, subject) for each in subject.settings),
            ),
        )
    )
    live = f"page=process&name={quoted(name)}&from={position(subject.services.feed)}"
    if is_merged:
        live += f"&view={MERGED}"
    return layout.answer(site, request, layout.Page(_title(subject), "processes", live=live), main)


def _title(subject: Subject) -> str:
    return f"{subject.process.namespec} – {words.STATE_WORDS[subject.process.state]}"


# -- parts of the page, which an open page is sent again when they change


def head(subject: Subject) -> Html:
    """Name, state, and what can be done."""
    process, member = subject.process, subject.member
    crumb = NOTHING
    if process.group != process.name:
        crumb = _PROCESS["crumb"](name=process.group, address=quoted(f"{process.group}:"))
    return _PROCESS["head"](
        name=process.namespec,
        title=layout.full_title(subject.services, _title(subject)),
        short=process.name,
        group=crumb,
        look=member.look,
        word=words.STATE_WORDS[process.state],
        actions=_actions(member) if subject.may_act else NOTHING,
    )


def _actions(member: Member) -> Html:
    name = member.namespec
    asked = quoted(name)

    def ask(verb: str, word: str, icon: str, key: str = "") -> Html:
        return _PROCESS["ask"](verb=verb, word=word, icon=icon, key=key, address=asked)

    state = member.process.state
    found = []
    if member.look == "RUNNING":
        found.append(ask("restart", "Restart", "restart", "r"))
    if state in RUNNING_STATES:
        found.append(ask("stop", "Stop", "stop", "s"))
    elif member.look not in ("STOPPING", "UNKNOWN"):
        found.append(_PROCESS["start"](name=name))
    found.append(ask("clear", "Clear logs", "clear", "c"))
    return joined(found)


def fault(subject: Subject) -> Html:
    """What went wrong last, if that still matters."""
    services, process, member = subject.services, subject.process, subject.member
    now = services.clock.now()
    line = next_step = ""
    if member.look in PROBLEMS:
        what, look = picture.problem(services, member, now), member.look
        next_step = _next_step(subject)
        since_s = picture.when(services, member)
        line = last_line(services, process.id)
    else:
        found = last_fault(services, process, subject.exit_codes)
        if found is None or now.wall_s - found.wall_s > STRIP_S:
            return _PROCESS["no_fault"]()
        what, look, since_s = found.what, found.look, found.wall_s
    restarts = max(0, process.spawns - 1)
    said = [f"{_ago(now.wall_s - since_s)}." if since_s else ""]
    if restarts:
        said.append(f"{words.plural(restarts, 'restart')} since the daemon was started.")
    stream = "stdout" if subject.setting("redirect_stderr") == "true" else "stderr"
    return _PROCESS["fault"](
        icon=look,
        what=words.sentence(what),
        when=" ".join(filter(None, said)),
        line=_PROCESS["last"](text=line) if line else NOTHING,
        next=_PROCESS["next"](text=next_step) if next_step else NOTHING,
        jump=_PROCESS["jump"](stream=stream),
    )


def _next_step(subject: Subject) -> str:
    """What happens now by itself, and what somebody has to do."""
    look = subject.member.look
    if look == "BACKOFF":
        retries = subject.setting("startretries")
        often = f"failed {words.plural(int(retries) + 1, 'time')}" if retries.isdigit() else "tried"
        return f"It is tried again by itself, until it has {often} in a row. Stop ends that."
    if look == "UNKNOWN":
        return "Look with ps whether it still runs; the daemon cannot tell."
    known = "Nothing happens by itself now."
    if look == picture.BAD_EXIT:
        known = f"It stays down: autorestart is {subject.setting('autorestart') or 'off'}."
    file = next((each.origin for each in subject.settings if each.key == "command"), "")
    where = f" ({file})" if file and look == "FATAL" else ""
    start = "start it" if subject.may_act else "let somebody start it who may"
    return (
        f"{known} Read its logs below, mend the cause, then {start}. If its configuration{where}"
        " is what is wrong, change it and run supervisorctl update."
    )


def _ago(seconds: float) -> str:
    said = words.ago(seconds)
    return "Just now" if said == "now" else said


def facts(subject: Subject) -> Html:
    """Numbers."""
    process, services = subject.process, subject.services
    usage = services.figures.usage(process.id) if process.pid else None
    uptime = _NONE
    if process.pid:
        uptime = words.span(services.clock.now().mono_s - process.started_mono_s)
    return _PROCESS["facts"](
        pid=process.pid or _NONE,
        uptime=uptime,
        restarts=words.counted(max(0, process.spawns - 1)),
        **_figures(usage),
    )


def _figures(usage: Usage | None) -> dict[str, str]:
    if usage is None:
        empty = _PROCESS["area"](fill="", line="")
        return {
            "files": _NONE,
            "cpu": _NONE,
            "memory": _NONE,
            "cpu_curve": empty,
            "memory_curve": empty,
        }
    files = usage.descriptors
    return {
        "files": _NONE if files is None else words.counted(files),
        "cpu": words.percent(usage.cpu_percent),
        "memory": words.size(usage.memory_bytes),
        "cpu_curve": _area(cpu_curve(usage.cpu_curve), len(usage.cpu_curve)),
        "memory_curve": _area(memory_curve(usage.memory_curve), len(usage.memory_curve)),
    }


def _area(path: Html, count: int) -> Html:
    """A curve, and what is below it; the newest sample is at the right edge, at 60."""
    fill = f"{path}L60 16L{61 - count} 16z" if path else ""
    return _PROCESS["area"](line=path, fill=fill)


def section_history(subject: Subject) -> Html:
    """The changes of its state."""
    return history(subject.services, subject.process, subject.exit_codes)


# -- logs


def sources(subject: Subject) -> list[LogSource]:
    """Its logs."""
    logbook = subject.services.logbook
    return [process_log(logbook, subject.process, stream) for stream in STREAMS]


def log_pane(subject: Subject, stream: str, request: Request) -> Html:
    """One of its logs."""
    source = process_log(subject.services.logbook, subject.process, stream)
    return logs.pane(source, logs.wish_of(request, stream), logs.Place(PAGE))


def _logs(subject: Subject, request: Request, is_merged: bool) -> Html:
    if is_merged:
        panes = logs.merged_pane(sources(subject))
    else:
        panes = joined(log_pane(subject, stream, request) for stream in STREAMS)
    address = f"{PAGE}?name={quoted(subject.process.namespec)}"
    here_now = attributes(aria_current="true")
    return _PROCESS["logs"](
        panes=panes,
        apart=f"{address}#logs",
        merged=f"{address}&view={MERGED}#logs",
        on_apart=NOTHING if is_merged else here_now,
        on_merged=here_now if is_merged else NOTHING,
    )


# -- signal, stdin, configuration


def _tell(subject: Subject, token: str, back: str) -> Html:
    known = [name for name in SIGNALS if f"SIG{name}" in NUMBERS]
    return _PROCESS["tell"](
        token=token,
        name=subject.process.namespec,
        back=back,
        signal=joined(_PROCESS["signal"](signal=name) for name in known),
    )


def _setting(setting: Setting, subject: Subject) -> Html:
    value = setting.value if subject.may_see_secrets else setting.public
    place = setting.origin.rpartition("/")[2] if setting.origin else "default"
    return _PROCESS["setting"](
        kind="" if setting.origin else "dflt",
        key=setting.key,
        value=value or "none",
        origin=setting.origin or "Not set in a file",
        place=place,
    )
