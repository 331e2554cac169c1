"""Whatever clients send: HTTP, XML-RPC, JSON and requests to the API obey their laws."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supervisor.tests.laws.http_inputs import LAWS, kept, read_input


@pytest.mark.parametrize("law", LAWS)
def test_any_input_obeys_its_law(law: str) -> None:
    inputs, check = LAWS[law]

    @given(value=inputs)
    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    def obey(value: Any) -> None:
        check(value)

    obey()


@pytest.mark.parametrize("path", [path for law in LAWS for path in kept(law)], ids=lambda p: p.name)
def test_what_once_broke_a_law_obeys_it(path: Path) -> None:
    """Finds of the fuzzer are golden cases."""
    law = path.name.partition("-")[0]
    LAWS[law][1](read_input(path))


def test_laws_have_inputs() -> None:
    assert all(isinstance(inputs, st.SearchStrategy) for inputs, _ in LAWS.values())
