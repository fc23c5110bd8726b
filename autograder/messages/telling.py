"""Of all that was found wrong, what is told: that which shows most, not that which came first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, TypeVar

_HARDLY_ANYTHING = 1e-3
"""Share of the largest error below which an error is not worth telling beside it."""

UNCLEAR = frozenset({"value", "entries", "place"})
"""Kinds of finding that say at most where a value is wrong."""


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
    best: dict[str, F] = {}
    for finding in findings:
        other = best.get(finding.label)
        if other is None or _shows_more(finding, other):
            best[finding.label] = finding
    largest = max(map(_error, best.values()), default=0.0)
    plain = [
        f
        for f in best.values()
        if f.kind != "precision" and _error(f) >= _HARDLY_ANYTHING * min(largest, 1.0)
    ]
    return next(iter(plain or best.values()))


def _error(finding: Finding) -> float:
    return math.inf if finding.error is None else finding.error


def _shows_more(finding: Finding, other: Finding) -> bool:
    """Whether a finding says more than an earlier one, or as much of a plainly larger error."""
    if _says(finding) != _says(other):
        return _says(finding) > _says(other)
    return _error(finding) > 1.01 * _error(other)


def _says(finding: Finding) -> int:
    """Order findings by how much they say; what has no size, such as a wrong shape, shows most."""
    if finding.error is None:
        return 3
    return {"precision": 0, "value": 1, "entries": 1}.get(finding.kind, 2)
