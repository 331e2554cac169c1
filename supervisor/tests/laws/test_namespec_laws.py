"""Making and splitting names of processes."""

from hypothesis import given
from hypothesis import strategies as st

from supervisor.wire.namespec import make_namespec, split_namespec

NAMES = st.text(max_size=8).filter(lambda name: ":" not in name and name not in ("", "*"))


@given(NAMES, st.none() | NAMES)
def test_namespec_that_was_made_splits_into_its_parts(group: str, process: str | None) -> None:
    """split(make(group, process)) == (group, process)."""
    assert split_namespec(make_namespec(group, process)) == (group, process)
