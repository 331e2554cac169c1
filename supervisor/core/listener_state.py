"""What is known of a listener, and its short cuts for what happens nearly always.

The rule: a short cut does what rows of the table in `core.listener` do, without their lines of the
log; or it says that it cannot be done so, and has changed nothing.
"""

from supervisor.core.accepted import EventAccepted
from supervisor.core.pool_letter import Letter
from supervisor.hints import Final
from supervisor.states import EventListenerStates

READY: Final = EventListenerStates.READY
BUSY: Final = EventListenerStates.BUSY


class ListenerState:
    """The part of a `Conversation` that decides nothing about mistakes."""

    __slots__ = (
        "_accepted",
        "_garbage_count",
        "_knows_odd_word",
        "_letter",
        "_poolserial",
        "is_deaf",
        "is_stuck",
        "is_talking",
        "is_up",
        "name",
        "priority",
        "process_id",
        "state",
    )

    def __init__(self, process_id: int, name: str, priority: int) -> None:
        self.process_id = process_id
        self.name = name
        self.priority = priority
        self.state: int = EventListenerStates.ACKNOWLEDGED
        self.is_up = False
        """Whether its process is RUNNING."""
        self.is_deaf = False
        """Whether sending to this child has failed: it is not tried again."""
        self.is_stuck = False
        """Whether it has not read all that it was sent, although it may have answered."""
        self.is_talking = False
        """Whether there is more to come of what it said when it became READY."""
        self._accepted: EventAccepted | None = None
        self._poolserial = 0
        self._letter: Letter | None = None
        """Made of the two when somebody wants to know more than what was sent."""
        self._garbage_count = 0
        self._knows_odd_word = False

    @property
    def letter(self) -> Letter | None:
        """The event it has; there is one while it is BUSY and at no other time."""
        if self._letter is None and self._accepted is not None:
            self._letter = Letter(self._accepted, self._poolserial)
        return self._letter

    @letter.setter
    def letter(self, letter: Letter | None) -> None:
        self._letter = letter
        self._accepted = None if letter is None else letter.accepted

    @property
    def has_event(self) -> bool:
        """Whether there is one: that is known without a letter."""
        return self._accepted is not None

    @property
    def is_eligible(self) -> bool:
        """Whether it can be given an event."""
        can_hear = not (self.is_deaf or self.is_stuck or self.is_talking)
        return self.state == READY and self.is_up and can_hear

    def take(self, accepted: EventAccepted, poolserial: int) -> None:
        """Give it an event, without a walk through the table: the same as its row."""
        assert self.state == READY, f"{self.name!r} was given an event in state {self.state}"
        self._accepted = accepted
        self._poolserial = poolserial
        self.state = BUSY
        self._garbage_count = 0

    def finish(
        self,
        following: EventAccepted | None,
        poolserial: int = 0,
        letter: Letter | None = None,
    ) -> bool:
        """It is done with its event and has been sent the following one; False if it cannot be.

        The same as the rows of an accepted result, of READY, and of an event that was sent, if
        there is one; of which there may be a letter already.
        """
        accepted = self._accepted
        if self.state != BUSY or accepted is None or accepted.ticket is not None:
            return False
        if self.is_deaf or self.is_stuck or not self.is_up:
            return False
        self._accepted = following
        self._poolserial = poolserial
        self._letter = letter
        self.state = READY if following is None else BUSY
        self._garbage_count = 0
        self.is_talking = False
        return True
