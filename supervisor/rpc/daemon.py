"""The daemon itself: who it is, how it is, and leaving."""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any
from supervisor.rpc.family import Family
from supervisor.states import ProcessStates, SupervisorStates, getSupervisorStateDescription

API_VERSION = "3.0"
"""Version of the interface: clients refuse to talk to any other."""


class DaemonFamily(Family):
    """Methods about the daemon, and about what is sent to processes and listeners."""

    def getAPIVersion(self) -> str:
        """Return the version of this interface.

        @return string version  Always ``3.0``: clients refuse to talk to any other.
        @role read
        @http GET /supervisor
        """
        self._refuse_while_leaving()
        return API_VERSION

    getVersion = getAPIVersion

    def getSupervisorVersion(self) -> str:
        """Return the version of the daemon.

        @return string version  Such as ``5.0.0``.
        @role read
        @http GET /supervisor
        """
        self._refuse_while_leaving()
        return self._services.identity.version

    def getIdentification(self) -> str:
        """Return the identifier of the daemon, which tells several of them apart.

        @return string identifier  The key ``identifier``, by default ``supervisor``.
        @role read
        @http GET /supervisor
        """
        self._refuse_while_leaving()
        return self._services.identity.identifier

    def getState(self) -> dict[str, Any]:
        """Return the state of the daemon.

        While it shuts down or restarts this is refused like everything else; see getDaemonState.

        @return struct state  ``statecode`` and ``statename``: 1 and RUNNING; or 2 and FATAL, with
                              ``reason``: what the system refuses the daemon, see clearFatal.
        @role read
        @http GET /supervisor
        """
        mood = self._services.control.mood()
        if mood < SupervisorStates.RUNNING:
            raise RequestRefused(Fault.SHUTDOWN_STATE)
        return self._state(mood)

    def getDaemonState(self) -> dict[str, Any]:
        """Return the state of the daemon, also while it shuts down or restarts.

        @return struct state  ``statecode`` and ``statename``: 2 FATAL, 1 RUNNING, 0 RESTARTING or
                              -1 SHUTDOWN. If FATAL also ``reason``.
        @role read
        @http GET /supervisor
        """
        return self._state(self._services.control.mood())

    def _state(self, mood: int) -> dict[str, Any]:
        state = {"statecode": mood, "statename": getSupervisorStateDescription(mood)}
        if mood == SupervisorStates.FATAL:
            state["reason"] = self._services.control.trouble() or ""
        return state

    def clearFatal(self) -> bool:
        """Accept whatever made the daemon FATAL: it is RUNNING until something is refused anew.

        A daemon is FATAL when it cannot clear or remove a log, or when it may not signal a
        process. It goes on supervising, all methods can be called as ever, and it is RUNNING again
        by itself when that is over.

        @return boolean result  Always true, also if the daemon is not FATAL.
        @role admin
        @http POST /supervisor/clear-fatal
        """
        self._refuse_while_leaving()
        self._services.control.clear_fatal()
        return True

    def getPID(self) -> int:
        """Return the process id of the daemon.

        @return int pid  Its process id.
        @role read
        @http GET /supervisor
        """
        self._refuse_while_leaving()
        return self._services.identity.pid

    def shutdown(self) -> bool:
        """Stop all processes, then end the daemon.

        The answer comes before anything is stopped.

        @return boolean result  Always true.
        @role admin
        @http POST /supervisor/shutdown
        """
        self._refuse_while_leaving()
        self._services.control.shutdown()
        return True

    def restart(self) -> bool:
        """Stop all processes, then start again with the configuration as it is in the file now.

        The answer comes before anything is stopped. A configuration that cannot be used is
        refused: everything goes on as before.

        @return boolean result  Always true.
        @raise CANT_REREAD      The configuration cannot be used; the text says why.
        @role admin
        @http POST /supervisor/restart
        """
        self._refuse_while_leaving()
        self._services.configuration.prepare_restart()
        self._services.control.restart()
        return True

    def sendProcessStdin(self, name: str, chars: str) -> bool:
        """Send text to the standard input of a process, as UTF-8 and without a newline added.

        @param string name      Name of the process: ``name`` or ``group:name``.
        @param string chars     The text.
        @return boolean result  Always true.
        @raise INCORRECT_PARAMETERS  The text is not a string.
        @raise BAD_NAME         There is no such process.
        @raise NOT_RUNNING      The process is not running, or is stopping.
        @raise NO_FILE          The process has closed its standard input, or has none.
        @raise FAILED           The process has not read what was sent before.
        @role operate
        @http POST /processes/{name}/stdin
        """
        self._refuse_while_leaving()
        if not isinstance(chars, str):
            raise RequestRefused(Fault.INCORRECT_PARAMETERS, str(chars))
        process = self._process(name)
        if not process.pid or process.state == ProcessStates.STOPPING:
            raise RequestRefused(Fault.NOT_RUNNING, name)
        try:
            self._services.stdin.send(process.id, chars.encode())
        except RequestRefused as refused:
            if refused.extra is None:
                raise RequestRefused(refused.fault, name) from refused
            raise
        return True

    def sendRemoteCommEvent(self, type: str, data: str) -> bool:
        """Tell all event listeners that have subscribed to REMOTE_COMMUNICATION.

        This is also possible while the daemon shuts down.

        @param string type      What the listeners see as type.
        @param string data      What the listeners see as body.
        @return boolean result  Always true.
        @role operate
        @http POST /events
        """
        self._services.announcer.remote_communication(str(type), str(data))
        return True
