"""Which test proves which promised name.

`test_manual.py` tests that each name of the manual has its row here, and that the tests are there.
Live objects have rows of their own, see `plugins/promise.py`.
"""

from typing import Final

PROBED: Final[dict[str, dict[str, str]]] = {
    "names": {
        "options": (
            "BadCommand NoPermission NotExecutable NotFound ProcessException VERSION "
            "decode_wait_status expand make_namespec normalize_path readFile signame "
            "split_namespec tailFile"
        ),
        "states": (
            "EventListenerStates ProcessStates RUNNING_STATES SIGNALLABLE_STATES STOPPED_STATES "
            "SupervisorStates getEventListenerStateDescription getProcessStateDescription "
            "getSupervisorStateDescription"
        ),
    },
    "datatypes": {
        "datatypes": (
            "Automatic FALSY_STRINGS InetStreamSocketConfig LOGFILE_AUTOS LOGFILE_NONES "
            "LOGFILE_SYSLOGS RangeCheckedConversion RestartUnconditionally "
            "RestartWhenExitUnexpected SIGNUMS SocketAddress SocketConfig SuffixMultiplier Syslog "
            "TRUTHY_STRINGS UnixStreamSocketConfig auto_restart boolean byte_size "
            "colon_separated_user_group dict_of_key_value_pairs existing_directory "
            "existing_dirpath gid_for_uid inet_address integer list_of_exitcodes list_of_ints "
            "list_of_strings logfile_name logging_level name_to_gid name_to_uid octal_type "
            "port_number process_or_group_name profile_options signal_number url"
        ),
    },
    "childutils": {
        "childutils": (
            "eventdata getRPCInterface getRPCTransport get_asctime get_headers listener pcomm"
        ),
    },
    "events": {
        "events": (
            "EventTypes TICK_EVENTS callbacks clear getEventNameByType notify register subscribe "
            "unsubscribe"
        ),
    },
    "loggers": {
        "loggers": (
            "BoundIO FileHandler Handler LOG_LEVELS_BY_NUM LevelsByDescription LevelsByName "
            "LogRecord Logger RotatingFileHandler StreamHandler SyslogHandler "
            "getLevelNumByDescription getLogger handle_boundIO handle_file handle_stdout "
            "handle_syslog"
        ),
    },
    "parser": {
        "options": "UnhosedConfigParser",
    },
    "configs": {
        "options": (
            "EventListenerConfig EventListenerPoolConfig FastCGIGroupConfig ProcessConfig "
            "ProcessGroupConfig ServerOptions"
        ),
    },
    "shell": {
        "supervisorctl": (
            "ClientOptions Controller ControllerPluginBase DEAD_PROGRAM_FAULTS "
            "DefaultControllerPlugin LSBInitExitStatuses LSBStatusExitStatuses fgthread"
        ),
    },
    "client": {
        "options": "ClientOptions",
    },
    "live": {
        "http": "logtail_handler mainlogtail_handler supervisor_auth_handler",
        "pidproxy": "PidProxy",
        "process": (
            "EventListenerPool FastCGIProcessGroup FastCGISubprocess ProcessGroup "
            "ProcessGroupBase ProcessStates Subprocess"
        ),
        "rpcinterface": (
            "API_VERSION isNotRunning isRunning isSignallable make_allfunc make_main_rpcinterface"
        ),
    },
    "rpc": {
        "compat": (
            "ConfigParser Fault PY2 StringIO as_bytes as_string basestring decodestring "
            "encodestring escape httplib import_spec is_text_stream letters long maxint md5 "
            "raw_input resource_filename sha1 unichr unicode urllib urlparse xmlrpclib"
        ),
        "dispatchers": (
            "EventListenerStates PDispatcher PEventListenerDispatcher PInputDispatcher "
            "POutputDispatcher RejectEvent default_handler stripEscapes"
        ),
        "supervisord": "SupervisorStates timeslice",
        "xmlrpc": (
            "Faults NOT_DONE_YET RPCError RootRPCInterface SupervisorTransport "
            "SystemNamespaceRPCInterface UnixStreamHTTPConnection capped_int getFaultDescription "
            "gettags make_datetime traverse xmlrpc_marshal xmlrpclib"
        ),
    },
    "follow": {
        "http_client": "HTTPHandler Listener",
    },
}
"""By probe, whose lines `test_probes.py` compares, and module: the names that it tries."""

_PAGES = "plugins/test_pages.py::test_page_"
_BUTTONS = "plugins/test_pages.py::test_buttons_of_pages_do_what_those_of_the_status_page_do"

TESTED: Final[dict[str, str]] = {
    "confecho.main": "config/test_render.py::test_sample_is_printed",
    "pidproxy.main": ("e2e/test_pidproxy.py::test_signals_go_to_the_process_in_the_pidfile"),
    "supervisorctl.main": "ctl/test_promised_names.py::test_main_takes_words_and_exits",
    "supervisord.main": "promised/test_others.py::test_supervisord_runs_from_words",
    "supervisord.go": "promised/test_others.py::test_supervisord_goes_with_options",
    "supervisord.Supervisor": "plugins/test_looking.py::test_live_object_is_of_its_promised_class",
    "rpcinterface.SupervisorNamespaceRPCInterface": (
        "plugins/test_rpcinterface.py::test_overridden_lookup_of_names_is_used_by_the_methods"
    ),
    "options.FastCGIProcessConfig": (
        "promised/test_translate.py::test_classes_follow_from_the_sections"
    ),
    "http.NOT_DONE_YET": "plugins/test_answers.py::test_function_is_asked_until_it_answers",
    "web.VIEWS": f"{_PAGES}is_made_from_its_template_and_the_arguments",
    "web.MeldView": f"{_PAGES}is_made_from_its_template_and_the_arguments",
    "web.ViewContext": "promised/test_web.py::test_names_of_pages_are_loaded_when_they_are_used",
    "web.OKView": f"{_PAGES}of_a_plug_in_hides_ours",
    "web.StatusView": _BUTTONS,
    "web.TailView": f"{_PAGES}that_fails_is_a_status_500_and_a_line_with_its_path",
    "medusa.default_handler": "promised/test_web.py::test_folder_is_never_left",
    "medusa.filesys": "promised/test_web.py::test_folder_is_never_left",
    "medusa.http_server": (
        "promised/test_web.py::"
        "test_get_header_takes_a_group_of_the_first_line_that_matches_completely"
    ),
    "medusa.http_date": "promised/test_web.py::test_dates_of_headers",
    "medusa.asyncore_25": "promised/test_web.py::test_compact_traceback_tells_where",
}
"""The names that no probe tries."""
