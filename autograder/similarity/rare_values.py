"""Pairs with the same rare wrong values on the same inputs, which only this grader can see.

Two right programs agree everywhere, and so do two with a common mistake. Two that give the same wrong numbers, which
nobody else gives and no known mistake explains, may have one origin. All reports of a run had the same inputs, so their
values can be held against each other; reports with another seed cannot.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_STUDENTS = 3
"""A value that more students have is not rare."""
_TRIVIAL = re.compile(r"^(?:None|nan|[-+]?inf|0(?:\.0*)?|zeros?\b.*|ones?\b.*|.*\bnan\b.*)$", re.IGNORECASE)
_NUMBER = re.compile(r"\d+\.\d{3,}|\d{4,}")


@dataclass(frozen=True)
class SharedValue:
    """One wrong value that two submissions have in common."""

    check: str
    part: str
    case: str
    actual: str
    expected: str
    students: int


@dataclass(frozen=True)
class ValuePair:
    """Two students and the rare wrong values that both have.

    Attributes
    ----------
    first, second : str
    weight : float
        The rarer the values, and the more parts they are in, the larger.
    values : tuple of SharedValue
    """

    first: str
    second: str
    weight: float
    values: tuple[SharedValue, ...] = field(default_factory=tuple)


def pairs(reports: Sequence[dict[str, Any]]) -> tuple[list[ValuePair], dict[str, list[str]]]:
    """Return pairs by weight, and the students that could not be compared, by the seed of their run.

    The seed that most reports have is compared; the others need ``autograder grade --seed`` with it.
    """
    of_seed: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for report in reports:
        if report["verdict"] == "graded" and report["seed"]:
            of_seed[report["seed"]].append(report)
    if not of_seed:
        return [], {}
    seed = max(of_seed, key=lambda one: (len(of_seed[one]), one))
    left = {other: [r["student"] for r in found] for other, found in of_seed.items() if other != seed}
    return _pairs(of_seed[seed]), left


def _pairs(reports: Sequence[dict[str, Any]]) -> list[ValuePair]:
    who: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    expected: dict[tuple[str, str, str, str], str] = {}
    for report in reports:
        for check in report["checks"]:
            if check["bugs"]:  # a known mistake gives everybody who makes it the same values
                continue
            for finding in check["findings"]:
                if not _says_something(finding):
                    continue
                where = f"case {finding['case']}: {_sizes(finding['arguments'])}"
                key = check["name"], finding["part"] or finding["label"], where, finding["actual"]
                who[key].add(report["student"])
                expected[key] = finding["expected"]
    shared: dict[tuple[str, str], list[SharedValue]] = defaultdict(list)
    for key, students in who.items():
        if 2 <= len(students) <= MOST_STUDENTS:
            value = SharedValue(*key, expected[key], len(students))
            for pair in itertools.combinations(sorted(students), 2):
                shared[pair].append(value)
    found = [
        ValuePair(*pair, _weight(values, len(reports)), tuple(values)) for pair, values in shared.items()
    ]
    return sorted(found, key=lambda pair: (-pair.weight, pair.first, pair.second))


def _weight(values: Sequence[SharedValue], size: int) -> float:
    """Return the surprise of the rarest value of each part, added up: cases of one part are one observation."""
    rarest: dict[tuple[str, str], int] = {}
    for value in values:
        key = value.check, value.part
        rarest[key] = min(value.students, rarest.get(key, size))
    return round(sum(math.log2(size / students) for students in rarest.values()), 2)


def _says_something(finding: dict[str, Any]) -> bool:
    """Whether a wrong value can be somebody's own: numbers with digits, neither trivial nor nearly right."""
    actual, expected = finding["actual"].strip(), finding["expected"].strip()
    if not actual or not expected or _TRIVIAL.match(actual):
        return False
    return len(set(_NUMBER.findall(actual)) - set(_NUMBER.findall(expected))) >= 2


def _sizes(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(arguments.items())) or "no sizes"
