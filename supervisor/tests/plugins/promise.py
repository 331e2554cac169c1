"""Which test proves which attribute of the live objects.

The manual says what plug-ins are promised; `promised/test_manual.py` tests that each of them
has a row here, and that the tests are there. A test in a row fails when its attribute does nothing.
"""

from typing import Final

from supervisor.options import ProcessConfig

_ACTING = "test_acting"
_CHANGING = "test_changing"
_CONFIGS = "test_configs"
_LOOKING = "test_looking"


def _seen(look: str) -> str:
    return f"{_LOOKING}::test_plugin_sees[{look}]"


def _acting(test: str) -> str:
    return f"{_ACTING}::test_{test}"


def _changing(test: str) -> str:
    return f"{_CHANGING}::test_{test}"


def _of_process_config(name: str) -> str:
    return f"{_CONFIGS}::test_attribute_of_a_process_config_is_what_its_key_says[{name}]"


def _of_group_config(name: str) -> str:
    return f"{_CONFIGS}::test_attribute_of_a_group_config_is_what_the_file_says[{name}]"


_LEAVING = _acting("groups_that_have_yet_to_stop_are_known_while_the_daemon_leaves")
_SYSTEM_CALLS = _acting("system_calls_of_the_options_do_what_they_say")
_WALK = f"{_CONFIGS}::test_interfaces_of_a_server_with_a_password_are_one_step_further"
_RETRY = _acting("process_that_failed_shows_when_it_is_tried_again")
_LIFE = _changing("process_is_spawned_signalled_and_stopped")
_EXIT = _acting("reap_takes_note_of_children_that_have_ended")
_FORCED = _changing("process_is_forced_fatal_in_words_of_the_plugin")
_LEVELS = _acting("every_level_of_the_main_log_can_be_written")
_POOL = _acting("pool_shows_what_waits_and_how_far_it_is")
_IDLE = _seen("process that does not run")

SUPERVISORD: Final = {
    "options": _seen("supervisord.options is one object"),
    "process_groups": _seen("supervisord.process_groups is a mapping"),
    "get_state": _LEAVING,
    "stopping": _LEAVING,
    "stop_groups": _LEAVING,
    "diff_to_active": _changing("group_is_removed_and_added_again"),
    "add_process_group": _changing("group_made_by_a_plugin_runs"),
    "remove_process_group": _changing("group_is_removed_and_added_again"),
    "get_process_map": _changing("dispatchers_are_those_of_the_child"),
    "reap": _EXIT,
    "ticks": _acting("ticks_are_the_slices_of_time_that_it_is"),
}

OPTIONS: Final = {
    "mood": _changing("mood_shutdown_ends_the_daemon"),
    "identifier": _changing("identifier_that_is_changed_is_told"),
    "logger": _changing("lines_of_plugins_stand_in_the_main_log"),
    "process_group_configs": _changing("group_offered_by_a_plugin_can_be_added_by_clients"),
    "process_config": _changing("reread_by_a_plugin_offers_what_the_file_says"),
    "processes_from_section": _changing("process_that_is_added_runs"),
    "server_configs": f"{_CONFIGS}::test_server_configs_have_what_the_sections_say",
    "httpservers": _WALK,
    "close_httpservers": _acting("closed_servers_let_nobody_in"),
    "pidhistory": _LIFE,
    "kill": _changing("signal_by_options_kill_reaches_the_child"),
    "get_pid": _SYSTEM_CALLS,
    "exists": _SYSTEM_CALLS,
    "remove": _SYSTEM_CALLS,
    "stat": _SYSTEM_CALLS,
    "write": _SYSTEM_CALLS,
    "readfd": _SYSTEM_CALLS,
    "close_fd": _SYSTEM_CALLS,
    "get_socket_map": _SYSTEM_CALLS,
    "reopenlogs": _acting("main_log_is_begun_anew_when_it_is_reopened"),
    "configfile": _seen("options.configfile"),
    "here": _seen("options.here"),
    "logfile": _seen("options.logfile"),
    "loglevel": _seen("options.loglevel"),
    "pidfile": _seen("options.pidfile"),
    "childlogdir": _seen("options.here"),
    "nodaemon": _seen("options.nodaemon"),
    "serverurl": _seen("options.serverurl"),
}

LOGGER: Final = {
    **dict.fromkeys(("critical", "error", "warn", "info", "debug", "trace", "blather"), _LEVELS),
    "log": _LEVELS,
    "level": _seen("options.logger.level"),
    "handlers": _seen("options.logger.handlers"),
    "addHandler": _changing("handler_of_a_plugin_gets_every_line"),
}

SERVER: Final = {
    "handlers": _WALK,
    "handler": _WALK,
    "rpcinterface": _WALK,
    "NAME": _WALK,
    "install_handler": f"{_CONFIGS}::test_handler_is_installed_before_all_others_or_behind_them",
}

GROUP: Final = {
    "config": _seen("group.config"),
    "processes": _seen("group.processes is a mapping"),
    "get_unstopped_processes": _acting("unstopped_processes_are_those_that_run"),
    "get_dispatchers": _acting("unstopped_processes_are_those_that_run"),
    "stop_all": _acting("stop_all_stops_in_descending_priority_and_gives_up_the_rest"),
    "transition": _acting("transition_of_a_group_starts_members_that_are_due"),
    "removelogs": _acting("removelogs_empties_the_log[group]"),
    "reopenlogs": _acting("reopenlogs_begins_a_new_file[group]"),
    "event_buffer": _POOL,
    "serial": _POOL,
    "dispatch": _acting("dispatch_sends_what_can_be_sent"),
}

GROUP_CONFIG: Final = {
    name: _of_group_config(name)
    for name in (
        "name",
        "priority",
        "process_configs",
        "options",
        "buffer_size",
        "pool_events",
        "result_handler",
    )
}

PROCESS: Final = {
    "config": _seen("process.config is one object"),
    "group": _seen("process.group"),
    "pid": _LIFE,
    "state": _FORCED,
    "get_state": _IDLE,
    "laststart": _changing("process_that_was_never_started_is_started_by_transition"),
    "laststop": _EXIT,
    "delay": _RETRY,
    "backoff": _RETRY,
    "exitstatus": _EXIT,
    "spawnerr": _FORCED,
    "killing": _LIFE,
    "administrative_stop": _LIFE,
    "system_stop": _acting("given_up_process_is_stopped_by_the_system"),
    "listener_state": _acting("listener_state_follows_the_conversation"),
    "event": _acting("listener_state_follows_the_conversation"),
    "spawn": _LIFE,
    "stop": _LIFE,
    "kill": _changing("process_is_killed_with_the_given_signal"),
    "signal": _acting("signal_reaches_the_child"),
    "give_up": _FORCED,
    "change_state": _changing("change_state_is_told_to_subscribers"),
    "transition": _acting("transition_makes_a_process_running_when_its_time_is_over"),
    "finish": _acting("finish_takes_the_end_of_a_child_that_a_plugin_has_reaped"),
    "write": _changing("process_reads_what_is_written_to_it"),
    "dispatchers": _changing("dispatchers_are_those_of_the_child"),
    "pipes": _acting("pipes_are_those_of_the_child"),
    "drain": _acting("drain_reads_what_the_child_has_printed"),
    "get_execv_args": _seen("process.get_execv_args"),
    "removelogs": _acting("removelogs_empties_the_log[process]"),
    "reopenlogs": _acting("reopenlogs_begins_a_new_file[process]"),
}

PROCESS_CONFIG: Final = {
    **{
        name: _of_process_config(name)
        for name in (*ProcessConfig.req_param_names, *ProcessConfig.optional_param_names)
    },
    "options": _of_process_config("options"),
    "get_path": _of_process_config("get_path"),
    "make_process": _of_process_config("make_process"),
    "create_autochildlogs": _acting("files_of_automatic_logs_are_made"),
}

CHANNEL: Final = {
    "process": _changing("dispatchers_are_those_of_the_child"),
    "channel": _changing("dispatchers_are_those_of_the_child"),
    "fd": _changing("dispatchers_are_those_of_the_child"),
    "readable": _acting("channel_is_read_when_a_plugin_wants_it"),
    "handle_read_event": _acting("channel_is_read_when_a_plugin_wants_it"),
    "removelogs": _acting("removelogs_empties_the_log[dispatcher]"),
    "reopenlogs": _acting("reopenlogs_begins_a_new_file[dispatcher]"),
}

SET: Final = {
    "supervisord.process_groups": _acting("group_is_taken_out_and_put_in_by_name"),
    "options.mood": _changing("mood_restarting_begins_anew"),
    "options.identifier": _changing("identifier_that_is_changed_is_told"),
    "options.logger.level": _LEVELS,
    "group.processes": _changing("process_that_is_added_runs"),
    "process.state": _FORCED,
    **{
        f"process.{name}": _acting(f"what_is_set_is_what_is_known[{name}]")
        for name in ("laststart", "laststop", "backoff", "exitstatus", "spawnerr")
    },
    "config.command": _changing("rewritten_command_is_run_by_the_next_start"),
}
"""Attributes that can be set, or put into, and the tests of that."""

LIVE: Final = {
    f"{thing}.{name}": test
    for thing, rows in {
        "supervisord": SUPERVISORD,
        "options": OPTIONS,
        "logger": LOGGER,
        "server": SERVER,
        "group": GROUP,
        "group.config": GROUP_CONFIG,
        "process": PROCESS,
        "process.config": PROCESS_CONFIG,
        "channel": CHANNEL,
    }.items()
    for name, test in rows.items()
}
"""By object and attribute."""
