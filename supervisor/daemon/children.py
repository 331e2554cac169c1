"""The children: what is started for each process, and what is connected to it.

A `Body` stays as long as its group is active and keeps what outlives a run (names of the log
files); a `_Run` exists while there is a child.
"""

import errno
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from supervisor.config.sections.program import ProcessSettings
from supervisor.config.values import AUTO_LOG, FileLog as FileLogSetting
from supervisor.core.component import Poller
from supervisor.daemon.channels import InputChannel, OutputChannel, ReadBuffer, Sink
from supervisor.errors import Fault, RequestRefused, SpawnError, errno_name
from supervisor.host.childplan import (
    ChildPlan,
    child_environment,
    resolve_command,
    split_command,
)
from supervisor.host.kernel import Kernel
from supervisor.host.pipes import ChildPipes, open_pipes
from supervisor.levels import Level
from supervisor.logs.filelog import FileLog
from supervisor.logs.syslog import SyslogLog
from supervisor.wire.ansi import AnsiStripper
