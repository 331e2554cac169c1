"""What the RPC methods, pages and metrics are told of what processes use: see `daemon.figures`."""

from supervisor.hints import Callable, Protocol
from supervisor.rpc.deferred import Deferred
from supervisor.tuples import NamedTuple


class Usage(NamedTuple):
    """What a process and all that descend from it use."""

    cpu_percent: float
    """Of one processor, since the sample before; since the start in the first one."""
    memory_bytes: int
    """Resident."""
    descriptors: int | None
    """Open ones of the process itself; None if the system does not tell."""
    cpu_s: float
    """CPU time spent since the start of the process, by what descends from it, too, as far as that
    was there when a sample was taken: it never decreases before the next start."""
    cpu_curve: tuple[float, ...]
    """The last samples, the newest last; at most 60."""
    memory_curve: tuple[int, ...]


class Figures(Protocol):
    """CPU and memory of the processes. They are only sampled, every 5 s, while somebody looks."""

    def look(self, on_sample: Callable[[], object]) -> Callable[[], None]:
        """Sample from now on and call back after each sample; returns what ends that."""
        ...

    def usage(self, process_id: int) -> Usage | None:
        """Of a running process, None if nothing is known (yet). Never raises."""
        ...

    def sample(self) -> Deferred:
        """Take a sample, in slices, unless the last one is less than a second old.

        Known, as True, when it has been taken, or cannot be.
        """
        ...
