"""Sees to it that the system allows what the programs take, and tells the sum when it does not.

What is missing stops nobody from starting: as many programs run as there is room for, the others
are refused in words when their turn comes, and clients are still let in.
"""

from supervisor.daemon.children import Children
from supervisor.daemon.demand import KEPT_COUNT
from supervisor.host.descriptors import DescriptorLimit
from supervisor.levels import Level
from supervisor.rpc.ports import Log


class Provision:
    """Limits of the system against the demand of all processes."""

    def __init__(
        self, children: Children, descriptors: DescriptorLimit, minprocs: int, log: Log
    ) -> None:
        self._children = children
        self._descriptors = descriptors
        self._log = log
        self._descriptors_told = 0
        """The highest demand that was found out of reach."""
        self._processes_met = minprocs
        """How many there can be; so many have been asked for when the daemon was started."""

    def meet(self) -> None:
        """Raise limits as far as it takes; say so, or why it was not enough."""
        self._meet_descriptors()
        self._meet_processes()

    def _meet_descriptors(self) -> None:
        demand, before = self._children.demand, self._descriptors.soft
        needed_count = demand.descriptors_count
        suffices = self._descriptors.raise_to(needed_count)
        limit = self._descriptors.soft
        if limit is not None and limit != before:
            self._log(
                Level.INFO,
                f"{demand.processes_count:,} processes: raised the limit on open files to {limit:,}"
                " (that of programs stays)",
            )
        self._children.fd_max = None if suffices or limit is None else limit - KEPT_COUNT
        if not suffices and limit is not None and needed_count > self._descriptors_told:
            self._descriptors_told = needed_count
            self._log(Level.ERRO, demand.shortage(limit))

    def _meet_processes(self) -> None:
        count = self._children.demand.processes_count
        if count <= self._processes_met:
            return
        self._processes_met = count
        # Late: most daemons have few processes.
        from supervisor.host.processlimit import find_process_bound

        bound = find_process_bound(count + 1)
        if bound is not None:
            self._log(
                Level.ERRO,
                f"{count:,} processes are configured, but with {bound.name} there can be only "
                f"{bound.allowed:,}, those of others included: not all of them can run at a time; "
                f"raise it with {bound.remedy}",
            )
