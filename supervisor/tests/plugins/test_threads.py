"""Threads of plug-ins: they may look while groups and processes come and go."""

import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from supervisor.tests.plugins.site import PluginDaemon, is_reference

pytestmark = pytest.mark.skipif(is_reference(), reason="there nothing is promised to threads")

CONFIG = """
[rpcinterface:answers]
supervisor.rpcinterface_factory = answers:make

[program:stays]
command = sleep 600
autostart = false

[program:goes]
command = sleep 600
process_name = %(program_name)s_%(process_num)d
numprocs = 8
autostart = false

[eventlistener:ears]
command = cat
events = TICK_3600
autostart = false
"""

ROUNDS_COUNT = 10

WALK = """
import sys
import traceback
sys.setswitchinterval(1e-6)
groups, options = supervisord.process_groups, supervisord.options
rpc = SupervisorNamespaceRPCInterface(supervisord)
found, looks = set(), 0
try:
    while not hasattr(supervisord, "enough"):
        {look}
        looks += 1
except BaseException:
    answer = traceback.format_exc()
else:
    answer = looks > 0, sorted(found, key=str)
finally:
    sys.setswitchinterval(0.005)
"""
"""Looks until the daemon has the attribute `enough`; says whether it has looked, and `found`."""

LOOKS: dict[str, tuple[str, list[Any]]] = {
    "groups and processes": (
        """
        for name, group in groups.items():
            assert (group.config.name == name) and (group in groups.values() or name != "stays")
            for name, process in group.processes.items():
                assert process.config.name == name
                assert process.group.config.name == name.split("_")[0]
                found.add(process.state)
                assert process.pid == process.delay == 0
                assert (process.dispatchers, process.listener_state, process.event) != 5
                assert process.pipes.get("stdin") is None
        repr(groups), [repr(each.processes) for each in groups.values()]
        """,
        [0],
    ),
    "each group is one object": (
        """
        for group in groups.values():
            members, configs = list(group.processes.values()), group.config.process_configs
            # Another one of that name may have come since.
            if groups.get(group.config.name) is group:
                assert all(each.group is group for each in members)
                assert all(any(each.config is config for config in configs) for each in members)
        found.add(len(groups["stays"].processes))
        """,
        [1],
    ),
    "the daemon": (
        """
        assert (supervisord.get_process_map(), options.pidhistory) == ({}, {})
        found.update(len(each) for each in supervisord.diff_to_active()[1:])
        """,
        [0],
    ),
    "pools": (
        """
        for group in groups.values():
            if group.config.name == "ears":
                assert (group.event_buffer, group.serial) == ([], -1)
                found.add("ears")
        """,
        ["ears"],
    ),
    "methods of the main interface": (
        """
        names = {each["name"] for each in rpc.getAllProcessInfo()}
        found.add("stays" in names)
        assert rpc.getProcessInfo("stays")["state"] == 0
        """,
        [True],
    ),
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginDaemon]:
    with PluginDaemon(CONFIG, tmp_path_factory.mktemp("threads")) as daemon:
        yield daemon


@pytest.mark.parametrize("what", LOOKS)
def test_thread_may_look_while_groups_come_and_go(daemon: PluginDaemon, what: str) -> None:
    """What has gone is left out; nobody who looks is told of ids that nobody knows."""
    look, found = LOOKS[what]
    body = textwrap.indent(textwrap.dedent(look).strip(), " " * 8).strip()
    daemon.rpc.answers.begin(WALK.format(look=body))

    for _ in range(ROUNDS_COUNT):
        for name in ("goes", "ears"):
            daemon.rpc.supervisor.removeProcessGroup(name)
        for name in ("goes", "ears"):
            daemon.rpc.supervisor.addProcessGroup(name)

    assert daemon.rpc.answers.end() == repr((True, found))
