"""The steps scenarios are made of, one small factory each.

The rule of this module: a factory only says what to do; what it saw goes out as text and is
compared elsewhere. Waiting steps observe nothing.
"""

import http.client
import os
import re
import signal
import stat
import subprocess
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

from supervisor.tests.support.scenario import Act, StageError, Step
from supervisor.tests.support.scenario_stage import Stage, is_gone
from supervisor.tests.support.scenario_text import render

OUR_OWN_FILES = frozenset({"supervisord.conf", "supervisord.out", "supervisord.err"})
"""Files that the stage makes itself."""

# ------------------------------------------------------------------ talking to the daemon


def attempt(stage: Stage, method: str, *params: Any) -> str:
    """Result, fault or HTTP error of one call, as text."""
    try:
        return render(stage.call(method, *params))
    except xmlrpc.client.Fault as fault:
        return f"fault {fault.faultCode} {fault.faultString}"
    except xmlrpc.client.ProtocolError as error:
        return f"HTTP {error.errcode} {error.errmsg}"
    except xmlrpc.client.ResponseError as error:
        return f"response error {error}"
    except (http.client.HTTPException, ConnectionError) as error:
        return f"connection error {type(error).__name__}"


def rpc(method: str, *params: Any) -> Step:
    """Call a method of the `supervisor` namespace, or of another one if it is named."""
    full = method if "." in method else f"supervisor.{method}"
    label = f"{method}({', '.join(map(repr, params))})"
    return Step(label, lambda stage: attempt(stage, full, *params))


def names_sorted(method: str, *params: Any) -> Step:
    """As rpc(), for an array of STATUS structs whose order is the order of completion."""

    def act(stage: Stage) -> str:
        result = stage.call(f"supervisor.{method}", *params)
        return render(sorted(result, key=lambda item: (item["group"], item["name"])))

    return Step(f"{method}({', '.join(map(repr, params))})", act)


def described(done: subprocess.CompletedProcess[str]) -> str:
    """Exit code, stdout and stderr of a command."""
    return f"exit {done.returncode}\nstdout:\n{done.stdout}\nstderr:\n{done.stderr}"


def ctl(*words: str, typed: str = "") -> Step:
    """Run supervisorctl; exit code, stdout and stderr are compared."""
    label = " ".join(("ctl", *words)) + (f" < {typed!r}" if typed else "")

    def act(stage: Stage) -> str:
        return described(stage.ctl([stage.fill(word) for word in words], typed))

    return Step(label, act)


def ctl_sorted(*words: str) -> Step:
    """As ctl(), for output whose lines come in the order of completion."""

    def act(stage: Stage) -> str:
        done = stage.ctl(words)
        done.stdout = "\n".join(sorted(done.stdout.splitlines()))
        return described(done)

    return Step(f"ctl {' '.join(words)}", act)


def raw_http(request: str, *, enough: str = "", headers: tuple[str, ...] = ()) -> Step:
    """Send raw bytes to the unix socket; the status line, named headers and the body are seen."""

    def act(stage: Stage) -> str:
        answer = stage.http(request.encode("utf-8"), enough.encode("utf-8"))
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        kept = [line for line in lines if line.split(":")[0].lower() in headers]
        return "\n".join([status, *kept, "", body.decode("utf-8", "backslashreplace")])

    return Step(f"http {request.splitlines()[0]}", act)


# ------------------------------------------------------------------ waiting


def until(name: str, *states: str) -> Step:
    """Wait until a process is in one of the named states, and has begun with its command.

    With ``startsecs=0`` it is RUNNING from the fork on, and until the exec deaf to signals.
    """
    what = f"{name} is {' or '.join(states)}"

    def reached(stage: Stage) -> bool:
        info = stage.daemon.info(name)
        return info["statename"] in states and has_begun(info["pid"], stage.daemon.pid)

    def act(stage: Stage) -> None:
        stage.until(lambda: reached(stage), what)

    return Step(f"until {what}", act)


def has_begun(pid: int, daemon_pid: int) -> bool:
    """Whether a child executes its command, as far as there is a child."""
    if not pid:
        return True
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return True
    # A dead child has no command line either.
    return state == "Z" or command not in (b"", Path(f"/proc/{daemon_pid}/cmdline").read_bytes())


def until_log(text: str, count: int = 1) -> Step:
    """Wait until the main log contains a text so many times."""
    what = f"the main log has {text!r} {count} times"

    def act(stage: Stage) -> None:
        stage.until(lambda: stage.daemon.log_text().count(text) >= count, what)

    return Step(f"until {what}", act)


def until_file(name: str, text: str = "") -> Step:
    """Wait until a file of the stage exists and contains a text."""
    what = f"{name} has {text!r}"

    def act(stage: Stage) -> None:
        path = stage.path(name)
        stage.until(lambda: path.exists() and text in path.read_text("utf-8", "replace"), what)

    return Step(f"until {what}", act)


def until_no_file(name: str) -> Step:
    """Wait until a file of the stage is away."""

    def act(stage: Stage) -> None:
        stage.until(lambda: not stage.path(name).exists(), f"{name} is away")

    return Step(f"until {name} is away", act)


# ------------------------------------------------------------------ acting


def doing(label: str, action: Callable[[Stage], object]) -> Step:
    """Do something of which nothing is compared."""

    def act(stage: Stage) -> None:
        action(stage)

    return Step(label, act)


def seeing(label: str, look: Act) -> Step:
    """Look at something in a way that only one scenario needs."""
    return Step(label, look)


def write(name: str, text: str) -> Step:
    """Write a file of the stage."""
    return doing(f"write {name}", lambda stage: stage.write(name, text))


def configure(config: str) -> Step:
    """Replace the configuration file; nothing is told to the daemon."""
    return doing("configure", lambda stage: stage.daemon.write_config(stage.fill(config)))


def signal_daemon(number: signal.Signals) -> Step:
    """Send a signal to the daemon."""
    return doing(f"{number.name} to the daemon", lambda stage: stage.daemon.signal(number))


def signal_child(name: str, number: signal.Signals) -> Step:
    """Send a signal to a process, from outside."""

    def act(stage: Stage) -> None:
        os.kill(stage.daemon.info(name)["pid"], number)

    return Step(f"{number.name} to {name}", act)


def note_pid(name: str) -> Step:
    """Remember the pid of a process for pid_changes()."""

    def act(stage: Stage) -> None:
        stage.notes[name] = stage.daemon.info(name)["pid"]

    return Step(f"note the pid of {name}", act)


def until_new_pid(name: str) -> Step:
    """Wait until a process runs with another pid than the noted one."""

    def changed(stage: Stage) -> bool:
        return stage.daemon.info(name)["pid"] not in (0, stage.notes[name])

    return doing(
        f"until {name} has a new pid",
        lambda stage: stage.until(lambda: changed(stage), f"{name} has a new pid"),
    )


def start_daemon() -> Step:
    """Start the daemon again after it ended."""
    return doing("start the daemon", lambda stage: stage.daemon.start())


def daemon_ends() -> Step:
    """Wait for the end of the daemon; its exit code is compared."""
    return Step("the daemon ends", lambda stage: f"exit {stage.daemon.wait()}")


def run_daemon(*words: str) -> Step:
    """Run a daemon that is expected to refuse; exit code, stdout and stderr are compared."""

    def act(stage: Stage) -> str:
        return _refusal(stage.run_daemon([stage.fill(word) for word in words]))

    return Step(f"supervisord {' '.join(words)}", act)


def run_daemon_with(label: str, config: str) -> Step:
    """Run a daemon on a whole configuration file that is expected to be refused."""

    def act(stage: Stage) -> str:
        stage.write("s.conf", config)
        return _refusal(stage.run_daemon(["-n", "-c", "s.conf"]))

    return Step(f"supervisord on {label}", act)


def _refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The outcome without the report of all problems that ours adds behind an empty line."""
    head, help_line, rest = done.stderr.partition("\nFor help, use ")
    end, _, report = rest.partition("\n")
    if report.startswith("\n"):
        done.stderr = f"{head}{help_line}{end}\n"
    return described(done)


# ------------------------------------------------------------------ looking


def main_log(matching: str = "", *, ordered: bool = True) -> Step:
    """The main log, or its lines that match a pattern; sorted if their order is an accident.

    Without a pattern, lines that the reference writes or leaves out by chance are skipped.
    """

    def act(stage: Stage) -> str:
        lines = [line for line in stage.daemon.log_text().splitlines() if _matches(line, matching)]
        return "\n".join(lines if ordered else sorted(_without_time(line) for line in lines))

    return Step(f"main log {matching}".rstrip(), act)


BY_CHANCE = re.compile(r"waiting for \S+ to stop$")
"""Written only if the process was still there when a waiting request was looked at."""


def _matches(line: str, pattern: str) -> bool:
    line = _without_time(line)
    return re.search(pattern, line) is not None if pattern else not BY_CHANCE.search(line)


def _without_time(line: str) -> str:
    return re.sub(r"^\d{4}-\S+ \S+ ", "", line)


def output() -> Step:
    """What the daemon wrote to stdout and stderr."""
    return Step("output of the daemon", lambda stage: stage.daemon.output())


def contents(name: str) -> Step:
    """The content of a file of the stage."""

    def act(stage: Stage) -> str:
        path = stage.path(name)
        return repr(path.read_bytes()) if path.exists() else "there is no such file"

    return Step(f"contents of {name}", act)


def text_of(name: str) -> Step:
    """The content of a text file of the stage."""

    def act(stage: Stage) -> str:
        path = stage.path(name)
        return path.read_text("utf-8", "replace") if path.exists() else "there is no such file"

    return Step(f"text of {name}", act)


def listing(matching: str = "") -> Step:
    """Names, modes and owners of the files in the directory of the stage."""

    def act(stage: Stage) -> str:
        rows = []
        for path in sorted(stage.directory.iterdir()):
            if not re.search(matching, path.name) or path.name in OUR_OWN_FILES:
                continue
            meta = path.lstat()
            rows.append(f"{stat.filemode(meta.st_mode)} {meta.st_uid}:{meta.st_gid} {path.name}")
        return "\n".join(rows)

    return Step(f"listing {matching}".rstrip(), act)


def info(name: str) -> Step:
    """The INFO struct of a process, without the channel files."""

    def act(stage: Stage) -> str:
        return render(stage.call("supervisor.getProcessInfo", name))

    return Step(f"info {name}", act)


def alive(pid_file: str) -> Step:
    """Whether the process named in a file of the stage is alive."""

    def act(stage: Stage) -> str:
        return str(not is_gone(_pid_in(stage, pid_file)))

    return Step(f"process of {pid_file} is alive", act)


def until_dead(pid_file: str) -> Step:
    """Wait until the process named in a file of the stage has ended."""

    def act(stage: Stage) -> None:
        stage.until(lambda: is_gone(_pid_in(stage, pid_file)), f"{pid_file} is dead")

    return Step(f"until the process of {pid_file} is dead", act)


def _pid_in(stage: Stage, name: str) -> int:
    text = stage.path(name).read_text("ascii").strip()
    if not text.isdigit():
        raise StageError(f"cannot read a pid from {name}: {text!r}")
    return int(text)
