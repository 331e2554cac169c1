"""RPC interfaces of others in the daemon: they add methods, change groups, subscribe to events."""

import http.client
import xmlrpc.client

import pytest

from supervisor.tests.compat.programs import listener, sleeper
from supervisor.tests.compat.site import Site
from supervisor.tests.support.daemon import free_port, wait_until

TWIDDLER = """
[rpcinterface:twiddler]
supervisor.rpcinterface_factory = supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface
"""


def plugin(name: str, factory: str, *options: str) -> str:
    """Section of an RPC interface."""
    return "\n".join(
        [
            f"[rpcinterface:{name}]",
            f"supervisor.rpcinterface_factory = {factory}",
            *options,
            "",
        ]
    )


def test_twiddler_adds_a_program_to_a_running_group(site: Site) -> None:
    """New processes of a group start by themselves and are seen by every other method."""
    site.use("supervisor-twiddler")
    site.launch(sleeper("old") + TWIDDLER)
    rpc = site.rpc
    options = {"command": "sleep 600", "startsecs": "0", "numprocs": "2"}
    options["process_name"] = "%(program_name)s_%(process_num)d"

    assert rpc.twiddler.getGroupNames() == ["old"]
    assert rpc.twiddler.addProgramToGroup("old", "new", options) is True

    pids = {site.pid_of("old:old"), site.pid_of("old:new_0"), site.pid_of("old:new_1")}
    assert len(pids) == 3
    configured = {info["name"] for info in rpc.supervisor.getAllProcessInfo()}
    assert configured == {"old", "new_0", "new_1"}
    assert len(rpc.supervisor.stopProcessGroup("old")) == 3


def test_twiddler_removes_a_process_from_a_group(site: Site) -> None:
    """A stopped process is forgotten; one that runs is not."""
    site.use("supervisor-twiddler")
    site.launch(sleeper("a") + sleeper("b") + "[group:pair]\nprograms = a,b\n" + TWIDDLER)
    rpc = site.rpc
    site.pid_of("pair:a")

    with pytest.raises(xmlrpc.client.Fault, match="STILL_RUNNING: a"):
        rpc.twiddler.removeProcessFromGroup("pair", "a")
    rpc.supervisor.stopProcess("pair:a")
    assert rpc.twiddler.removeProcessFromGroup("pair", "a") is True

    with pytest.raises(xmlrpc.client.Fault, match="BAD_NAME"):
        site.info("pair:a")
    assert [info["name"] for info in rpc.supervisor.getAllProcessInfo()] == ["b"]


def test_twiddler_refuses_bad_options_and_double_names(site: Site) -> None:
    """What the parser refuses and what exists already become faults; nothing is changed."""
    site.use("supervisor-twiddler")
    site.launch(sleeper("old") + TWIDDLER)
    rpc = site.rpc

    with pytest.raises(xmlrpc.client.Fault, match="INCORRECT_PARAMETERS"):
        rpc.twiddler.addProgramToGroup("old", "new", {"command": "true", "startsecs": "soon"})
    with pytest.raises(xmlrpc.client.Fault, match="BAD_NAME: old"):
        rpc.twiddler.addProgramToGroup("old", "old", {"command": "true"})
    with pytest.raises(xmlrpc.client.Fault, match="BAD_NAME: group: nobody"):
        rpc.twiddler.addProgramToGroup("nobody", "new", {"command": "true"})

    assert [info["name"] for info in rpc.supervisor.getAllProcessInfo()] == ["old"]


def test_twiddler_writes_to_the_log_and_obeys_its_whitelist(site: Site) -> None:
    """The section's own options reach the factory; its own fault code reaches the client."""
    site.use("supervisor-twiddler")
    site.launch(TWIDDLER + "whitelist = log,getGroupNames\n")
    rpc = site.rpc

    assert rpc.twiddler.log("twiddled here", "WARN") is True
    site.wait_log("WARN twiddled here")
    with pytest.raises(xmlrpc.client.Fault, match="getAPIVersion") as caught:
        rpc.twiddler.getAPIVersion()
    assert caught.value.faultCode == 230


def test_laforge_signals_a_process_by_a_deferred_result(site: Site) -> None:
    """killProcess returns a function that the daemon polls; the program gets the signal."""
    site.use("mr.laforge")
    site.launch(sleeper("victim") + plugin("laforge", LAFORGE))
    rpc = site.rpc
    site.pid_of("victim")

    assert rpc.laforge.getAPIVersion() == "0.1"
    assert rpc.laforge.killProcess("victim", "usr1") is True

    site.wait_log("exited: victim (terminated by SIGUSR1; not expected)")
    with pytest.raises(xmlrpc.client.Fault, match="BAD_NAME: nobody"):
        rpc.laforge.killProcess("nobody", "TERM")


LAFORGE = "mr.laforge.rpcinterface:make_laforge_rpcinterface"


def test_cache_keeps_values_between_connections(site: Site) -> None:
    """Data stored by one client is fetched by another; its methods are introspected."""
    site.use("supervisor-cache")
    site.launch(plugin("cache", "supervisor_cache.rpcinterface:make_cache_rpcinterface"))

    assert site.rpc.cache.store("colour", "blue") is True

    assert site.rpc.cache.fetch("colour") == "blue"
    assert site.rpc.cache.getKeys() == ["colour"]
    with pytest.raises(xmlrpc.client.Fault, match="BAD_NAME"):
        site.rpc.cache.fetch("shape")
    assert "cache.fetch" in site.rpc.system.listMethods()
    assert site.rpc.system.methodSignature("cache.store") == ["boolean", "string", "string"]
    assert "Retrieve data from cache" in site.rpc.system.methodHelp("cache.fetch")


def test_velociraptor_adds_its_own_facts_to_process_infos(site: Site) -> None:
    """It calls SupervisorNamespaceRPCInterface in the daemon and returns nested structs."""
    site.use("vr.agent", "needs")
    facts = site.directory / "procs" / "web"
    facts.mkdir(parents=True)
    (facts / "proc.yaml").write_text("app_name: shop\nversion: 7\n", "utf-8")
    where = f"apps_root = {site.directory}"
    site.launch(sleeper("web") + plugin("velociraptor", "vr.agent.rpc:make_interface", where))
    pid = site.pid_of("web")

    (both,) = site.rpc.velociraptor.get_all_procs_info()

    assert both["velociraptor"] == {"app_name": "shop", "version": 7}
    assert (both["supervisor"]["name"], both["supervisor"]["pid"]) == ("web", pid)


MULTIVISOR_CLIENT = """
import sys
from multivisor.zerorpc import Client
client = Client(heartbeat=None)
client.connect(sys.argv[1])
stream = client.event_stream()
next(stream)
print(client.startProcess("job"))
for event in stream:
    if event["eventname"] == "PROCESS_STATE_RUNNING":
        print(event["payload"]["groupname"], event["payload"]["process"]["statename"])
        break
print(sorted(info["name"] for info in client.getAllProcessInfo()))
client.close()
"""


def test_multivisor_serves_events_and_methods_by_its_own_protocol(site: Site) -> None:
    """A server in a thread of the daemon: events are streamed, deferred results driven there."""
    site.use("multivisor", "needs")
    address = f"tcp://127.0.0.1:{free_port()}"
    job = sleeper("job") + "autostart = false\n"
    factory = "multivisor.rpc:make_rpc_interface"
    site.launch(job + sleeper("other") + plugin("multivisor", factory, f"bind = {address}"))

    said = site.python("-c", MULTIVISOR_CLIENT, address).splitlines()

    assert said == ["True", "job RUNNING", "['job', 'other']"]
    assert site.info("job")["statename"] == "RUNNING"
    assert site.stop() == 0


def test_plugins_are_made_anew_by_a_reload(site: Site) -> None:
    """After a restart the factories are called again, with new instances and their new options."""
    site.use("supervisor-twiddler", "supervisor-cache")
    cache = plugin("cache", "supervisor_cache.rpcinterface:make_cache_rpcinterface")
    site.launch(sleeper("other") + cache + TWIDDLER)
    old_pid = site.pid_of("other")
    site.rpc.cache.store("colour", "blue")
    site.rpc.twiddler.addProgramToGroup("other", "new", {"command": "sleep 600"})
    site.pid_of("other:new")

    site.write_config(sleeper("other") + cache + TWIDDLER + "whitelist = log\n")
    site.rpc.supervisor.restart()
    wait_until(lambda: has_restarted(site, old_pid), "the daemon has started again")

    assert site.rpc.cache.getKeys() == []
    assert site.rpc.twiddler.log("here again") is True
    with pytest.raises(xmlrpc.client.Fault, match="getGroupNames"):
        site.rpc.twiddler.getGroupNames()
    assert [info["name"] for info in site.rpc.supervisor.getAllProcessInfo()] == ["other"]


def has_restarted(site: Site, old_pid: int) -> bool:
    """True when `other` runs again, as seen by a daemon that may be away for a moment."""
    try:
        info = site.info("other")
    except (OSError, http.client.HTTPException, xmlrpc.client.Fault):
        return False
    return info["statename"] == "RUNNING" and info["pid"] != old_pid


def test_plugins_listeners_and_their_handlers_live_together(site: Site) -> None:
    """Several packages in one daemon: a twiddled program's output reaches a result handler."""
    site.use("supervisor-twiddler", "supervisor-cache", "supervisor-stdlog")
    relay = listener(
        "relay",
        site.entry("supervisor_stdlog:main"),
        "PROCESS_LOG",
        "result_handler = supervisor_stdlog:log_handler",
    )
    cache = plugin("cache", "supervisor_cache.rpcinterface:make_cache_rpcinterface")
    site.launch(sleeper("old") + relay + TWIDDLER + cache)
    site.pid_of("relay")
    command = 'sh -c "echo hello from new; exec sleep 600"'

    site.rpc.twiddler.addProgramToGroup(
        "old", "new", {"command": command, "startsecs": "0", "stdout_events_enabled": "true"}
    )
    site.rpc.cache.store("state", "twiddled")

    site.wait_said("relay", "hello from new")
    site.stop()
    assert "hello from new" in site.output()
