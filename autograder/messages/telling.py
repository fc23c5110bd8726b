"""Of all that was found wrong, what is told: that which shows most, not that which came first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar

_HARDLY_ANYTHING = 1e-3
"""Share of the largest error below which an error is not worth telling beside it."""

UNCLEAR = frozenset({"value", "entries", "place", "offset"})
"""Kinds of finding that do not say where a wrong number comes from."""


class Finding(Protocol):
    """What is known of something wrong; see `judging.check.Finding`."""

    @property
    def label(self) -> str:
        """What was compared."""

    @property
    def kind(self) -> str:
        """How it is wrong."""

    @property
    def error(self) -> float | None:
        """How far off it is."""


F = TypeVar("F", bound=Finding)


def most_telling(findings: Sequence[F]) -> F:
    """Return the finding that a student should read.

    What was compared first is told first, unless it is nearly right and something else is not. Of several cases of it
    that one is told whose values look like something; of those, the one with the largest error.

    Parameters
    ----------
    findings : sequence of Finding
        What is wrong about one part of a check, in the order in which it was found.
    """
    by_label: dict[str, list[F]] = {}
    for finding in findings:
        by_label.setdefault(finding.label, []).append(finding)
    best = {label: _best(of_label) for label, of_label in by_label.items()}
    largest = max(map(_error, best.values()), default=0.0)
    plain = [
        f
        for f in best.values()
        if f.kind != "precision" and _error(f) >= _HARDLY_ANYTHING * min(largest, 1.0)
    ]
    return next(iter(plain or best.values()))


def _error(finding: Finding) -> float:
    return math.inf if finding.error is None else finding.error


def _best(findings: Sequence[F]) -> F:
    """Return the one of several cases that says most: what most of them look like, with the largest error."""
    most = max(map(_says, findings))
    telling = [f for f in findings if _says(f) == most]
    often = Counter(f.kind for f in telling)
    # In a small case many a value looks like something: a batch of one has but one row.
    common = [f for f in telling if often[f.kind] == max(often.values())]
    largest = max(map(_error, common))
    return next(f for f in common if _error(f) * 1.01 >= largest)


def _says(finding: Finding) -> int:
    """Order findings by how much they say; what has no size, such as a wrong shape, shows most."""
    if finding.error is None:
        return 3
    return {"precision": 0, "value": 1, "entries": 1}.get(finding.kind, 2)
