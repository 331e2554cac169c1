"""What a user with `programs` sees of the daemon: what is his, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from supervisor.core.control import Ticket
from supervisor.core.pool_snapshot import ListenerSnapshot, PoolSnapshot
from supervisor.core.snapshot import GroupSnapshot
from supervisor.errors import Fault, RequestRefused
from supervisor.rpc.caller import ANYBODY, Caller, Role
from supervisor.rpc.interface import SupervisorInterface
from supervisor.rpc.introspection import method_names
from supervisor.rpc.listing import Listing
from supervisor.rpc.ports import News
from supervisor.rpc.registry import Registry
from supervisor.rpc.scope import scoped
from supervisor.states import EventListenerStates
from supervisor.tests.rpc.world import AT_ONCE, World, fault_of, program, status

HIS = Caller("carla", Role.ADMIN, ("web", "mix:a"))
WHOLE_DAEMON = "FORBIDDEN: this concerns the whole daemon: it takes a user who may see all programs"


class File:
    """A configuration file with the groups of the world, and some that are not active."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_broken = False

    def reread(self) -> tuple[list[str], list[str], list[str]]:
        if self.is_broken:
            raise RequestRefused(Fault.CANT_REREAD, "[program:db] command=psql --secret: no")
        return ["webnew", "both", "dbnew"], ["mix", "db"], ["web", "db"]

    def add_group(self, name: str) -> None:
        self.asked.append(f"add {name}")

    def remove_group(self, name: str) -> None:
        self.asked.append(f"remove {name}")

    def all_config_info(self) -> list[dict[str, Any]]:
        names = (
            "web:web",
            "db:db",
            "mix:a",
            "mix:b",
            "webnew:web",
            "both:web",
            "both:x",
            "dbnew:x",
        )
        return [dict(zip(("group", "name"), name.split(":"), strict=True)) for name in names]

    def config_listing(self, sees: Callable[[str, str], bool]) -> Listing:
        infos = self.all_config_info()
        return Listing([each for each in infos if sees(each["group"], each["name"])], iter)

    def prepare_restart(self) -> None:
        raise AssertionError("nobody gets that far")


class Stage:
    """The world as carla calls it, and as it is."""

    def __init__(self) -> None:
        specs = [("web", "web"), ("db", "db"), ("a", "mix"), ("b", "mix")]
        self.world = World(*(program(name, group, start=AT_ONCE) for name, group in specs))
        self.file: Any = File()
        self.world.configuration = self.file
        self.services = scoped(self.world, HIS)
        self.interface = SupervisorInterface(self.services)
        self.registry = Registry([("supervisor", self.interface)], self.world.log)
        self.call("startAllProcesses", of=self.world.interface)

    def call(self, method: str, *params: Any, of: object = None) -> Any:
        value = getattr(of or self.interface, method)(*params)
        return value.result() if hasattr(value, "result") else value

    def fault(self, method: str, *params: Any) -> str:
        return fault_of(lambda: self.call(method, *params))

    def states(self) -> dict[str, str]:
        infos = self.call("getAllProcessInfo", of=self.world.interface)
        return {f"{info['group']}:{info['name']}": info["statename"] for info in infos}


@pytest.fixture
def stage() -> Stage:
    return Stage()


NAMING = {
    "startProcess": (),
    "stopProcess": (),
    "signalProcess": ("HUP",),
    "getProcessInfo": (),
    "sendProcessStdin": ("x",),
    "readProcessLog": (0, 0),
    "readProcessStdoutLog": (0, 0),
    "readProcessStderrLog": (0, 0),
    "tailProcessLog": (0, 10),
    "tailProcessStdoutLog": (0, 10),
    "tailProcessStderrLog": (0, 10),
    "clearProcessLog": (),
    "clearProcessLogs": (),
}
"""Methods whose first parameter names a process -> the other parameters."""

NAMING_GROUPS = {
    "startProcessGroup": (),
    "stopProcessGroup": (),
    "signalProcessGroup": ("HUP",),
    "addProcessGroup": (),
    "removeProcessGroup": (),
    "queryListener": ("x",),
}
OF_ALL = {
    "getAllProcessInfo",
    "startAllProcesses",
    "stopAllProcesses",
    "signalAllProcesses",
    "clearAllProcessLogs",
    "getAllConfigInfo",
    "reloadConfig",
    "getEventPools",
}
OF_THE_DAEMON = {
    "shutdown": (),
    "restart": (),
    "clearFatal": (),
    "readLog": (0, 0),
    "readMainLog": (0, 0),
    "clearLog": (),
    "getUserChanges": (),
    "sendRemoteCommEvent": ("type", "data"),
}
"""Refused, whatever the role."""

ABOUT_NOTHING = {
    "getAPIVersion",
    "getVersion",
    "getSupervisorVersion",
    "getIdentification",
    "getState",
    "getDaemonState",
    "getPID",
    "getEventJournal",
}


def test_every_method_is_judged_here() -> None:
    """A new method must say what it is to users with programs."""
    known = {*NAMING, *NAMING_GROUPS, *OF_ALL, *OF_THE_DAEMON, *ABOUT_NOTHING}
    assert known == set(method_names(SupervisorInterface(World())))


@pytest.mark.parametrize("method", sorted(NAMING))
@pytest.mark.parametrize("name", ["db", "db:db", "mix:b"])
def test_processes_of_others_do_not_exist(stage: Stage, method: str, name: str) -> None:
    """The fault is that of a name which nobody has."""
    assert stage.fault(method, name, *NAMING[method]) == f"BAD_NAME: {name}"
    assert set(stage.states().values()) == {"RUNNING"}


@pytest.mark.parametrize("method", ["startProcess", "stopProcess", "signalProcess"])
def test_whole_groups_of_others_do_not_exist(stage: Stage, method: str) -> None:
    assert stage.fault(method, "db:*", *NAMING[method]) == "BAD_NAME: db:*"


@pytest.mark.parametrize("method", sorted(NAMING_GROUPS))
def test_groups_of_others_do_not_exist(stage: Stage, method: str) -> None:
    stage.world.pools.append(pool(stage, "db"))
    assert stage.fault(method, "db", *NAMING_GROUPS[method]) == "BAD_NAME: db"
    assert stage.world.queries == []
    assert stage.file.asked == []


@pytest.mark.parametrize("method", sorted(OF_THE_DAEMON))
def test_what_concerns_the_whole_daemon_is_refused(stage: Stage, method: str) -> None:
    assert stage.fault(method, *OF_THE_DAEMON[method]) == WHOLE_DAEMON
    assert stage.world.announced == []
    assert stage.call("getState")["statename"] == "RUNNING"


def test_group_that_is_shared_has_only_his_processes(stage: Stage) -> None:
    assert stage.call("stopProcess", "mix:*") == [status("mix:a")]
    assert stage.call("startProcessGroup", "mix") == [status("mix:a")]
    assert stage.call("signalProcessGroup", "mix", "HUP") == [status("mix:a")]
    assert stage.world.children[stage.world.ids["mix:b"]].signals == []


def test_all_means_all_of_his(stage: Stage) -> None:
    assert [info["name"] for info in stage.call("getAllProcessInfo")] == ["a", "web"]
    assert stage.call("clearAllProcessLogs") == [status("mix:a"), status("web:web")]
    assert stage.call("signalAllProcesses", "HUP") == [status("mix:a"), status("web:web")]
    assert stage.call("stopAllProcesses") == [status("mix:a"), status("web:web")]
    stopped = {name for name, state in stage.states().items() if state == "STOPPED"}
    assert stopped == {"mix:a", "web:web"}
    assert len(stage.call("startAllProcesses")) == 2


def test_multicall_sees_no_more(stage: Stage) -> None:
    calls = [
        {"methodName": "supervisor.stopProcess", "params": ["db"]},
        {"methodName": "supervisor.stopAllProcesses", "params": []},
        {"methodName": "supervisor.readLog", "params": [0, 0]},
    ]
    refused, stopped, log = stage.registry.dispatch("system.multicall", [calls])
    assert refused["faultString"] == "BAD_NAME: db"
    assert {each["name"] for each in stopped} == {"a", "web"}
    assert log["faultString"] == WHOLE_DAEMON


def test_configuration_has_only_his_groups(stage: Stage) -> None:
    """A file that cannot be used is told without its lines."""
    his = [(each["group"], each["name"]) for each in stage.call("getAllConfigInfo")]
    assert his == [("web", "web"), ("mix", "a"), ("webnew", "web"), ("both", "web")]
    assert stage.call("reloadConfig") == [[["webnew", "both"], ["mix"], ["web"]]]
    stage.file.is_broken = True
    text = stage.fault("reloadConfig")
    assert text == ("CANT_REREAD: the configuration cannot be used; supervisord's log says why")


def test_groups_are_added_and_removed_only_if_they_are_his_alone(stage: Stage) -> None:
    shared = "FORBIDDEN: group {} has programs that are not yours"
    assert stage.fault("addProcessGroup", "both") == shared.format("both")
    assert stage.fault("removeProcessGroup", "mix") == shared.format("mix")
    assert stage.fault("addProcessGroup", "dbnew") == "BAD_NAME: dbnew"
    assert stage.fault("addProcessGroup", "nothing") == "BAD_NAME: nothing"
    assert stage.call("addProcessGroup", "webnew") is True
    assert stage.call("removeProcessGroup", "web") is True
    assert stage.file.asked == ["add webnew", "remove web"]


def pool(stage: Stage, name: str) -> PoolSnapshot:
    """A pool whose listeners are the processes of that group."""
    group = stage.world.control.group(name)
    assert isinstance(group, GroupSnapshot)
    listeners = tuple(
        ListenerSnapshot(each.id, EventListenerStates.READY) for each in group.processes
    )
    return PoolSnapshot(name, 0, 10, 0, 0, 0, 0, False, listeners)


def test_pools_are_seen_and_asked_only_if_they_are_his_alone(stage: Stage) -> None:
    """What a pool is asked, all of its listeners may be told."""
    stage.world.pools += [pool(stage, "web"), pool(stage, "mix"), pool(stage, "db")]
    assert [each["name"] for each in stage.call("getEventPools")] == ["web"]
    assert stage.fault("queryListener", "mix", "?") == "BAD_NAME: mix"
    asked: list[str] = []
    listeners: Any = stage.world
    listeners.query = lambda name, data, timeout_s: asked.append(name) or Ticket()
    stage.interface.queryListener("web", "?")
    assert asked == ["web"]


def test_why_the_daemon_is_fatal_is_not_told(stage: Stage) -> None:
    """It may be about a log of somebody else."""
    control: Any = stage.world.control
    control.trouble = lambda: "cannot clear /var/log/db.log"
    told = stage.services.control.trouble()
    assert told is not None and "db" not in told
    control.trouble = lambda: None
    assert stage.services.control.trouble() is None


class Everything:
    """A feed that knows these news. Implements `rpc.ports.Feed` as far as needed."""

    last_serial = 5

    def __init__(self, *news: News) -> None:
        self.news = news
        self.watchers: list[Any] = []

    def watch(self, callback: Any) -> Any:
        self.watchers.append(callback)
        return lambda: self.watchers.remove(callback)

    def since(self, serial: int) -> Any:
        return None if serial < 0 else self.news


def one(kind: str, group: str = "", name: str = "", payload: str = "") -> News:
    """Something that happened."""
    return News(1, 0.0, kind, group, name, payload)


def told_to(caller: Caller, world: Any, *news: News) -> list[News]:
    """What is left of these news for a caller: the same as they happen and afterwards."""
    everything = world.feed = Everything(*news)
    feed = scoped(world, caller).feed
    told: list[News] = []
    leave = feed.watch(told.append)
    for each in news:
        everything.watchers[0](each)
    assert feed.since(0) == told
    assert feed.since(-1) is None
    assert feed.last_serial == 5
    leave()
    assert everything.watchers == []
    return told


def test_feed_tells_only_what_is_for_him(stage: Stage) -> None:
    """Events of his processes and states of the daemon; messages are for everybody's listeners."""
    news = [
        one("PROCESS_STATE_RUNNING", "web", "web"),
        one("PROCESS_STATE_RUNNING", "db", "db"),
        one("PROCESS_LOG_STDOUT", "mix", "b"),
        one("PROCESS_GROUP_ADDED", "web"),
        one("PROCESS_GROUP_ADDED", "db"),
        one("REMOTE_COMMUNICATION", payload="type:deploy\nsecret"),
        one("TICK_5"),
        one("OF_A_PLUG_IN"),
        one("SUPERVISOR_STATE_CHANGE_RUNNING"),
    ]
    assert told_to(HIS, stage.world, *news) == [news[0], news[3], news[8]]


@pytest.mark.parametrize("kind", ["PROCESS_GROUP_ADDED", "PROCESS_GROUP_REMOVED"])
@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        ("web", {"web"}),
        ("mix:a", {"mix"}),
        ("mix:*", {"mix"}),
        ("mix:nothing", set()),
        ("*:db", {"db"}),
        ("a", {"mix"}),
        ("*:", set()),
        ("", set()),
        ("[wd]*", {"web", "db"}),
    ],
)
def test_feed_tells_of_groups_with_a_process_of_his(
    stage: Stage, kind: str, pattern: str, groups: set[str]
) -> None:
    """A group exists for him if one of its processes does."""
    news = [one(kind, group) for group in ("web", "db", "mix")]
    told = told_to(Caller("x", Role.READ, (pattern,)), stage.world, *news)
    assert {each.group for each in told} == groups


@pytest.mark.parametrize(
    ("pattern", "is_told"),
    [
        ("gone", True),
        ("gone:a", True),
        ("g*", True),
        ("gone:*", True),
        ("*", True),
        ("*:a", False),
        ("a", False),
        ("go:a", False),
        ("*:", False),
        ("", False),
    ],
)
def test_feed_tells_the_end_of_groups_that_were_his(
    stage: Stage, pattern: str, *, is_told: bool
) -> None:
    """One that is gone has no processes to ask for any more: the patterns must name it."""
    news = one("PROCESS_GROUP_REMOVED", "gone")
    told = told_to(Caller("x", Role.READ, (pattern,)), stage.world, news)
    assert (told == [news]) is is_told


def test_feed_does_not_tell_why_the_daemon_is_fatal(stage: Stage) -> None:
    """As the state of the daemon does not: it may be about a log of somebody else."""
    news = one("SUPERVISOR_STATE_CHANGE_FATAL", payload="cannot clear /var/log/db.log")
    (told,) = told_to(HIS, stage.world, news)
    assert told.type == news.type
    assert told.payload and "db" not in told.payload
    control: Any = stage.world.control
    control.trouble = lambda: news.payload
    assert told.payload == stage.services.control.trouble()


def test_main_log_is_out_of_reach_by_any_method(stage: Stage) -> None:
    """Reading, following, emptying: whatever concerns it."""
    logbook = stage.services.logbook
    names = [name for name in dir(stage.world.logbook) if name.endswith(("main", "main_from"))]
    assert len(names) >= 5
    for name in names:
        with pytest.raises(RequestRefused) as refused:
            getattr(logbook, name)(0, 0)
        assert refused.value.fault is Fault.FORBIDDEN


def test_who_may_see_all_gets_the_daemon_itself() -> None:
    """Nothing stands between an ordinary caller and the daemon."""
    world = World()
    assert scoped(world, ANYBODY) is world
    assert scoped(world, Caller("admin")) is world


@pytest.mark.parametrize(
    ("pattern", "seen"),
    [
        ("web", {"web:web"}),
        ("w*", {"web:web"}),
        ("mix", {"mix:a", "mix:b"}),
        ("mix:*", {"mix:a", "mix:b"}),
        ("a", {"mix:a"}),
        ("*:b", {"mix:b"}),
        ("[ad]*", {"mix:a", "db:db"}),
        ("WEB", set()),
        ("", set()),
        ("we", set()),
    ],
)
def test_patterns_match_name_group_or_both(pattern: str, seen: set[str]) -> None:
    """Shell patterns, case-sensitive, for the whole name."""
    caller = Caller("x", Role.READ, (pattern,))
    names = ("web:web", "db:db", "mix:a", "mix:b")
    assert {name for name in names if caller.sees(*name.split(":"))} == seen
