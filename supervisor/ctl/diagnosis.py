"""What is wrong when the daemon cannot be reached: two lines, for scripts and for people.

The first line (`failure_line`) is a public contract. The second (`explain`) tells a person the
cause and the command to try.
"""

import os
import pwd
import stat

from supervisor.client import failures
from supervisor.client.address import Address, UnixAddress, parse_serverurl
from supervisor.ctl.exitcodes import LSBInitExitStatuses
from supervisor.ctl.neighbours import Neighbour, running_daemons
from supervisor.hints import Callable, Protocol, Sequence
from supervisor.sockets import socket

HTTP_SERVER_ERROR = 500
HTTP_BAD_REQUEST = 400
HTTP_TOO_MANY = 429
HTTP_UNAVAILABLE = 503


class Target(Protocol):
    """What the session was told about the daemon."""

    serverurl: str
    configfile: str | None
    configfile_given: bool
    serverurl_given: bool


def failure_line(error: BaseException, serverurl: str) -> tuple[str, int]:
    """The line that is printed for an exception, and the exit code."""
    if isinstance(error, ConnectionRefusedError):
        return f"{serverurl} refused connection", LSBInitExitStatuses.INSUFFICIENT_PRIVILEGES
    if failures.is_no_socket_file(error):
        return f"{serverurl} no such file", LSBInitExitStatuses.NOT_RUNNING
    file, line = _where_raised(error)
    return (
        f"error: {type(error)}, {_text_of(error)}: file: {file} line: {line}",
        LSBInitExitStatuses.GENERIC,
    )


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:
        # Exceptions of plug-ins may be as broken as what raised them.
        return f"no text ({type(failure).__name__})"


def _where_raised(error: BaseException) -> tuple[str, int]:
    """File and line of the innermost frame; the module `traceback` would cost 10 ms to import."""
    entry = error.__traceback__
    if entry is None:
        return "unknown", 0
    while entry.tb_next is not None:
        entry = entry.tb_next
    return entry.tb_frame.f_code.co_filename, entry.tb_lineno


def explain(
    error: BaseException,
    target: Target,
    neighbours: Callable[[], Sequence[Neighbour]] = running_daemons,
) -> str | None:
    """Cause and command to try, or None if the error has nothing to do with reaching the daemon."""
    try:
        address = parse_serverurl(target.serverurl)
    except ValueError:
        return "cannot reach supervisord: serverurl must be unix://PATH, http://HOST:PORT or https://HOST:PORT"
    cause = _cause(error, address, target, neighbours)
    return None if cause is None else f"cannot reach supervisord: {cause}"


def explain_silence(
    target: Target,
    waited_s: float,
    neighbours: Callable[[], Sequence[Neighbour]] = running_daemons,
) -> str:
    """What may be wrong with a daemon that is connected to, but does not answer."""
    ours = []
    if not target.serverurl_given and _is_here(parse_serverurl(target.serverurl)):
        ours = [each for each in neighbours() if _same_file(each.configfile, target.configfile)]
    who, remedy = f"supervisord at {target.serverurl}", "kill -CONT PID"
    if len(ours) == 1:
        who, remedy = f"supervisord (pid {ours[0].pid})", f"kill -CONT {ours[0].pid}"
    return (
        f"{who} has not answered for {waited_s:g} s: is it overloaded, or stopped by a signal"
        f" (try: {remedy})? still waiting; Ctrl-C gives up"
    )


def _cause(
    error: BaseException,
    address: Address,
    target: Target,
    neighbours: Callable[[], Sequence[Neighbour]],
) -> str | None:
    if isinstance(error, ConnectionRefusedError) or failures.is_no_socket_file(error):
        seen = _what_is_there(address)
        if not _is_here(address):
            return f"{seen}; {_remedy_elsewhere(target)}"
        return f"{seen}; {_remedy(target, neighbours())}"
    if isinstance(error, PermissionError) and isinstance(address, UnixAddress):
        return _no_rights(address.path)
    if isinstance(error, socket.gaierror):
        return f"the host name of {target.serverurl} is unknown; correct serverurl{_source(target)}"
    if isinstance(error, (failures.SSLError, failures.TlsSettingsError)):
        from supervisor.ctl.tls_diagnosis import tls_cause  # late: it needs OpenSSL

        return tls_cause(error, target.serverurl, _source(target))
    if isinstance(error, failures.ProtocolError) and error.errcode == HTTP_BAD_REQUEST:
        return (
            f"what answers at {target.serverurl} does not understand plain HTTP from us; if it is"
            f" a supervisord with ssl_certfile, write https:// in serverurl{_source(target)}"
        )
    if isinstance(error, (ConnectionResetError, failures.RemoteDisconnected)):
        return "it closed the connection without an answer, as it does when it ends; try again"
    if isinstance(error, failures.ProtocolError) and error.errcode == HTTP_SERVER_ERROR:
        return "it failed to answer (HTTP status 500); its log tells why"
    if isinstance(error, failures.ProtocolError) and error.errcode == HTTP_UNAVAILABLE:
        return "it has too many connections (HTTP status 503); try again in a moment"
    if isinstance(error, failures.ProtocolError) and error.errcode == HTTP_TOO_MANY:
        return (
            "too many wrong passwords came from this address just now (HTTP status 429); its log"
            " tells from where exactly; try again in a few seconds"
        )
    if isinstance(error, _strange()):
        return (
            f"what answers at {target.serverurl} is not supervisord; "
            f"correct serverurl{_source(target)}"
        )
    if isinstance(error, OSError) and error.filename is None:
        return f"{target.serverurl} cannot be connected to; check serverurl{_source(target)}"
    return None


def _what_is_there(address: Address) -> str:
    if not isinstance(address, UnixAddress):
        return f"nobody listens on {address.host}"
    try:
        mode = os.stat(address.path).st_mode
    except OSError:
        return f"there is no socket at {address.path}"
    if not stat.S_ISSOCK(mode):
        return f"{address.path} is not a socket"
    return f"the socket {address.path} is left over from a supervisord that is gone"


def _no_rights(path: str) -> str:
    try:
        status = os.stat(path)
        whose = f" ({stat.filemode(status.st_mode)}, owned by uid {status.st_uid})"
    except OSError:
        whose = " (its directory cannot be entered)"
    return (
        f"{_who()} may not use the socket {path}{whose};"
        " try: sudo supervisorctl, or set chmod or chown in [unix_http_server]"
    )


def _who() -> str:
    try:
        return f"user '{pwd.getpwuid(os.geteuid()).pw_name}'"
    except KeyError:
        return f"uid {os.geteuid()}"


def _source(target: Target) -> str:
    if target.serverurl_given or target.configfile is None:
        return ""
    return f" in {target.configfile}"


def _remedy(target: Target, neighbours: Sequence[Neighbour]) -> str:
    """What to try, given which daemons run."""
    known = [neighbour for neighbour in neighbours if neighbour.configfile is not None]
    ours = [each for each in known if _same_file(each.configfile, target.configfile)]
    if target.configfile is None or target.serverurl_given:
        return _remedy_without_file(target, known)
    if ours:
        return (
            f"supervisord runs with {target.configfile} (pid {ours[0].pid}), but listens elsewhere"
            " or has lost its socket; compare its server sections with serverurl"
        )
    advice = f"supervisord is not running; try: supervisord -c {target.configfile}"
    # Whoever named the file means it, and of several others none is more likely to be meant.
    if target.configfile_given or len(known) != 1:
        return advice
    other = known[0]
    return f"{advice} (another one runs with {other.configfile}, pid {other.pid})"


def _remedy_elsewhere(target: Target) -> str:
    """What to try if the daemon is on another host: the processes of this one tell nothing."""
    if target.configfile is None or target.serverurl_given:
        return "start supervisord there, or correct the URL"
    return f"start supervisord there, or correct serverurl{_source(target)}"


def _is_here(address: Address) -> bool:
    """True for a daemon on this machine: a unix socket, or a loopback address."""
    if isinstance(address, UnixAddress):
        return True
    return address.name in ("localhost", "::1") or address.name.startswith("127.")


def _remedy_without_file(target: Target, known: Sequence[Neighbour]) -> str:
    """What to try if no file told where the daemon listens."""
    if known:
        configfile = known[0].configfile
        return (
            f"a supervisord runs with {configfile} (pid {known[0].pid});"
            f" try: supervisorctl -c {configfile}"
        )
    if target.serverurl_given:
        return "supervisord is not running there; try: supervisorctl -c FILE"
    return "no configuration file was found, so this is the default; try: supervisorctl -c FILE"


def _same_file(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    return os.path.realpath(one) == os.path.realpath(other)


def _strange() -> tuple[type[Exception], ...]:
    """How it is told that an answer is none of supervisord's."""
    return (
        failures.ProtocolError,
        failures.HTTPException,
        failures.ExpatError,
        failures.ResponseError,
    )
