"""What annotations are written with costs next to nothing at run time, and harms nobody."""

from typing import Any

from supervisor import hints


class Readable(hints.Protocol):
    """Something to be read."""

    def read(self) -> bytes: ...


class Seekable(Readable, hints.Protocol):
    """The same, from anywhere."""

    def seek(self, place: int) -> None: ...


def test_what_others_offer_is_no_class_of_its_own() -> None:
    """The 47 of a plain daemon were a 50th of its start, and are read by checkers alone."""
    classes: set[object] = {Readable, Seekable}
    assert classes == {hints.Protocol}


def test_what_others_offer_may_be_part_of_a_hint() -> None:
    """An annotation may say that there is perhaps none, or name several kinds."""
    hint: Any = Readable | list[Seekable] | None
    assert hint == Seekable | list[Readable] | None
