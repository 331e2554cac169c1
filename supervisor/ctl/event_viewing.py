"""Showing events as they happen. Messages go to stderr, so that only events get into a pipe."""

from supervisor.client.api import is_json, problem_fault
from supervisor.client.event_source import Event, EventsSource
from supervisor.client.following import Follower, News, Refused, Source, Told
from supervisor.ctl.command import Shell, fail
from supervisor.ctl.connecting import demand_known, leave_if_nobody_reads, open_stream, tell_of_loss
from supervisor.ctl.event_lines import event_line, is_about
from supervisor.ctl.output import print_json_line
from supervisor.ctl.rendering import Info
from supervisor.ctl.safe_text import is_terminal, may_colour
from supervisor.ctl.selection import EVERYBODY, select
from supervisor.ctl.stream_words import EventWords
from supervisor.hints import Sequence

READER_CHECK_S = 1.0
"""How soon it is noticed that the reader of a pipe has gone."""


class EventViewer:
    """Shows what happens in one daemon."""

    def __init__(self, shell: Shell, words: EventWords, names: Sequence[str]) -> None:
        """`names` choose processes and groups; all events if there is none."""
        self._shell = shell
        self._words = words
        self._names = () if EVERYBODY in names else names
        self._left = words.count_max
        self._lost: set[Source] = set()

    def show(self) -> None:
        """Show events until there have been enough, or until Ctrl-C."""
        follower = Follower(open_stream(self._shell), [EventsSource(self._words.types)])
        within_s = None if is_terminal(self._shell.stdout) else READER_CHECK_S
        try:
            while not follower.is_over and self._left != 0:
                for news in follower.poll(within_s):
                    self._take(news)
                leave_if_nobody_reads(self._shell)
        except KeyboardInterrupt:
            if is_terminal(self._shell.stdout):
                self._shell.output("")
        finally:
            follower.close()

    def _take(self, news: News) -> None:
        if isinstance(news, Told):
            self._tell(news.item)
        elif isinstance(news, Refused):
            demand_known(self._shell, news)
            with self._shell.messages_on_stderr():
                fail(self._shell, f"ERROR: {_reason(news)}")
        else:
            tell_of_loss(self._shell, news, self._lost)

    def _tell(self, event: Event) -> None:
        if not event.type:
            self._shell.hint("some events were missed here")
            return
        if self._left == 0 or not self._is_wanted(event):
            return
        if self._left is not None:
            self._left -= 1
        if self._words.as_json:
            print_json_line(self._shell, event.struct)
            return
        stdout = self._shell.stdout
        line = event_line(
            event.struct, coloured=may_colour(stdout), for_terminal=is_terminal(stdout)
        )
        self._shell.output(line)

    def _is_wanted(self, event: Event) -> bool:
        return not self._names or is_about(event.struct, self._names)


def known_names(shell: Shell, names: Sequence[str]) -> list[str]:
    """The names that mean something; the others are reported at once."""
    if not names:
        return []
    infos: list[Info] = shell.get_supervisor().getAllProcessInfo()
    known = []
    for name in names:
        _, unknown = select(infos, [name])
        for line in unknown:
            fail(shell, line)
        if not unknown:
            known.append(name)
    return known


def _reason(refused: Refused) -> str:
    if not is_json(refused.answered.content_type):
        return "this supervisord does not tell its events: it is older than 5.0"
    # The daemon knows the types of its plug-ins, too; it speaks of its own interface.
    text = problem_fault(refused.answered.status, refused.body).faultString
    return text.replace("The query field types", "--type")
