"""Metrics as text: OpenMetrics 1.0, or the older text format of Prometheus (0.0.4).

It knows no metric: whoever has figures declares families and adds samples.
"""

import math

from supervisor.hints import Final, Iterable, Iterator, Sequence

OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels = Sequence[tuple[str, str]]


class Family:
    """All samples of one metric."""

    __slots__ = ("_has_head", "kind", "name", "samples", "text", "unit")

    def __init__(self, name: str, kind: str, text: str, unit: str = "") -> None:
        assert not unit or name.endswith(f"_{unit}"), "the unit is the end of the name"
        self.name = name
        """Without the suffix ``_total`` of counters and ``_info`` of infos."""
        self.kind = kind
        """gauge, counter or info."""
        self.text = text
        self.unit = unit
        self.samples: list[str] = []
        """Lines, without the name, that have not been taken."""
        self._has_head = False

    def add(self, value: float, labels: str = "") -> None:
        """Another sample, with labels as `labelled` makes them."""
        self.samples.append(f"{labels} {_number(value)}")

    def take(self, is_openmetrics: bool) -> str:
        """The text of the samples that were added since the last time, after that of the metric
        if they are the first; nothing if there are none.
        """
        if not self.samples:
            return ""
        suffix = {"counter": "_total", "info": "_info"}.get(self.kind, "")
        sample_name = self.name + suffix
        lines: list[str] = []
        if not self._has_head:
            self._has_head = True
            lines += self._head(sample_name, is_openmetrics)
        lines += [f"{sample_name}{sample}\n" for sample in self.samples]
        self.samples.clear()
        return "".join(lines)

    def _head(self, sample_name: str, is_openmetrics: bool) -> Iterator[str]:
        name = self.name if is_openmetrics else sample_name
        kind = self.kind if is_openmetrics or self.kind != "info" else "gauge"
        yield f"# TYPE {name} {kind}\n"
        if self.unit and is_openmetrics:
            yield f"# UNIT {name} {self.unit}\n"
        text = _escaped(self.text)
        yield f"# HELP {name} {_quoted(text) if is_openmetrics else text}\n"


def labelled(labels: Labels) -> str:
    """Labels as they stand between the name and the value."""
    return f"{{{inner(labels)}}}"


def inner(labels: Labels) -> str:
    """The same without the braces: others may follow."""
    return ",".join(f'{name}="{_quoted(_escaped(value))}"' for name, value in labels)


def exposition(parts: Iterable[str], is_openmetrics: bool) -> Iterator[bytes]:
    """The whole text in parts, some of which are empty."""
    for part in parts:
        yield part.encode("utf-8", "replace")
    if is_openmetrics:
        yield b"# EOF\n"


def wants_openmetrics(accept: str | None) -> bool:
    """Whether a client takes OpenMetrics: all do that ask for nothing else by name."""
    types = (accept or "").lower()
    if "application/openmetrics-text" in types:
        return True
    return "text/" not in types


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return text.replace('"', '\\"')


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
