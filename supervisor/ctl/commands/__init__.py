"""The commands of supervisorctl, one file per family."""

from supervisor.ctl.command import Command
from supervisor.ctl.commands.config import Add, Avail, Remove, Reread, Update
from supervisor.ctl.commands.control import Clear, Restart, Signal, Start, Stop
from supervisor.ctl.commands.daemon import ClearFatal, Exit, Open, Quit, Reload, Shutdown, Version
from supervisor.ctl.commands.logs import Foreground, MainTail, Tail
from supervisor.ctl.commands.pools import Pools
from supervisor.ctl.commands.query import Query
from supervisor.ctl.commands.secrets import HashPassword, MakeToken
from supervisor.ctl.commands.status import Pid, Status
from supervisor.ctl.commands.streams import Events, Logs

BUILT_IN: tuple[Command, ...] = (
    Status(),
    Pid(),
    Start(),
    Stop(),
    Restart(),
    Signal(),
    Clear(),
    Tail(),
    MainTail(),
    Foreground(),
    Logs(),
    Events(),
    Query(),
    Pools(),
    Avail(),
    Reread(),
    Add(),
    Remove(),
    Update(),
    Reload(),
    Shutdown(),
    ClearFatal(),
    Version(),
    HashPassword(),
    MakeToken(),
    Open(),
    Quit(),
    Exit(),
)
