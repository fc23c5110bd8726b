"""What the tests of the checks share.

`test_all_checks.py` proves for every milestone what holds for all: the reference and each alternative earn every
point, each named bug costs exactly what it concerns and is named. A milestone's own file tests what is special to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import nndl
from autograder.grading.grade import Settings, grade_folder
from autograder.judging.check import CheckResult
from autograder.judging.edited_reference import NamedBug
from autograder.release.build import Release
from autograder.release.fences import without_markers
from autograder.sources import Sources

PACKAGE = Path(nndl.__file__).parent
Edit = tuple[str, str]

GARBAGE = (
    "None", "1", "'text'", "(1, 2, 3)", "[]", "{}", "np.nan", "np.zeros(0)", "True", "np.zeros((3, 3, 3))",
    "np.array(['a'])", "10**18", "np.array(1 + 2j)", "np.zeros((5, 3), dtype=bool)", "float('inf')",
    "np.float32(3)", "(None, None)", "({}, {})", "(np.zeros((5, 3)), None)",
)  # fmt: skip
"""Expressions that a student's function might return; each must be failed, and none may break a check."""


def not_passed(results: Mapping[str, CheckResult]) -> list[str]:
    """Return ``"check: verdict: message"`` for every check that is not passed."""
    return [f"{name}: {r.verdict}: {r.message}" for name, r in results.items() if r.verdict != "passed"]


def failed(results: Mapping[str, CheckResult]) -> set[str]:
    """Return the names of the checks that are failed."""
    return {name for name, result in results.items() if result.verdict == "failed"}


def of_values(result: CheckResult) -> dict[str, float]:
    """Return the credits of a check without those of its demands."""
    return {part: result.credits[part] for part in result.check.parts}


def returning(starts: Iterable[str], value: str) -> list[Edit]:
    """Return edits that let functions return ``value`` before the text ``starts``, of which each is in one of them."""
    return [(s, f"{s[: len(s) - len(s.lstrip(' '))]}return {value}\n{s}") for s in starts]


def too_few_bugs(functions: Mapping[str, Collection[str]], bugs: Iterable[NamedBug]) -> list[str]:
    """Return the functions with fewer than four named bugs, or with one that does not exist."""
    known = {bug.name for bug in bugs}
    return [name for name, of in functions.items() if len(set(of)) < 4 or not set(of) <= known]


def hand_in(
    folder: Path,
    milestone: str,
    *,
    solved: bool = True,
    edits: Mapping[str, Iterable[Edit]] | None = None,
    added: Mapping[str, str] | None = None,
    files: Mapping[str, Mapping[str, Any] | bytes] | None = None,
) -> dict[str, Any]:
    """Grade a release, in the sandbox, and return the report.

    Parameters
    ----------
    folder : Path
        Where to make it.
    milestone : str
    solved : bool, default True
        Whether all parts of the milestone are filled in.
    edits : mapping, optional
        Module of the package → texts that are replaced in it, each of which is there once.
    added : mapping, optional
        Module of the package → lines at its end, where functions can be defined anew.
    files : mapping, optional
        Stored files: name → bytes, or the arrays of an ``.npz`` file.
    """
    Release.current(Sources().milestone(milestone)).write(folder)
    marker = f"### BEGIN SOLUTION {milestone}\n"
    for path in PACKAGE.rglob("*.py") if solved else ():
        source = path.read_text(encoding="utf-8")
        if marker in source:
            target = folder / "nndl" / path.relative_to(PACKAGE)
            target.write_text(without_markers(source), encoding="utf-8")
    for file, replaced in (edits or {}).items():
        source = (folder / "nndl" / file).read_text(encoding="utf-8")
        for old, new in replaced:
            assert source.count(old) == 1, old
            source = source.replace(old, new)
        (folder / "nndl" / file).write_text(source, encoding="utf-8")
    for file, lines in (added or {}).items():
        with open(folder / "nndl" / file, "a", encoding="utf-8") as module:
            module.write(f"\n\n{lines}")
    for name, content in (files or {}).items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            np.savez(folder / name, **content)
    return grade_folder(folder, "ada", Settings(Sources().milestone(milestone), seed=5, data="offline"))
