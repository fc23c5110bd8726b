"""Student code: wrong code loses what it does wrong and no more; what is said of it is so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .material import right, write
from .project import grade
from .student_code import CASES, FAILS_TODAY, Case
from .tables import parameters

ARTIFACTS = {"best_fc_net", "trained_convnet"}


def faults(case: Case, report: dict[str, Any]) -> list[str]:
    """Return what is not as it must be, in words."""
    if report["verdict"] != "graded":
        return [f"{report['verdict']}: {report['reason'][:150]}"]
    entries = {entry["name"]: entry for entry in report["checks"] if entry["name"] not in ARTIFACTS}
    wrong = [
        f"{name} {entry['verdict']} with {entry['score']:g} of {entry['points']:g}, expected {want}"
        for name, entry in entries.items()
        if not as_wanted(entry, want := case.checks.get(name, case.rest))
    ]
    if case.loses and all(entries[name]["verdict"] == "passed" for name in case.loses):
        wrong.append(f"none of {', '.join(case.loses)} lost a point")
    named = {bug["name"] for entry in entries.values() for bug in entry["bugs"]}
    if case.names and not named & set(case.names):
        wrong.append(f"{' or '.join(case.names)} is not named")
    wrong += [f"{name} is named" for name in case.never if name in named]
    said = "\n".join(entry["message"] for entry in entries.values())
    wrong += [f"no message says {p!r}" for p in case.says if not re.search(p, said)]
    wrong += [f"a message says {p!r}" for p in case.not_says if re.search(p, said)]
    return wrong


def as_wanted(entry: dict[str, Any], want: str | tuple[float, float] | None) -> bool:
    if isinstance(want, tuple):
        return bool(want[0] <= entry["score"] <= want[1])
    return want is None or bool(entry["verdict"] == want)


@pytest.mark.sandbox
@pytest.mark.parametrize("name", parameters(CASES, FAILS_TODAY))
def test_student(name, sandboxed, tmp_path):
    case = CASES[name]
    write(tmp_path / "submitted" / name / case.milestone, case.files())
    report = grade(case.milestone, tmp_path / "submitted", tmp_path / "reports")
    assert not faults(case, report)


@pytest.mark.parametrize("name", CASES)
def test_the_code_is_the_solution_but_for_the_edits(name):
    case = CASES[name]
    files, solution = case.files(), right(case.milestone)
    assert {file for file in files if files[file] != solution[file]} == set(case.edits)
