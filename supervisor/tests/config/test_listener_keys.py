"""Keys of event listeners, and those about events in [supervisord]."""

import pytest

from supervisor.config.values import AfterRetries
from supervisor.tests.config.machine import first_error, settings_of, warnings_of

LISTENER = "[eventlistener:e]\ncommand=x\nevents=TICK\n"


def listener_of(text: str = "", events: str = "TICK"):
    """Settings of the pool `e` with these lines in its section."""
    settings = settings_of(f"[eventlistener:e]\ncommand=x\nevents={events}\n{text}")
    return settings.groups[0].listener


def test_listener_has_the_documented_defaults():
    """Events are offered for ever, garbage ends the conversation, nothing is replayed."""
    found = listener_of()
    assert (found.buffer_size, found.event_max_retries) == (10, None)
    assert found.event_max_retries_action is AfterRetries.DROP
    assert (found.event_resync, found.event_replay) == (False, False)


@pytest.mark.parametrize("word", ["fatal", "FATAL", "Fatal"])
def test_listener_may_go_fatal_after_the_last_retry(word):
    """Words in any case, as everywhere."""
    found = listener_of(f"event_max_retries=1\nevent_max_retries_action={word}")
    assert found.event_max_retries == 1
    assert found.event_max_retries_action is AfterRetries.FATAL


@pytest.mark.parametrize("key", ["buffer_size", "event_max_retries"])
def test_listener_without_room_or_retries_is_refused(key):
    """A limit of 0 would deliver nothing."""
    assert first_error(f"{LISTENER}{key}=0\n") == (
        f"[eventlistener:e] section sets invalid {key} (0)"
    )


def test_listener_with_an_unknown_action_is_refused():
    """The two words are told."""
    assert first_error(f"{LISTENER}event_max_retries_action=ask\n").startswith(
        "invalid 'event_max_retries_action' value 'ask'"
    )


def test_listener_may_name_coalesced_types():
    """Types that are new are subscribed to by name, in any case."""
    assert listener_of(events="process_state_change,TICK_5").events == (
        "PROCESS_STATE_CHANGE",
        "TICK_5",
    )


def test_e13_keys_about_the_stdout_of_a_listener_are_accepted_with_a_warning():
    """They have no effect; those about stderr have."""
    lines = "stdout_capture_maxbytes=1\nstdout_events_enabled=1\nstdout_syslog=1\n"
    told = warnings_of(f"{LISTENER}{lines}stderr_capture_maxbytes=1\nstderr_events_enabled=1\n")
    assert [text.split(" has no effect")[0].split(": ")[-1] for text in told] == [
        "stdout_capture_maxbytes",
        "stdout_events_enabled",
        "stdout_syslog",
    ]


def test_e13_keys_that_change_nothing_are_not_worth_a_word():
    """A listener that switches off what is off anyway."""
    lines = "stdout_capture_maxbytes=0\nstdout_events_enabled=false\n"
    assert warnings_of(LISTENER + lines) == []


def test_daemon_drains_no_events_and_keeps_no_journal_by_default():
    """As ever."""
    daemon = settings_of("").supervisord
    assert (daemon.event_drain_secs, daemon.event_journal) == (0, None)
    assert (daemon.event_journal_maxbytes, daemon.event_journal_backups) == (50 * 2**20, 10)


def test_daemon_cannot_drain_for_a_negative_time():
    """Told with the section, as other mistakes are."""
    assert first_error("[supervisord]\nevent_drain_secs=-1\n").startswith(
        "invalid event_drain_secs (-1)"
    )


def test_replay_without_a_journal_is_refused():
    """Whoever asked for replay must not lose events because of a line that is missing."""
    assert first_error(f"{LISTENER}event_replay=true\n") == (
        "[eventlistener:e] section sets event_replay=true, but there is no event journal to "
        "replay events from"
    )


def test_replay_with_a_journal_is_fine():
    """The two belong together."""
    text = f"[supervisord]\nevent_journal=/tmp/e\n{LISTENER}event_replay=true\n"
    assert settings_of(text).groups[0].listener.event_replay is True
