"""Small curves: a path in a box of 60 by 16, the newest sample at its right edge."""

from supervisor.hints import Sequence
from supervisor.web.views.kit import NOTHING, Html

WIDTH, HEIGHT = 60, 16
_TOP, _BOTTOM = 1, 15

CPU_PERCENT_MIN = 10.0
"""A curve of CPU is drawn as if it reached this at least: an idle process is a flat line."""

MEMORY_SHARE_MIN = 0.1
"""A curve of memory shows at least this share of its largest value from bottom to top."""


def cpu_curve(samples: Sequence[float]) -> Html:
    """From nothing to the largest value."""
    return _path(samples, 0.0, max(CPU_PERCENT_MIN, *samples)) if len(samples) > 1 else NOTHING


def memory_curve(samples: Sequence[int]) -> Html:
    """From the smallest to the largest value: what matters is whether it grows."""
    if len(samples) < 2:
        return NOTHING
    low, high = float(min(samples)), float(max(samples))
    missing = high * MEMORY_SHARE_MIN - (high - low)
    if missing > 0:
        low, high = low - missing / 2, high + missing / 2
    return _path(samples, low, high)


def _path(samples: Sequence[float], low: float, high: float) -> Html:
    samples = samples[-WIDTH:]
    # As many points as can be told apart; the newest is always one of them.
    step = 2 if len(samples) > WIDTH // 2 else 1
    scale = (_BOTTOM - _TOP) / (high - low) if high > low else 0.0
    points = [
        f"{at} {_BOTTOM - int((value - low) * scale + 0.5)}"
        for at, value in zip(range(WIDTH, 0, -step), samples[::-step], strict=False)
    ]
    points.reverse()
    return Html("M" + "L".join(points))
