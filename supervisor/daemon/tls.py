"""The certificates of the daemon's servers: loaded, watched for their end, and renewed.

Loaded with the first server that has a certificate. A file that cannot be used is refused before
anything changes; a certificate that has ended is used all the same, and told of loudly: programs
must not stay down because nobody renewed it.
"""

import time

from supervisor.config.sections.servers import ServerSettings
from supervisor.core.component import Timer
from supervisor.errors import ConfigProblem, HostError, Severity
from supervisor.hints import Sequence
from supervisor.host.tls import EXPIRY_NOTICE_S, TlsContext, TlsFiles, Validity
from supervisor.lean import partial
from supervisor.levels import Level
from supervisor.sockets import socket
from supervisor.web.greeting import TlsGreeting
from supervisor.web.limits import DEFAULT_LIMITS
from supervisor.web.reception import Reception
from supervisor.web.service import Ports
from supervisor.web.transport import Greeted, Greeter


class Certificate:
    """What one open server shows its clients."""

    __slots__ = ("_files", "_ports", "_reception", "_timer", "context")

    def __init__(self, ports: Ports, files: TlsFiles, context: TlsContext) -> None:
        self._ports = ports
        self._reception = Reception(lambda sock: self.context.session(sock), ports, DEFAULT_LIMITS)
        self._timer: Timer | None = None
        self.replace(files, context)

    def replace(self, files: TlsFiles, context: TlsContext) -> None:
        """Show this to new clients."""
        self._files = files
        self.context = context
        self._look_at_end()

    def forget(self) -> None:
        """Its server is closed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def greet(self, sock: socket.socket, peer: str, greeted: Greeted) -> TlsGreeting:
        """The greeting of a client who has connected."""
        return TlsGreeting(sock, peer, greeted, self._reception)

    def _look_at_end(self) -> None:
        """Tell what is wrong with the time of the certificate, and look again when more is."""
        self.forget()
        now = self._ports.clock.now()
        notice = _notice(self.context.validity, now.wall_s)
        if notice is not None:
            level, what = notice
            path, section = self._files.certfile, self._files.section
            self._ports.log(
                level,
                f"the certificate {path} of [{section}] {what}; renew it, then run: supervisorctl"
                " reread",
            )
        end_s = self.context.validity.end_s
        for when_s in (end_s - EXPIRY_NOTICE_S, end_s):
            if when_s > now.wall_s:
                due_s = now.mono_s + when_s - now.wall_s
                self._timer = self._ports.timers.call_at(due_s, self._look_at_end)
                break


class Certificates:
    """Those of all open servers."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._by_section: dict[str, Certificate] = {}

    def greeter(self, settings: ServerSettings) -> Greeter:
        """How a server that is being opened greets its clients. Raises HostError."""
        files = files_of(settings)
        certificate = Certificate(self._ports, files, TlsContext(files))
        self._by_section[settings.section] = certificate
        return certificate.greet

    @staticmethod
    def judge(settings: ServerSettings) -> None:
        """Whether a server could be opened with its certificate. Raises HostError."""
        TlsContext(files_of(settings))

    def renew(self, settings: Sequence[ServerSettings]) -> None:
        """Load the files of open servers again, for new connections.

        Raises HostError if one cannot be used; then nothing has changed.
        """
        loaded = []
        for each in settings:
            certificate = self._by_section.get(each.section)
            if certificate is not None and each.ssl_certfile is not None:
                files = files_of(each)
                loaded.append((certificate, files, TlsContext(files)))
        for certificate, files, context in loaded:
            certificate.replace(files, context)

    def forget(self) -> None:
        """All servers are closed."""
        for certificate in self._by_section.values():
            certificate.forget()
        self._by_section.clear()


def problems_of(servers: Sequence[ServerSettings]) -> tuple[ConfigProblem, ...]:
    """What a check of a configuration has to say about the certificates of its servers."""
    found = []
    for each in servers:
        if each.ssl_certfile is None:
            continue
        problem = partial(
            ConfigProblem, file=each.origin.file, line=each.origin.line, section=each.section
        )
        try:
            notice = _notice(TlsContext(files_of(each)).validity, time.time())
        except HostError as error:
            found.append(problem(error.message))
            continue
        if notice is not None:
            message = f"the certificate {each.ssl_certfile} {notice[1]}"
            found.append(problem(message, severity=Severity.WARNING))
    return tuple(found)


def files_of(settings: ServerSettings) -> TlsFiles:
    """The files that the section of a server with TLS names."""
    assert settings.ssl_certfile is not None, "a server without a certificate speaks plain HTTP"
    return TlsFiles(
        settings.section, settings.ssl_certfile, settings.ssl_keyfile, settings.ssl_client_ca
    )


def _notice(validity: Validity, now_s: float) -> tuple[Level, str] | None:
    """What is wrong with the time of a certificate."""
    if now_s >= validity.end_s:
        return Level.CRIT, f"has expired on {_stamp(validity.end_s)}: clients will refuse it"
    if now_s < validity.begin_s:
        begin = _stamp(validity.begin_s)
        return Level.CRIT, f"is not valid before {begin}: clients will refuse it until then"
    if now_s >= validity.end_s - EXPIRY_NOTICE_S:
        return Level.WARN, f"will expire on {_stamp(validity.end_s)}"
    return None


def _stamp(wall_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(wall_s))
