"""`query`: words, answers, refusals."""

import base64
import json
import string
import sys
import xmlrpc.client
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.ctl.commands.query import (
    TIMEOUT_S_DEFAULT,
    Query,
    Question,
    UsageError,
    parse_question,
)
from supervisor.errors import Fault
from supervisor.tests.ctl.session import Outcome, controller, daemon, info, outcome_of, run
from supervisor.tests.support.peer import raises_fault

NAMES = "query requires the name of a group of event listeners and a text"
SECONDS = "--timeout requires a whole number of seconds from 1 to 3600"


def echoing(pool: str, data: str, timeout_secs: int) -> str:
    """A daemon whose listeners repeat what they are asked."""
    return f"{pool} {timeout_secs} [{data}]"


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("query pool how are you", "pool 10 [how are you]\n"),
        ("query pool  two  blanks", "pool 10 [two  blanks]\n"),
        ("query --timeout 25 pool x", "pool 25 [x]\n"),
        ("query pool --timeout 2", "pool 10 [--timeout 2]\n"),
        ("query pool grüße", "pool 10 [grüße]\n"),
    ],
)
def test_query_prints_what_a_listener_answers(line: str, printed: str) -> None:
    """The text goes out as it was typed; flags only count before the group."""
    with daemon(queryListener=echoing) as peer:
        assert run(peer, line) == Outcome(printed, 0)


def test_answer_that_ends_its_line_is_printed_as_it_is() -> None:
    with daemon(queryListener=lambda *_: "one\ntwo\n") as peer:
        assert run(peer, "query pool x") == Outcome("one\ntwo\n", 0)


def test_answer_is_printed_as_json_for_programs() -> None:
    """`--json`, before or behind the other flag."""
    with daemon(queryListener=lambda *_: 'say "ü"\n') as peer:
        for flags in ("--json", "--json --timeout 3", "--timeout 3 --json"):
            outcome = run(peer, f"query {flags} pool x")
            answer = {"group": "pool", "result": 'say "ü"\n', "result_base64": None}
            assert json.loads(outcome.stdout) == answer
            assert outcome.exit_code == 0


def test_answer_that_is_no_text_is_printed_byte_for_byte(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """What XML-RPC cannot carry as text comes as bytes: nothing is changed, nothing added."""
    data = b"\xff\r\nend"
    with daemon(queryListener=lambda *_: xmlrpc.client.Binary(data)) as peer:
        shell = controller(peer)
        shell.stdout = sys.stdout
        shell.onecmd("query pool x")
        assert capfdbinary.readouterr().out == data
        outcome = run(peer, "query --json pool x")
    answer = json.loads(outcome.stdout)
    assert (answer["result"], base64.b64decode(answer["result_base64"])) == (None, data)


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        (Fault.BAD_NAME, "BAD_NAME: pool", "no such group of event listeners"),
        (Fault.FAILED, "FAILED: no answer within 10 s", "no answer within 10 s"),
        (Fault.BAD_ARGUMENTS, "BAD_ARGUMENTS: too long", "BAD_ARGUMENTS: too long"),
        (
            Fault.UNKNOWN_METHOD,
            "UNKNOWN_METHOD",
            "this supervisord cannot be queried: it is older than 5.0",
        ),
    ],
)
def test_refusal_is_told_in_words(code: Fault, text: str, told: str) -> None:
    """`POOL: ERROR (why)`, exit 1."""
    with daemon(queryListener=raises_fault(code, text)) as peer:
        assert run(peer, "query pool x") == Outcome(f"pool: ERROR ({told})\n", 1)


def test_nothing_that_is_no_json_gets_between_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    with daemon(queryListener=raises_fault(Fault.FAILED, "FAILED: silence")) as peer:
        assert run(peer, "query --json pool x") == Outcome("", 1)
    assert capsys.readouterr().err == "pool: ERROR (silence)\n"


def test_query_during_a_shutdown_says_so() -> None:
    with daemon(queryListener=raises_fault(Fault.SHUTDOWN_STATE, "SHUTDOWN_STATE")) as peer:
        assert run(peer, "query pool x") == Outcome("ERROR: supervisor shutting down\n", 1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("query", NAMES),
        ("query pool", NAMES),
        ("query --timeout 5", NAMES),
        ("query --wait 5 pool x", "bad argument --wait"),
        ("query --timeout soon pool x", SECONDS),
        ("query --timeout 0 pool x", SECONDS),
        ("query --timeout 2.5 pool x", SECONDS),
        ("query --timeout 3601 pool x", SECONDS),
        ("query --timeout ² pool x", SECONDS),
        ("query --timeout", SECONDS),
    ],
)
def test_misuse_is_told_with_the_help(line: str, told: str) -> None:
    """Exit 2, and no daemon is asked."""
    with daemon() as peer:
        outcome = run(peer, line)
    assert outcome == Outcome(f"Error: {told}\n{Query.help}\n", 2)


WORDS = st.text(string.ascii_letters + string.digits, min_size=1)


@given(WORDS, st.text().filter(lambda text: text.strip() == text != ""), st.integers(1, 3600))
def test_words_survive_the_way_into_a_question(pool: str, text: str, timeout_s: int) -> None:
    """Round trip: whatever the text holds."""
    assert parse_question(f"{pool} {text}") == Question(pool, text, TIMEOUT_S_DEFAULT, False)
    line = f"--timeout {timeout_s} --json {pool} {text}"
    assert parse_question(line) == Question(pool, text, timeout_s, True)


@given(st.text())
def test_any_garbage_is_a_question_or_a_usage_error(argument: str) -> None:
    try:
        question = parse_question(argument)
    except UsageError as error:
        assert str(error)
    else:
        assert question.pool and question.text and question.timeout_s > 0


FIRST_WORDS = ["--json ", "--output ", "--timeout ", "cat ", "pool "]


@pytest.mark.parametrize(
    ("before", "candidates"),
    [
        ("query", FIRST_WORDS),
        ("query --json", FIRST_WORDS),
        ("query --timeout", []),
        ("query --output", ["json ", "table "]),
        ("query --output json", FIRST_WORDS),
        ("query --timeout 5", FIRST_WORDS),
        ("query pool", []),
    ],
)
def test_tab_offers_groups_and_flags(before: str, candidates: list[str]) -> None:
    infos: list[dict[str, Any]] = [info("cat"), info("pool:a"), info("pool:b")]
    with daemon(getAllProcessInfo=lambda: infos) as peer:
        shell = controller(peer)
        assert shell._completion.candidates(before, "") == candidates
        assert outcome_of(shell) == Outcome("", 0)
