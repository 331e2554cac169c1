"""Code that is loaded by the first request for it, months after the start perhaps."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from supervisor.levels import Level
from supervisor.web.late import LateHandler
from supervisor.web.messages import Request, Response

SITE: Any = object()


class Stage:
    """A handler whose module a test writes."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(directory)
        monkeypatch.delitem(sys.modules, "late_pages", raising=False)
        self.file = directory / "late_pages.py"
        self.lines: list[tuple[int, str]] = []
        self.handler = LateHandler("late_pages", "make", lambda: SITE, self.log)

    def log(self, level: int, text: str) -> None:
        self.lines.append((level, text))

    def get(self) -> Response:
        sys.path_importer_cache.clear()
        answer = self.handler(Request("GET", "/", "1.1", "/", "", []))
        assert isinstance(answer, Response)
        return answer


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


GOOD = "def make(site):\n    made.append(site)\n    return lambda request: 'page'\nmade = []\n"


def test_code_is_loaded_once_by_the_first_request(stage: Stage) -> None:
    stage.file.write_text(GOOD)
    assert "late_pages" not in sys.modules
    for _ in range(3):
        assert stage.handler(Request("GET", "/", "1.1", "/", "", [])) == "page"
    assert sys.modules["late_pages"].made == [SITE]


@pytest.mark.parametrize("text", [None, "def make(", "import nothing_of_that_name", "", "1/0"])
def test_code_that_cannot_be_loaded_is_told_in_clear_words(stage: Stage, text: str | None) -> None:
    """503 for whoever asks, a line in the log that says what to do; nothing else is harmed."""
    if text is not None:
        stage.file.write_text(text)
    answer = stage.get()
    assert answer.status == 503
    assert b"restart it" in answer.body
    level, line = stage.lines[-1]
    assert level == Level.ERRO
    assert line.startswith("cannot load late_pages: ")
    assert line.endswith("restart the daemon)")


@pytest.mark.parametrize("path", ["/api", "/api/v1/processes"])
def test_api_that_cannot_be_loaded_is_told_by_a_problem_document(stage: Stage, path: str) -> None:
    """Errors are RFC 9457 problem documents there, whoever refuses."""
    sys.path_importer_cache.clear()
    answer = stage.handler(Request("GET", path, "1.1", path, "", []))
    assert isinstance(answer, Response)
    assert (answer.status, answer.content_type) == (503, "application/problem+json")
    problem = json.loads(answer.body)
    assert (problem["status"], problem["title"]) == (503, "Service Unavailable")
    assert "restart it" in problem["detail"]


def test_loading_is_tried_again(stage: Stage) -> None:
    """The package may have been in the middle of an upgrade."""
    assert stage.get().status == 503
    stage.file.write_text(GOOD)
    sys.path_importer_cache.clear()
    assert stage.handler(Request("GET", "/", "1.1", "/", "", [])) == "page"


def test_fault_of_the_page_is_not_one_of_loading(stage: Stage) -> None:
    """It is told with its traceback where all faults of handlers are."""
    stage.file.write_text("def make(site):\n    return lambda request: 1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        stage.get()
    assert stage.lines == []
