"""What a course allows: how many attempts, when the next one, which hand-in counts, and what a student is shown."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeVar

from .store import DONE, NOT_GRADED

SHOWS = ("score", "verdicts", "messages", "hints")
COUNTS = ("best", "last", "last_before_deadline")
"""What a student is shown of a result, and which hand-in counts."""

_DOUBLINGS = 30


class PolicyError(ValueError):
    """The course's configuration cannot be used as it is; the message says where and why."""


class Try(Protocol):
    """What a policy looks at in a hand-in; times are seconds since 1970, in UTC."""

    @property
    def received(self) -> float: ...  # noqa: D102
    @property
    def late(self) -> bool: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def score(self) -> float | None: ...  # noqa: D102
    @property
    def attempt(self) -> int: ...  # noqa: D102


AnyTry = TypeVar("AnyTry", bound=Try)


@dataclass(frozen=True)
class Policy:
    """The rules of one milestone.

    Attributes
    ----------
    attempts : int or None
        How many hand-ins may come at once; None for any number.
    refill_hours : float or None
        After so many hours a used attempt comes back, one at a time; None for never.
    shows : {"score", "verdicts", "messages", "hints"}
        What a student sees; hints of a check only after it has failed twice.
    counts : {"best", "last", "last_before_deadline"}
        Which hand-in counts. For "best" and "last_before_deadline", late ones only where there is no other.
    accept_late : bool
        Whether hand-ins after the deadline are taken; nbgrader's late penalty applies to them.
    cool_down_after : int or None
        After so many hand-ins in a row that gained no point, the next one has to wait; None for no wait.
    cool_down_minutes, cool_down_most_minutes : float
        The first wait, which doubles with each further one, and the longest.
    """

    attempts: int | None = 10
    refill_hours: float | None = 2.0
    shows: str = "hints"
    counts: str = "best"
    accept_late: bool = True
    cool_down_after: int | None = 3
    cool_down_minutes: float = 2.0
    cool_down_most_minutes: float = 60.0

    def __post_init__(self) -> None:
        if self.shows not in SHOWS:
            raise PolicyError(f"shows is {self.shows!r}; it is one of {', '.join(SHOWS)}")
        if self.counts not in COUNTS:
            raise PolicyError(f"counts is {self.counts!r}; it is one of {', '.join(COUNTS)}")
        for name in ("attempts", "refill_hours", "cool_down_after"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and value > 0):
                raise PolicyError(f"{name} is {value!r}; it is a number above 0, or None")
        for name in ("cool_down_minutes", "cool_down_most_minutes"):
            value = getattr(self, name)
            if not (_is_number(value) and value >= 0):
                raise PolicyError(f"{name} is {value!r}; it is a number of minutes")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def policies(config: Mapping[str, Any], milestones: Sequence[str]) -> dict[str, Policy]:
    """Return the policy of each milestone.

    Parameters
    ----------
    config : mapping
        For each milestone the settings that differ from the defaults; ``"default"`` is for all.
    milestones : sequence of str
        The milestones of the course.

    Raises
    ------
    PolicyError
        If a setting or a milestone is unknown, or a value cannot be used.
    """
    known = {field.name for field in fields(Policy)}
    for name, settings in config.items():
        if name != "default" and name not in milestones:
            raise PolicyError(f"there is no milestone {name!r}; there are: {', '.join(milestones)}")
        if unknown := set(settings) - known:
            raise PolicyError(
                f"{name}: unknown settings {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}"
            )
    found = {}
    for name in milestones:
        try:
            found[name] = Policy(**{**config.get("default", {}), **config.get(name, {})})
        except PolicyError as error:
            raise PolicyError(f"{name}: {error}") from None
    return found


@dataclass(frozen=True)
class Standing:
    """Where a student stands in a milestone.

    Attributes
    ----------
    used : int
        Attempts so far.
    allowed : int or None
        Attempts so far and those that are left now; None for any number.
    next_at : float or None
        When the next hand-in is taken, in seconds since 1970; None for now or never.
    why : str
        Why it has to wait; empty if it need not.
    """

    used: int
    allowed: int | None
    next_at: float | None = None
    why: str = ""

    @property
    def open(self) -> bool:
        """Whether a hand-in is taken now."""
        return not self.why


def standing(policy: Policy, tries: Sequence[Try], now: float) -> Standing:
    """Return how many attempts are used and left, and when the next one is taken.

    Parameters
    ----------
    policy : Policy
    tries : sequence of Try
        A student's hand-ins of one milestone.
    now : float
        Seconds since 1970.
    """
    used_one = (one for one in tries if one.attempt and one.state != NOT_GRADED)
    counted = sorted(used_one, key=lambda one: one.received)
    used = len(counted)
    left, next_at = _left(policy, [one.received for one in counted], now)
    allowed = None if left is None else used + left
    if left == 0:
        return Standing(used, allowed, next_at, "all attempts are used")
    until = _cool_until(policy, counted)
    if until > now:
        return Standing(
            used, allowed, until, "the last hand-ins gained no points, so the next one has to wait"
        )
    return Standing(used, allowed)


def _left(policy: Policy, times: Sequence[float], now: float) -> tuple[int | None, float | None]:
    """Return how many attempts are left, and when there is one more: a bucket that fills again, one by one."""
    if policy.attempts is None:
        return None, None
    if policy.refill_hours is None:
        return max(0, policy.attempts - len(times)), None
    period = 3600 * policy.refill_hours
    full, last = float(policy.attempts), times[0] if times else now
    left = full
    for at in times:
        left = min(full, left + (at - last) / period) - 1
        last = at
    # Below 0 where more were used than there are now, as after the instructor has lowered their number.
    left = min(full, left + max(0.0, now - last) / period)
    whole = max(0, math.floor(left + 1e-9))
    return whole, now + (whole + 1 - left) * period


def _cool_until(policy: Policy, tries: Sequence[Try]) -> float:
    """Return until when a student has to wait who tries on and on without gaining a point."""
    if policy.cool_down_after is None or not tries:
        return 0.0
    best, in_vain = -math.inf, 0
    for one in tries:
        if one.state != DONE or one.score is None:
            continue
        in_vain = 0 if one.score > best else in_vain + 1
        best = max(best, one.score)
    over = in_vain - policy.cool_down_after
    if over < 0:
        return 0.0
    minutes = policy.cool_down_minutes * 2 ** min(over, _DOUBLINGS)
    return tries[-1].received + 60 * min(minutes, policy.cool_down_most_minutes)


def counting(policy: Policy, tries: Sequence[AnyTry]) -> AnyTry | None:
    """Return the hand-in that counts: one that was graded; None if there is none yet."""
    graded = sorted((one for one in tries if one.state == DONE), key=lambda one: one.received)
    if not graded:
        return None
    in_time = [one for one in graded if not one.late]
    if policy.counts == "last":
        return graded[-1]
    candidates = in_time or graded
    if policy.counts == "last_before_deadline":
        return candidates[-1]
    # The last of equals: answers to questions, which are not scored here, are often written after the code is right.
    return max(reversed(candidates), key=lambda one: -math.inf if one.score is None else one.score)


def iso(seconds: float | None) -> str | None:
    """Return a time as ISO 8601 in UTC."""
    if seconds is None:
        return None
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
