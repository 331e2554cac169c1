"""Panes of logs: what is read of a log, how lines look, search, and what open pages are sent."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.daemon.timers import TimerHeap
from supervisor.errors import Fault, RequestRefused
from supervisor.logs.follow import PieceFollower
from supervisor.logs.reading import file_bytes, read_passage
from supervisor.rpc.ports import Passage, PassageFollower
from supervisor.tests.fakes.clock import FakeClock
from supervisor.tests.support.budget import tries
from supervisor.web.messages import EndingStream
from supervisor.web.sse import EventSource
from supervisor.web.views.download import Download
from supervisor.web.views.kit import escape
from supervisor.web.views.lines import Line
from supervisor.web.views.live_logs import BEHIND_BYTES_MAX, READ_BYTES, LogLines, Pane
from supervisor.web.views.logs import (
    NO_WISH,
    Place,
    Wish,
    line_html,
    merged_pane,
    pane,
    pattern_of,
)
from supervisor.web.views.parts import LINES_MAX, PART_BYTES, read_part
from supervisor.web.views.sending import Sender
from supervisor.web.views.sources import LogSource

PLACE = Place("process.html")


class Passages:
    """A follower of a file, as the daemon has it."""

    def __init__(self, path: Path, offset: int) -> None:
        self._pieces = PieceFollower(str(path), offset)

    def read(self, max_bytes: int) -> Passage:
        return Passage(*self._pieces.read(max_bytes))

    def close(self) -> None:
        self._pieces.close()


def follow(path: Path) -> Callable[[Callable[[], None], int], PassageFollower]:
    return lambda grew, offset: Passages(path, offset)


def source_of(path: Path, stream: str = "stdout", namespec: str = "web:a") -> LogSource:
    """A log in a file of the test's."""
    return LogSource(
        stream,
        namespec,
        stream,
        f"{stream} of {namespec}",
        lambda: (0, file_bytes(str(path))),
        lambda offset, length: read_passage(str(path), offset, length),
        follow(path),
    )


def refusing(fault: Fault, extra: str | None = None) -> LogSource:
    """A log that there is not."""

    def refuse(*_: object) -> Any:
        raise RequestRefused(fault, extra)

    return LogSource("stderr", "web:a", "stderr", "stderr of web:a", refuse, refuse, refuse)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "web.log"
    path.write_bytes(b"")
    return path


def texts(html: str) -> list[str]:
    """Texts of the items of lists."""
    items = re.findall(r"<li[^>]*>(.*?)</li>", html, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", item) for item in items]


def test_download_is_a_stream_with_an_end(log: Path) -> None:
    """The server learns from it how to answer, and when all has been sent."""
    log.write_bytes(b"all \xff of it\n")
    stream: EndingStream = Download(source_of(log))
    assert (stream.status, stream.is_finite, stream.is_over) == (200, True, False)
    assert stream.read(65536) == b"all \xff of it\n"
    assert stream.is_over


class TestParts:
    def test_a_short_log_is_shown_whole(self, log: Path) -> None:
        log.write_bytes(b"one\ntwo\nthr")
        part = read_part(source_of(log))
        assert [line.text for line in part.lines] == ["one", "two", "thr"]
        assert (part.begin, part.next, part.log_end) == (0, 8, 11)

    def test_only_the_last_part_of_a_huge_log_is_read(self, log: Path) -> None:
        """1 GB logs: only the last part is sent."""
        with log.open("r+b") as file:
            file.truncate(1 << 30)
            file.seek(1 << 30)
            file.write(b"\nthe end\n")
        part = read_part(source_of(log))
        assert part.lines[-1].text == "the end"
        assert part.log_end - part.begin <= PART_BYTES
        assert len(pane(source_of(log), NO_WISH, PLACE)) < 10 * PART_BYTES

    def test_a_part_begins_with_a_whole_line(self, log: Path) -> None:
        log.write_bytes(b"".join(b"line %06d\n" % number for number in range(20_000)))
        part = read_part(source_of(log))
        assert all(re.fullmatch(r"line \d{6}", line.text) for line in part.lines)
        assert part.begin == part.lines[0].begin
        assert part.begin % 12 == 0

    def test_a_part_has_a_bounded_number_of_lines(self, log: Path) -> None:
        log.write_bytes(b"\n" * 200_000)
        part = read_part(source_of(log))
        assert len(part.lines) == LINES_MAX
        assert part.begin == 200_000 - LINES_MAX

    @settings(max_examples=tries(25))
    @given(size=st.integers(0, 300), data=st.data())
    def test_law_older_parts_lead_to_the_beginning_and_miss_nothing(
        self, tmp_path_factory: pytest.TempPathFactory, size: int, data: st.DataObject
    ) -> None:
        """Older by range: each part ends where the one after it begins."""
        path = tmp_path_factory.mktemp("law") / "log"
        words = data.draw(st.lists(st.sampled_from(["x" * 900, "é", ""]), max_size=size))
        path.write_text("".join(f"{word}\n" for word in words))
        source, found = source_of(path), list[str]()
        part = read_part(source)
        while True:
            found = [line.text for line in part.lines] + found
            if not part.begin:
                break
            older = read_part(source, part.begin)
            assert older.begin < part.begin
            part = older
        assert found == words

    def test_a_missing_file_is_an_empty_log(self, tmp_path: Path) -> None:
        html = pane(source_of(tmp_path / "none"), NO_WISH, PLACE)
        assert "Nothing has been written to it yet." in html

    @pytest.mark.parametrize(
        ("fault", "extra", "words"),
        [
            (Fault.NO_FILE, None, "Stderr is not kept in a file."),
            (Fault.FAILED, "cannot read /x: Permission denied", "Permission denied"),
        ],
    )
    def test_why_there_is_nothing_is_told(
        self, fault: Fault, extra: str | None, words: str
    ) -> None:
        assert words in pane(refusing(fault, extra), NO_WISH, PLACE)


class TestLines:
    def test_hostile_contents_are_text(self) -> None:
        """Hostile log contents are escaped, and entities stay what they are."""
        line = Line(5, b"<script>alert(1)</script> &lt;b&gt; \"'\x00\x1b]0;t\x07")
        html = line_html("stdout", line)
        assert html == (
            '<li id="stdout-5">&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;b&amp;gt; '
            "&quot;&#39;</li>"
        )

    @given(st.binary(max_size=80))
    def test_law_no_log_makes_markup(self, data: bytes) -> None:
        for stream in ("stdout", "main"):
            html = line_html(stream, Line(0, data), pattern_of("a"))
            rest = re.sub(
                r'</?li[^<>]*>|<span class="[a-z0-9 ]+">|</span>|<mark>|</mark>', "", html
            )
            assert "<" not in rest
            assert ">" not in rest
            assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt|quot|#39);)*", rest, re.DOTALL)

    def test_colours_are_classes(self) -> None:
        assert line_html("stdout", Line(0, b"\x1b[1;31mred\x1b[0m x")) == (
            '<li id="stdout-0"><span class="a1 ab">red</span> x</li>'
        )

    def test_the_level_of_a_line_of_the_main_log_is_seen(self) -> None:
        line = Line(0, b"2026-11-21 22:37:05,112 CRIT cannot do it")
        assert line_html("main", line) == (
            '<li class="err" id="main-0"><span class="a8">2026-11-21 22:37:05,112</span> '
            '<span class="a1 ab">CRIT</span> cannot do it</li>'
        )


class TestSearch:
    def test_hits_are_marked_and_counted(self, log: Path) -> None:
        """Search without a script: honest, in this part."""
        log.write_bytes(b"an Error\nfine\n\x1b[31merror\x1b[0m and error\n")
        html = pane(source_of(log), Wish("error"), PLACE)
        assert "3 hits in this part" in html
        assert html.count("<mark>") == 3
        assert "<mark>Error</mark>" in html

    def test_nothing_found_is_told(self, log: Path) -> None:
        log.write_bytes(b"x\n")
        assert "not in this part" in pane(source_of(log), Wish("error"), PLACE)

    def test_older_parts_keep_the_search(self, log: Path) -> None:
        log.write_bytes(b"x" * 99 + b"\n" + b"12345678\n" * 20_000)
        html = pane(source_of(log), Wish("a&b"), PLACE)
        older = re.search(r'class="older" href="([^"]*)"', html)
        assert older is not None
        assert re.fullmatch(
            r"process\.html\?name=web%3Aa&amp;stream=stdout&amp;q=a%26b&amp;before=\d+"
            r"#pane-stdout",
            older[1],
        )

    @given(st.text(max_size=20), st.text(max_size=40))
    def test_law_any_text_can_be_searched_for(self, query: str, text: str) -> None:
        line_html("stdout", Line(0, text.encode("utf-8", "replace")), pattern_of(query))


class TestPanes:
    def test_an_older_part_is_not_followed(self, log: Path) -> None:
        log.write_bytes(b"one\ntwo\n")
        html = pane(source_of(log), Wish(before=4), PLACE)
        assert texts(html) == ["one"]
        assert "data-at" not in html
        assert "Show the newest" in html
        assert 'data-do="follow"' not in html

    def test_the_newest_part_says_where_it_goes_on(self, log: Path) -> None:
        log.write_bytes(b"one\ntwo")
        assert 'data-at="stdout:4"' in pane(source_of(log), NO_WISH, PLACE)

    def test_merged_logs_begin_now(self, log: Path) -> None:
        """Old lines of the two streams cannot be put into one order truthfully."""
        log.write_bytes(b"old\n")
        html = merged_pane([source_of(log), source_of(log, "stderr")])
        assert 'data-at="stdout:4 stderr:4"' in html
        assert "old" not in texts(html)

    def test_hostile_names_are_text(self, log: Path) -> None:
        name = 'web:<a href="x">\'&'
        html = pane(source_of(log, namespec=name), Wish('"><script>'), PLACE)
        assert "<script" not in html
        assert '<a href="x">\'' not in html
        assert escape(f"stdout of {name}") in html


class Page:
    """An open page with one log."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        clock = FakeClock()
        self.stream = EventSource(TimerHeap(), clock)
        self.lines = LogLines(
            self.stream, Sender(self.stream), source_of(path), Pane("log-stdout"), offset
        )

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Events that are sent by now."""
        data = b""
        while piece := self.stream.read(1 << 20):
            data += piece
        found = []
        for block in data.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            if "data" in fields:
                found.append((fields.get("event", ""), json.loads(fields["data"])))
        return found

    def texts(self) -> list[str]:
        """Texts of the lines that are sent by now."""
        return [text for _, data in self.told() for text in texts(data["html"])]


class TestOpenPages:
    def test_each_line_is_sent_once(self, log: Path) -> None:
        log.write_bytes(b"old\none\n")
        page = Page(log, 4)
        assert page.texts() == ["one"]
        with log.open("ab") as file:
            file.write(b"two\n")
        assert page.told() == [
            (
                "line",
                {
                    "log": "log-stdout",
                    "stream": "stdout",
                    "html": '<li id="stdout-8">two</li>',
                    "next": 12,
                },
            )
        ]
        assert page.told() == []

    def test_a_line_without_an_end_is_sent_again_when_it_has_grown(self, log: Path) -> None:
        log.write_bytes(b"Pass")
        page = Page(log)
        assert page.told()[0][1]["html"] == '<li id="stdout-0">Pass</li>'
        with log.open("ab") as file:
            file.write(b"word: \nok\n")
        data = page.told()[0][1]
        assert data["html"] == '<li id="stdout-0">Password: </li><li id="stdout-11">ok</li>'
        assert data["next"] == 14

    def test_rotation_while_looking_is_told_and_nothing_is_lost(self, log: Path) -> None:
        log.write_bytes(b"one\n")
        page = Page(log)
        assert page.texts() == ["one"]
        with log.open("ab") as file:
            file.write(b"last\n")
        log.rename(log.with_name("web.log.1"))
        log.write_bytes(b"first\n")
        events = page.told()
        assert [kind for kind, _ in events] == ["line", "anew", "line"]
        assert events[0][1]["html"] == '<li id="stdout-4">last</li>'
        assert events[2][1]["html"] == '<li id="stdout-0">first</li>'
        assert events[2][1]["next"] == 6

    def test_a_log_that_was_cleared_is_told(self, log: Path) -> None:
        log.write_bytes(b"one\n")
        page = Page(log)
        page.told()
        log.write_bytes(b"")
        assert [kind for kind, _ in page.told()] == ["anew"]
        log.write_bytes(b"new\n")
        assert page.texts() == ["new"]

    def test_a_file_may_come_into_being_later(self, tmp_path: Path) -> None:
        path = tmp_path / "later.log"
        page = Page(path)
        assert page.told() == []
        path.write_bytes(b"here\n")
        assert page.texts() == ["here"]

    def test_marks_stand_where_they_were_made(self, log: Path) -> None:
        """A grey line marks each end and start of the process."""
        log.write_bytes(b"one\n")
        page = Page(log)
        page.lines.note("Exited")
        with log.open("ab") as file:
            file.write(b"two\n")
        assert page.texts() == ["one", "Exited", "two"]

    def test_a_page_that_is_far_behind_is_sent_the_end_alone(self, log: Path) -> None:
        """Never buffered without bound; how much is left out is told."""
        lines_count = (BEHIND_BYTES_MAX + 8 * READ_BYTES) // 10
        log.write_bytes(b"".join(b"%09d\n" % number for number in range(lines_count)))
        found = Page(log).texts()
        assert found[-1] == f"{lines_count - 1:09}"
        assert len(found) < 2 * READ_BYTES // 10
        assert any("are left out here: too much at once." in text for text in found)
        assert all(re.fullmatch(r"\d{1,9}|.*left out.*", text) for text in found)

    def test_a_flood_of_short_lines_is_cut(self, log: Path) -> None:
        log.write_bytes(b"\n" * 10_000)
        found = Page(log).texts()
        assert "9,000 lines are left out here." in found
        assert len(found) == LINES_MAX + 1
