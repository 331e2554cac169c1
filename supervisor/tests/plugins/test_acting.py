"""What plug-ins do by calling the live objects: each call has the effect that is promised."""

from collections.abc import Iterator
from pathlib import Path
from xmlrpc.client import Fault

import psutil
import pytest

from supervisor.tests.plugins.site import PROBE, PluginDaemon, is_reference
from supervisor.tests.support.daemon import wait_until

PROGRAMS = """
[supervisord]
loglevel = blather

[group:web]
programs = web,second

[program:web]
command = sleep 600
autostart = false
autorestart = false
startsecs = 0
stdout_logfile = %(here)s/web.log

[program:second]
command = sleep 600
autostart = false
startsecs = 0
priority = 5

[eventlistener:ears]
command = sh -c "echo READY && exec sleep 600"
autostart = false
startsecs = 0
events = REMOTE_COMMUNICATION
"""

WAIT = """
import time
from select import select
def wait(condition):
    until_s = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < until_s
        time.sleep(0.01)
def has_ended(pid):
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
"""
"""For code that keeps the daemon waiting: nothing is done meanwhile but what it calls itself."""


class ActingDaemon(PluginDaemon):
    """Knows some more words."""

    def waiting(self, code: str) -> object:
        """What code says that keeps the daemon waiting."""
        return self.run(f"{WAIT}{code}")

    def start_web(self, command: str = "sleep 600") -> None:
        """Have `web` run this."""
        self.run(f"config.command = {command!r}")
        self.rpc.supervisor.startProcess("web:web")

    def say(self, *kinds: str) -> None:
        """Emit events of these kinds."""
        for kind in kinds:
            self.rpc.supervisor.sendRemoteCommEvent(kind, "data")

    def wait_web_log(self, text: str) -> Path:
        """The log of `web`, as soon as it says this."""
        log = self.directory / "web.log"
        wait_until(lambda: log.exists() and log.read_text() == text, f"the log says {text!r}")
        return log


@pytest.fixture
def acting(tmp_path: Path) -> Iterator[ActingDaemon]:
    """For one test alone."""
    with ActingDaemon(PROBE + PROGRAMS, tmp_path / "d") as daemon:
        yield daemon


# -- the end of a child ---------------------------------------------------------------------------


def test_finish_takes_the_end_of_a_child_that_a_plugin_has_reaped(acting: ActingDaemon) -> None:
    """`process.finish(pid, status)`: the state follows before it returns."""
    code = """
config.command = 'sh -c "exit 3"'
process.spawn()
pid, status = os.waitpid(process.pid, 0)
process.finish(pid, status)
answer = process.state, process.pid, process.exitstatus
"""
    assert acting.waiting(code) == (100, 0, 3)


def test_reap_takes_note_of_children_that_have_ended(acting: ActingDaemon) -> None:
    """`supervisord.reap()`: without waiting for the daemon to come to it."""
    code = """
config.command = 'sh -c "exit 4"'
process.spawn()
wait(lambda: has_ended(process.pid))
supervisord.reap(once=True)
answer = process.state, process.pid, process.exitstatus, process.laststop > 0
"""
    assert acting.waiting(code) == (100, 0, 4, True)


def test_drain_reads_what_the_child_has_printed(acting: ActingDaemon) -> None:
    """`process.drain()`: it is in the log before it returns."""
    code = """
config.command = 'echo hello'
process.spawn()
wait(lambda: has_ended(process.pid))
process.drain()
answer = open(config.stdout_logfile).read()
"""
    assert acting.waiting(code) == "hello\n"


def test_signal_reaches_the_child(acting: ActingDaemon) -> None:
    """`process.signal(number)` is no stop: what comes of it is an exit."""
    acting.start_web()
    acting.run("import signal\nprocess.signal(signal.SIGUSR1)")

    acting.wait_state("web:web", "EXITED")
    assert "terminated by SIGUSR1" in acting.log_text()


# -- starting and stopping ------------------------------------------------------------------------


def test_process_that_failed_shows_when_it_is_tried_again(acting: ActingDaemon) -> None:
    """`backoff`, `delay` and `spawnerr` of a process that could not be started."""
    code = """
config.command = '/nonexistent/program'
config.startretries = 5
process.spawn()
answer = process.state, process.backoff, process.delay > time.time(), process.spawnerr
"""
    assert acting.waiting(code) == (30, 1, True, "can't find command '/nonexistent/program'")


def test_given_up_process_is_stopped_by_the_system(acting: ActingDaemon) -> None:
    """`system_stop` says that nobody has stopped it."""
    acting.run("process.state = 30\nprocess.give_up()")

    assert acting.run("answer = bool(process.system_stop)") is True


def test_stop_all_stops_in_descending_priority_and_gives_up_the_rest(acting: ActingDaemon) -> None:
    """`group.stop_all()`: members that run are told to end, those in BACKOFF are FATAL."""
    for name in ("web:web", "web:second"):
        acting.rpc.supervisor.startProcess(name)
    code = """
events.subscribe(events.ProcessStateStoppingEvent, lambda event: seen.append(
    event.process.config.name))
groups['web'].stop_all()
answer = seen
"""
    assert acting.run(code) == ["web", "second"]
    acting.wait_state("web:web", "STOPPED")
    acting.wait_state("web:second", "STOPPED")

    acting.run("process.state = 30\ngroups['web'].stop_all()")
    assert acting.info("web:web")["statename"] == "FATAL"


def test_transition_of_a_group_starts_members_that_are_due(acting: ActingDaemon) -> None:
    """`group.transition()` is that of each member."""
    code = """
for each in groups['web'].processes.values():
    each.config.autostart = True
groups['web'].transition()
answer = all(each.pid for each in groups['web'].processes.values())
"""
    assert acting.run(code) is True


def test_transition_makes_a_process_running_when_its_time_is_over(acting: ActingDaemon) -> None:
    """`process.transition()`: `startsecs` have passed, and the daemon could not look yet."""
    code = """
config.startsecs = 1
process.spawn()
begun_s = time.time()
wait(lambda: time.time() > begun_s + 1.05)
before = process.state
process.transition()
answer = before, process.state
"""
    assert acting.waiting(code) == (10, 20)


def test_unstopped_processes_are_those_that_run(acting: ActingDaemon) -> None:
    """`group.get_unstopped_processes()` and `group.get_dispatchers()`: of whom has a child."""
    acting.start_web()
    code = """
group = groups['web']
answer = (group.get_unstopped_processes() == [process],
          sorted(group.get_dispatchers()) == sorted(process.dispatchers))
"""
    assert acting.run(code) == (True, True)


SET = {
    "laststart": 1000.0,
    "laststop": 2000.0,
    "backoff": 2,
    "exitstatus": 9,
    "spawnerr": "no licence",
}


@pytest.mark.parametrize("name", SET)
def test_what_is_set_is_what_is_known(daemon: PluginDaemon, name: str) -> None:
    """What plug-ins may set of a process is kept."""
    code = f"""
        before = process.{name}
        process.{name} = {SET[name]!r}
        answer = process.{name}
        process.{name} = before
    """
    assert daemon.run(code) == SET[name]


# -- channels and logs ----------------------------------------------------------------------------


def test_pipes_are_those_of_the_child(acting: ActingDaemon) -> None:
    """`process.pipes` has our ends by name; what is written to `stdin` is what the child reads."""
    acting.start_web("cat")
    code = """
ends = [process.pipes[name] for name in ('stdin', 'stdout', 'stderr')]
os.write(process.pipes['stdin'], b'hello\\n')
answer = sorted(ends) == sorted(process.dispatchers)
"""
    assert acting.run(code) is True
    acting.wait_web_log("hello\n")
    acting.rpc.supervisor.stopProcess("web:web")

    assert acting.run("answer = process.pipes.get('stdin')") is None


OWNERS = {
    "process": "process",
    "group": "groups['web']",
    "dispatcher": "next(each for each in process.dispatchers.values() if each.channel == 'stdout')",
}


@pytest.mark.parametrize("owner", OWNERS)
def test_removelogs_empties_the_log(acting: ActingDaemon, owner: str) -> None:
    """`removelogs()` of a process, of its group and of a channel; the child writes on."""
    acting.start_web('sh -c "echo hello && exec cat"')
    acting.wait_web_log("hello\n")
    acting.run(f"{OWNERS[owner]}.removelogs()")

    acting.wait_web_log("")
    acting.run("process.write(b'more\\n')")
    acting.wait_web_log("more\n")


@pytest.mark.parametrize("owner", OWNERS)
def test_reopenlogs_begins_a_new_file(acting: ActingDaemon, owner: str) -> None:
    """`reopenlogs()` of a process, of its group and of a channel: what was moved away is done."""
    acting.start_web('sh -c "echo hello && exec cat"')
    log = acting.wait_web_log("hello\n")
    moved = log.rename(log.with_suffix(".old"))
    acting.run(f"{OWNERS[owner]}.reopenlogs()")
    acting.run("process.write(b'more\\n')")

    acting.wait_web_log("more\n")
    assert moved.read_text() == "hello\n"


def test_channel_is_read_when_a_plugin_wants_it(acting: ActingDaemon) -> None:
    """`handle_read_event()` of a channel: what the child has printed is in its log then."""
    code = """
config.command = 'echo hello'
process.spawn()
wait(lambda: has_ended(process.pid))
channel = next(each for each in process.dispatchers.values() if each.channel == 'stdout')
answer = channel.readable()
channel.handle_read_event()
answer = answer, open(config.stdout_logfile).read()
"""
    assert acting.waiting(code) == (True, "hello\n")


def test_files_of_automatic_logs_are_made(acting: ActingDaemon) -> None:
    """`config.create_autochildlogs()`: AUTO becomes the path of a file that is there."""
    code = """
from supervisor.datatypes import Automatic
from supervisor.options import UnhosedConfigParser
parser = UnhosedConfigParser()
parser.add_section('program:extra')
parser.set('program:extra', 'command', 'true')
made = options.processes_from_section(parser, 'program:extra', 'web')[0]
before = made.stdout_logfile
made.create_autochildlogs()
answer = before is Automatic, path.isfile(made.stdout_logfile), path.isfile(made.stderr_logfile)
"""
    assert acting.run(code) == (True, True, True)


# -- pools ----------------------------------------------------------------------------------------


def test_pool_shows_what_waits_and_how_far_it_is(acting: ActingDaemon) -> None:
    """`event_buffer` has the events, the next one first; `serial` is that of the last one."""
    assert acting.run("answer = groups['ears'].serial, groups['ears'].event_buffer") == (-1, [])
    acting.say("a", "b", "c")

    code = "answer = groups['ears'].serial, [each.type for each in groups['ears'].event_buffer]"
    assert acting.run(code) == (2, ["a", "b", "c"])


def test_listener_state_follows_the_conversation(acting: ActingDaemon) -> None:
    """READY when it has said so, BUSY with its `event`; None for other processes."""
    code = """
ears = groups['ears'].processes['ears']
answer = ears.listener_state, ears.event and ears.event.type, process.listener_state, process.event
"""
    acting.rpc.supervisor.startProcess("ears:ears")
    wait_until(lambda: acting.run(code) == (10, None, None, None), "the listener is READY")
    acting.say("a")

    assert acting.run(code) == (20, "a", None, None)


def test_dispatch_sends_what_can_be_sent(acting: ActingDaemon) -> None:
    """`pool.dispatch()`: a listener whose `startsecs` are over gets what waits."""
    acting.say("a", "b")
    # There it is the other method that looks at the time.
    due = "ears.transition()" if is_reference() else ""
    code = f"""
ears = groups['ears'].processes['ears']
ears.config.startsecs = 1
ears.spawn()
begun_s = time.time()
wait(lambda: select([ears.pipes['stdout']], [], [], 0)[0])
ears.drain()
wait(lambda: time.time() > begun_s + 1.05)
{due}
groups['ears'].dispatch()
answer = ears.listener_state, [each.type for each in groups['ears'].event_buffer]
"""
    assert acting.waiting(code) == (20, ["b"])


def test_pool_that_is_removed_keeps_what_it_was_seen_with(acting: ActingDaemon) -> None:
    """As processes do; a new pool of the same name is another one."""
    acting.say("a")
    code = """
gone = kept['gone'] = groups['ears']
before = gone.serial, len(gone.event_buffer)
supervisord.remove_process_group('ears')
answer = before, gone.serial, len(gone.event_buffer)
"""
    assert acting.run(code) == ((0, 1), 0, 1)

    acting.rpc.supervisor.addProcessGroup("ears")
    code = "gone, now = kept['gone'], groups['ears']\nanswer = gone.serial, now.serial, now is gone"
    assert acting.run(code) == (0, -1, False)


# -- the daemon -----------------------------------------------------------------------------------


def test_groups_that_have_yet_to_stop_are_known_while_the_daemon_leaves(
    acting: ActingDaemon,
) -> None:
    """`stop_groups`, `stopping`, `get_state()`: the group that stops next is the last one."""
    for name in ("web:web", "ears:ears"):
        acting.rpc.supervisor.startProcess(name)
    told = acting.directory / "told"
    code = f"""
def tell(event):
    names = [each.config.name for each in supervisord.stop_groups]
    line = repr((names, bool(supervisord.stopping), supervisord.get_state()))
    open({str(told)!r}, 'a').write(line)
events.subscribe(events.SupervisorStoppingEvent, tell)
options.mood = -1
"""
    acting.run(code)
    acting.wait()

    assert told.read_text() == "(['ears', 'web'], True, -1)"


def test_group_is_taken_out_and_put_in_by_name(acting: ActingDaemon) -> None:
    """`del process_groups[name]`, and a group put under its name: clients see it at once."""
    acting.run("kept['config'] = groups['web'].config\ndel groups['web']")
    with pytest.raises(Fault, match="BAD_NAME: web:second"):
        acting.info("web:second")

    acting.run("groups['web'] = kept['config'].make_group()")
    acting.rpc.supervisor.startProcess("web:second")
    assert acting.info("web:second")["pid"]


def test_ticks_are_the_slices_of_time_that_it_is(acting: ActingDaemon) -> None:
    """`ticks`: the beginning of the slice, by period."""
    wait_until(lambda: acting.run("answer = sorted(supervisord.ticks)"), "it has looked once")
    code = "answer = [(p, at % p, time.time() - at < p + 5) for p, at in supervisord.ticks.items()]"

    assert acting.waiting(code) == [(5, 0, True), (60, 0, True), (3600, 0, True)]


def test_closed_servers_let_nobody_in(acting: ActingDaemon) -> None:
    """`options.close_httpservers()`: supervision goes on, new clients are refused."""
    acting.start_web()
    child = psutil.Process(acting.info("web:web")["pid"])
    try:
        acting.run("options.close_httpservers()")
    except (OSError, Fault):
        # The answer need not come any more.
        assert is_reference()

    def is_refused() -> bool:
        try:
            acting.rpc.supervisor.getState()
        except OSError:
            return True
        return False

    wait_until(is_refused, "nobody is let in")
    assert child.is_running()
    assert acting.stop() == 0


LEVELS = ("critical", "error", "warn", "info", "debug", "trace", "blather")


def test_every_level_of_the_main_log_can_be_written(acting: ActingDaemon) -> None:
    """`options.logger` has a method for each level, and `log(level, text)` for all of them."""
    for name in LEVELS:
        acting.run(f"options.logger.{name}('by {name}')")
    acting.run("options.logger.log(30, 'by number')")

    text = acting.log_text()
    codes = ("CRIT", "ERRO", "WARN", "INFO", "DEBG", "TRAC", "BLAT")
    for code, name in zip(codes, LEVELS, strict=True):
        assert f" {code} by {name}\n" in text
    assert " WARN by number\n" in text


def test_main_log_is_begun_anew_when_it_is_reopened(acting: ActingDaemon) -> None:
    """`options.reopenlogs()`: what was moved away is done."""
    moved = acting.log.rename(acting.log.with_suffix(".old"))
    acting.run("options.reopenlogs()\noptions.logger.info('a new day')")

    assert "INFO a new day\n" in acting.log_text()
    assert "a new day" not in moved.read_text().replace("options.logger.info('a new day')", "")


def test_system_calls_of_the_options_do_what_they_say(acting: ActingDaemon) -> None:
    """`exists`, `stat`, `remove`, `write`, `readfd`, `close_fd`, `get_socket_map`, `get_pid`."""
    place = acting.directory / "file"
    place.write_text("12345")
    code = f"""
reading, writing = os.pipe()
options.write(writing, b'hello')
told = options.readfd(reading)
options.close_fd(reading)
options.close_fd(writing)
try:
    os.fstat(writing)
except OSError as error:
    told = told, error.errno
size = options.stat({str(place)!r}).st_size
before = options.exists({str(place)!r})
options.remove({str(place)!r})
known = type(options.get_socket_map()), options.get_pid() == os.getpid()
answer = told, size, before, options.exists({str(place)!r}), known == (dict, True)
"""
    assert acting.run(code) == ((b"hello", 9), 5, True, False, True)
    assert not place.exists()
