"""The page of a process while it is open: state, numbers, history, and what is written."""

from supervisor.rpc.ports import News
from supervisor.states import ProcessStates, getProcessStateDescription
from supervisor.web.messages import Response
from supervisor.web.news import NewsFollower
from supervisor.web.views import errors, process
from supervisor.web.views.live_logs import Pane, follow
from supervisor.web.views.sending import Opening, Pacer, Sender
from supervisor.web.views.words import STATE_WORDS, clock_time

_TOLD = frozenset(
    getProcessStateDescription(state)
    for state in (
        ProcessStates.STARTING,
        ProcessStates.STOPPED,
        ProcessStates.EXITED,
        ProcessStates.BACKOFF,
        ProcessStates.FATAL,
        ProcessStates.UNKNOWN,
    )
)
"""States that leave a mark in the logs of an open page."""


def begin(opening: Opening) -> Response | None:
    """Send what changes; the answer instead if there is no such process."""
    name = opening.said.get("name", "")
    subject = process.subject_of(opening.request, opening.site, name)
    if subject is None:
        return errors.no_such_process(opening.request, opening.site, name)
    ProcessLive(opening, subject)
    return None


class ProcessLive:
    """The page of one process."""

    def __init__(self, opening: Opening, subject: process.Subject) -> None:
        self._opening = opening
        self._subject = subject
        self._sender = Sender(opening.source)
        self._pacer = Pacer(opening.site.timers, opening.services.clock, opening.source.wake)
        self._has_changed = True
        self._has_sample = False
        source, services = opening.source, opening.services
        is_merged = opening.said.get("view") == process.MERGED
        followed = (
            follow(
                opening,
                self._sender,
                each,
                Pane("log-merged", each.stream) if is_merged else Pane(f"log-{each.stream}"),
            )
            for each in process.sources(subject)
        )
        self._logs = [each for each in followed if each is not None]
        # At once, not when the page can take it: what is written next belongs behind the mark.
        source.add(lambda: None, services.feed.watch(self._mark))
        NewsFollower(source, services.feed, self._tell, opening.resume)
        source.add(self._refill, services.figures.look(self._take_sample))
        source.add(lambda: None, self._pacer.close)

    def _is_about_it(self, news: News) -> bool:
        process = self._subject.process
        return (news.group, news.name) == (process.group, process.name)

    def _tell(self, news: News, id: str) -> None:
        if self._is_about_it(news):
            self._has_changed = True
        elif not news.name:
            # A group, or the daemon: the process may be no more, or another one.
            self._has_changed = True

    def _mark(self, news: News) -> None:
        """Tell in the logs where a run ended, and where the next one begins."""
        state = news.type.removeprefix("PROCESS_STATE_")
        if state not in _TOLD or not self._is_about_it(news):
            return
        code = getattr(ProcessStates, state)
        text = f"{STATE_WORDS[code]} {clock_time(news.wall_s)}"
        moments = self._opening.services.histories.moments(self._subject.process.id)
        why = next((each.why for each in reversed(moments) if each.state == code), "")
        logs = self._logs[:1] if self._opening.said.get("view") == process.MERGED else self._logs
        for log in logs:
            log.note(f"{text}: {why}" if why else text)

    def _take_sample(self) -> None:
        self._has_sample = True
        self._opening.source.wake()

    def _refill(self) -> None:
        if not (self._has_changed or self._has_sample) or not self._pacer.ready():
            return
        opening = self._opening
        before = self._subject.process
        subject = process.subject_of(opening.request, opening.site, before.namespec)
        if subject is None or subject.process.id != before.id:
            self._sender.send("reload", {})
            opening.source.finish()
            return
        self._subject = subject
        self._sender.put("head", process.head(subject))
        self._sender.put("fault", process.fault(subject))
        self._sender.put("facts", process.facts(subject))
        if self._has_changed:
            self._sender.put("history", process.section_history(subject))
        self._has_changed = self._has_sample = False
        opening.source.tell_position()
