"""The conversation with one listener: every change of its state is decided in this file.

Two steps, as in `core.process`. `classify` turns an input into a `Happening`;
`TABLE` maps (state, happening) to the state entered, the line that is logged and what becomes of
the event that the listener has. `Conversation.apply` carries one row out. A test asks that every
cell is decided: a row, or one of the kinds of `Undecided`.
"""

from supervisor.core import pool_inputs as inputs
from supervisor.core import pool_texts
from supervisor.core.commands import WriteLog
from supervisor.core.listener_state import BUSY, READY, ListenerState
from supervisor.core.pool_commands import Command, GiveUpParsing
from supervisor.core.pool_inputs import Verdict
from supervisor.core.pool_letter import Letter
from supervisor.enums import Enum, auto
from supervisor.hints import Callable, Final, Mapping
from supervisor.states import EventListenerStates
from supervisor.tokens import BadResultLine, Garbage, ReadyToken, ResultToken, Token
from supervisor.tuples import NamedTuple

ACKNOWLEDGED: Final = EventListenerStates.ACKNOWLEDGED
UNKNOWN: Final = EventListenerStates.UNKNOWN

STATES: Final = (ACKNOWLEDGED, READY, BUSY, UNKNOWN)

GARBAGE_LINES_MAX: Final = 10
"""Lines about ignored output between two changes of state; a flood of it fills no log."""

RESULT_WORD: Final = b"RESULT "


class Happening(Enum):
    """What an input means for the conversation."""

    BEGAN = auto()
    """There is a new child."""
    GONE = auto()
    """There is no child any more."""
    CAME_UP = auto()
    """Its process is RUNNING: it can be given events."""
    WENT_DOWN = auto()
    """Its process is on the way out; what it says still counts."""
    SAID_READY = auto()
    SAID_RESULT = auto()
    SAID_ANSWER = auto()
    """The result of a query: whatever it is, it is the answer."""
    SAID_BAD_RESULT = auto()
    SAID_BAD_RESULT_IGNORED = auto()
    """The same with `resync`: it still owes the result."""
    SAID_GARBAGE = auto()
    SAID_GARBAGE_IGNORED = auto()
    """The same with `resync`: the conversation goes on."""
    STUCK = auto()
    """It has not read all that it was sent."""
    FLOWS = auto()
    """It has."""
    OFFERED = auto()
    """An event is being sent to it."""
    SENT = auto()
    SEND_FAILED = auto()
    ACCEPTED = auto()
    REJECTED = auto()
    CRASHED = auto()
    """The result handler raised something."""

    # Members are themselves and nothing else; looked up by name they would cost a call per token.
    __hash__ = object.__hash__


class Fate(Enum):
    """What becomes of the event that the listener has."""

    STAYS = auto()
    """Where it is, if there is one."""
    IS_JUDGED = auto()
    IS_DONE = auto()
    IS_REFUSED = auto()
    """It is offered again, sooner or later."""
    IS_RETURNED = auto()
    """It has not reached the listener: nobody refused it."""

    __hash__ = object.__hash__


class Line(Enum):
    """What is logged before the change of state."""

    PROCESSED = auto()
    REJECTED = auto()
    CRASHED = auto()
    BAD_RESULT = auto()
    GARBAGE = auto()
    SENT = auto()
    SEND_FAILED = auto()

    __hash__ = object.__hash__


class Row(NamedTuple):
    """One cell of the table."""

    enters: int | None = None
    """None: the state stays."""
    fate: Fate = Fate.STAYS
    line: Line | None = None
    silent: bool = False
    """The change of state is not logged."""


class Undecided(Enum):
    """Cells that lead nowhere, and why that is right."""

    IGNORED = "ignored"
    """May happen, and rightly has no effect."""
    IMPOSSIBLE = "impossible"
    """The pool never does it: a mistake of ours if it comes."""


IGNORED: Final = Undecided.IGNORED
IMPOSSIBLE: Final = Undecided.IMPOSSIBLE

_H = Happening

# Of no consequence for the conversation.
_UP_OR_DOWN: Final[dict[Happening, Row | Undecided]] = {
    _H.CAME_UP: Row(),
    _H.WENT_DOWN: Row(),
    _H.STUCK: Row(),
    _H.FLOWS: Row(),
}

# A child begins, or ends, with an empty sheet.
_FRESH: Final = Row(ACKNOWLEDGED, silent=True)
_LOST: Final = Row(UNKNOWN)

# What nobody waits for, because the event has gone another way in the meantime.
_WITHOUT_EVENT: Final[dict[Happening, Row | Undecided]] = {
    **_UP_OR_DOWN,
    _H.BEGAN: _FRESH,
    _H.GONE: _FRESH,
    _H.SENT: IGNORED,
    _H.SEND_FAILED: IGNORED,
    _H.ACCEPTED: IGNORED,
    _H.REJECTED: IGNORED,
    _H.CRASHED: IGNORED,
    # A result that nobody asked for (E22). The parser calls it garbage, unless the event was taken
    # back while the result was under way.
    _H.SAID_RESULT: _LOST,
    _H.SAID_ANSWER: IMPOSSIBLE,
    _H.SAID_BAD_RESULT: _LOST,
    _H.SAID_BAD_RESULT_IGNORED: Row(line=Line.GARBAGE),
    _H.SAID_GARBAGE: _LOST,
    _H.SAID_GARBAGE_IGNORED: Row(line=Line.GARBAGE),
}

TABLE: Final[Mapping[int, Mapping[Happening, Row | Undecided]]] = {
    ACKNOWLEDGED: {
        **_WITHOUT_EVENT,
        _H.SAID_READY: Row(READY),
        _H.OFFERED: IMPOSSIBLE,
    },
    READY: {
        **_WITHOUT_EVENT,
        _H.SAID_READY: _LOST,
        # As ever without a line: the one about the event says it.
        _H.OFFERED: Row(BUSY, silent=True),
    },
    BUSY: {
        **_UP_OR_DOWN,
        _H.BEGAN: Row(ACKNOWLEDGED, Fate.IS_REFUSED, silent=True),
        # It never answered: somebody else, or its next child, gets the event.
        _H.GONE: Row(ACKNOWLEDGED, Fate.IS_REFUSED, silent=True),
        _H.SAID_READY: IMPOSSIBLE,
        _H.SAID_RESULT: Row(fate=Fate.IS_JUDGED),
        _H.SAID_ANSWER: Row(ACKNOWLEDGED, Fate.IS_DONE, Line.PROCESSED),
        _H.SAID_BAD_RESULT: Row(UNKNOWN, Fate.IS_REFUSED, Line.BAD_RESULT),
        _H.SAID_BAD_RESULT_IGNORED: Row(line=Line.BAD_RESULT),
        _H.SAID_GARBAGE: IMPOSSIBLE,
        _H.SAID_GARBAGE_IGNORED: IMPOSSIBLE,
        _H.OFFERED: IMPOSSIBLE,
        _H.SENT: Row(line=Line.SENT),
        _H.SEND_FAILED: Row(READY, Fate.IS_RETURNED, Line.SEND_FAILED, silent=True),
        _H.ACCEPTED: Row(ACKNOWLEDGED, Fate.IS_DONE, Line.PROCESSED),
        _H.REJECTED: Row(ACKNOWLEDGED, Fate.IS_REFUSED, Line.REJECTED),
        _H.CRASHED: Row(UNKNOWN, Fate.IS_REFUSED, Line.CRASHED),
    },
    UNKNOWN: {
        **dict.fromkeys(Happening, IGNORED),
        **_UP_OR_DOWN,
        _H.BEGAN: _FRESH,
        _H.GONE: _FRESH,
        _H.OFFERED: IMPOSSIBLE,
    },
}


_MEANING: Final[Mapping[type | Verdict, Happening]] = {
    inputs.ListenerBegan: Happening.BEGAN,
    inputs.ListenerGone: Happening.GONE,
    inputs.ListenerCameUp: Happening.CAME_UP,
    inputs.ListenerWentDown: Happening.WENT_DOWN,
    inputs.EventSent: Happening.SENT,
    inputs.SendFailed: Happening.SEND_FAILED,
    inputs.InputStuck: Happening.STUCK,
    inputs.InputTaken: Happening.FLOWS,
    Verdict.ACCEPTED: Happening.ACCEPTED,
    Verdict.REJECTED: Happening.REJECTED,
    Verdict.CRASHED: Happening.CRASHED,
}


class Conversation(ListenerState):
    """A listener of a pool, and where the conversation with it stands."""

    __slots__ = ()

    def offer(self, letter: Letter) -> None:
        """Give it an event. Only who is eligible is offered one."""
        self.apply(Happening.OFFERED, None, [])
        self.letter = letter

    def apply(
        self, happening: Happening, token: Token | None, commands: list[Command]
    ) -> tuple[Fate, Letter | None]:
        """Carry out a row of the table; what becomes of which event is up to the pool.

        Raises AssertionError for what cannot happen in this state: a mistake of the caller.
        """
        row = TABLE[self.state][happening]
        if row is IGNORED:
            return Fate.STAYS, None
        assert isinstance(row, Row), f"{happening.name} of {self.name!r} in state {self.state}"
        letter = self.letter
        if happening in _ABOUT_THE_CHILD:
            self._note(happening)
        if row.fate in _LEAVES:
            self.letter = None
        if token is not None:
            self.is_talking = isinstance(token, ReadyToken) and token.followed
            if isinstance(token, ResultToken) and token.word != RESULT_WORD and letter is not None:
                self._log_odd_word(token.word, commands)
        if row.line is not None:
            self._log(row.line, token, letter, commands)
        if row.enters is not None:
            self._enter(row.enters, row.silent, commands)
        return row.fate, letter

    def _note(self, happening: Happening) -> None:
        if happening is Happening.CAME_UP:
            self.is_up = True
        elif happening is Happening.WENT_DOWN:
            self.is_up = False
        elif happening in (Happening.BEGAN, Happening.GONE):
            self.is_up = self.is_deaf = self.is_stuck = self._knows_odd_word = False
        elif happening in (Happening.STUCK, Happening.FLOWS):
            self.is_stuck = happening is Happening.STUCK
        else:
            assert happening is Happening.SEND_FAILED
            self.is_deaf = True

    def _enter(self, state: int, silent: bool, commands: list[Command]) -> None:
        self._garbage_count = 0
        if not silent:
            commands += pool_texts.changed(self.name, self.state, state)
        if state == UNKNOWN:
            commands.append(GiveUpParsing(self.process_id))
        self.state = state

    # -- the log ---------------------------------------------------------------------------------

    def _log(
        self, line: Line, token: Token | None, letter: Letter | None, commands: list[Command]
    ) -> None:
        if line is Line.BAD_RESULT or line is Line.GARBAGE:
            self._log_bytes(line, token, commands)
        elif line is Line.SENT or line is Line.SEND_FAILED:
            assert letter is not None
            say = pool_texts.sent if line is Line.SENT else pool_texts.send_failed
            commands.append(say(self.name, letter.serial))
        else:
            commands.append(_LINES[line](self.name))

    def _log_odd_word(self, word: bytes, commands: list[Command]) -> None:
        # Once for each child: a listener that has worked for years fills no log.
        if not self._knows_odd_word:
            self._knows_odd_word = True
            commands.append(pool_texts.odd_word(self.name, word))

    def _log_bytes(self, line: Line, token: Token | None, commands: list[Command]) -> None:
        self._garbage_count += 1
        if self._garbage_count == GARBAGE_LINES_MAX + 1:
            commands.append(pool_texts.garbage_untold(self.name))
        if self._garbage_count > GARBAGE_LINES_MAX:
            return
        if isinstance(token, BadResultLine) and line is Line.BAD_RESULT:
            commands.append(pool_texts.bad_result_line(self.name, token.line, token.reason))
        elif isinstance(token, Garbage | BadResultLine):
            commands.append(pool_texts.garbage(self.name, token[0]))


_ABOUT_THE_CHILD: Final = frozenset(
    {*_UP_OR_DOWN, _H.BEGAN, _H.GONE, _H.SEND_FAILED},
)
_LEAVES: Final = frozenset({Fate.IS_DONE, Fate.IS_REFUSED, Fate.IS_RETURNED})
"""Fates of an event that is with the listener no more."""

_LINES: Final[Mapping[Line, Callable[[str], WriteLog]]] = {
    Line.PROCESSED: pool_texts.processed,
    Line.REJECTED: pool_texts.rejected,
    Line.CRASHED: pool_texts.crashed,
}


# -- classification: input -> happening ------------------------------------------------------------


def classify(happened: inputs.OfListener, listener: Conversation, resync: bool) -> Happening:
    """What an input means for a listener."""
    if isinstance(happened, inputs.Judged):
        return _MEANING[happened.verdict]
    if not isinstance(happened, inputs.ListenerSaid):
        return _MEANING[type(happened)]
    token = happened.token
    if isinstance(token, ResultToken):
        is_query = listener.letter is not None and listener.letter.ticket is not None
        return Happening.SAID_ANSWER if is_query else Happening.SAID_RESULT
    if isinstance(token, BadResultLine):
        return Happening.SAID_BAD_RESULT_IGNORED if resync else Happening.SAID_BAD_RESULT
    if isinstance(token, Garbage):
        return Happening.SAID_GARBAGE_IGNORED if resync else Happening.SAID_GARBAGE
    return Happening.SAID_READY
