"""What a case has asked of submissions, and what came of it, by what they answered.

One seed draws the same cases for a whole class, and a check asks what follows from the case and from the answers so
far. So a submission is asked again, message for message, what was asked before, as long as it answers as another one
did. If it has done so to the end, what the case has shown is what it has shown then: nothing is drawn, computed or
compared once more. From the first answer that nobody has given, the check itself goes on.

Every submission is asked everything, and answers it in its own sandbox: only the conclusions are remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ..failures import InfrastructureError

CAPACITY = 96 << 20
"""Bytes of all that is remembered; what there is no room for is concluded anew for each submission."""

LARGEST_CASE = 16 << 20
"""Bytes of what was said in a case that is remembered."""

OF_ONE = 2
"""A submission, which may answer at any length where nobody reads it, fills one part in so many of that at most."""

OF_MISTAKES = 4
"""What has come of wrong answers, which differ from one another, takes one part in so many of that at most."""

_LARGE = 4096
_ITEM = 200
"""Bytes that are the same are remembered once from the first size on; each item takes the second besides."""

_MOST_ANSWERS = 16
"""Different answers to one request that are remembered."""


class AskedOtherwise(InfrastructureError):
    """A check has asked something else than before, after the same answers: what it asks cannot be remembered."""


@dataclass(slots=True)
class Turn:
    """One request, as it was sent.

    Attributes
    ----------
    op, function : str
        Its operation, and the name of the public function that it calls, if it does.
    needs_the_same : bool
        Whether it is about what the worker holds, so that no other worker can answer it.
    dropped : list of int
        What the worker need not hold any more.
    message : bytes
    answers : list of Answer
        Those that were given to it, by whoever was asked until here.
    """

    op: str
    function: str
    needs_the_same: bool
    dropped: list[int]
    message: bytes
    answers: list[Answer] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """One reply, and what follows it.

    Attributes
    ----------
    reply : bytes
    is_error : bool
        Whether it tells of an exception.
    then : Turn or None
        What is asked next.
    outcome : object
        What comes of the case, if nothing is.
    """

    reply: bytes
    is_error: bool
    then: Turn | None = None
    outcome: Any = None


@dataclass(slots=True)
class Conversation:
    """All that was said in one case.

    Attributes
    ----------
    first : Turn or None
    repeatable : bool
        Whether the same answers have always led to the same requests.
    """

    first: Turn | None = None
    repeatable: bool = True


class Said(NamedTuple):
    """A request, its reply, and whether that tells of an exception."""

    turn: Turn
    reply: bytes
    is_error: bool


class Conversations:
    """The conversations of a run, by their cases.

    Parameters
    ----------
    capacity : int, optional
        Bytes of all of them.
    """

    def __init__(self, capacity: int = CAPACITY):
        self._capacity = capacity
        self._of_case: dict[Any, Conversation] = {}
        self._large: dict[bytes, bytes] = {}
        self.size = 0
        self._size_of_mistakes = 0
        self._size_of_one = 0

    def begin(self) -> None:
        """Say that another submission is asked from here on."""
        self._size_of_one = 0

    def about(self, case: Any) -> Conversation:
        """Return what was said in a case, which is anything that can be the key of a dict."""
        return self._of_case.setdefault(case, Conversation())

    def keep(
        self,
        conversation: Conversation,
        said: Sequence[Said],
        outcome: Any,
        size: int,
        *,
        is_right: bool,
    ) -> bool:
        """Remember what came of a case; return whether there was room for it.

        Parameters
        ----------
        conversation : Conversation
            What is known of the case.
        said : sequence of Said
            All of it.
        outcome : object
        size : int
            About how many bytes the outcome takes.
        is_right : bool
            Whether all was right.
        """
        if not said or not conversation.repeatable:
            return False
        size += self._new_bytes(conversation, said)
        if self.size + size > self._capacity or (self._size_of_one + size) * OF_ONE > self._capacity:
            return False
        if not is_right:
            if (self._size_of_mistakes + size) * OF_MISTAKES > self._capacity:
                return False
            self._size_of_mistakes += size
        self.size += size
        self._size_of_one += size
        answer: Answer | None = None
        for turn, reply, is_error in said:
            here = conversation.first if answer is None else answer.then
            if here is None:
                here = replace(turn, message=self._once(turn.message))
                if answer is None:
                    conversation.first = here
                else:
                    answer.then = here
            answer = given(here, reply)
            if answer is None:
                answer = Answer(self._once(reply), is_error)
                here.answers.append(answer)
        assert answer is not None
        answer.outcome = outcome
        return True

    def _once(self, data: bytes) -> bytes:
        """Return bytes that are remembered once, however often the same was said."""
        return data if len(data) < _LARGE else self._large.setdefault(data, data)

    def _new(self, data: bytes) -> int:
        return 0 if len(data) >= _LARGE and data in self._large else len(data) + _ITEM

    def _new_bytes(self, conversation: Conversation, said: Sequence[Said]) -> int:
        """Return how many bytes of what was said are not remembered yet; too many where they cannot be."""
        new, here = 0, conversation.first
        for turn, reply, _ in said:
            if here is not None and here.message != turn.message:
                conversation.repeatable = False
                return self._capacity + 1
            answer = None if here is None else given(here, reply)
            if here is None:
                new += self._new(turn.message)
            elif answer is None and len(here.answers) >= _MOST_ANSWERS:
                return self._capacity + 1
            if answer is None:
                new += self._new(reply)
            here = None if answer is None else answer.then
        return new


def given(turn: Turn, reply: bytes) -> Answer | None:
    """Return the answer that says just this, if anybody gave it."""
    return next((answer for answer in turn.answers if answer.reply == reply), None)
