"""One life of the daemon, from a loaded configuration to the end of its loop.

A restart is another `Application` in the same process. The order of the steps is the one of the
manual ("Start of the daemon"); everything that can fail comes before the daemon leaves the
terminal.
"""

import os

from supervisor import __version__
from supervisor.config.load import LoadResult
from supervisor.config.settings import Settings
from supervisor.config.values import FileLog
from supervisor.core.commands import GroupChange, MoodChange, StateChange
from supervisor.core.inputs import SupervisionBegan
from supervisor.core.supervision import Supervision
from supervisor.daemon.children import Children, Nursery
from supervisor.daemon.configuration import LEVEL_OF_SEVERITY, LiveConfiguration
from supervisor.daemon.control import ProgramControl
from supervisor.daemon.eventdesk import DeskPorts, EventDesk
from supervisor.daemon.executor import Executor
from supervisor.daemon.histories import Histories
from supervisor.daemon.late import has_plugins
from supervisor.daemon.leftovers import Leftovers
from supervisor.daemon.logbook import Logbook
from supervisor.daemon.loop import Loop
from supervisor.daemon.outlets import Unwritten
from supervisor.daemon.programs import ActiveGroups
from supervisor.daemon.provision import Provision
from supervisor.daemon.servers import Servers
from supervisor.daemon.services import DaemonIdentity, DaemonServices
from supervisor.daemon.signalling import SignalDesk
from supervisor.daemon.timers import TimerHeap
from supervisor.daemon.watching import Watching, WatchPorts
from supervisor.errors import HostError
from supervisor.hints import TYPE_CHECKING, Callable, Generator
from supervisor.host.clock import SystemClock
from supervisor.host.daemonize import daemonize
from supervisor.host.descriptors import DescriptorLimit
from supervisor.host.kernel import SystemKernel
from supervisor.host.pidfile import living_owner, remove_pidfile, write_pidfile
from supervisor.host.pipes import CalmPoller
from supervisor.host.poller import SystemPoller
from supervisor.host.signals import SignalInbox
from supervisor.levels import Level
from supervisor.logs.mainlog import MainLog
from supervisor.states import SupervisorStates
from supervisor.subscriptions import subscriptions
from supervisor.tracebacks import traceback_of
from supervisor.web.service import Ports
from supervisor.web.turns import turns_by

if TYPE_CHECKING:
    from supervisor.daemon.plugins import Plugins
    from supervisor.logs.disposal import Disposal
    from supervisor.logs.syslog import SyslogClient


class Application:
    """Everything that lives between two restarts."""

    def __init__(
        self,
        loaded: LoadResult,
        load: Callable[[], LoadResult],
        program: str,
        predecessor: "Application | None" = None,
    ) -> None:
        assert loaded.settings is not None
        self.settings: Settings = loaded.settings
        daemon = self.settings.supervisord
        self._loaded = loaded
        self._program = program
        self._clock = SystemClock()
        self._timers = TimerHeap()
        self.log = MainLog(self._clock, daemon.loglevel)
        self._poller = SystemPoller(self._report_channel_failure)
        self._syslog: SyslogClient | None = None
        self._disposal: Disposal | None = None
        self.log.disposal = self._shared_disposal
        self._supervision = Supervision(float(daemon.event_drain_secs))
        self._loop = Loop(
            self._clock, self._poller, self._timers, self._supervision, self._report_failure
        )
        self._descriptors: DescriptorLimit = (
            DescriptorLimit() if predecessor is None else predecessor._descriptors
        )
        kernel = SystemKernel(self._descriptors)
        self._children = Children(
            kernel, self._poller, _nursery(self.settings), self.log, self._shared_syslog
        )
        self._events = self._make_event_desk(predecessor)
        self._histories = Histories(self._children.knows)
        self._executor = Executor(
            kernel,
            self._children,
            self.log.log,
            self._publish,
            self._begin_to_leave,
            self._report_failure,
        )
        self._executor.submit = self._loop.submit
        self._executor.pools = self._events.pools
        self._loop.executor = self._executor
        self._loop.lines = self.log
        self._executor.is_logged = self.log.enabled
        self._groups = ActiveGroups(self._children, self._events.pools, self._loop.submit)
        self._identity = DaemonIdentity(
            __version__, daemon.identifier, os.getpid(), self._clock.now().mono_s
        )
        self._configuration = LiveConfiguration(
            self.settings, load, self._groups, self._children, self._identity, self.log.log
        )
        self._control = ProgramControl(
            self._supervision,
            self._loop.submit,
            self._children.check_command,
        )
        self._control.lines = self.log
        self._configuration.control = self._control
        logbook = Logbook(self.log, self._children, self._loop.submit)
        self._calm = self._make_calm(logbook)
        self._services = DaemonServices(
            self._control,
            logbook,
            self._configuration,
            self._identity,
            self._children,
            self._events.announcer,
            self._events.pools,
            self._histories,
            self._make_watching(),
            self._loop,
            self._clock,
            self.log.log,
        )
        self._plugins = self._make_plugins()
        self._servers = Servers(
            self._services,
            Ports(self._poller.clients, self._timers, self._clock, self.log.log, self.log.enabled),
            self._plugins,
        )
        if self._plugins is not None:
            self._plugins.serve(self._servers)
        self._configuration.probe_servers = self._servers.probe
        self._configuration.renew_servers = self._servers.renew
        self._inbox = self._take_inbox(predecessor)
        desk = SignalDesk(self._inbox, self._executor, self._services, self._reopen_logs)
        self._loop.signals, self._loop.take_signals = self._inbox.arrived, desk.take
        self._wrote_pidfile = False
        self._handed_over = False

    def _make_calm(self, logbook: Logbook) -> CalmPoller:
        calm = CalmPoller(self._poller, self._timers)
        self._unwritten = unwritten = Unwritten(self._timers, self._poller.mono_s)
        calm.is_looked_at = unwritten.is_looked_at = lambda: logbook.is_followed

        def catch_up() -> None:
            calm.look()
            unwritten.write()

        logbook.catch_up = catch_up
        self._children.buffer.calm = calm
        self._children.outlets.put_off = unwritten.put_off
        return calm

    def _make_event_desk(self, predecessor: "Application | None") -> EventDesk:
        ports = DeskPorts(
            self._clock,
            self._timers,
            self.log.log,
            self._supervision.process,
            self._loop.submit,
            self._children.post,
            self._report_failure,
            self.log,
            self._shared_disposal,
        )
        desk = EventDesk(
            ports,
            self.settings.supervisord.identifier,
            None if predecessor is None else predecessor._events,
        )
        self._children.raw_tap = desk.pools.tap
        self._children.on_input_rest = desk.pools.on_input_rest
        self._children.announcer = desk.announcer
        return desk

    def _make_watching(self) -> Watching:
        ports = WatchPorts(
            subscriptions,
            self._clock,
            self._timers,
            self.log.log,
            self._executor.owners,
            self._supervision.process,
            self._report_failure,
        )
        return Watching(ports)

    def _make_plugins(self) -> "Plugins | None":
        if not has_plugins(self.settings):
            return None
        # Late: see `daemon.late`.
        from supervisor.daemon.plugins import Parts, Plugins

        parts = Parts(
            self.settings,
            self._supervision,
            self._loop.submit,
            self._children,
            self._groups,
            self._configuration,
            self._executor,
            self._events,
            self._identity,
            self._services,
            self.log,
            self._clock,
            self._poller,
            self._program,
        )
        return Plugins(parts, self._timers)

    # -- start -----------------------------------------------------------------------------------

    def open_log(self, messages: list[tuple[Level, str]]) -> None:
        """Open the main log and write what there was to say before. Raises HostError."""
        daemon = self.settings.supervisord
        if isinstance(daemon.logfile, FileLog):
            path = daemon.logfile.path
            try:
                self.log.open_file(path, daemon.logfile_maxbytes, daemon.logfile_backups)
            except OSError as error:
                raise HostError(
                    f"cannot open the main log {path}: {error.strerror} (set logfile in "
                    "[supervisord], or give -l, to a path that can be written to)",
                    call="open",
                    errno=error.errno,
                ) from error
        else:
            self.log.open_syslog(self._shared_syslog())
        if daemon.nodaemon and not daemon.silent:
            self.log.copy_to_stdout()
        messages = messages + [
            (LEVEL_OF_SEVERITY[severity], text)
            for severity, text in self._loaded.log_lines(at_start=True)
        ]
        for level, text in sorted(messages, key=lambda message: -message[0]):
            self.log.log(level, text)

    def open(self) -> None:
        """Make groups and open sockets. Raises HostError; nothing has been started then."""
        daemon = self.settings.supervisord
        # Before anything can be seen of us: whoever sees the socket may send a signal.
        if not self._inbox.is_installed:
            self._inbox.install()
        if not daemon.nocleanup:
            leftovers = Leftovers(self._timers, self._clock, self._loop.submit)
            leftovers.clean_up(daemon.childlogdir, daemon.identifier, self.log.log)
        self._events.open_journal(daemon)
        for group in self.settings.groups:
            if group.name not in self._groups:
                self._groups.add(group)
        provision = Provision(self._children, self._descriptors, daemon.minprocs, self.log.log)
        self._groups.on_grown = provision.meet
        provision.meet()
        self._servers.open(self.settings)

    def daemonize(self) -> None:
        """Go on without the terminal. Raises HostError."""
        daemon = self.settings.supervisord
        daemonize(daemon.directory, daemon.umask, self.log.log)
        self._identity.pid = os.getpid()

    def write_pidfile(self) -> None:
        """Write the pidfile; a failure is logged and no more."""
        path, pid = self.settings.supervisord.pidfile, self._identity.pid
        other = living_owner(path)
        if other is not None:
            self.log.log(
                Level.WARN,
                f"pidfile {path} names the living process {other}: another supervisord may use "
                "the same file; it is overwritten",
            )
        try:
            write_pidfile(path, pid)
        except HostError as error:
            self.log.log(Level.CRIT, error.message)
        else:
            self._wrote_pidfile = True
            self.log.log(Level.INFO, f"supervisord started with pid {pid}")

    # -- life and end ----------------------------------------------------------------------------

    def run(self) -> LoadResult | None:
        """Supervise until everything has stopped: what to restart with, None for the end."""
        self._loop.submit(SupervisionBegan())
        self._loop.run()
        return self._configuration.for_restart if self._restarts() else None

    def do_later(self, after_s: float, work: Generator[None, None, None]) -> None:
        """Do work between all other, once that many seconds have gone by."""
        turns = turns_by(self._timers, self._clock)

        def begin() -> None:
            turns.do(work, lambda nothing: None)

        self._timers.call_at(self._clock.now().mono_s + after_s, begin)

    def close(self) -> None:
        """Give everything back; the last thing that is said has been said."""
        self._servers.close(lambda: None)
        if self._plugins is not None:
            self._plugins.close()
        if not self._handed_over:
            self._inbox.retire()
        if self._wrote_pidfile:
            remove_pidfile(self.settings.supervisord.pidfile, self._identity.pid)
        self._events.close()
        self._calm.close()
        self._poller.close()
        if self._syslog is not None:
            self._syslog.close()
        self.log.close()
        if self._disposal is not None:
            # After all logs: nothing will call it in this life.
            self._disposal.make_room()

    def _restarts(self) -> bool:
        return self._supervision.mood == SupervisorStates.RESTARTING

    def _begin_to_leave(self) -> None:
        # In the next turn: the request that asked for it may still want to be answered.
        self._timers.call_at(
            self._clock.now().mono_s, lambda: self._servers.close(self._loop.leave)
        )

    def _take_inbox(self, predecessor: "Application | None") -> SignalInbox:
        if predecessor is None:
            return SignalInbox(self._poller)
        # A signal that comes between two lives must not end the process.
        inbox = predecessor._inbox
        inbox.move_to(self._poller)
        predecessor._handed_over = True
        return inbox

    # -- ports -----------------------------------------------------------------------------------

    def _publish(self, change: StateChange | GroupChange | MoodChange) -> None:
        # Those who are told may look at the history at once.
        self._histories.note(change)
        self._events.publish(change)

    def _shared_syslog(self) -> "SyslogClient":
        if self._syslog is None:
            # Late: see `daemon.late`.
            from supervisor.logs.syslog import SyslogClient

            self._syslog = SyslogClient(self._program, self._clock, report=self.log.log)
        return self._syslog

    def _shared_disposal(self) -> "Disposal":
        if self._disposal is None:
            # Late: most daemons never delete a large log.
            from supervisor.logs.disposal import Disposal

            self._disposal = Disposal(self._timers, self._clock)
        return self._disposal

    def _reopen_logs(self) -> None:
        # Said before: it is the last line of the old file.
        self.log.log(Level.INFO, "supervisord logreopen")
        self.log.reopen()
        self._unwritten.write()
        self._children.reopen_logs()
        self._events.reopen_journal()

    def _report_failure(self, what: str) -> None:
        self.log.log(Level.CRIT, f"{what}; everything else goes on: {traceback_of()}")

    def _report_channel_failure(self, fd: int, error: Exception) -> None:
        self._report_failure(f"uncaptured python exception, closing channel <fd {fd}> ({error!r})")
        for poller in (self._poller, self._calm):
            poller.forget(fd)


def _nursery(settings: Settings) -> Nursery:
    daemon = settings.supervisord
    return Nursery(
        dict(os.environ),
        settings.serverurl,
        daemon.child_log_base,
        daemon.childlogdir,
        daemon.identifier,
        daemon.strip_ansi,
    )
