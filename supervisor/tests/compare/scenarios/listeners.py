"""Event listeners: the bytes they get, what becomes of their answers, what is logged (events.md).

A listener here is a script that plays a part: it greets, keeps every byte it gets in a file, and
does one thing for each event. What it got is compared header by header; pids and times are words,
and `len` is checked against the payload before it is counted anew without them.
"""

import re
import signal
from collections.abc import Iterator

from supervisor.tests.support.scenario import Scenario, Step
from supervisor.tests.support.scenario_stage import Stage
from supervisor.tests.support.scenario_steps import (
    configure,
    contents,
    ctl,
    daemon_ends,
    doing,
    info,
    main_log,
    note_pid,
    rpc,
    seeing,
    signal_child,
    until,
    until_file,
    until_log,
    until_new_pid,
    write,
)

LISTENER = """#!/usr/bin/env python3
import os
import sys
import time

name, greeting, *acts = sys.argv[1:]
kept = open(os.path.join("{dir}", name + ".events"), "ab", 0)


def say(text):
    os.write(1, text.encode().decode("unicode_escape").encode("latin-1"))


def wait():
    while True:
        time.sleep(1)


def read():
    header = b""
    while not header.endswith(b"\\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)
        header += byte
    event = header
    for _ in range(int(header.split(b"len:")[1])):
        lead = os.read(0, 1)
        more = sum(lead[0] >= first for first in (0xC0, 0xE0, 0xF0))
        event += lead + b"".join(os.read(0, 1) for _ in range(more))
    kept.write(event)


if acts[:1] == ["deaf"]:
    os.close(0)
say(greeting)
if acts[:1] == ["deaf"]:
    wait()
while True:
    read()
    act = acts.pop(0) if acts else "ok"
    if act == "die":
        if not os.path.exists(os.path.join("{dir}", name + ".died")):
            open(os.path.join("{dir}", name + ".died"), "w").close()
            sys.exit(3)
        act = "stall"
    if act == "stall":
        wait()
    if act == "hold":
        while not os.path.exists(os.path.join("{dir}", name + ".go")):
            time.sleep(0.02)
        act = "ok"
    say({"ok": r"RESULT 2\\nOKREADY\\n", "fail": r"RESULT 4\\nFAILREADY\\n"}.get(act, act))
"""

FILES = {"listener.py": LISTENER}
DEBUG = ("-n", "-e", "debug")


def pool(name: str, events: str, *acts: str, greeting: str = r"READY\n", more: str = "") -> str:
    """A pool of one listener that plays a part."""
    words = " ".join(f'"{word}"' for word in (name, greeting, *acts))
    return f"""
[eventlistener:{name}]
command={{dir}}/listener.py {words}
events={events}
startsecs=0
{more}
"""


def events_of(stage: Stage, name: str) -> Iterator[tuple[str, str]]:
    """(header, payload) of everything a listener got."""
    path = stage.path(f"{name}.events")
    rest = path.read_bytes().decode() if path.exists() else ""
    while rest:
        header, _, rest = rest.partition("\n")
        length = int(header.rpartition(":")[2])
        yield header, rest[:length]
        rest = rest[length:]


def plain(header: str, payload: str) -> str:
    """An event without pids and times, its length counted without them."""
    payload = re.sub(r"\bpid:[1-9]\d*", "pid:<PID>", payload)
    payload = re.sub(r"\bwhen:\d+", "when:<WHEN>", payload)
    return f"{header.rpartition(':')[0]}:{len(payload)}|{payload}|"


def events(name: str, matching: str = "") -> Step:
    """What a listener got, or what of it matches."""

    def act(stage: Stage) -> str:
        seen = [plain(*event) for event in events_of(stage, name)]
        return "\n".join(event for event in seen if re.search(matching, event))

    return seeing(f"events of {name} {matching}".rstrip(), act)


def until_event(name: str, text: str, count: int = 1) -> Step:
    """Wait until a listener got so many events with a text."""

    def enough(stage: Stage) -> bool:
        return sum(text in plain(*event) for event in events_of(stage, name)) >= count

    what = f"{name} got {text!r} {count} times"
    return doing(f"until {what}", lambda stage: stage.until(lambda: enough(stage), what))


def say(*texts: str) -> tuple[Step, ...]:
    """Send remote events."""
    return tuple(rpc("sendRemoteCommEvent", "say", text) for text in texts)


def burst(stage: Stage, count: int, text: str = "") -> None:
    """Send so many remote events in one request."""
    method = "supervisor.sendRemoteCommEvent"
    calls = [{"methodName": method, "params": ["n", f"{n}{text}"]} for n in range(count)]
    stage.call("system.multicall", calls)


def conversation(*names: str) -> Step:
    """The lines about events and listeners, with what listeners print, in bytes."""
    alternatives = "|".join(names)
    lines = rf"{alternatives}: |'({alternatives})' stdout output|(event|rebuffering|pool) "
    return main_log(rf"^b'|(^DEBG|^WARN|^ERRO) ({lines})")


def lines_of(stage: Stage) -> list[str]:
    """Lines of the main log about events, without their time."""
    lines = stage.daemon.log_text().splitlines()
    return [line.split(" ", 2)[2] for line in lines if re.search("(epipe|rebuffering) ", line)]


CHILDREN = """
[program:cat]
command=cat
autostart=false
[program:good]
command=true
startsecs=0
autostart=false
autorestart=false
[program:bad]
command=sh -c "exit 3"
startsecs=0
autostart=false
autorestart=false
; Not at once: 4.3.0 answers startProcess with a fault if it sees the end before it answers.
[program:hopeless]
command=sh -c "sleep 0.2; exit 4"
startretries=1
autostart=false
[program:stubborn]
command=sh -c "trap '' TERM; echo > {dir}/trapped; while :; do sleep 0.05; done"
startsecs=0
stopwaitsecs=1
autostart=false
"""

LOUD = """#!/bin/sh
printf 'h\\303\\270y\\n'
sleep 0.3
printf 'err\\n' >&2
sleep 0.3
printf '\\210\\n'
"""

SECRETIVE = """#!/bin/sh
printf 'a<!--XSUPERVISOR:BEGIN-->b\\303\\270<!--XSUPERVISOR:END-->c'
sleep 0.3
printf '<!--XSUPERVISOR:BEGIN-->d\\210<!--XSUPERVISOR:END-->' >&2
"""

TALKATIVE = """
[program:loud]
command={dir}/loud.sh
stdout_events_enabled=true
stderr_events_enabled=true
startsecs=0
autostart=false
autorestart=false
[program:secretive]
command={dir}/secretive.sh
stdout_capture_maxbytes=1MB
stderr_capture_maxbytes=1MB
startsecs=0
autostart=false
autorestart=false
"""

HANDLERS = """from supervisor.dispatchers import RejectEvent


def handler(event, result):
    with open("{dir}/results", "ab") as results:
        results.write(type(event).__name__.encode() + b" " + result + b"\\n")
    if result == b"no":
        raise RejectEvent(result)
    if result == b"boom":
        raise ValueError(result)
"""

TYPES = Scenario(
    "events_of_process_states",
    pool("all", "PROCESS_STATE,PROCESS_GROUP,SUPERVISOR_STATE_CHANGE", more="buffer_size=100")
    + CHILDREN,
    (
        until_event("all", "processname:all groupname:all from_state:STARTING"),
        rpc("startProcess", "cat"),
        rpc("stopProcess", "cat"),
        rpc("startProcess", "good", False),
        until("good", "EXITED"),
        rpc("startProcess", "bad", False),
        until("bad", "EXITED"),
        rpc("startProcess", "hopeless", False),
        until("hopeless", "FATAL"),
        rpc("startProcess", "cat"),
        signal_child("cat", signal.SIGKILL),
        until_event("all", "processname:cat groupname:cat from_state:EXITED"),
        until("cat", "RUNNING"),
        rpc("startProcess", "stubborn"),
        until_file("trapped"),
        rpc("stopProcess", "stubborn"),
        until_event("all", "processname:stubborn groupname:stubborn from_state:STOPPING"),
        events("all"),
    ),
    files=FILES,
)

OUTPUT = Scenario(
    "events_of_output",
    pool("all", "PROCESS_LOG,PROCESS_COMMUNICATION") + TALKATIVE,
    (
        until_log("success: all entered RUNNING"),
        rpc("startProcess", "loud", False),
        until_event("all", "Undecodable"),
        rpc("startProcess", "secretive", False),
        until_event("all", "Undecodable", 2),
        until("secretive", "EXITED"),
        events("all"),
    ),
    files={**FILES, "loud.sh": LOUD, "secretive.sh": SECRETIVE},
)

CAPTURED = Scenario(
    "events_of_captured_output",
    pool("all", "PROCESS_LOG,PROCESS_COMMUNICATION")
    + TALKATIVE.replace("stdout_capture", "stdout_events_enabled=true\nstdout_capture"),
    (
        until_log("success: all entered RUNNING"),
        rpc("startProcess", "secretive", False),
        until_event("all", "COMMUNICATION", 2),
        until("secretive", "EXITED"),
        events("all"),
    ),
    files={**FILES, "secretive.sh": SECRETIVE},
)

REMOTE = Scenario(
    "events_of_clients",
    pool("all", "REMOTE_COMMUNICATION"),
    (
        until_log("success: all entered RUNNING"),
        rpc("sendRemoteCommEvent", "type", "data"),
        rpc("sendRemoteCommEvent", "", ""),
        rpc("sendRemoteCommEvent", "type", "høy \u2603 \U0001f600\nsecond line\n"),
        rpc("sendRemoteCommEvent", "a b", "key:value"),
        until_event("all", "REMOTE_COMMUNICATION", 4),
        events("all"),
    ),
    files=FILES,
)

CHANNELS = Scenario(
    "channels_of_a_listener",
    pool("all", "PROCESS_LOG,PROCESS_COMMUNICATION", more="stderr_events_enabled=true")
    + """
[eventlistener:chatty]
command={dir}/chatty.sh
events=REMOTE_COMMUNICATION
startsecs=0
stdout_logfile={dir}/chatty.out
stderr_logfile={dir}/chatty.err
stdout_events_enabled=true
stdout_capture_maxbytes=1MB
stderr_events_enabled=true
autostart=false
""",
    (
        until_log("success: all entered RUNNING"),
        rpc("startProcess", "chatty"),
        until_event("all", "in words"),
        *say("one"),
        until_event("chatty", "one"),
        until_file("chatty.out", "OKREADY"),
        events("all"),
        contents("chatty.out"),
        contents("chatty.err"),
    ),
    files={
        **FILES,
        "chatty.sh": "#!/bin/sh\necho 'in words' >&2\nexec {dir}/listener.py chatty 'READY\\n'\n",
    },
)

GROUPS = Scenario(
    "events_of_groups",
    pool("all", "PROCESS_GROUP") + "[program:cat]\ncommand=cat\n",
    (
        until_event("all", "groupname:cat"),
        # A group is announced before its programs are started.
        until("cat", "RUNNING"),
        rpc("stopProcess", "cat"),
        rpc("removeProcessGroup", "cat"),
        rpc("addProcessGroup", "cat"),
        rpc("removeProcessGroup", "cat"),
        until_event("all", "PROCESS_GROUP_REMOVED"),
        until_event("all", "groupname:cat", 2),
        events("all"),
    ),
    files=FILES,
)

TICKS = Scenario(
    "events_of_time",
    pool("all", "TICK_5"),
    (
        until_event("all", "TICK_5", 2),
        seeing(
            "slices are multiples of the period",
            lambda stage: str([int(payload[5:]) % 5 for _, payload in events_of(stage, "all")][:2]),
        ),
        seeing(
            "first tick",
            lambda stage: plain(*next(events_of(stage, "all"))),
        ),
    ),
    files=FILES,
)

SERIALS = Scenario(
    "serials_of_events",
    pool("one", "REMOTE_COMMUNICATION")
    + pool("two", "REMOTE_COMMUNICATION,PROCESS_STATE_STOPPED")
    + "[program:cat]\ncommand=cat\nstartsecs=0\n",
    (
        until_log("entered RUNNING", 3),
        *say("first"),
        rpc("stopProcess", "cat"),
        *say("second"),
        until_event("one", "second"),
        until_event("two", "second"),
        events("one"),
        events("two"),
        ctl("reload"),
        until_log("entered RUNNING", 6),
        rpc("stopProcess", "cat"),
        *say("third"),
        until_event("one", "third"),
        until_event("two", "third"),
        events("one", "first|second|third"),
        events("two", "first|second|third|cat"),
    ),
    files=FILES,
    arguments=("-n", "-i", "someone"),
)

SEVERAL = Scenario(
    "pool_of_several_listeners",
    """
[eventlistener:crew]
command={dir}/listener.py "%(process_num)d" "READY\\n" hold
process_name=l%(process_num)d
numprocs=3
events=REMOTE_COMMUNICATION
startsecs=0
""",
    (
        until_log("ACKNOWLEDGED -> READY", 3),
        *say("one", "two", "three", "four"),
        until_event("0", "one"),
        until_event("1", "two"),
        until_event("2", "three"),
        write("1.go", ""),
        until_event("1", "four"),
        *say("five"),
        until_event("1", "five"),
        write("0.go", ""),
        write("2.go", ""),
        until_log("BUSY -> ACKNOWLEDGED", 5),
        until_log("ACKNOWLEDGED -> READY", 8),
        *(events(str(number)) for number in range(3)),
        main_log(r"DEBG (l\d: |event )", ordered=False),
    ),
    files=FILES,
    arguments=DEBUG,
)

OVERFLOW = Scenario(
    "buffer_overflows",
    pool("small", "REMOTE_COMMUNICATION", "hold", more="buffer_size=2"),
    (
        until_log("ACKNOWLEDGED -> READY"),
        *say("0"),
        until_event("small", "type:say"),
        *say("1", "2", "3", "4"),
        write("small.go", ""),
        until_event("small", "type:say", 3),
        until_log("BUSY -> ACKNOWLEDGED", 3),
        events("small"),
        conversation("small"),
    ),
    files=FILES,
    arguments=DEBUG,
)

REJECTION = Scenario(
    "rejected_events_come_again",
    pool("picky", "REMOTE_COMMUNICATION", "ok", "fail", "fail", "ok"),
    (
        until_log("ACKNOWLEDGED -> READY"),
        *say("one"),
        until_log("BUSY -> ACKNOWLEDGED"),
        *say("two"),
        until_log("BUSY -> ACKNOWLEDGED", 4),
        *say("three"),
        until_log("BUSY -> ACKNOWLEDGED", 5),
        events("picky"),
        conversation("picky"),
    ),
    files=FILES,
    arguments=DEBUG,
)


def misbehaving(
    name: str,
    *steps: Step,
    acts: tuple[str, ...] = (),
    greeting: str = r"READY\n",
    more: str = "autorestart=false",
) -> Scenario:
    """A listener that does something wrong; what it got and the lines about it are compared."""
    return Scenario(
        f"listener_that_{name}",
        pool("odd", "REMOTE_COMMUNICATION", *acts, greeting=greeting, more=more),
        (*steps, events("odd"), conversation("odd"), info("odd")),
        files=FILES,
        arguments=DEBUG,
    )


IS_READY = until_log("ACKNOWLEDGED -> READY")
IS_LOST = until_log("no longer receive events")

MISBEHAVING = (
    misbehaving("prints_a_banner", IS_LOST, *say("one"), greeting=r"hello\nREADY\n"),
    misbehaving(
        "greets_with_less_than_it_takes",
        until("odd", "RUNNING"),
        until_log("stdout output"),
        *say("one"),
        greeting="READY",
    ),
    misbehaving("prints_while_ready", IS_LOST, *say("one"), greeting=r"READY\n!"),
    misbehaving("is_ready_twice", IS_LOST, *say("one"), greeting=r"READY\nREADY\n"),
    misbehaving(
        "stalls", IS_READY, *say("one"), until_event("odd", "one"), *say("two"), acts=("stall",)
    ),
    misbehaving(
        "dies_while_busy",
        IS_READY,
        *say("one"),
        until_event("odd", "one", 2),
        until_log("event 0 sent", 2),
        acts=("die",),
        more="autorestart=true",
    ),
    misbehaving(
        "adds_a_newline",
        IS_READY,
        *say("one"),
        IS_LOST,
        *say("two"),
        acts=(r"RESULT 2\nOK\nREADY\n",),
    ),
    misbehaving(
        "answers_with_nothing",
        IS_READY,
        *say("one"),
        until_event("odd", "one", 2),
        until_log("event 0 sent", 2),
        acts=(r"RESULT 0\nREADY\n", "stall"),
    ),
    misbehaving(
        "answers_with_another_word",
        IS_READY,
        *say("one"),
        until_log("event was processed"),
        acts=(r"RESALT 2\nOK",),
    ),
    misbehaving(
        "answers_with_blanks_and_cr",
        IS_READY,
        *say("one"),
        until_log("event was processed"),
        acts=(r"RESULT  2 \r\nOK",),
    ),
    *(
        misbehaving(name, IS_READY, *say("one"), IS_LOST, *say("two"), acts=(text,))
        for name, text in (
            ("answers_with_a_bad_line", r"BLAH\n"),
            ("answers_with_no_number", r"RESULT two\n"),
            ("answers_with_odd_bytes", r"it's \x01 \xc3\x98 \t.\n"),
            ("answers_with_a_short_line", r"\n"),
        )
    ),
    misbehaving(
        "answers_with_a_negative_length",
        IS_READY,
        *say("one"),
        until_log("stdout output", 2),
        acts=(r"RESULT -1\n",),
    ),
    misbehaving(
        "is_stopped_while_busy",
        IS_READY,
        *say("one"),
        until_event("odd", "one"),
        rpc("stopProcess", "odd"),
        until_log("rebuffering"),
        rpc("startProcess", "odd"),
        until_event("odd", "one", 2),
        until_log("event 0 sent", 2),
        acts=("stall",),
    ),
    misbehaving(
        "rejects_in_lower_case",
        IS_READY,
        *say("one"),
        until_event("odd", "one", 2),
        until_log("event was rejected", 2),
        acts=(r"RESULT 2\nokREADY\n", r"RESULT 3\nOK\n"),
    ),
)

DEAF = Scenario(
    "listener_that_closed_its_stdin",
    pool("odd", "REMOTE_COMMUNICATION", "deaf"),
    (
        IS_READY,
        *say("one"),
        until_log("epipe occurred"),
        until_log("rebuffering"),
        # The reference tries again in every pass.
        seeing("kinds of lines", lambda stage: "\n".join(sorted(set(lines_of(stage))))),
        info("odd"),
    ),
    files=FILES,
    arguments=DEBUG,
)

HANDLED = Scenario(
    "result_handlers",
    pool(
        "own",
        "REMOTE_COMMUNICATION",
        r"RESULT 2\nnoREADY\n",
        r"RESULT 4\nFAILREADY\n",
        r"RESULT 4\nboomREADY\n",
        more="result_handler=handlers:handler",
    ),
    (
        IS_READY,
        *say("one"),
        until_event("own", "one", 2),
        until_log("BUSY -> ACKNOWLEDGED", 2),
        *say("two"),
        IS_LOST,
        events("own"),
        contents("results"),
        conversation("own"),
    ),
    files={**FILES, "handlers.py": HANDLERS},
    arguments=DEBUG,
    environment={"PYTHONPATH": "{dir}"},
)

MANY = Scenario(
    "events_in_a_burst",
    pool("busy", "REMOTE_COMMUNICATION", more="buffer_size=1000"),
    (
        until_log("success: busy entered RUNNING"),
        doing("a burst", lambda stage: burst(stage, 100)),
        doing("a long one", lambda stage: burst(stage, 1, "long " * 40_000)),
        rpc("sendRemoteCommEvent", "n", "last"),
        until_event("busy", "last"),
        seeing("how many", lambda stage: str(len(list(events_of(stage, "busy"))))),
        seeing(
            "what they are",
            lambda stage: "\n".join(
                f"{header} {payload[:20]!r} {len(payload)}"
                for header, payload in events_of(stage, "busy")
            ),
        ),
    ),
    files=FILES,
)

OVERLAPPING = Scenario(
    "subscriptions_overlap",
    pool("twice", "PROCESS_STATE_STOPPED,PROCESS_STATE")
    + "[program:cat]\ncommand=cat\nstartsecs=0\n",
    (
        until_event("twice", "processname:cat groupname:cat from_state:STARTING"),
        rpc("stopProcess", "cat"),
        rpc("startProcess", "cat"),
        until_event("twice", "processname:cat groupname:cat from_state:STOPPED", 2),
        events("twice", "eventname:PROCESS_STATE_STOPP.*cat"),
    ),
    files=FILES,
)

TWO_POOLS = Scenario(
    "rejected_events_and_other_pools",
    pool("picky", "REMOTE_COMMUNICATION", "fail")
    + pool("other", "PROCESS_STATE_STOPPED")
    + "[program:cat]\ncommand=cat\n",
    (
        until_log("entered RUNNING", 3),
        *say("one"),
        until_event("picky", "one", 2),
        *say("two"),
        until_event("picky", "two"),
        rpc("stopProcess", "cat"),
        until_event("other", "processname:cat"),
        events("picky"),
        events("other"),
    ),
    files=FILES,
)

LEAVING = Scenario(
    "events_while_leaving",
    pool("all", "PROCESS_STATE,SUPERVISOR_STATE_CHANGE")
    + """
[program:slow]
command=sh {dir}/slow.sh
startsecs=0
""",
    (
        until_event("all", "processname:slow groupname:slow from_state:STARTING"),
        until_file("slow.ready"),
        rpc("shutdown"),
        until_event("all", "processname:slow groupname:slow from_state:RUNNING"),
        daemon_ends(),
        # Whether the last ones are still read before the listener is stopped is an accident.
        events("all", "SUPERVISOR_STATE_CHANGE|from_state:(STOPPED|STARTING|RUNNING) .*"),
    ),
    files={
        **FILES,
        "slow.sh": "trap 'sleep 1.5; exit' TERM\n"
        "echo > {dir}/slow.ready\n"
        "while :; do sleep 0.05; done\n",
    },
)

UPDATED = Scenario(
    "pool_is_added_again",
    pool("all", "REMOTE_COMMUNICATION"),
    (
        until_log("entered RUNNING"),
        *say("one"),
        until_event("all", "one"),
        configure(pool("all", "REMOTE_COMMUNICATION,PROCESS_GROUP") + pool("new", "PROCESS_GROUP")),
        note_pid("all"),
        ctl("update"),
        until_new_pid("all"),
        *say("two"),
        until_event("all", "two"),
        events("all", "REMOTE"),
        until_event("new", "PROCESS_GROUP_ADDED"),
        events("new", "groupname:new"),
    ),
    files=FILES,
)

SCENARIOS = (
    TYPES,
    OUTPUT,
    CAPTURED,
    REMOTE,
    CHANNELS,
    GROUPS,
    TICKS,
    SERIALS,
    SEVERAL,
    OVERFLOW,
    REJECTION,
    *MISBEHAVING,
    DEAF,
    HANDLED,
    MANY,
    OVERLAPPING,
    TWO_POOLS,
    LEAVING,
    UPDATED,
)
