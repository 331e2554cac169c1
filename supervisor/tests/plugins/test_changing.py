"""What plug-ins change takes effect in the daemon, at once or with the next start."""

from pathlib import Path
from xmlrpc.client import Fault

import psutil
import pytest

from supervisor.tests.plugins.site import PROBE, PROGRAMS, PluginDaemon, is_reference
from supervisor.tests.support.daemon import wait_until


def child_of(daemon: PluginDaemon, name: str) -> psutil.Process:
    """The child of a process, as soon as it runs its program."""
    child = psutil.Process(daemon.info(name)["pid"])
    # Its name is there a moment before its words are.
    wait_until(lambda: child.cmdline()[:1] in (["sleep"], ["cat"]), f"{name} runs its program")
    return child


def command_of(daemon: PluginDaemon, name: str) -> list[str]:
    """Words of the command that a process runs."""
    return child_of(daemon, name).cmdline()


def started(daemon: PluginDaemon, name: str = "web:web") -> None:
    """Have it run."""
    daemon.rpc.supervisor.startProcess(name)


# -- configs --------------------------------------------------------------------------------------


def test_rewritten_command_is_run_by_the_next_start(own_daemon: PluginDaemon) -> None:
    """`process.config.command = …` (and `+= …`) counts from the next start on."""
    started(own_daemon)
    own_daemon.run("config.command = 'sleep 601'\nconfig.command += ' 1'")
    assert command_of(own_daemon, "web:web") == ["sleep", "600"]
    own_daemon.rpc.supervisor.stopProcess("web:web")
    started(own_daemon)

    assert command_of(own_daemon, "web:web") == ["sleep", "601", "1"]


def test_variable_set_in_place_is_there_after_the_next_start(own_daemon: PluginDaemon) -> None:
    """`environment` is the plug-in's own dictionary: what it puts in is passed on."""
    own_daemon.run("config.environment['SIZE'] = 'xl'")
    started(own_daemon)

    environ = child_of(own_daemon, "web:web").environ()
    assert (environ["SIZE"], environ["COLOUR"]) == ("xl", "red")


def test_other_directory_and_umask_count_for_the_next_start(
    own_daemon: PluginDaemon, tmp_path: Path
) -> None:
    """Every attribute is as good as the key in the file."""
    own_daemon.run(f"config.directory = {str(tmp_path)!r}\nconfig.umask = 0o77")
    started(own_daemon)

    child = child_of(own_daemon, "web:web")
    assert child.cwd() == str(tmp_path)
    assert "Umask:\t0077" in Path(f"/proc/{child.pid}/status").read_text()


def test_other_logfile_gets_the_output_of_the_next_start(
    own_daemon: PluginDaemon, tmp_path: Path
) -> None:
    """A log that is named anew while a child runs is used when there is another one."""
    started(own_daemon)
    log = tmp_path / "other.log"
    own_daemon.run(f"config.stdout_logfile = {str(log)!r}\nconfig.command = 'echo hello'")
    assert own_daemon.info("web:web")["pid"]
    own_daemon.rpc.supervisor.stopProcess("web:web")
    own_daemon.rpc.supervisor.startProcess("web:web", False)

    wait_until(lambda: log.exists() and log.read_text() == "hello\n", "the other log is written")


def test_autorestart_that_is_switched_off_counts_at_once(own_daemon: PluginDaemon) -> None:
    """A policy of a running process decides about its next exit."""
    own_daemon.run("config.startsecs = 0\nconfig.autorestart = False")
    started(own_daemon)
    psutil.Process(own_daemon.info("web:web")["pid"]).kill()

    own_daemon.wait_state("web:web", "EXITED")


def test_stop_signal_that_is_changed_is_the_one_sent(own_daemon: PluginDaemon) -> None:
    """`stopsignal` counts for the next stop."""
    started(own_daemon)
    own_daemon.run("import signal\nconfig.stopsignal = signal.SIGKILL")
    own_daemon.rpc.supervisor.stopProcess("web:web")

    assert "terminated by SIGKILL" in own_daemon.log_text()


@pytest.mark.skipif(is_reference(), reason="there the mistake shows when it is used")
def test_value_that_cannot_be_used_is_refused_at_once(own_daemon: PluginDaemon) -> None:
    """A plug-in is told what is wrong; the process goes on as it was."""
    with pytest.raises(Fault, match="cannot use startsecs='soon'"):
        own_daemon.run("config.startsecs = 'soon'")

    started(own_daemon)
    assert own_daemon.info("web:web")["statename"] == "RUNNING"


def test_changed_config_is_a_difference_to_the_file(own_daemon: PluginDaemon) -> None:
    """After a change a reread finds the group changed."""
    own_daemon.run("config.command = 'sleep 5'")
    answer = own_daemon.rpc.supervisor.reloadConfig()

    assert answer == [[[], ["web"], []]]


def test_priority_of_a_group_decides_about_its_place(own_daemon: PluginDaemon) -> None:
    """`group.config.priority` orders what is done with all groups."""
    own_daemon.run("groups['web'].config.priority = -5")
    statuses = own_daemon.rpc.supervisor.startAllProcesses(False)
    assert isinstance(statuses, list)

    assert [each["group"] for each in statuses] == ["web", "web", "ears"]


# -- processes ------------------------------------------------------------------------------------


def test_process_is_spawned_signalled_and_stopped(own_daemon: PluginDaemon) -> None:
    """`spawn`, `signal`, `stop` do what they say, and the attributes follow."""
    pid = own_daemon.run("process.spawn()\nanswer = process.pid")
    assert child_of(own_daemon, "web:web").pid == pid
    own_daemon.wait_state("web:web", "RUNNING")
    assert own_daemon.run("import signal\nanswer = process.signal(signal.SIGCONT)") is None
    assert own_daemon.run("answer = (process.state, process.laststart > 0)") == (20, True)
    assert own_daemon.run("answer = options.pidhistory[process.pid] is process") is True
    assert own_daemon.run("process.stop()\nanswer = bool(process.killing)") is True

    own_daemon.wait_state("web:web", "STOPPED")
    assert own_daemon.run("answer = (process.pid, bool(process.administrative_stop))") == (0, True)


def test_process_is_killed_with_the_given_signal(own_daemon: PluginDaemon) -> None:
    """`kill(sig)` stops it with that signal."""
    started(own_daemon)
    own_daemon.run("import signal\nprocess.kill(signal.SIGKILL)")

    own_daemon.wait_state("web:web", "STOPPED")
    assert "terminated by SIGKILL" in own_daemon.log_text()


def test_signal_by_options_kill_reaches_the_child(own_daemon: PluginDaemon) -> None:
    """`options.kill(pid, sig)` sends a signal and changes no state."""
    started(own_daemon)
    own_daemon.run("import signal\noptions.kill(process.pid, signal.SIGKILL)")

    own_daemon.wait_log("not expected")


def test_process_reads_what_is_written_to_it(own_daemon: PluginDaemon, tmp_path: Path) -> None:
    """`write` sends bytes to standard input; without a child it raises EPIPE."""
    own_daemon.run("config.command = 'cat'")
    started(own_daemon)
    own_daemon.run("process.write(b'hello\\n')")
    log = own_daemon.directory / "web.log"
    wait_until(lambda: log.exists() and log.read_text() == "hello\n", "cat has answered")
    own_daemon.rpc.supervisor.stopProcess("web:web")

    code = """
        try:
            process.write(b'x')
        except OSError as error:
            answer = error.errno
    """
    assert own_daemon.run(code) == 32


def test_dispatchers_are_those_of_the_child(own_daemon: PluginDaemon) -> None:
    """`dispatchers` and `get_process_map` have a channel for each descriptor."""
    started(own_daemon)
    code = """
        from supervisor.dispatchers import PInputDispatcher, POutputDispatcher
        found = process.dispatchers
        answer = (sorted(each.channel for each in found.values()),
                  all(found[fd].fd == fd and found[fd].process is process for fd in found),
                  sum(isinstance(each, POutputDispatcher) for each in found.values()),
                  sorted(supervisord.get_process_map()) == sorted(found))
    """
    assert own_daemon.run(code) == (["stderr", "stdin", "stdout"], True, 2, True)


def test_process_is_forced_fatal_in_words_of_the_plugin(own_daemon: PluginDaemon) -> None:
    """State BACKOFF, an error text and `give_up()`: how plug-ins declare a process FATAL."""
    own_daemon.run("process.state = 30\nprocess.spawnerr = 'no licence'\nprocess.give_up()")

    info = own_daemon.info("web:web")
    assert (info["statename"], info["description"]) == ("FATAL", "no licence")


def test_process_that_was_never_started_is_started_by_transition(own_daemon: PluginDaemon) -> None:
    """With `autostart`, and `laststart` set to 0, `transition()` starts it."""
    started(own_daemon)
    own_daemon.rpc.supervisor.stopProcess("web:web")
    own_daemon.run("config.autostart = True\nprocess.laststart = 0\nprocess.transition()")

    own_daemon.wait_state("web:web", "RUNNING")


def test_change_state_is_told_to_subscribers(own_daemon: PluginDaemon) -> None:
    """`change_state` emits the event of the state; for the state it is in it returns False."""
    own_daemon.run("events.subscribe(events.ProcessStateFatalEvent, seen.append)")
    answer = own_daemon.run(
        "process.change_state(200)\nanswer = (bool(process.change_state(200)), process.state, "
        "[event.process is process for event in seen])"
    )

    assert answer == (False, 200, [True])


@pytest.mark.skipif(is_reference(), reason="there a state is nothing but a number")
def test_state_without_a_child_is_refused(own_daemon: PluginDaemon) -> None:
    """RUNNING needs a child: a plug-in cannot make supervision wrong."""
    with pytest.raises(Fault, match="cannot put web into state RUNNING: it has no child"):
        own_daemon.run("process.state = 20")


# -- processes and groups that come and go --------------------------------------------------------

ADDED = """
    from supervisor.options import UnhosedConfigParser
    parser = UnhosedConfigParser()
    parser.add_section('program:extra')
    for key, value in {options}.items():
        parser.set('program:extra', key, value)
    group = groups['web']
    made = options.processes_from_section(parser, 'program:extra', 'web')
    group.config.process_configs.extend(made)
    for each in made:
        each.create_autochildlogs()
        group.processes[each.name] = each.make_process(group)
    answer = [each.name for each in made]
"""


def test_process_that_is_added_runs(own_daemon: PluginDaemon) -> None:
    """A program made from a section of the plug-in's own becomes a member, and is started."""
    code = ADDED.format(options={"command": "sleep 77", "startsecs": "0"})
    assert own_daemon.run(code) == ["extra"]

    own_daemon.wait_state("web:extra", "RUNNING")
    assert command_of(own_daemon, "web:extra") == ["sleep", "77"]
    names = [each["name"] for each in own_daemon.rpc.supervisor.getAllConfigInfo()]  # type: ignore[union-attr]
    assert "extra" in names


def test_process_object_of_the_plugin_is_the_live_one(own_daemon: PluginDaemon) -> None:
    """The object that `make_process` returned stays the one object of the process."""
    own_daemon.run(ADDED.format(options={"command": "sleep 77", "autostart": "false"}))

    own_daemon.run("kept['config'] = groups['web'].processes['extra'].config")
    code = (
        "config = kept['config']\n"
        "answer = any(each is config for each in groups['web'].config.process_configs)"
    )
    assert own_daemon.run(code) is True


def test_process_that_is_taken_out_is_gone(own_daemon: PluginDaemon) -> None:
    """`del group.processes[name]`, and its config: nobody knows it any more."""
    own_daemon.run(
        "group = groups['web']\nkept['gone'] = process\ndel group.processes['web']\n"
        "group.config.process_configs.remove(config)"
    )

    with pytest.raises(Fault, match="BAD_NAME: web:web"):
        own_daemon.info("web:web")
    assert own_daemon.run("answer = (kept['gone'].state, sorted(groups['web'].processes))") == (
        0,
        ["second"],
    )


@pytest.mark.skipif(is_reference(), reason="there the child is left to itself")
def test_running_process_cannot_be_taken_out(own_daemon: PluginDaemon) -> None:
    """Nothing that runs is forgotten."""
    started(own_daemon)
    with pytest.raises(Fault, match="cannot take web out of its group: it has not stopped"):
        own_daemon.run("del groups['web'].processes['web']")


def test_group_is_removed_and_added_again(own_daemon: PluginDaemon) -> None:
    """`remove_process_group`, `diff_to_active`, `add_process_group`: as `update` does it."""
    assert own_daemon.run("answer = bool(supervisord.remove_process_group('web'))") is True
    code = """
        added, changed, removed = supervisord.diff_to_active()
        answer = [each.name for each in added]
        kept['done'] = [bool(supervisord.add_process_group(each)) for each in added]
    """
    assert own_daemon.run(code) == ["web"]
    assert own_daemon.run("answer = kept['done']") == [True]
    started(own_daemon)

    assert own_daemon.run("answer = process.state in (10, 20)") is True
    assert (
        own_daemon.run("answer = bool(supervisord.add_process_group(groups['web'].config))")
        is False
    )


def test_group_that_runs_is_not_removed(own_daemon: PluginDaemon) -> None:
    """`remove_process_group` answers False while a member runs, and raises KeyError for none."""
    started(own_daemon)
    assert own_daemon.run("answer = bool(supervisord.remove_process_group('web'))") is False

    code = """
        try:
            supervisord.remove_process_group('zz')
        except KeyError:
            answer = 'no such group'
    """
    assert own_daemon.run(code) == "no such group"


def test_group_made_by_a_plugin_runs(own_daemon: PluginDaemon) -> None:
    """A ProcessGroupConfig of the plug-in's own making becomes an active group."""
    code = """
        from supervisor.options import ProcessConfig, ProcessGroupConfig
        params = {name: getattr(config, name) for name in
                  (*ProcessConfig.req_param_names, *ProcessConfig.optional_param_names)}
        params.update(name='solo', command='sleep 88', autostart=True)
        made = ProcessConfig(options, **params)
        group = ProcessGroupConfig(options, 'solo', 10, [made])
        answer = bool(supervisord.add_process_group(group))
    """
    assert own_daemon.run(code) is True

    own_daemon.wait_state("solo", "STARTING", "RUNNING")
    assert command_of(own_daemon, "solo") == ["sleep", "88"]
    assert own_daemon.run("answer = groups['solo'].config.name") == "solo"


def test_group_offered_by_a_plugin_can_be_added_by_clients(own_daemon: PluginDaemon) -> None:
    """What stands in `options.process_group_configs` is what `addProcessGroup` finds."""
    code = """
        from supervisor.options import ProcessConfig, ProcessGroupConfig
        params = {name: getattr(config, name) for name in
                  (*ProcessConfig.req_param_names, *ProcessConfig.optional_param_names)}
        params.update(name='solo', command='sleep 88')
        made = ProcessGroupConfig(options, 'solo', 10, [ProcessConfig(options, **params)])
        options.process_group_configs.append(made)
    """
    own_daemon.run(code)

    assert own_daemon.rpc.supervisor.addProcessGroup("solo") is True


# -- the daemon -----------------------------------------------------------------------------------


def test_identifier_that_is_changed_is_told(own_daemon: PluginDaemon) -> None:
    """`options.identifier` is the one that clients are told."""
    own_daemon.run("options.identifier = 'other'")

    assert own_daemon.rpc.supervisor.getIdentification() == "other"


def test_mood_shutdown_ends_the_daemon(own_daemon: PluginDaemon) -> None:
    """`options.mood = SupervisorStates.SHUTDOWN` stops everything, then the daemon."""
    started(own_daemon)
    own_daemon.run("from supervisor.states import SupervisorStates\noptions.mood = -1")

    assert own_daemon.wait() == 0


def test_mood_restarting_begins_anew(own_daemon: PluginDaemon) -> None:
    """`options.mood = SupervisorStates.RESTARTING` is a reload."""
    own_daemon.run("options.identifier = 'other'\noptions.mood = 0")

    wait_until(
        lambda: own_daemon.log_text().count("RPC interface 'probe' initialized") == 2,
        "the daemon begins anew",
    )


def test_lines_of_plugins_stand_in_the_main_log(own_daemon: PluginDaemon) -> None:
    """`options.logger` writes to the main log, with the values of keyword arguments."""
    own_daemon.run("options.logger.warn('hello %(name)s', name='you')\noptions.logger.debug('no')")

    text = own_daemon.log_text()
    assert " WARN hello you\n" in text
    assert "DEBG no" not in text


def test_handler_of_a_plugin_gets_every_line(own_daemon: PluginDaemon, tmp_path: Path) -> None:
    """A handler that is added to `options.logger` is told what the daemon logs."""
    log = tmp_path / "copy.log"
    code = f"""
        from supervisor.loggers import FileHandler, LevelsByName
        handler = FileHandler({str(log)!r})
        handler.setFormat('%(levelname)s %(message)s\\n')
        handler.setLevel(LevelsByName.INFO)
        options.logger.addHandler(handler)
    """
    own_daemon.run(code)
    started(own_daemon)

    wait_until(lambda: "INFO spawned: 'web' with pid" in log.read_text(), "the line is copied")


@pytest.mark.skipif(is_reference(), reason="there it ends the daemon")
def test_handler_that_fails_is_left_out(own_daemon: PluginDaemon) -> None:
    """Who writes to the log does not suffer from a plug-in's handlers, whatever they raise."""
    code = """
        class Broken:
            level = 0
            def __init__(self, error):
                self.error = error
            def emit(self, record):
                raise self.error
        class Mute(Broken):
            def __repr__(self):
                raise SystemExit(6)
        class Levelless:
            pass
        for error in (RuntimeError('broken'), SystemExit(5), KeyboardInterrupt('now')):
            options.logger.addHandler(Broken(error))
        options.logger.addHandler(Mute(ValueError('mute')))
        options.logger.addHandler(Levelless())
    """
    own_daemon.run(code)
    started(own_daemon)

    for error in ("RuntimeError('broken')", "SystemExit(5)", "KeyboardInterrupt('now')"):
        assert f"failed and is left out: {error}" in own_daemon.log_text()
    assert "left out: ValueError('mute')" in own_daemon.log_text()
    assert "left out: AttributeError(\"'Levelless' object" in own_daemon.log_text()
    assert own_daemon.run("answer = len(options.logger.handlers)") == 2


def test_reread_by_a_plugin_offers_what_the_file_says(tmp_path: Path) -> None:
    """`options.process_config(do_usage=False)` reads the file, and `diff_to_active` knows it."""
    with PluginDaemon(PROBE + PROGRAMS, tmp_path / "d") as daemon:
        daemon.write_config(PROBE + PROGRAMS + "[program:new]\ncommand = sleep 5\n")
        code = """
            options.process_config(do_usage=False)
            answer = [[each.name for each in part] for part in supervisord.diff_to_active()]
        """
        assert daemon.run(code) == [["new"], [], []]

        daemon.write_config(PROBE + PROGRAMS + "[program:new]\n")
        code = """
            try:
                options.process_config(do_usage=False)
            except ValueError as error:
                answer = str(error)[:46]
        """
        assert daemon.run(code) == "program section program:new does not specify a"
