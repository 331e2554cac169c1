"""Six families of errors, told apart by who can act. All carry data; text is made in __str__.

| family             | who can act                |
|--------------------|----------------------------|
| ConfigProblem      | the operator, in a file    |
| SpawnError         | the operator, on a program |
| ProtocolViolation  | the peer                   |
| RequestRefused     | the RPC client             |
| HostError          | whoever runs the machine   |
| AssertionError     | us                         |
"""

import errno as errno_names

from supervisor.enums import IntEnum
from supervisor.hints import Any


def errno_name(number: int) -> str:
    """Symbolic name of an errno, such as ENOENT; the number itself if it has none."""
    return errno_names.errorcode.get(number, str(number))


class Fault(IntEnum):
    """Fault codes of the XML-RPC interface: a public contract."""

    UNKNOWN_METHOD = 1
    INCORRECT_PARAMETERS = 2
    BAD_ARGUMENTS = 3
    SIGNATURE_UNSUPPORTED = 4
    SHUTDOWN_STATE = 6
    BAD_NAME = 10
    BAD_SIGNAL = 11
    NO_FILE = 20
    NOT_EXECUTABLE = 21
    FAILED = 30
    ABNORMAL_TERMINATION = 40
    SPAWN_ERROR = 50
    ALREADY_STARTED = 60
    NOT_RUNNING = 70
    SUCCESS = 80
    ALREADY_ADDED = 90
    STILL_RUNNING = 91
    CANT_REREAD = 92
    FORBIDDEN = 110


class Severity(IntEnum):
    """How much a configuration problem matters."""

    INFO = 20
    WARNING = 30
    CRITICAL = 50
    """Only logged, but loudly: the daemon starts all the same."""
    ERROR = 60
    """The configuration cannot be used."""


class ConfigProblem(Exception):
    """Something wrong in a configuration file or on the command line.

    `message` is the reference text of the problem alone (tools compare it verbatim); `str()` is
    the full line for a person, place first: ``web.conf:12: [program:web] startsecs=soon: …``.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        section: str | None = None,
        key: str | None = None,
        found: str | None = None,
        expected: str | None = None,
        suggestion: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.section = section
        self.key = key
        self.found = found
        self.expected = expected
        self.suggestion = suggestion
        self.severity = severity

    def place(self) -> str:
        """``FILE:LINE: [SECTION] KEY=FOUND: ``, as far as it is known."""
        parts = []
        if self.file is not None:
            parts.append(self.file if self.line is None else f"{self.file}:{self.line}")
        where = []
        if self.section is not None:
            where.append(f"[{self.section}]")
        if self.key is not None:
            where.append(self.key if self.found is None else f"{self.key}={self.found}")
        if where:
            parts.append(" ".join(where))
        return "".join(part + ": " for part in parts)

    def __str__(self) -> str:
        text = self.place() + self.message
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.suggestion is not None:
            text += f"; {self.suggestion}"
        return text


class SpawnError(Exception):
    """A program could not be started; `reason` is the text that `status` shows."""

    def __init__(self, reason: str, *, step: str, errno: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.step = step
        """What was being done: socket, command, pipes, logs, fork, setuid, chdir or exec."""
        self.errno = errno

    def __str__(self) -> str:
        return self.reason


class ProtocolViolation(Exception):
    """A peer sent bytes which the protocol does not allow."""

    def __init__(self, message: str, *, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset

    def __str__(self) -> str:
        return self.message if self.offset is None else f"{self.message} (at byte {self.offset})"


class RequestRefused(Exception):
    """A request of a client that cannot be fulfilled: becomes an XML-RPC fault."""

    def __init__(self, fault: Fault, extra: str | None = None) -> None:
        super().__init__(fault, extra)
        self.fault = fault
        self.extra = extra

    @property
    def text(self) -> str:
        """The fault string: ``NAME`` or ``NAME: extra``."""
        return self.fault.name if self.extra is None else f"{self.fault.name}: {self.extra}"

    def __str__(self) -> str:
        return self.text


class Faults:
    """Fault codes as plain ints; RPC plug-ins look them up here, and add their own."""


for _fault in Fault:
    setattr(Faults, _fault.name, int(_fault))


def getFaultDescription(code: int) -> str:
    """Name of a fault code, `UNKNOWN` if it has none."""
    for name, value in vars(Faults).items():
        if name.isupper() and value == code:
            return name
    return "UNKNOWN"


class RPCError(RequestRefused):
    """What a method of an RPC plug-in raises to answer with a fault, one of ours or its own."""

    text: str = ""
    """The fault string: ``NAME`` or ``NAME: extra``; ``UNKNOWN`` for codes without a name."""

    def __init__(self, code: int, extra: Any = None) -> None:
        super().__init__(code, extra)  # type: ignore[arg-type]
        self.code = code
        self.text = getFaultDescription(code)
        if extra is not None:
            self.text = f"{self.text}: {extra}"

    def __str__(self) -> str:
        return f"code={self.code!r}, text={self.text!r}"


class HostError(Exception):
    """The system refused something the daemon needs; `message` says what to do about it."""

    def __init__(self, message: str, *, call: str, errno: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.call = call
        self.errno = errno

    def __str__(self) -> str:
        return self.message
