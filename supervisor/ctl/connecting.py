"""The daemon of a session, as what follows it needs it: its JSON API, its streams, its logs."""

import select
from xmlrpc.client import ProtocolError

from supervisor.client.api import PLAIN_TEXT, Api, log_path
from supervisor.client.credentials import HTTP_UNAUTHORIZED
from supervisor.client.following import Lost, Opened, OpenStream, Refused, Source
from supervisor.client.http_stream import HttpStream
from supervisor.client.log_access import LogAccess, NewLogAccess, OldLogAccess
from supervisor.ctl.command import Shell
from supervisor.ctl.log_lines import LogName
from supervisor.hints import Mapping, Sequence
from supervisor.standard_streams import READER_GONE_EXIT_CODE


def api_of(shell: Shell) -> Api:
    """The JSON API of the daemon, whether it has one or not."""
    options = shell.options
    return Api(options.address, *options.credentials)


def open_stream(shell: Shell) -> OpenStream:
    """What opens streams of the daemon."""
    api = api_of(shell)

    def open_one(path: str, headers: Mapping[str, str]) -> HttpStream:
        stream = HttpStream(api.address, path, {**headers, **api.headers})
        stream.open()
        return stream

    return open_one


def log_access(shell: Shell, names: Sequence[LogName]) -> LogAccess:
    """How these logs, of which there is one at least, are read."""
    api = api_of(shell)
    if api.get(f"{log_path(*names[0])}?from=-1", PLAIN_TEXT).is_of_api:
        return NewLogAccess(api, len(names))
    return OldLogAccess(shell.get_supervisor())


def demand_known(shell: Shell, refused: Refused) -> None:
    """Raise what leads to a login, if a stream was refused because we are not known (any more)."""
    if refused.answered.status == HTTP_UNAUTHORIZED:
        raise ProtocolError(shell.options.serverurl, HTTP_UNAUTHORIZED, "Unauthorized", {})


def tell_of_loss(shell: Shell, news: Lost | Opened, lost: set[Source]) -> None:
    """Tell a person once that the daemon is gone, and that it is back; `lost` is kept by us."""
    if isinstance(news, Lost):
        if not lost:
            shell.hint(
                f"supervisord does not answer ({news.why});"
                " waiting until it is back; Ctrl-C gives up"
            )
        lost.add(news.source)
        return
    lost.discard(news.source)
    if news.was_lost and not lost:
        shell.hint("supervisord is back")


def leave_if_nobody_reads(shell: Shell) -> None:
    """End without a word if stdout is a pipe whose reader has gone: there may be nothing to write,
    which would tell. Raises SystemExit.
    """
    try:
        fd = shell.stdout.fileno()
    except (OSError, ValueError):
        # It lives in memory.
        return
    poll = select.poll()
    poll.register(fd, 0)
    if any(happened & (select.POLLERR | select.POLLNVAL) for _, happened in poll.poll(0)):
        raise SystemExit(READER_GONE_EXIT_CODE)
