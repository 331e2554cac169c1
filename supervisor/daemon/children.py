"""The children: what is started for each process, and what is connected to it.

A `Body` stays as long as its group is active and keeps what outlives a run, such as the names of
the log files; a `Run` exists while there is a child.
"""

from supervisor.config.sections.program import ProcessSettings
from supervisor.core.component import Poller
from supervisor.daemon.channels import InputChannel, OutputChannel, ReadBuffer, Sink
from supervisor.daemon.childlogs import ChildLogs, close_logs, tell_in_child_log
from supervisor.daemon.demand import Demand
from supervisor.daemon.late import LateSockets
from supervisor.daemon.outlets import (
    STDERR,
    STDOUT,
    NoAnnouncer,
    Outlets,
    OutputAnnouncer,
    Source,
)
from supervisor.errors import Fault, HostError, RequestRefused, SpawnError
from supervisor.hints import TYPE_CHECKING, Callable, Final, Iterable, Iterator, Mapping
from supervisor.host.childplan import (
    ChildPlan,
    child_environment,
    encoded,
    resolve_command,
    search_path,
    split_command,
)
from supervisor.host.kernel import Kernel
from supervisor.host.pipes import ChildPipes, channels_refused, open_pipes
from supervisor.host.users import account_of
from supervisor.lean import partial
from supervisor.levels import Level
from supervisor.logs.filelog import FileLog
from supervisor.logs.mainlog import MainLog
from supervisor.tuples import NamedTuple

CHANNELS: Final = (STDOUT, STDERR)

_CHILD_STEPS: Final = ("setuid", "chdir", "exec")
"""Steps that fail in the child: told in its own log, too, where its user looks."""

if TYPE_CHECKING:
    from supervisor.daemon.fcgi import Lease
    from supervisor.logs.syslog import SyslogClient


class Nursery(NamedTuple):
    """What all children have in common."""

    environ: Mapping[str, str]
    """The daemon's own environment at its start."""
    serverurl: str | None
    log_directory: str
    """Where relative names of log files lead to."""
    childlogdir: str
    identifier: str
    strip_ansi: bool


class Body:
    """One active process: its settings and log files, and its run, if there is a child."""

    __slots__ = ("logs", "run", "settings")

    def __init__(self, settings: ProcessSettings, logs: dict[str, FileLog]) -> None:
        self.settings = settings
        self.logs = logs
        """By channel; without an entry the output of that channel goes to no file."""
        self.run: Run | None = None


class Run:
    """What is connected to a living child."""

    __slots__ = ("lease", "outputs", "stdin")

    def __init__(self, stdin: InputChannel | None, outputs: tuple[OutputChannel, ...]) -> None:
        self.stdin = stdin
        """None for a FastCGI program: its descriptor 0 is the socket."""
        self.lease: Lease | None = None
        """Of that socket."""
        self.outputs = outputs

    def begin(self) -> None:
        """Take output from now on. Raises OSError; `close` is then still to be called."""
        for output in self.outputs:
            output.begin()

    def close(self) -> None:
        """Read what is left in the pipes and close everything, whatever fails on the way."""
        # Output first, and stdout before stderr.
        try:
            _finish_each(iter(self.outputs))
        finally:
            try:
                if self.stdin is not None:
                    self.stdin.close()
            finally:
                if self.lease is not None:
                    self.lease.close()


def _finish_each(outputs: Iterator[OutputChannel]) -> None:
    """Finish all, one after the other: what one of them raises comes when all are finished."""
    try:
        for output in outputs:
            output.finish()
    except BaseException:
        _finish_each(outputs)
        raise


class Children:
    """All active processes by id. Implements `daemon.executor.ChildMaker` and `rpc.ports.Stdin`."""

    def __init__(
        self,
        kernel: Kernel,
        poller: Poller,
        nursery: Nursery,
        main_log: MainLog,
        syslog: "Callable[[], SyslogClient]",
    ) -> None:
        self._kernel = kernel
        self._poller = poller
        self.nursery = nursery
        self._environ = encoded(nursery.environ)
        self._main_log = main_log
        self._logs = ChildLogs(main_log.log, main_log.disposal)
        self.outlets = Outlets(main_log, syslog)
        self.fcgi_sockets = LateSockets(main_log.log)
        self.raw_tap: Callable[[int], Sink | None] = _no_tap
        """Who gets the stdout of a process as it is, if it is a listener."""
        self.on_input_rest: Callable[[int], Callable[[bool], None] | None] = _no_tap
        """Who is told when a listener took what the pipe did not, or never will (False)."""
        self.announcer: OutputAnnouncer = NoAnnouncer()
        """Who makes events of output; to be set before the first child is started."""
        self.logs_revision = 0
        """Another number whenever an active process has been given other logs."""
        self.buffer = ReadBuffer()
        self._bodies: dict[int, Body] = {}
        self.demand = Demand()
        """What all active processes take of the system."""
        self.fd_max: int | None = None
        """Above it no descriptor is taken for a new child: they are short, and others need some."""
        self._stale: dict[int, ProcessSettings] = {}
        """For which settings the logs were made, if they have changed since under a child."""
        self.before_spawn: Callable[[int], None] | None = None
        """Lets plug-ins have their say about the settings at the last moment."""

    # -- coming and going ------------------------------------------------------------------------

    def add(self, process_id: int, settings: ProcessSettings) -> None:
        """Make the process known; its AUTO logs are made now and kept while it is active."""
        self._bodies[process_id] = Body(settings, self._logs.make(settings, self.nursery))
        self.demand.add(settings)

    def remove(self, process_id: int) -> None:
        """Forget a process. A child that nobody could signal (UNKNOWN) is left to itself."""
        body = self._bodies[process_id]
        if body.run is not None:
            self.ended(process_id)
        self.demand.remove(body.settings)
        del self._bodies[process_id]

    def revise(self, process_id: int, settings: ProcessSettings) -> None:
        """Give a process other settings, which count from its next start on."""
        body = self._bodies[process_id]
        former = self._stale.pop(process_id, body.settings)
        self.demand.remove(body.settings)
        self.demand.add(settings)
        body.settings = settings
        if body.run is None:
            self._renew_logs(body, former)
        else:
            self._stale[process_id] = former

    def _renew_logs(self, body: Body, former: ProcessSettings) -> None:
        body.logs = self._logs.renewed(body.logs, former, body.settings, self.nursery)
        self.logs_revision += 1

    def knows(self, process_id: int) -> bool:
        """Whether the process is active."""
        return process_id in self._bodies

    def body(self, process_id: int) -> Body:
        """Settings and log files of a process. Raises KeyError if it is not active."""
        return self._bodies[process_id]

    def name(self, process_id: int) -> str:
        """Name of the process, without its group."""
        return self._bodies[process_id].settings.name

    def log_files(self) -> Iterable[FileLog]:
        """All log files that are open or may be opened."""
        for body in self._bodies.values():
            yield from body.logs.values()

    # -- spawning --------------------------------------------------------------------------------

    def check_command(self, process_id: int) -> None:
        """Raise RequestRefused if the command cannot be run: NO_FILE or NOT_EXECUTABLE."""
        try:
            self._command(self._bodies[process_id].settings)
        except SpawnError as error:
            missing = error.reason.startswith("can't find command")
            fault = Fault.NO_FILE if missing else Fault.NOT_EXECUTABLE
            raise RequestRefused(fault, error.reason) from error

    def command_of(self, process_id: int) -> tuple[str, list[str]]:
        """The file that would be executed, and the words of the command. Raises SpawnError."""
        return self._command(self._bodies[process_id].settings)

    def _command(self, settings: ProcessSettings) -> tuple[str, list[str]]:
        """The file to execute and the words of the command. Raises SpawnError."""
        words = split_command(settings.command)
        path = search_path(settings.environment, self.nursery.environ)
        return resolve_command(words[0], path, settings.directory), words

    def spawn(self, process_id: int) -> int:
        """Start a child and connect it; its pid. Raises SpawnError, with everything closed."""
        if self.before_spawn is not None:
            self.before_spawn(process_id)
        body = self._bodies[process_id]
        if body.settings.fcgi is None:
            return self._spawn(process_id, body)
        lease = self.fcgi_sockets.lend(body.settings.fcgi)
        try:
            return self._spawn(process_id, body, lease.fd)
        finally:
            if body.run is None:
                lease.close()
            else:
                body.run.lease = lease

    def _spawn(self, process_id: int, body: Body, stdin_fd: int | None = None) -> int:
        """Start a child with that descriptor, or with a new pipe, as its stdin."""
        settings = body.settings
        file, words = self._command(settings)
        pipes = open_pipes(
            settings.name,
            redirect_stderr=settings.redirect_stderr,
            want_stdin=stdin_fd is None,
            fd_max=self.fd_max,
        )
        run = None
        try:
            self._open_logs(body)
            plan = self._plan(settings, file, words, pipes, stdin_fd)
            # Connected before there is a child: what can fail must not leave one behind.
            run = self._connect(process_id, body, pipes)
            self._begin(run, settings.name)
            pid = self._kernel.spawn(plan)
        except SpawnError as error:
            if error.step in _CHILD_STEPS:
                tell_in_child_log(body.settings, body.logs, error)
            raise
        else:
            body.run, run = run, None
            return pid
        finally:
            pipes.close()
            if run is not None:
                run.close()
            if body.run is None:
                close_logs(body.logs)

    def _plan(
        self,
        settings: ProcessSettings,
        file: str,
        words: list[str],
        pipes: ChildPipes,
        stdin_fd: int | None,
    ) -> ChildPlan:
        uid, gid, groups = self._account(settings)
        if stdin_fd is None:
            stdin_fd = pipes.child_stdin
        assert stdin_fd is not None and pipes.child_stderr is not None
        return ChildPlan(
            settings.name,
            file,
            words,
            child_environment(
                self._environ,
                process=settings.name,
                group=settings.group,
                server_url=settings.serverurl or self.nursery.serverurl,
                settings=settings.environment,
            ),
            stdin_fd,
            pipes.child_stdout,
            pipes.child_stderr,
            settings.directory,
            settings.umask,
            uid,
            gid,
            groups,
            settings.restore_signals,
        )

    def _account(self, settings: ProcessSettings) -> tuple[int | None, int | None, tuple[int, ...]]:
        if settings.user is None:
            return None, None, ()
        try:
            account = account_of(settings.user.uid, settings.user.gid)
            return account.uid, account.gid, account.groups
        except HostError as error:
            reason = f"couldn't setuid to {settings.user.uid}: {error}"
            raise SpawnError(reason, step="setuid", errno=error.errno) from error

    def _open_logs(self, body: Body) -> None:
        for log in body.logs.values():
            try:
                log.open()
            except OSError as error:
                raise channels_refused(body.settings.name, error, step="logs") from error

    def _begin(self, run: Run, name: str) -> None:
        try:
            run.begin()
        except OSError as error:
            raise channels_refused(name, error, step="pipes") from error

    def _connect(self, process_id: int, body: Body, pipes: ChildPipes) -> Run:
        stdin, stdout, stderr = pipes.release()
        outputs = [
            self._connect_output(
                fd, Source(process_id, body.settings, channel, body.logs.get(channel))
            )
            for fd, channel in ((stdout, STDOUT), (stderr, STDERR))
            if fd is not None
        ]
        channel = None
        if stdin is not None:
            channel = InputChannel(stdin, self._poller, self.on_input_rest(process_id))
        return Run(channel, tuple(outputs))

    def _connect_output(self, fd: int, source: Source) -> OutputChannel:
        tap = self.raw_tap(source.process_id) if source.channel == STDOUT else None
        strip_ansi = self.nursery.strip_ansi
        on_end: Callable[[int], None] | None = None
        if self._main_log.enabled(Level.DEBG):
            on_end = partial(self._note_end, source.settings.name, source.channel)
        if tap is None:
            outlet = self.outlets.of_program(source, self.announcer, strip_ansi=strip_ansi)
            return OutputChannel.of_program(fd, self._poller, self.buffer, outlet, on_end)
        # Late: most daemons have no listeners.
        from supervisor.daemon.conversation import ConversationChannel

        hearing = self.outlets.of_conversation(source, tap, strip_ansi=strip_ansi)
        return ConversationChannel(fd, self._poller, self.buffer, hearing, on_end)

    def _note_end(self, name: str, channel: str, fd: int) -> None:
        self._main_log.log(Level.DEBG, f"fd {fd} closed, stopped monitoring <{channel} of {name}>")

    # -- a living child, and its end -------------------------------------------------------------

    def send(self, process_id: int, data: bytes) -> None:
        """Queue data for the child's stdin. Raises RequestRefused NO_FILE or FAILED."""
        self.post(process_id, data)

    def post(self, process_id: int, data: bytes) -> bool:
        """The same as `send`; True if the pipe has taken it all."""
        run = self._bodies[process_id].run
        if run is None or run.stdin is None:
            raise RequestRefused(Fault.NO_FILE)
        return run.stdin.send(data)

    def ended(self, process_id: int) -> None:
        """The child is gone: read what it left and close what was connected to it."""
        body = self._bodies[process_id]
        run, body.run = body.run, None
        assert run is not None, "a child ended that was never connected"
        try:
            run.close()
        finally:
            close_logs(body.logs)
            former = self._stale.pop(process_id, None)
            if former is not None:
                self._renew_logs(body, former)

    def drain(self, process_id: int) -> None:
        """Read what the child has printed so far, up to one buffer of each channel."""
        run = self._bodies[process_id].run
        for output in () if run is None else run.outputs:
            output.on_readable()

    def reopen_logs(self) -> None:
        """Close the open log files and open them by name (SIGUSR2)."""
        for log in self.log_files():
            if log.is_open:
                log.reopen()


def _no_tap(process_id: int) -> None:
    """Nobody is a listener."""
