"""Signals as news for the loop."""

import os
import signal
from collections.abc import Iterator

import pytest

from supervisor.host.kernel import SystemKernel
from supervisor.host.poller import SystemPoller
from supervisor.host.signals import (
    NOTED_SIGNALS,
    REQUEST_SIGNALS,
    SignalInbox,
    signal_name,
)
from supervisor.tests.host.child import open_fd_count, plan_for

DEADLINE_S = 10.0


def fail(fd: int, error: Exception) -> None:
    raise AssertionError(f"callback of fd {fd} failed") from error


@pytest.fixture
def poller() -> Iterator[SystemPoller]:
    poller = SystemPoller(fail)
    yield poller
    poller.close()


@pytest.fixture
def inbox(poller: SystemPoller) -> Iterator[SignalInbox]:
    inbox = SignalInbox(poller)
    inbox.install()
    yield inbox
    inbox.uninstall()


def test_l1_signal_wakes_the_poller(poller: SystemPoller, inbox: SignalInbox) -> None:
    """A signal is seen at once and not with the next tick."""
    signal.raise_signal(signal.SIGHUP)

    assert poller.turn(DEADLINE_S) == 1
    assert inbox.take() == [signal.SIGHUP]


def test_l1_end_of_a_child_wakes_the_poller(poller: SystemPoller, inbox: SignalInbox) -> None:
    """SIGCHLD comes through the same fd, also while the poller waits."""
    pid = SystemKernel().spawn(plan_for(["/bin/true"]))

    assert poller.turn(DEADLINE_S) == 1
    assert inbox.take() == [signal.SIGCHLD]
    os.waitpid(pid, 0)


def test_idle_poller_is_not_woken_again(poller: SystemPoller, inbox: SignalInbox) -> None:
    """After the news there is silence: nothing is left in the pipe."""
    for _ in range(10):
        signal.raise_signal(signal.SIGHUP)
    poller.turn(DEADLINE_S)
    inbox.take()

    assert poller.turn(0) == 0
    assert inbox.take() == []


def test_signal_that_was_taken_before_the_wait_does_not_end_it(
    poller: SystemPoller, inbox: SignalInbox
) -> None:
    """What came while there was other work is no news when the work is done."""
    signal.raise_signal(signal.SIGCHLD)

    assert inbox.take() == [signal.SIGCHLD]
    assert poller.turn(0) == 0


def test_l4_signals_are_taken_all_at_once_in_order_of_arrival(inbox: SignalInbox) -> None:
    """Each signal once, however often it came."""
    for signum in (signal.SIGUSR2, signal.SIGTERM, signal.SIGUSR2, signal.SIGHUP):
        signal.raise_signal(signum)

    assert inbox.take() == [signal.SIGUSR2, signal.SIGTERM, signal.SIGHUP]


def test_signals_beyond_the_size_of_the_pipe_are_not_lost(
    poller: SystemPoller, inbox: SignalInbox
) -> None:
    """A full pipe wakes as well as one byte."""
    for _ in range(70_000):
        signal.raise_signal(signal.SIGCHLD)
    signal.raise_signal(signal.SIGTERM)
    poller.turn(DEADLINE_S)

    assert inbox.take() == [signal.SIGCHLD, signal.SIGTERM]
    assert poller.turn(0) == 0


def test_bytes_in_the_pipe_are_not_believed(poller: SystemPoller) -> None:
    """A child shares the pipe until exec: what is written to it only wakes."""
    inbox = SignalInbox(poller)
    inbox.install()
    try:
        sender = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(sender)
        os.write(sender, bytes([signal.SIGTERM]))

        assert poller.turn(DEADLINE_S) == 1
        assert inbox.take() == []
    finally:
        inbox.uninstall()


@pytest.mark.parametrize("signum", sorted(NOTED_SIGNALS - {signal.SIGALRM}))
def test_l14_other_signals_are_noted_and_do_not_kill(inbox: SignalInbox, signum: int) -> None:
    """SIGUSR1 and other deadly signals leave the daemon alive and its children supervised."""
    signal.raise_signal(signum)

    assert inbox.take() == [signum]


def test_l14_sigusr1_is_one_of_them() -> None:
    """Those that ask for something and those that are noted are told apart."""
    assert {signal.SIGUSR1, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF} <= NOTED_SIGNALS
    assert not REQUEST_SIGNALS & NOTED_SIGNALS
    assert signal.SIGPIPE not in NOTED_SIGNALS | REQUEST_SIGNALS


def test_signals_that_our_starter_had_blocked_are_heard(poller: SystemPoller) -> None:
    """Whoever starts the daemon cannot make it deaf, nor its children."""
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    inbox = SignalInbox(poller)
    try:
        inbox.install()
        signal.raise_signal(signal.SIGTERM)
        assert inbox.take() == [signal.SIGTERM]
    finally:
        inbox.uninstall()
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


def test_signals_are_kept_while_moving_to_another_poller(
    poller: SystemPoller, inbox: SignalInbox
) -> None:
    """A signal that comes during a restart of the daemon is handled after it."""
    signal.raise_signal(signal.SIGTERM)
    successor = SystemPoller(fail)
    inbox.move_to(successor)

    assert poller.turn(0) == 0
    assert successor.turn(DEADLINE_S) == 1
    assert inbox.take() == [signal.SIGTERM]
    inbox.move_to(poller)
    successor.close()


def test_uninstall_gives_everything_back(poller: SystemPoller) -> None:
    """Handlers, the wake-up fd and our own fds are as they were."""
    fds = open_fd_count()
    handlers = [signal.getsignal(signum) for signum in sorted(signal.valid_signals())]
    inbox = SignalInbox(poller)
    inbox.install()
    inbox.uninstall()
    inbox.uninstall()

    assert [signal.getsignal(signum) for signum in sorted(signal.valid_signals())] == handlers
    assert open_fd_count() == fds
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.parametrize(
    ("signum", "name"), [(15, "SIGTERM"), (34, "SIGRTMIN"), (35, "signal 35"), (999, "signal 999")]
)
def test_signals_have_names_for_people(signum: int, name: str) -> None:
    """Numbers without a name are told as numbers."""
    assert signal_name(signum) == name
