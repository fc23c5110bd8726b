"""What each check plays: the sizes, depths, modes and options of its cases, read from their arguments.

Whatever can be counted should be there as 0, 1, 2 and many where the contract allows it, and no two sizes of a case
should be equal by accident: a mistake that takes one for the other would not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from ..judging import milestone_content
from ..judging.check import Check
from ..milestone import Milestone

AXES = {
    "x": ("N", "C", "H", "W"),
    "w": ("F", "", "HH", "WW"),  # the channels are those of x
    "image": ("C", "H", "W"),
}
"""Names of the entries of a shape, by argument."""
LAYERS = {"dims": 2, "hidden": 0}
"""Arguments that list the sizes of layers, and how many of these are not hidden."""
WINDOWS = {"HH", "WW", "height", "width", "size"}
"""Sizes that are compared with each other only: a window may be as high as there are images."""

HEAD = """\
## What each check plays

From the arguments of its cases. A shape counts by its axes, a net by its hidden layers. *Demands* are played in
cases of their own, or asked for on top of the values. *Equal sizes* are those that some case has in common, where a
mistake that takes one for the other would not show in this case.
"""


def sizes(case: Mapping[str, Any]) -> dict[str, int]:
    """Return the sizes of a case by the names of their axes."""
    found: dict[str, int] = {}
    for name, value in case.items():
        if isinstance(value, tuple) and name in AXES and len(value) == len(AXES[name]):
            found |= {axis: size for axis, size in zip(AXES[name], value, strict=True) if axis}
        elif isinstance(value, int) and not isinstance(value, bool):
            found[name.upper() if len(name) == 1 else name] = value
        elif isinstance(value, tuple) and name == "dims":
            found |= {"D": value[0], "classes": value[-1]}
    return found


def settings(case: Mapping[str, Any]) -> dict[str, str]:
    """Return everything that a case sets, sizes included, as texts."""
    found = {name: str(size) for name, size in sizes(case).items()}
    for name, value in case.items():
        if name in ("demand", "part") or name in found or name.upper() in found:
            continue
        if isinstance(value, tuple) and name in LAYERS:
            found["hidden layers"] = str(len(value) - LAYERS[name])
        elif isinstance(value, tuple) and name == "shape":
            found["axes"] = str(len(value))
        elif not (isinstance(value, tuple) and name in AXES and len(value) == len(AXES[name])):
            found[name] = "none" if value is None else str(value)
    return found


def equal_sizes(cases: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return which sizes are equal in how many cases; sizes of 1 are meant to be."""
    found: dict[str, int] = {}
    for case in cases:
        of_case = {name: size for name, size in sizes(case).items() if size > 1 and name not in SETTINGS}
        for (one, a), (other, b) in combinations(of_case.items(), 2):
            if a == b and (one in WINDOWS) == (other in WINDOWS):
                found[f"{one} = {other}"] = found.get(f"{one} = {other}", 0) + 1
    return found


SETTINGS = {"stride", "pad", "iterations", "cost_every", "history_every", "num_iters", "groups"}
"""Whole numbers that are no sizes of an array."""


def section(milestones: Iterable[Milestone]) -> str:
    """Return the section of the page about check strength."""
    lines = [HEAD]
    for milestone in milestones:
        lines += [
            f"### {milestone.name}", "",
            "| check | cases | plays | demands | equal sizes |", "|---|---|---|---|---|",
            *(_row(check) for check in milestone_content.checks(milestone)), "",
        ]  # fmt: skip
    return "\n".join(lines)


def _row(check: Check) -> str:
    values: dict[str, list[str]] = {}
    for case in check.cases:
        for name, value in settings(case).items():
            if value not in values.setdefault(name, []):
                values[name].append(value)
    played = "; ".join(f"{name}: {', '.join(_ordered(seen))}" for name, seen in values.items())
    equal = ", ".join(f"{what} ({count})" for what, count in equal_sizes(check.cases).items())
    demands = ", ".join(check.demands)
    return f"| {check.name} | {len(check.cases)} | {played or '–'} | {demands or '–'} | {equal or '–'} |"


def _ordered(values: list[str]) -> list[str]:
    return sorted(values, key=float) if all(_is_number(value) for value in values) else values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
