"""Problems are collected, never raised: a file is always judged to its end.

The order in which they are found is kept, because the first error is the one the reference would
have reported; for people they are sorted by file and line.
"""

from supervisor.errors import ConfigProblem, Severity
from supervisor.hints import Iterable
from supervisor.tuples import NamedTuple

PROBLEMS_MAX = 500
"""Problems kept of one configuration; the excess is counted only."""

SHOWN_CHARS_MAX = 200
"""Characters of a value that are shown with its place."""

QUOTED_CHARS_MAX = 2000
"""Characters of a value, or of a line, that the text of a problem may repeat."""


def shortened(text: str, chars_max: int) -> str:
    """The beginning of a text that is too long, with a note; any other text as it is."""
    if len(text) <= chars_max:
        return text
    return f"{text[:chars_max]}... ({len(text)} characters)"


class Place(NamedTuple):
    """Where something stands: as much of it as is known."""

    file: str | None = None
    line: int | None = None
    section: str | None = None
    key: str | None = None
    found: str | None = None


NOWHERE = Place()


class StartMessage(ConfigProblem):
    """A line of the main log with a fixed wording, written at start and reload, never on reread."""


class CheckRefusal(ConfigProblem):
    """Accepted, with a warning, by a daemon that starts; refused when a file is only checked."""


class SyntaxProblem(ConfigProblem):
    """A line that cannot be read; `message` repeats the raw lines, `str()` keeps to one line."""

    def __str__(self) -> str:
        return _full_text(self, "cannot read this line")


class SuffixedProblem(ConfigProblem):
    """`message` ends with its section and file, as the reference words it.

    `str()` begins with the place, so it leaves that out.
    """

    def __init__(self, message: str, suffix: str, place: Place, expected: str | None) -> None:
        super().__init__(message + suffix, **place._asdict(), expected=expected)
        self.bare_message = message

    def __str__(self) -> str:
        return _full_text(self, self.bare_message)


class Problems:
    """Collects the problems of one configuration, each once."""

    def __init__(self) -> None:
        self._found: list[ConfigProblem] = []
        self._seen: set[tuple[object, ...]] = set()
        self._wrong_places: set[tuple[object, ...]] = set()
        self.error_count = 0
        self._omitted_count = 0
        self._first_error: ConfigProblem | None = None

    def add(self, problem: ConfigProblem) -> None:
        """Keep a problem unless its twin is known: same place and same text."""
        where = (problem.file, problem.line, problem.section, problem.key)
        identity = (*where, problem.severity, problem.message)
        if identity in self._seen:
            return
        if problem.severity >= Severity.ERROR:
            self.error_count += 1
            self._wrong_places.add(where)
        if problem.severity >= Severity.ERROR and self._first_error is None:
            self._first_error = problem
        elif len(self._found) >= PROBLEMS_MAX and not isinstance(problem, StartMessage):
            self._omitted_count += 1
            return
        self._seen.add(identity)
        self._found.append(problem)

    def error(
        self,
        message: str,
        place: Place = NOWHERE,
        expected: str | None = None,
        suffix: str = "",
    ) -> None:
        """Add something that makes the configuration unusable.

        `suffix` is only part of the text that scripts compare.
        """
        if suffix:
            self.add(SuffixedProblem(message, suffix, place, expected))
        else:
            self.add(ConfigProblem(message, **place._asdict(), expected=expected))

    def warn(self, message: str, place: Place = NOWHERE, suggestion: str | None = None) -> None:
        """Add something that is accepted but probably not meant."""
        self.add(
            ConfigProblem(
                message, **place._asdict(), suggestion=suggestion, severity=Severity.WARNING
            )
        )

    def hint(self, message: str, place: Place = NOWHERE) -> None:
        """Add something good to know that is no mistake."""
        self.add(ConfigProblem(message, **place._asdict(), severity=Severity.INFO))

    def refuse_in_check(self, message: str, place: Place, expected: str | None = None) -> None:
        """Add a warning that becomes an error when the file is only checked."""
        self.add(
            CheckRefusal(message, **place._asdict(), expected=expected, severity=Severity.WARNING)
        )

    def say_at_start(self, message: str, severity: Severity, place: Place = NOWHERE) -> None:
        """Add a message with a wording that log readers match."""
        self.add(StartMessage(message, **place._asdict(), severity=severity))

    def has_error_at(self, place: Place) -> bool:
        """Whether the key at `place` is known to be wrong."""
        return (place.file, place.line, place.section, place.key) in self._wrong_places

    @property
    def first_error(self) -> ConfigProblem | None:
        """The error that was found first."""
        return self._first_error

    def in_order_found(self) -> tuple[ConfigProblem, ...]:
        """All kept problems; the last one counts those that were omitted, if any."""
        if not self._omitted_count:
            return tuple(self._found)
        more = ConfigProblem(
            f"cannot list all problems: {self._omitted_count} more were found",
            suggestion="mend the first ones and check again",
            severity=Severity.WARNING,
        )
        return (*self._found, more)


def by_place(problems: Iterable[ConfigProblem]) -> tuple[ConfigProblem, ...]:
    """Sorted by file and line; what belongs to no file comes last."""

    def position(problem: ConfigProblem) -> tuple[bool, str, int]:
        return (problem.file is None, problem.file or "", problem.line or 0)

    return tuple(sorted(problems, key=position))


def is_refused_by_check(problem: ConfigProblem) -> bool:
    """Whether a file with this problem fails a check, although a daemon might start with it."""
    return problem.severity >= Severity.ERROR or isinstance(problem, CheckRefusal)


def check_exit_status(problems: Iterable[ConfigProblem]) -> int:
    """Exit status of ``supervisord --check``: 2 if anything is refused, else 0."""
    return 2 if any(map(is_refused_by_check, problems)) else 0


def render_report(problems: Iterable[ConfigProblem]) -> str:
    """The answer of ``supervisord --check``: a line per problem by place, then a summary."""
    ordered = by_place(problems)
    lines = [f"{_label(problem)}: {_one_line(str(problem))}" for problem in ordered]
    error_count = sum(map(is_refused_by_check, ordered))
    warning_count = sum(
        problem.severity >= Severity.WARNING and not is_refused_by_check(problem)
        for problem in ordered
    )
    verdict = "cannot be used" if error_count else "can be used"
    summary = f"configuration {verdict}: {_count(error_count, 'error')}"
    lines.append(f"{summary}, {_count(warning_count, 'warning')}")
    return "".join(line + "\n" for line in lines)


def _full_text(problem: ConfigProblem, text: str) -> str:
    """As `ConfigProblem.__str__`, with another text in the place of its message."""
    parts = [problem.place() + text.rstrip()]
    if problem.expected is not None:
        parts.append(f"expected {problem.expected}")
    if problem.suggestion is not None:
        parts.append(problem.suggestion)
    return "; ".join(parts)


def _label(problem: ConfigProblem) -> str:
    if is_refused_by_check(problem):
        return "error"
    return "info" if problem.severity < Severity.WARNING else "warning"


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
