"""The sum of descriptors that processes take, and what is told when there are too few."""

from supervisor.config.values import NO_LOG, FileLog
from supervisor.daemon.demand import RESERVE_COUNT, Demand
from supervisor.tests.daemon.nursery import settings

LOG = FileLog("/var/log/web.log")


def test_pipes_and_logs_are_counted() -> None:
    """Three pipes for each process, and each log that is a file, AUTO ones too."""
    demand = Demand()
    demand.add(settings())
    demand.add(settings(stdout_logfile=LOG, stderr_logfile=NO_LOG))

    assert (demand.processes_count, demand.pipes_count, demand.logs_count) == (2, 6, 3)
    assert demand.descriptors_count == 9 + RESERVE_COUNT


def test_redirected_stderr_takes_nothing() -> None:
    """redirect_stderr=true saves a pipe and a log."""
    demand = Demand()
    demand.add(settings(redirect_stderr=True, stderr_logfile=LOG))

    assert (demand.pipes_count, demand.logs_count, demand.stderrs_count) == (2, 1, 0)


def test_removed_processes_do_not_count() -> None:
    """What comes and goes leaves nothing behind."""
    demand = Demand()
    demand.add(settings())
    demand.remove(settings())

    assert demand.descriptors_count == RESERVE_COUNT
    assert (demand.processes_count, demand.stderrs_count) == (0, 0)


def test_shortage_is_told_as_a_sum() -> None:
    """What is needed for what, what there is, and what can be done about it."""
    demand = Demand()
    for _ in range(5000):
        demand.add(settings(stdout_logfile=LOG, stderr_logfile=NO_LOG))

    assert demand.shortage(4096) == (
        "5,000 processes need 20,256 file descriptors (15,000 for pipes, 5,000 for log files, 256 "
        "for clients and the daemon itself), but the limit is 4,096: not all of them can run at a "
        "time; raise the hard limit (LimitNOFILE= of systemd, ulimit -Hn) and start the daemon "
        "again, or set redirect_stderr=true for programs, which saves up to 5,000"
    )


def test_shortage_offers_only_what_helps() -> None:
    """Where stderr is redirected already, nobody is told to do so."""
    demand = Demand()
    demand.add(settings(redirect_stderr=True))

    assert "redirect_stderr" not in demand.shortage(10)
