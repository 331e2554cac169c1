"""Records: what the rest of the package relies on when it holds settings."""

from typing import Any

import pytest

from supervisor.config.record import Field, fields_of, record, uncompared


@record
class Place:
    """Where something is."""

    name: str
    noted: int = uncompared()
    rows: tuple[int, ...] = ()
    colour: str | None = None

    @property
    def label(self) -> str:
        """Name and rows."""
        return f"{self.name}{self.rows}"


def place(**changes: Any) -> Place:
    return Place(**({"name": "a", "noted": 1} | changes))


def test_record_has_the_given_values_and_the_defaults() -> None:
    """Fields that are not given have the default of their declaration."""
    made = place(rows=(1,))

    assert (made.name, made.noted, made.rows, made.colour) == ("a", 1, (1,), None)
    assert made.label == "a(1,)"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "a"}, "cannot make Place: missing fields noted"),
        ({"name": "a", "noted": 1, "x": 1}, "cannot make Place: unknown fields x"),
        ({"x": 1}, "cannot make Place: unknown fields x; missing fields name, noted"),
    ],
)
def test_record_refuses_missing_and_unknown_fields(values: dict[str, Any], message: str) -> None:
    """A slip in the name of a field is no new field."""
    with pytest.raises(TypeError, match=f"^{message}$"):
        Place(**values)


def test_records_are_equal_if_all_compared_fields_are() -> None:
    """What is declared with `uncompared` does not matter; the class does."""
    assert place() == place(noted=2)
    assert place() != place(rows=(1,))
    assert place() != ("a", 1, (), None)


@pytest.mark.parametrize("name", ["name", "label", "other"])
def test_record_never_changes(name: str) -> None:
    """Whoever holds settings can rely on them, and none has fields of its own."""
    with pytest.raises(AttributeError):
        setattr(place(), name, "b")
    with pytest.raises(AttributeError):
        delattr(place(), name)
    assert not hasattr(place(), "__dict__")


def test_record_shows_its_fields() -> None:
    """A failed comparison of a test can be read."""
    assert repr(place()) == "Place(name='a', noted=1, rows=(), colour=None)"


def test_fields_are_known_in_order_of_declaration() -> None:
    """Of a record all of them, of any other class those that it declares."""

    class Section:
        """Declares one."""

        key: int = Field(1)  # type: ignore[assignment]
        other = 2

    assert list(fields_of(Place)) == ["name", "noted", "rows", "colour"]
    assert list(fields_of(Section)) == ["key"]
