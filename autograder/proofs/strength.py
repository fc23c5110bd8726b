"""How strong and how fair the checks of a milestone are: the tools that the proofs use.

Everything here runs in this process on edited copies of the reference, never on a submission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..judging import milestone_content
from ..judging.check import CheckResult
from ..judging.edited_reference import EditedReference, NamedBug, TextEdit
from ..judging.judge import run_check
from ..judging.recognise import Replay, replay_case
from ..judging.second_judgement import run_checks
from ..library.interface import Library
from ..library.loans import Borrower
from ..library.local import LocalLibrary, reference_library
from ..milestone import Milestone


def edited(milestone: Milestone, name: str, file: str, *edits: tuple[str, str]) -> LocalLibrary:
    """Return the reference with some texts of one file replaced, as a library to be graded."""
    replaced = EditedReference(name, tuple(TextEdit(file, old, new) for old, new in edits), milestone.package)
    return replaced.library(milestone)


def reference(milestone: Milestone) -> LocalLibrary:
    """Return the reference as a library to be graded."""
    return reference_library(milestone, is_reference=False)


def grade_in_process(
    library: Borrower,
    milestone: Milestone,
    seed: int = 1,
    *,
    name_bugs: bool = True,
    replay: Replay = replay_case,
) -> dict[str, CheckResult]:
    """Grade a library that runs in this process; checks of stored files are left out.

    Parameters
    ----------
    library : Library
        What is graded.
    milestone : Milestone
        Whose checks are used.
    seed : int, default 1
        The run's seed.
    name_bugs : bool, default True
        Whether known mistakes are to be recognised, which takes most of the time.
    replay : callable, optional
        Runs a known mistake's cases; see `recognise`.

    Returns
    -------
    dict of str to CheckResult
        By the checks' names.
    """
    right = reference_library(milestone)
    known = milestone_content.known_mistakes(milestone) if name_bugs else ()
    checks = [check for check in milestone_content.checks(milestone) if not check.needs_images]
    results = run_checks(
        checks,
        lambda check: library,
        right,
        lambda: reference(milestone),
        run_seed=seed,
        milestone=milestone,
        bugs=known,
        replay=replay,
    )
    return {result.check.name: result for result in results}


def shortcomings(bug: NamedBug, milestone: Milestone, seed: int = 1, *, named: bool = True) -> list[str]:
    """Return where the checks fall short of catching and naming one bug; empty if nowhere."""
    library = bug.edited.library(milestone)
    results = grade_in_process(library, milestone, seed, name_bugs=named)
    failed = {name for name, result in results.items() if result.verdict == "failed"}
    found = {bug.name for result in results.values() for bug, _ in result.bugs}
    faults = [
        f"{name} was not graded: {r.message}" for name, r in results.items() if r.verdict == "not graded"
    ]
    if failed != set(bug.concerns):
        faults.append(f"costs points in {sorted(failed)}, but concerns {sorted(bug.concerns)}")
    if named and found != {bug.name}:
        faults.append(f"is named {sorted(found)}")
    return faults


def first_failed(load: Callable[[], Library], milestone: Milestone, seeds: Iterable[int]) -> str:
    """Return the name of the first check that a changed reference does not pass, or ``""``.

    Parameters
    ----------
    load : callable
        Gives the library; ``"import"`` is returned if it raises an exception.
    milestone : Milestone
        Whose checks are used.
    seeds : iterable of int
        Seeds of the runs; the next one is tried where all checks are passed.
    """
    right = reference_library(milestone)
    try:
        library = load()
    except Exception:  # whatever a changed module raises, it would raise in front of every check
        return "import"
    for seed in seeds:
        for check in milestone_content.checks(milestone):
            if check.needs_images:
                continue
            result = run_check(check, library, right, run_seed=seed, milestone=milestone)
            if result.verdict == "failed":
                return check.name
    return ""
