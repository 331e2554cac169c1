"""Reading and clearing the logs of the processes and of the daemon.

Logs are bytes; clients get text: what is not UTF-8, a character cut by the slice included, is
replaced.
"""

from supervisor.errors import Fault, RequestRefused
from supervisor.hints import Any
from supervisor.rpc.family import Family, as_whole_number
from supervisor.rpc.info import capped_int
from supervisor.rpc.statuses import Statuses


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


class LogFamily(Family):
    """Methods about logs. Offsets and lengths are bytes."""

    # -- the main log ----------------------------------------------------------------------------

    def readLog(self, offset: int, length: int) -> str:
        """Return a piece of the main log.

        From ``offset`` at most ``length`` bytes, up to the end if ``length`` is 0. If ``offset``
        is negative, the last bytes, as many as it says; ``length`` must be 0 then.

        @param int offset      Where to begin, or minus the number of bytes at the end.
        @param int length      How many bytes at most, 0 for all.
        @return string text    The piece.
        @raise NO_FILE         There is no main log.
        @raise BAD_ARGUMENTS   Offset and length do not go together.
        @raise FAILED          The file cannot be read.
        @role read
        @http GET /supervisor/log
        """
        self._refuse_while_leaving()
        return _text(
            self._services.logbook.read_main(
                as_whole_number(offset, "offset"), as_whole_number(length, "length")
            )
        )

    readMainLog = readLog

    def clearLog(self) -> bool:
        """Empty the main log.

        @return boolean result  Always true.
        @raise NO_FILE          There is no main log.
        @raise FAILED           The file cannot be emptied.
        @role admin
        @http DELETE /supervisor/log
        """
        self._refuse_while_leaving()
        self._services.logbook.clear_main()
        return True

    # -- logs of processes -----------------------------------------------------------------------

    def readProcessStdoutLog(self, name: str, offset: int, length: int) -> str:
        """Return a piece of the stdout log of a process; offset and length as in readLog.

        @param string name     Name of the process: ``name`` or ``group:name``.
        @param int offset      Where to begin, or minus the number of bytes at the end.
        @param int length      How many bytes at most, 0 for all.
        @return string text    The piece.
        @raise BAD_NAME        There is no such process.
        @raise NO_FILE         The process has no such log.
        @raise BAD_ARGUMENTS   Offset and length do not go together.
        @raise FAILED          The file cannot be read.
        @role read
        @http GET /processes/{name}/logs/stdout
        """
        return self._read(name, "stdout", offset, length)

    readProcessLog = readProcessStdoutLog

    def readProcessStderrLog(self, name: str, offset: int, length: int) -> str:
        """Return a piece of the stderr log of a process; offset and length as in readLog.

        @param string name     Name of the process: ``name`` or ``group:name``.
        @param int offset      Where to begin, or minus the number of bytes at the end.
        @param int length      How many bytes at most, 0 for all.
        @return string text    The piece.
        @raise BAD_NAME        There is no such process.
        @raise NO_FILE         The process has no such log, as with ``redirect_stderr``.
        @raise BAD_ARGUMENTS   Offset and length do not go together.
        @raise FAILED          The file cannot be read.
        @role read
        @http GET /processes/{name}/logs/stderr
        """
        return self._read(name, "stderr", offset, length)

    def _read(self, name: object, channel: str, offset: object, length: object) -> str:
        self._refuse_while_leaving()
        process = self._process(name)
        return _text(
            self._services.logbook.read(
                process.id,
                channel,
                as_whole_number(offset, "offset"),
                as_whole_number(length, "length"),
            )
        )

    def tailProcessStdoutLog(self, name: str, offset: int, length: int) -> list[Any]:
        """Return the end of the stdout log of a process, for readers that follow it.

        Call it with the offset of the previous answer: the text is what came since then. If more
        than ``length`` bytes came, the answer is the last ``length`` bytes, and overflow is true.

        @param string name     Name of the process: ``name`` or ``group:name``.
        @param int offset      Second element of the previous answer, 0 at first.
        @param int length      How many bytes at most.
        @return array piece    Text, size of the log, and whether bytes were left out. A log that
                               does not exist is empty.
        @raise BAD_NAME        There is no such process.
        @raise BAD_ARGUMENTS   Offset or length is not a number.
        @raise FAILED          The file cannot be read.
        @role read
        @http GET /processes/{name}/logs/stdout
        """
        return self._tail(name, "stdout", offset, length)

    tailProcessLog = tailProcessStdoutLog

    def tailProcessStderrLog(self, name: str, offset: int, length: int) -> list[Any]:
        """Return the end of the stderr log of a process, see tailProcessStdoutLog.

        @param string name     Name of the process: ``name`` or ``group:name``.
        @param int offset      Second element of the previous answer, 0 at first.
        @param int length      How many bytes at most.
        @return array piece    Text, size of the log, and whether bytes were left out. A log that
                               does not exist is empty.
        @raise BAD_NAME        There is no such process.
        @raise BAD_ARGUMENTS   Offset or length is not a number.
        @raise FAILED          The file cannot be read.
        @role read
        @http GET /processes/{name}/logs/stderr
        """
        return self._tail(name, "stderr", offset, length)

    def _tail(self, name: object, channel: str, offset: object, length: object) -> list[Any]:
        self._refuse_while_leaving()
        process = self._process(name)
        data, size_bytes, overflow = self._services.logbook.tail(
            process.id,
            channel,
            as_whole_number(offset, "offset"),
            as_whole_number(length, "length"),
        )
        return [_text(data), capped_int(size_bytes), overflow]

    # -- clearing --------------------------------------------------------------------------------

    def clearProcessLogs(self, name: str) -> bool:
        """Empty both logs of a process, whether it runs or not.

        @param string name      Name of the process: ``name`` or ``group:name``.
        @return boolean result  Always true.
        @raise BAD_NAME         There is no such process.
        @raise FAILED           A log cannot be emptied.
        @role operate
        @http DELETE /processes/{name}/logs
        """
        self._refuse_while_leaving()
        self._clear(self._process(name).id, name)
        return True

    clearProcessLog = clearProcessLogs

    def clearAllProcessLogs(self) -> Any:
        """Empty the logs of all processes.

        @return array statuses  One struct for each process.
        @role operate
        @http POST /supervisor/clear-logs
        """
        self._refuse_while_leaving()
        statuses = Statuses()
        for process in list(self._all_processes()):
            try:
                self._clear(process.id, process.namespec)
                statuses.succeeded(process)
            except RequestRefused as refused:
                statuses.refused(process, refused)
        return statuses.answer()

    def _clear(self, process_id: int, name: str) -> None:
        try:
            self._services.logbook.clear(process_id)
        except RequestRefused as refused:
            # Without a log there is nothing to empty.
            if refused.fault is Fault.NO_FILE:
                return
            raise RequestRefused(Fault.FAILED, name) from refused
