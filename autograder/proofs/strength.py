"""How strong and how fair the checks of a milestone are: the tools that the proofs use.

Everything here runs in this process on edited copies of the reference, never on a submission.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import ModuleType

from ..judging import milestone_content
from ..judging.check import CaseRecord, Check, CheckResult
from ..judging.edited_reference import EditedReference, NamedBug, TextEdit
from ..judging.judge import run_check
from ..judging.recognise import Replay, replay_case, same_answers, shows_numbers
from ..judging.run_case import CheckRun
from ..judging.second_judgement import run_checks
from ..library.interface import Library
from ..library.loans import Borrower
from ..library.local import LocalLibrary, reference_library
from ..library.shared_answers import Answers, SharedLibrary
from ..milestone import Milestone
from ..slips.search import slips_of


def edited(milestone: Milestone, name: str, file: str, *edits: tuple[str, str]) -> LocalLibrary:
    """Return the reference with some texts of one file replaced, as a library to be graded."""
    replaced = EditedReference(
        name, tuple(TextEdit(file, old, new) for old, new in edits), milestone.reference
    )
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
    only: Collection[str] | None = None,
    replay: Replay = replay_case,
    known: Mapping[str, CheckResult] | None = None,
    slips: bool = True,
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
    only : collection of str, optional
        The names of the checks to run; by default all.
    replay : callable, optional
        Runs a known mistake's cases; see `recognise`.
    known : mapping of str to CheckResult, optional
        Results of checks that need not be run.
    slips : bool, default True
        Whether to look for small slips where no known mistake is recognised: they are words in a message, and no names.

    Returns
    -------
    dict of str to CheckResult
        By the checks' names.
    """
    right = _remembering_reference(milestone, seed)
    mistakes = milestone_content.known_mistakes(milestone) if name_bugs else ()
    checks = [check for check in milestone_content.checks(milestone) if not check.needs_images]
    checks = [check for check in checks if only is None or check.name in only]
    results = run_checks(
        checks,
        lambda check: library,
        right,
        lambda: reference(milestone),
        run_seed=seed,
        milestone=milestone,
        bugs=mistakes,
        replay=replay,
        known=known,
        slips=functools.partial(slips_of, milestone) if name_bugs and slips else None,
    )
    return {result.check.name: result for result in results}


def _remembering_reference(milestone: Milestone, seed: int) -> Library:
    """Return the reference with what it has answered before to the cases of this seed."""
    key = importlib.import_module(milestone.reference), milestone.name, seed
    if key not in _answers:
        _answers.clear()
        _answers[key] = Answers()
    return SharedLibrary(lambda: reference_library(milestone), _answers[key])


_answers: dict[tuple[ModuleType, str, int], Answers] = {}
"""Those of the last seed: what is measured for many seeds asks for each of them once."""


def shortcomings(bug: NamedBug, milestone: Milestone, seed: int = 1, *, named: bool = True) -> list[str]:
    """Return where the checks fall short of catching and naming one bug; empty if nowhere."""
    library = bug.edited.library(milestone)
    results = grade_in_process(library, milestone, seed, name_bugs=named)
    failed = {name for name, result in results.items() if result.verdict == "failed"}
    faults = [
        f"{name} was not graded: {r.message}" for name, r in results.items() if r.verdict == "not graded"
    ]
    if failed != set(bug.concerns):
        faults.append(f"costs points in {sorted(failed)}, but concerns {sorted(bug.concerns)}")
    if named and not is_named(bug, results, milestone, seed):
        faults.append(f"is named {sorted({found.name for r in results.values() for found, _ in r.bugs})}")
    return faults


def is_named(bug: NamedBug, results: Mapping[str, CheckResult], milestone: Milestone, seed: int) -> bool:
    """Return whether a bug is named, and nothing that differs from it.

    Work that is not done may be named instead, if it gives the same values; and nothing, if no wrong numbers are seen.
    """
    failed = [result for result in results.values() if result.verdict == "failed"]
    given = [(result, found) for result in failed for found, _ in result.bugs]
    if not given:
        return bool(failed) and not any(shows_numbers(result.records) for result in failed)
    others = [(result, found) for result, found in given if found.name != bug.name]
    return (len(others) < len(given) or all(found.simple for _, found in others)) and all(
        gives_the_same(found, bug, result.check, milestone, seed) for result, found in others
    )


def gives_the_same(
    one: NamedBug,
    other: NamedBug | Sequence[CaseRecord],
    check: Check,
    milestone: Milestone,
    seed: int,
    replay: Replay = replay_case,
) -> bool:
    """Return whether a bug gives the answers of another one, or those of some records, in every case of a check."""
    run = CheckRun(check, reference_library(milestone), seed, milestone)
    indices = range(len(check.cases))
    records = [replay(run, other, i) for i in indices] if isinstance(other, NamedBug) else other
    return len(records) == len(indices) and all(
        same_answers(record, replay(run, one, i)) for i, record in enumerate(records)
    )


def not_passed(library: Library, milestone: Milestone, seeds: Iterable[int]) -> list[str]:
    """Return a line for each check that a library does not pass with one of the seeds: its name, and why.

    A check that could not be run is among them; those of hidden images are left out.
    """
    right, found = reference_library(milestone), {}
    for seed in seeds:
        for check in milestone_content.checks(milestone):
            if check.name in found or check.needs_images:
                continue
            result = run_check(check, library, right, run_seed=seed, milestone=milestone)
            if result.verdict != "passed":
                found[check.name] = f"{check.name}, {result.verdict} with seed {seed}: {result.message}"
    return list(found.values())


def points_by_seed(
    bug: NamedBug, milestone: Milestone, seeds: Iterable[int]
) -> dict[str, dict[float, list[int]]]:
    """Return the checks in which a bug earns other points with another seed: the points, and with which seeds."""
    earned: dict[str, dict[float, list[int]]] = {}
    library = bug.edited.library(milestone)
    for seed in seeds:
        for name, result in grade_in_process(library, milestone, seed, name_bugs=False).items():
            earned.setdefault(name, {}).setdefault(result.score, []).append(seed)
    return {name: points for name, points in earned.items() if len(points) > 1}


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
