"""What an operation of the API is: a verb, a path, and who answers it."""

from supervisor.hints import Any, Callable, Final
from supervisor.rpc.caller import Role
from supervisor.tuples import NamedTuple
from supervisor.web.api.calls import Call
from supervisor.web.api.fields import Field
from supervisor.web.messages import Answer

ROOT: Final = "/api/v1"
WAIT_S_MAX: Final = 3600

WAIT: Final = Field(
    "wait",
    ("integer",),
    "How many seconds to wait until it is done; then, or at once if 0, the answer is 202. "
    "Without it the answer comes when it is done, however long that takes.",
    minimum=0,
    maximum=WAIT_S_MAX,
)


class Operation(NamedTuple):
    """One thing that clients can do; everything about it is said here."""

    verb: str
    path: str
    """Below the root, with names in braces."""
    answer: Callable[[Call], Answer]
    schema: str
    """Name of the schema of its answer; empty for text or a stream."""
    summary: str
    text: str = ""
    """More about it, in Markdown."""
    role: Role = Role.READ
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] = ()
    methods: tuple[str, ...] = ()
    """Full names of the methods that it is made of."""
    unfinished: str = ""
    """Schema of an answer 202, if it can be answered before it is done."""
    statuses: frozenset[int] = frozenset()
    """Further statuses that it may have: those of the faults of its methods."""
    media: tuple[str, ...] = ()
    """Media types of its answer if that is not JSON."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers of its answer, with what they say."""
    is_bulky: bool = False
    """Whether a body may be as large as the server takes."""

    @property
    def names(self) -> list[str]:
        """The names in its path."""
        return [each[1:-1] for each in self.path.split("/") if each.startswith("{")]


def wait_of(query: Any) -> int | None:
    """How long a client waits, None without a limit."""
    wait: int | None = query["wait"]
    return wait
