"""The table of pages: every line leads somewhere, and one that does not harms nothing else."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from supervisor.web.messages import Request, Response
from supervisor.web.views.live import _MODULES
from supervisor.web.views.table import LateView, pages


@pytest.mark.parametrize("path", sorted(pages()))
def test_every_page_has_a_view(path: str) -> None:
    view: Any = pages()[path].view
    if isinstance(view, LateView):
        assert callable(getattr(import_module(view._module), view._name))


@pytest.mark.parametrize("name", sorted(_MODULES))
def test_every_open_page_has_somebody_who_sends(name: str) -> None:
    assert callable(import_module(_MODULES[name]).begin)


def test_a_page_whose_code_is_gone_is_told_in_clear_words() -> None:
    """If the package is replaced on disk under a running daemon: 503, and a line in the log."""
    lines: list[str] = []
    site: Any = SimpleNamespace(
        services=SimpleNamespace(log=lambda level, text: lines.append(text))
    )
    answer = LateView("gone")(Request("GET", "/gone", "1.1", "/gone", "", []), site)
    assert isinstance(answer, Response)
    assert answer.status == 503
    assert len(lines) == 1
    assert "restart the daemon" in lines[0]
