"""The collection of problems and the report about them."""

import pytest

from supervisor.config.problems import (
    PROBLEMS_MAX,
    QUOTED_CHARS_MAX,
    SHOWN_CHARS_MAX,
    Place,
    Problems,
    check_exit_status,
    render_report,
)
from supervisor.errors import Severity
from supervisor.tests.config.machine import load

PLACE = Place("s.conf", 3, "program:a", "startsecs", "soon")


def test_first_error_is_the_one_that_was_found_first_not_the_first_in_the_file():
    """It is the one that the reference would report."""
    result = load("[program:a]\ncommand=x\nstartsecs=x\n[supervisord]\nminfds=y\n")
    assert result.first_error().key == "minfds"
    assert [problem.line for problem in result.problems] == [3, 5]


def test_report_has_a_line_per_problem_and_a_summary():
    """Sorted by file and line, errors told from warnings."""
    text = "[program:a]\ncommand=x\nstartsecs=soon\nautstart=1\n[supervisord]\n"
    assert render_report(load(text).problems) == (
        "error: s.conf:3: [program:a] startsecs=soon: invalid literal for int() with base 10: "
        "'soon'; expected a whole number, such as 5\n"
        "warning: s.conf:4: [program:a] autstart=1: unknown key is ignored; "
        "did you mean autostart?\n"
        "configuration cannot be used: 1 error, 1 warning\n"
    )
    assert render_report(()) == "configuration can be used: 0 errors, 0 warnings\n"


def test_exit_status_of_a_check_tells_errors_and_refusals():
    """2 if anything is refused, else 0."""
    problems = Problems()
    problems.warn("w", PLACE)
    problems.hint("h", PLACE)
    assert check_exit_status(problems.in_order_found()) == 0
    problems.refuse_in_check("r", PLACE)
    assert check_exit_status(problems.in_order_found()) == 2
    assert problems.first_error is None


def test_same_problem_is_told_once():
    """A program in two groups is read twice."""
    text = "[program:a]\ncommand=x\nstartsecs=x\n[group:g]\nprograms=a\n[group:h]\nprograms=a\n"
    assert len(load(text + "[supervisord]\n").problems) == 1


def test_each_unknown_member_of_a_group_is_told():
    """All problems at once."""
    problems = load("[supervisord]\n[group:g]\nprograms=x,y\n").problems
    assert [problem.message[-1] for problem in problems] == ["x", "y"]


def test_mistake_of_a_program_with_many_processes_is_told_once():
    """Its siblings would only repeat it."""
    text = "[program:a]\ncommand=x\nnumprocs=50\nprocess_name=%(process_num)d\n"
    text += "stdout_logfile=/nope/%(process_num)d/x\n[supervisord]\n"
    assert len(load(text).problems) == 1


def test_excess_of_problems_is_counted_and_errors_still_count():
    """The limit never turns a bad file into a good one."""
    problems = Problems()
    for number in range(PROBLEMS_MAX + 10):
        problems.warn("w", PLACE._replace(line=number))
    problems.error("e", PLACE)
    assert problems.first_error is not None
    found = problems.in_order_found()
    assert len(found) == PROBLEMS_MAX + 2
    assert found[-1].message == "cannot list all problems: 10 more were found"


def test_log_lines_put_the_place_in_front_of_our_own_messages():
    """Most severe first; the wordings that log readers know stay bare."""
    text = "[include]\nfiles=no\n[program:a]\ncommand=x\nfoo=1\n[supervisord]\n"
    assert load(text).log_lines(at_start=True) == [
        (Severity.WARNING, 'No file matches via include "/etc/no"'),
        (Severity.WARNING, "s.conf:5: [program:a] foo=1: unknown key is ignored"),
    ]


def test_long_value_is_shown_in_part():
    """A value of thousands of digits would bury the message; one of usual size is repeated."""
    (problem,) = load("[supervisord]\nminfds=" + "9" * 4000).problems
    shown = "9" * SHOWN_CHARS_MAX + "... (4000 characters)"
    told = "9" * QUOTED_CHARS_MAX + "... (4026 characters)"
    assert problem.found == shown
    assert problem.message == told
    (problem,) = load("[supervisord]\nminfds=" + "9" * QUOTED_CHARS_MAX).problems
    assert problem.message == "9" * QUOTED_CHARS_MAX + " does not fit into 64 bits"


@pytest.mark.parametrize("head", ["", "[supervisord]\n"])
def test_long_line_that_cannot_be_read_is_repeated_in_part(head):
    """A file of another kind may be a single line of megabytes."""
    (problem, *_) = load(head + "x" * 10_000).problems
    assert len(problem.message) < QUOTED_CHARS_MAX + 200
    assert len(str(problem)) < SHOWN_CHARS_MAX + 200
