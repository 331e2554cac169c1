"""The types of values, by the names that the manual uses."""

from supervisor.config import convert
from supervisor.config.option import ValueType

STRING = ValueType("string", "text", convert.string)
INTEGER = ValueType("integer", "a whole number, such as 5", convert.integer)
BOOLEAN = ValueType("boolean", "one of true, false, yes, no, on, off, 1, 0", convert.boolean)
AUTORESTART = ValueType("autorestart", "true, false or unexpected", convert.autorestart)
AFTER_RETRIES = ValueType("drop or fatal", "drop or fatal", convert.after_retries)
USER_ROLES = ValueType("roles", "read, operate or admin", convert.user_role)
PATTERNS = ValueType("patterns", "shell patterns, such as web, site:*", convert.patterns)
HOST_NAMES = ValueType(
    "host names", "names without port, such as panel.example.com", convert.host_names
)
TOKENS = ValueType("tokens", "what supervisorctl make-token prints", convert.tokens)
BYTES = ValueType(
    "byte size", "whole bytes, such as 1048576 or 50MB (suffixes KB, MB, GB)", convert.byte_size
)
OCTAL = ValueType("octal", "mode bits in octal, such as 022", convert.octal)
SIGNAL = ValueType("signal", "a signal of this system, such as TERM or 15", convert.signal_number)
EXIT_CODES = ValueType(
    "exit codes", "codes from 0 to 255 with commas between them, such as 0,2", convert.exit_codes
)
LEVEL = ValueType(
    "log level", "one of critical, error, warn, info, debug, trace, blather", convert.level
)
USER = ValueType("user", "a login name or user id of this system", convert.sole_user)
USER_AND_GROUP = ValueType(
    "user[:group]", "a user, or user:group, by names or ids of this system", convert.account
)
DIRECTORY = ValueType("existing directory", "a directory that exists", convert.directory)
PATH_IN_DIRECTORY = ValueType(
    "path", "a path in a directory that exists", convert.absolute_path_in_directory
)
PATH = ValueType("path", "a path", convert.absolute_path)
MAIN_LOG = ValueType("log file", "syslog, or a path in a directory that exists", convert.main_log)
CHILD_LOG = ValueType(
    "log file", "AUTO, NONE, or a path in a directory that exists", convert.child_log
)
NAME = ValueType("name", "a name without blank, ':' and '/'", convert.name)
WORDS = ValueType("comma list", "words with commas between them", convert.words)
ENVIRONMENT = ValueType(
    "environment", 'KEY="value" pairs with commas between them', convert.environment
)
TCP_ADDRESS = ValueType(
    "address", "port, host:port or *:port, with a port from 1 to 65535", convert.tcp_address
)
ENTRY_POINT = ValueType(
    "entry point", "package.module:attribute that can be imported", convert.string
)
SERVER_URL = ValueType(
    "URL", "unix:///path, http://host:port or https://host:port", convert.server_url
)
OWNER = ValueType("user[:group]", "user, user:group or :group of this system", convert.ownership)
FCGI_ADDRESS = ValueType(
    "socket URL", "tcp://host:port or unix:///absolute/path", convert.fcgi_address
)
