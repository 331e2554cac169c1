"""Draw the process machine from its table: every arrow is a row, only the places are ours.

Pure: `arrows()` reads the table of the core, `draw()` makes SVG text. A state that has no place
here is an error, so the drawing cannot fall behind the code.
"""

from collections.abc import Iterable, Mapping
from html import escape
from math import hypot
from typing import NamedTuple

from supervisor.core.process import TABLE, Row
from supervisor.states import getProcessStateDescription

PLACES: Mapping[str, tuple[int, int]] = {
    "EXITED": (660, 50),
    "BACKOFF": (110, 230),
    "STARTING": (440, 230),
    "RUNNING": (880, 230),
    "FATAL": (110, 480),
    "STOPPED": (440, 480),
    "STOPPING": (880, 480),
    "UNKNOWN": (660, 640),
}
"""Centre of each state's box, in pixels."""

WIDTH, HEIGHT = 990, 680
BOX_WIDTH, BOX_HEIGHT = 120, 40
BEND = 40
"""How far an arrow bows out, so that the way back does not lie on the way there."""
LABEL_AT: Mapping[tuple[str, str], float] = {
    ("STARTING", "STOPPED"): 0.75,
    ("STARTING", "STOPPING"): 0.6,
    ("STARTING", "UNKNOWN"): 0.8,
    ("RUNNING", "UNKNOWN"): 0.5,
    ("UNKNOWN", "EXITED"): 0.5,
    ("BACKOFF", "STOPPED"): 0.65,
    ("FATAL", "STARTING"): 0.25,
    ("STARTING", "EXITED"): 0.6,
    ("STOPPING", "STOPPED"): 0.35,
}
"""Where a label would lie on another one: how far along its arrow it goes, instead of 0.5."""
LINE_HEIGHT = 14

WORDS: Mapping[str, str] = {
    "START": "start",
    "SPAWNED_UP": "spawned, startsecs = 0",
    "SPAWN_FAILED": "cannot be spawned",
    "STAYED_UP": "stayed up for startsecs",
    "EXITED_TOO_SOON": "exited too soon",
    "EXITED_EXPECTED": "exited",
    "EXITED_UNEXPECTED": "exited",
    "EXITED_ON_REQUEST": "exited",
    "STOP": "stop",
    "STOP_UNSPAWNED": "stop before the spawn",
    "STOP_TIMED_OUT": "stopwaitsecs are over: SIGKILL",
    "RETRY_DUE": "pause is over",
    "RETRIES_SPENT": "startretries are spent",
    "GIVE_UP": "shutdown",
    "SIGNAL_REFUSED": "cannot be signalled",
}
"""What the arrows say; a happening that is missing here is written as in the code."""


class Arrow(NamedTuple):
    """All ways from one state to another."""

    source: str
    target: str
    labels: tuple[str, ...]


def state_name(code: int) -> str:
    """Name of a process state. Raises KeyError if the code has none."""
    name = getProcessStateDescription(code)
    if name is None:
        raise KeyError(code)
    return name


def words(happening: str) -> str:
    """A happening in words for people."""
    return WORDS.get(happening, happening.lower().replace("_", " "))


def arrows() -> list[Arrow]:
    """The arrows of the table; rows that pass through a state say so."""
    labels: dict[tuple[str, str], list[str]] = {}
    for code, cells in TABLE.items():
        for happening, row in cells.items():
            if not isinstance(row, Row) or not row.enters:
                continue
            label = words(happening.name)
            if len(row.enters) > 1:
                label += " (through " + ", ".join(map(state_name, row.enters[:-1])) + ")"
            labels.setdefault((state_name(code), state_name(row.enters[-1])), []).append(label)
    return [
        Arrow(source, target, tuple(dict.fromkeys(texts)))
        for (source, target), texts in labels.items()
    ]


def draw(all_arrows: Iterable[Arrow]) -> str:
    """The diagram as SVG. Raises KeyError for a state that has no place."""
    parts = [
        f'<svg class="state-diagram" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'xmlns="http://www.w3.org/2000/svg" aria-label="States of a process; the table below '
        'has the same in words">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    all_arrows = list(all_arrows)
    curves = [_curve(arrow) for arrow in all_arrows]
    parts += [f'<path class="arrow" d="{path}" marker-end="url(#tip)"/>' for path, _ in curves]
    for name, (x, y) in PLACES.items():
        parts.append(
            f'<rect x="{x - BOX_WIDTH // 2}" y="{y - BOX_HEIGHT // 2}" width="{BOX_WIDTH}" '
            f'height="{BOX_HEIGHT}" rx="8"/><text class="state" x="{x}" y="{y + 5}">{name}</text>'
        )
    for arrow, (_, middle) in zip(all_arrows, curves, strict=True):
        parts += _lines(arrow.labels, *middle)
    return "\n".join([*parts, "</svg>"])


def _curve(arrow: Arrow) -> tuple[str, tuple[float, float]]:
    """Path data, and where its label belongs."""
    x1, y1 = PLACES[arrow.source]
    x2, y2 = PLACES[arrow.target]
    dx, dy = x2 - x1, y2 - y1
    length = hypot(dx, dy)
    bend_x, bend_y = (x1 + x2) / 2 + dy / length * BEND, (y1 + y2) / 2 - dx / length * BEND
    start = _edge(x1, y1, bend_x - x1, bend_y - y1)
    end = _edge(x2, y2, bend_x - x2, bend_y - y2)
    t = LABEL_AT.get((arrow.source, arrow.target), 0.5)
    x, y = (
        (1 - t) ** 2 * start[i] + 2 * (1 - t) * t * bend + t**2 * end[i]
        for i, bend in enumerate((bend_x, bend_y))
    )
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{bend_x:.1f} {bend_y:.1f} {end[0]:.1f} {end[1]:.1f}"
    return path, (x, y)


def _edge(x: float, y: float, dx: float, dy: float) -> tuple[float, float]:
    """Where the ray from a box's centre leaves the box."""
    scale = min(
        BOX_WIDTH / 2 / abs(dx) if dx else float("inf"),
        BOX_HEIGHT / 2 / abs(dy) if dy else float("inf"),
    )
    return x + dx * scale, y + dy * scale


def _lines(labels: tuple[str, ...], x: float, y: float) -> list[str]:
    first_y = y - (len(labels) - 1) * LINE_HEIGHT / 2 + 4
    return [
        f'<text x="{x:.1f}" y="{first_y + number * LINE_HEIGHT:.1f}">{escape(label)}</text>'
        for number, label in enumerate(labels)
    ]
