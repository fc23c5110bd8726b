"""What :func:`nndl.compat.install` was told, where the courses' modules can read it."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from . import notices

#: The year that was given for each installed course; None where none was given.
years: dict[str, int | None] = {}

#: The module with the student's update rules, where the layers are to be the student's: its name for importing.
students_optim: str | None = None

_NEWEST = 2018  # since then the meanings below have not changed


def forget() -> None:
    """Go back to the state before anything was installed."""
    global students_optim
    years.clear()
    students_optim = None
    notices.forget()


def check_year(year: Any) -> int | None:
    """Return ``year`` if it is None or looks like a year."""
    if year is None:
        return None
    if isinstance(year, bool) or not isinstance(year, Integral) or not 2015 <= int(year) < 2100:
        raise ValueError(f"year must be that of the course, such as 2017, but got {year!r}")
    return int(year)


def drops_with_p() -> bool:
    """Return whether p of CS231n's dropout is the probability of *dropping*: until 2017."""
    year = years.get("cs231n")
    return year is not None and year < _NEWEST


def halves_the_penalty() -> bool:
    """Return whether the L2 penalty of assignment 1 is ``0.5 * reg * sum(W**2)``: until 2016."""
    year = years.get("cs231n")
    return year is not None and year <= 2016


def older_name(name: str) -> None:
    """Say, once and unless the year was given, how a name that only older notebooks use is read."""
    if years.get("cs231n") is None:
        notices.say_once(
            f"{name} is a name of older CS231n notebooks, read as since {_NEWEST}: dropout keeps with "
            f'probability p. For a notebook of 2017 or before: nndl.compat.install("cs231n", year=2017)'
        )
