"""supervisor.events: subscribing, names, payloads."""

from probe import each, show

from supervisor import events as e

told = []


def first(event):
    """One subscriber."""
    told.append(("first", type(event).__name__))


def second(event):
    """Another one."""
    told.append(("second", type(event).__name__))


e.clear()
show("clear", lambda: list(e.callbacks))
e.subscribe(e.TickEvent, first)
e.subscribe(e.Event, second)
e.subscribe(e.Tick5Event, first)
show("callbacks", lambda: [callback.__name__ for _, callback in e.callbacks])
e.notify(e.Tick5Event(100, None))
show("notify", lambda: told)
e.unsubscribe(e.TickEvent, first)
del told[:]
e.notify(e.Tick60Event(60, None))
show("unsubscribe", lambda: told)
show("unsubscribe twice", e.unsubscribe, e.TickEvent, first)
del told[:]
e.notify(e.EventRejectedEvent(None, None))
show("rejected is no event", lambda: told)
e.subscribe(e.EventRejectedEvent, first)
e.notify(e.EventRejectedEvent("process", "event"))
show("rejected can be subscribed to", lambda: told)
e.clear()
show("cleared", lambda: list(e.callbacks))

NAMES = [
    "EVENT", "PROCESS_STATE", "PROCESS_STATE_STOPPED", "PROCESS_STATE_EXITED",
    "PROCESS_STATE_STARTING", "PROCESS_STATE_STOPPING", "PROCESS_STATE_BACKOFF",
    "PROCESS_STATE_FATAL", "PROCESS_STATE_RUNNING", "PROCESS_STATE_UNKNOWN",
    "PROCESS_COMMUNICATION", "PROCESS_COMMUNICATION_STDOUT", "PROCESS_COMMUNICATION_STDERR",
    "PROCESS_LOG", "PROCESS_LOG_STDOUT", "PROCESS_LOG_STDERR", "REMOTE_COMMUNICATION",
    "SUPERVISOR_STATE_CHANGE", "SUPERVISOR_STATE_CHANGE_RUNNING",
    "SUPERVISOR_STATE_CHANGE_STOPPING", "TICK", "TICK_5", "TICK_60", "TICK_3600", "PROCESS_GROUP",
    "PROCESS_GROUP_ADDED", "PROCESS_GROUP_REMOVED",
]  # fmt: skip
for name in NAMES:
    kind = getattr(e.EventTypes, name)
    bases = [base.__name__ for base in kind.__mro__[:-1]]
    show(name, list, [bases, e.getEventNameByType(kind)])
show("getEventNameByType", e.getEventNameByType, int)


class OwnEvent(e.Event):
    """Of a plug-in."""


e.register("OWN", OwnEvent)
show("register", lambda: [e.EventTypes.OWN, e.getEventNameByType(OwnEvent)])


class Process:
    """As much of a process as payloads need."""

    pid = 42
    backoff = 3

    class config:
        name = "proc"

    class group:
        class config:
            name = "grp"


process = Process()
STATES = ["Stopped", "Exited", "Starting", "Stopping", "Backoff", "Fatal", "Running", "Unknown"]
for name in STATES:
    kind = getattr(e, f"ProcessState{name}Event")
    show(f"payload {name}", lambda kind=kind: kind(process, 10).payload())
exited = e.ProcessStateExitedEvent(process, 20, expected=False)
show("exited", lambda: [exited.payload(), exited.expected, exited.from_state, exited.process.pid])
show("extra_values", lambda: exited.extra_values)
for name in ["Stdout", "Stderr"]:
    log = getattr(e, f"ProcessLog{name}Event")
    talk = getattr(e, f"ProcessCommunication{name}Event")
    show(f"log {name}", lambda log=log: [log(process, 42, b"text\n").payload(), log.channel])
    show(f"talk {name}", lambda talk=talk: [talk(process, 42, b"text").payload(), talk.channel])
show("no text", lambda: e.ProcessLogStdoutEvent(process, 42, b"\xff").payload())
show("text given as text", lambda: e.ProcessCommunicationStdoutEvent(process, 42, "x").data)
show(
    "tokens",
    lambda: [e.ProcessCommunicationEvent.BEGIN_TOKEN, e.ProcessCommunicationEvent.END_TOKEN],
)
show("remote", lambda: e.RemoteCommunicationEvent("kind", "data").payload())
show("remote others", lambda: e.RemoteCommunicationEvent(5, {"a": 1}).payload())
each(
    "mood",
    lambda name: getattr(e, name)().payload(),
    ["SupervisorRunningEvent", "SupervisorStoppingEvent"],
)
show("added", lambda: e.ProcessGroupAddedEvent("grp").payload())
show(
    "removed", lambda: [e.ProcessGroupRemovedEvent("grp").payload(), e.ProcessGroupEvent("x").group]
)
for kind in e.TICK_EVENTS:
    show(f"tick {kind.period}", lambda kind=kind: kind(120, None).payload())
