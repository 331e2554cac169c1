"""Plug-ins of others in supervisorctl: new commands in its shell and on its command line."""

from supervisor.tests.compat.programs import sleeper
from supervisor.tests.compat.site import Site


def ctl_plugin(name: str, factory: str) -> str:
    """Section of a supervisorctl plug-in."""
    return f"[ctlplugin:{name}]\nsupervisor.ctl_factory = {factory}\n"


def test_wildcards_stop_and_start_what_matches(site: Site) -> None:
    """Commands are run from several threads at once; only matching processes are touched."""
    site.use("supervisor-wildcards")
    factory = "supervisorwildcards.controllerplugin:make_wildcards_controllerplugin"
    programs = [sleeper(name) for name in ("web1", "web2", "mail")]
    site.launch("".join(programs) + ctl_plugin("wildcards", factory))
    mail_pid = site.pid_of("mail")

    stopped = site.typed("mstop", "web*")
    assert {site.info(name)["statename"] for name in ("web1", "web2")} == {"STOPPED"}
    started = site.typed("mstart", "web*")

    assert sorted(stopped.splitlines()) == ["web1: stopped", "web2: stopped"]
    assert sorted(started.splitlines()) == ["web1: started", "web2: started"]
    assert site.pid_of("mail") == mail_pid
    assert "No process matched" in site.typed("mstop", "nothing*")
    assert "accepts wildcard expressions" in site.typed("help", "mstop")


def test_serialrestart_restarts_one_after_another(site: Site) -> None:
    """Each process of the pattern gets another pid."""
    site.use("supervisor-serialrestart")
    factory = "supervisorserialrestart.controllerplugin:make_serialrestart_controllerplugin"
    site.launch(sleeper("web1") + sleeper("web2") + ctl_plugin("serialrestart", factory))
    old_pids = {name: site.pid_of(name) for name in ("web1", "web2")}

    said = site.typed("serialrestart", "web*")

    for name, old_pid in old_pids.items():
        assert f"{name}: stopped\n{name}: started\n" in said
        assert site.pid_of(name) != old_pid
    assert "No such process nobody" in site.typed("serialrestart", "nobody")


def test_laforges_kill_sends_a_signal(site: Site) -> None:
    """The command talks to the package's RPC interface and reports its faults."""
    site.use("mr.laforge")
    site.launch(
        sleeper("victim")
        + "[rpcinterface:laforge]\n"
        + "supervisor.rpcinterface_factory = mr.laforge.rpcinterface:make_laforge_rpcinterface\n"
        + ctl_plugin("laforge", "mr.laforge.controllerplugin:make_laforge_controllerplugin")
    )
    site.pid_of("victim")

    assert site.typed("kill", "usr2", "victim") == "victim: signal sent\n"

    site.wait_log("exited: victim (terminated by SIGUSR2; not expected)")
    assert site.typed("kill", "HUP", "nobody") == "nobody: ERROR (no such process)\n"


def test_cache_commands_store_and_fetch(site: Site) -> None:
    """Commands of the plug-in work on the command line and in the shell."""
    site.use("supervisor-cache")
    site.launch(
        "[rpcinterface:cache]\n"
        + "supervisor.rpcinterface_factory = "
        + "supervisor_cache.rpcinterface:make_cache_rpcinterface\n"
        + ctl_plugin("cache", "supervisor_cache.controllerplugin:make_cache_controllerplugin")
    )

    assert site.typed("cache_store", "colour", "blue") == ""
    assert site.typed("cache_fetch", "colour") == "'blue'\n"
    assert site.typed("cache_count") == "1\n"
    shell = site.ctl(command=site.side.ctl, typed="cache_keys\ncache_clear\ncache_count\nexit\n")

    assert "['colour']" in shell.stdout
    assert "0" in shell.stdout.splitlines()[-1] + shell.stdout.splitlines()[-2]
