"""Everything that the runtime would load later, for a daemon that is about to drop privileges.

The target user may have no right to read the installation, as when it lies in somebody's home
directory: what has not been loaded before could not be loaded ever (L30).
"""

import codecs
import sys

from supervisor.lean import import_module

_CODECS = ("ascii", "latin-1", "utf-8", "utf-16", "idna", "unicode_escape")
"""Used by name in sockets, paths, log lines and expat, apart from the file system's own."""

_MODULES = (
    "binascii",
    "datetime",
    "encodings.idna",
    "fnmatch",
    "glob",
    "grp",
    "h11",
    "hashlib",
    "linecache",
    "re",
    "shlex",
    "supervisor.config.secrets",
    "supervisor.config.suggest",
    "supervisor.config.telling",
    "supervisor.config.users",
    "supervisor.daemon.access",
    "supervisor.daemon.conversation",
    "supervisor.daemon.eventkinds",
    "supervisor.daemon.fcgi",
    "supervisor.daemon.feed",
    "supervisor.daemon.figures",
    "supervisor.daemon.filters",
    "supervisor.daemon.journal",
    "supervisor.daemon.judges",
    "supervisor.daemon.lives",
    "supervisor.daemon.plugins",
    "supervisor.daemon.poolports",
    "supervisor.daemon.pools",
    "supervisor.daemon.poolwork",
    "supervisor.daemon.preload",
    "supervisor.daemon.startcache",
    "supervisor.events",
    "supervisor.host.crowd",
    "supervisor.host.popen",
    "supervisor.host.processlimit",
    "supervisor.host.processtree",
    "supervisor.logs.disposal",
    "supervisor.logs.syslog",
    "supervisor.rpc.info_writing",
    "supervisor.rpc.scope",
    "supervisor.standard_streams",
    "supervisor.web.access.digests",
    "supervisor.web.access.passwords",
    "supervisor.web.api",
    "supervisor.web.metrics",
    "supervisor.web.views",
    "supervisor.web.views.login",
    "supervisor.web.views.preloading",
    "supervisor.wire.listener",
    "supervisor.wire.xmlrpc_plain",
    "termios",
    "tokenize",
    "traceback",
    "warnings",
    "xml.parsers",
    "xml.parsers.expat",
)
"""Imported late elsewhere, to keep start and memory small where they are not needed."""

_MODULES_ELSEWHERE = ("psutil",)
"""The same, on systems other than Linux only."""


def preload() -> None:
    """Load all of it; what this installation lacks is not needed either."""
    for name in _CODECS:
        codecs.lookup(name)
    for name in _MODULES if sys.platform == "linux" else _MODULES + _MODULES_ELSEWHERE:
        import_module(name)
    import_module("supervisor.web.views.preloading").load()
