"""From a table of cases, and the table of those that fail today, to the parameters of a test."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pytest


def parameters(
    cases: Iterable[str], fails_today: Mapping[str, str], quick: Collection[str] = ()
) -> list[Any]:
    """Return one parameter a case; the case's name is its id.

    A case in ``fails_today`` must fail, and by an assertion: an error anywhere else is an error of the test. All cases
    that are not ``quick`` are marked as slow.
    """
    names = list(cases)
    unknown = (set(fails_today) | set(quick)) - set(names)
    if unknown:
        raise ValueError(f"there is no case {', '.join(sorted(unknown))}")
    return [pytest.param(name, id=name, marks=_marks(name, fails_today, quick)) for name in names]


def _marks(name: str, fails_today: Mapping[str, str], quick: Collection[str]) -> list[pytest.MarkDecorator]:
    marks = [] if name in quick else [pytest.mark.slow]
    if name in fails_today:
        marks.append(pytest.mark.xfail(strict=True, raises=AssertionError, reason=fails_today[name]))
    return marks
