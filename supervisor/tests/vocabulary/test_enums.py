"""Enumerations of ours behave like those of the standard library, in what they offer."""

import copy
import enum
import pickle

import pytest

from supervisor import enums


class Mood(enums.Enum):
    """Some members, and what is none."""

    GOOD = "good"
    """Has a docstring."""
    BAD = "bad"
    _hidden = 1

    def louder(self) -> str:
        """A method is no member."""
        return self.name * 2

    @property
    def first(self) -> str:
        """A property is no member."""
        return str(self.value)[0]


class Theirs(enum.Enum):
    """The same, of the standard library."""

    GOOD = "good"
    BAD = "bad"


class Depth(enums.IntEnum):
    """Numbers."""

    LOW = 3
    HIGH = 40


class TheirDepth(enum.IntEnum):
    """The same, of the standard library."""

    LOW = 3
    HIGH = 40


class Counted(enums.Enum):
    """Values that matter to nobody."""

    ONE = enums.auto()
    TWO = enums.auto()


def test_members_are_iterated_in_order_of_declaration() -> None:
    """Names, values and number of members are those of the standard library."""
    assert [(each.name, each.value) for each in Mood] == [(e.name, e.value) for e in Theirs]
    assert list(Mood.__members__) == list(Theirs.__members__)
    assert len(Mood) == len(Theirs)
    assert [each.value for each in Counted] == [1, 2]


def test_members_are_found_by_value_and_name() -> None:
    """There is one object for each, whoever asks for it."""
    assert Mood("good") is Mood["GOOD"] is Mood.GOOD
    assert Depth(40) is Depth["HIGH"] is Depth.HIGH
    assert Mood.GOOD in Mood
    assert isinstance(Mood.GOOD, Mood)
    assert isinstance(Depth.LOW, int)


@pytest.mark.parametrize("value", ["ugly", 0, None, []])
def test_unknown_value_is_refused_in_the_words_of_the_standard_library(value: object) -> None:
    """Texts of converters are made of it."""
    with pytest.raises(ValueError, match="is not a valid") as ours:
        Mood(value)
    with pytest.raises(ValueError, match="is not a valid") as theirs:
        Theirs(value)
    assert str(ours.value) == str(theirs.value).replace("Theirs", "Mood")


def test_unknown_name_is_a_key_error() -> None:
    """As in the standard library."""
    with pytest.raises(KeyError, match="UGLY"):
        Mood["UGLY"]


def test_numbers_are_written_and_compared_as_numbers() -> None:
    """They go into messages, structs and comparisons."""
    for ours, theirs in zip(Depth, TheirDepth, strict=True):
        assert (str(ours), f"{ours}", f"{ours:d}", "%d" % ours) == (  # noqa: UP031
            str(theirs),
            f"{theirs}",
            f"{theirs:d}",
            "%d" % theirs,  # noqa: UP031
        )
        assert repr(ours) == repr(theirs).replace("TheirDepth", "Depth")
        assert hash(ours) == hash(theirs)
        assert ours == theirs
    assert Depth.LOW < Depth.HIGH


def test_other_members_are_written_as_in_the_standard_library() -> None:
    """They appear in reports of mistakes."""
    assert str(Mood.GOOD) == "Mood.GOOD"
    assert repr(Mood.GOOD) == repr(Theirs.GOOD).replace("Theirs", "Mood")


def test_methods_and_properties_are_no_members() -> None:
    """They belong to the members."""
    assert Mood.BAD.louder() == "BADBAD"
    assert Mood.BAD.first == "b"


@pytest.mark.parametrize("member", [Mood.GOOD, Depth.LOW])
def test_copies_are_the_members_themselves(member: object) -> None:
    """They are compared by identity."""
    assert copy.copy(member) is member
    assert copy.deepcopy(member) is member
    assert pickle.loads(pickle.dumps(member)) is member
