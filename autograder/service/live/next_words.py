"""What to say next in a lecture: a few sentences made from what is known of a milestone now. They name no student."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from .overview import Overview

_SURE = 0.9
"""A check that so many have passed needs no words."""
_LONGEST = 240


def next_words(now: Overview) -> list[str]:
    """Return the sentences, the most useful first."""
    handed_in = [row for row in now.handed_in if row["last"] is not None]  # also what was no attempt
    said = []
    if not now.pass_rates:
        if handed_in:
            said.append(f"{_students(len(handed_in))} handed in; there are no results yet.")
        else:
            said.append(
                "Nobody has handed in yet. Show how: the last cell of the notebook is `nndl.submit()`, and the first "
                "result says what is missing."
            )
    else:
        said += _about_checks(now)
        full = sum(row["score"] is not None and row["score"] >= row["max_score"] for row in handed_in)
        said.append(
            f"{len(handed_in)} of {_students(len(now.handed_in))} handed in; {full} of them {_have(full)} all points."
        )
    if now.stuck:
        count = len({one["student"] for one in now.stuck})
        said.append(
            f"{_students(count)} failed the same check five times or more in a row: offer help after the lecture."
        )
    if now.waiting:
        took = f"; the last results took about {span(now.seconds_to_result)}" if now.seconds_to_result else ""
        said.append(
            f"{now.waiting} {'hand-in waits' if now.waiting == 1 else 'hand-ins wait'} for a result{took}."
        )
    if now.not_recorded:
        which = "result is" if now.not_recorded == 1 else "results are"
        said.append(f"{now.not_recorded} {which} not yet in the gradebook; this takes care of itself.")
    if now.not_graded:
        which = "hand-in" if now.not_graded == 1 else "hand-ins"
        said.append(f"{now.not_graded} {which} could not be graded; this is no attempt: this page lists it.")
    return said


def _about_checks(now: Overview) -> list[str]:
    days = sorted(now.pass_rates)
    rates = now.pass_rates[days[-1]]
    said: list[str] = []
    hardest = min(rates, key=lambda name: rates[name], default=None)
    if hardest is None:
        return said
    if rates[hardest] == 1:
        return ["Everybody who handed in has passed every check: go on."]
    said.append(
        f"Explain {_words(hardest)} next: {percent(rates[hardest])} of those who handed in have passed it, the fewest."
    )
    shared = [one for one in now.mistakes if len(one["students"]) > 1]
    # the commonest mistake of that check; if nobody shares one, the commonest of all
    shared = [one for one in shared if one["check"] == hardest] or shared
    if shared:
        one = shared[0]
        told = textwrap.shorten(one["message"] or one["what"], _LONGEST, placeholder=" …")
        said.append(
            f"{_students(len(one['students']))} make one mistake in {_words(one['check'])}: {told or 'it is wrong.'}"
        )
    if len(days) > 1:
        before = now.pass_rates[days[-2]]
        rise, name = max((rate - before.get(name, 0.0), name) for name, rate in rates.items())
        if rise > 0:
            said.append(
                f"Good news: {_words(name)} rose from {percent(before.get(name, 0.0))} on {days[-2]} to "
                f"{percent(rates[name])}."
            )
    sure = [_words(name) for name, rate in rates.items() if rate >= _SURE]
    if sure:
        said.append(f"Leave out {_listed(sure)}: at least nine in ten have passed.")
    return said


def percent(share: float) -> str:
    """Return a share as text."""
    return f"{100 * share:.0f} %"


def span(seconds: float) -> str:
    """Return a duration as text."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _students(count: int) -> str:
    return f"{count} student" if count == 1 else f"{count} students"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
