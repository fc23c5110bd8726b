"""Time limits of the requests to one library: of a call, of a block of a check, and of a submission as a whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...failures import LimitExceeded

_ALMOST = 0.9
_DIVIDED_BY = 3
"""A function that used up nearly all the time of a call has this part of it in the next blocks."""


@dataclass
class TimeBudget:
    """How long the code of one submission may run, in all of its processes together, and how long it has run.

    Attributes
    ----------
    total, spent : float
        In seconds.
    endless : set of str
        Functions that came to no end in the time of a call.
    has_answered : bool
        Whether anything came to its end.
    """

    total: float
    spent: float = 0.0
    endless: set[str] = field(default_factory=set)
    has_answered: bool = False

    @property
    def left(self) -> float:
        """What remains; negative once the budget is exceeded."""
        return self.total - self.spent

    @property
    def nothing_ends(self) -> bool:
        """Whether code that belongs to no function may be what came to no end."""
        return len(self.endless) > 1 and not self.has_answered


@dataclass(frozen=True)
class Allowed:
    """How long one request may take.

    Attributes
    ----------
    kind, limit : str, float
        The limit that leaves least, as `LimitExceeded` tells it, and its size in seconds.
    seconds : float
        What is left of it.
    is_whole : bool
        Whether nearly all of it was left.
    """

    kind: str
    limit: float
    seconds: float
    is_whole: bool


class TimeLimits:
    """The limits under which the requests to one library run.

    Parameters
    ----------
    budget : TimeBudget
        Of the submission.
    longest_call : float
        Seconds that a request may take outside of all blocks.
    """

    def __init__(self, budget: TimeBudget, longest_call: float):
        self.budget = budget
        self._block: TimeBudget | None = None
        self._longest_call = longest_call

    @contextlib.contextmanager
    def block(self, wall: float, call: float) -> Iterator[None]:
        """Allow all requests in the block ``wall`` seconds together, and each of them ``call``."""
        outer = self._block, self._longest_call
        self._block, self._longest_call = TimeBudget(wall), call
        try:
            yield
        finally:
            self._block, self._longest_call = outer

    def allowed(self, function: str) -> Allowed:
        """Return how long a request may take that calls a function, or none if the name is empty.

        Raises
        ------
        LimitExceeded
            If no time is left.
        """
        kind, limit, seconds = self._tightest()
        is_whole = seconds > _ALMOST * limit
        if function and kind == "wall" and (function in self.budget.endless or self.budget.nothing_ends):
            # a loop without an end would hold up everybody behind it for the time of each check that calls it, and one
            # outside of all functions for that of every check
            limit = float(max(1, round(limit / _DIVIDED_BY)))
            seconds = min(seconds, limit)
        if seconds <= 0:
            raise LimitExceeded(kind, limit)
        return Allowed(kind, limit, seconds, is_whole)

    def exceeded(self, function: str, allowed: Allowed) -> LimitExceeded:
        """Note that a request took longer, and return the failure that says so."""
        if function and allowed.kind == "wall" and allowed.is_whole:
            self.budget.endless.add(function)
        return LimitExceeded(allowed.kind, allowed.limit)

    def spend(self, seconds: float) -> None:
        """Count the seconds of a request."""
        self.budget.spent += seconds
        if self._block is not None:
            self._block.spent += seconds

    def _tightest(self) -> tuple[str, float, float]:
        """Return the limit with the least time left: its kind, its size and what is left of it."""
        limits = [
            ("wall", self._longest_call, self._longest_call),
            ("total", self.budget.total, self.budget.left),
        ]
        if self._block is not None:
            limits.append(("wall", self._block.total, self._block.left))
        return min(limits, key=lambda entry: entry[2])
