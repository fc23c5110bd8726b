"""Running a check of a report again: the first case that fails, and the smallest input that fails in the same way."""

from __future__ import annotations

from dataclasses import replace

from ..failures import InfrastructureError, StudentError
from ..judging.check import CaseRecord
from ..judging.run_case import CheckRun
from ..library.interface import Library
from .shrink import CaseInput, Drawn, ScriptedDraw, SearchBudget, nudged, shrink


def first_failed(check_run: CheckRun, library: Library) -> CaseRecord | None:
    """Return the first case that ``library`` fails; None if it fails none."""
    for index in range(len(check_run.check.cases)):
        record = check_run.run_case(library, index)
        if record.failed_parts() or record.failure is not None:
            return record
    return None


def run_input(
    check_run: CheckRun, library: Library, original: CaseRecord, tried: CaseInput
) -> tuple[CaseRecord, list[Drawn]]:
    """Run an input instead of a case; return what was found, and what was drawn."""
    path = (check_run.run_seed, check_run.milestone.name, check_run.check.name, original.index)
    draws: list[ScriptedDraw] = []

    def draw() -> ScriptedDraw:
        draws.append(ScriptedDraw(path, tried.choices))
        return draws[-1]

    check = check_run.check
    with library.limits(wall=check.wall, call=check.longest_call):
        record = check_run.run_case_with(library, original.index, tried.case, draw)
    return record, draws[0].drawn


def smallest(
    check_run: CheckRun, library: Library, right: Library, original: CaseRecord, budget: SearchBudget
) -> CaseInput:
    """Return the smallest input found that fails as ``original`` does, and that right code passes.

    Prescribed numbers must also fail when they are moved a little to either side: what fails only at a kink or a tie
    is a different failure.
    """

    def fails(tried: CaseInput) -> list[Drawn] | None:
        drawn = fails_exactly(tried)
        sides = nudged(tried.choices) if drawn is not None and tried.choices else ()
        return None if any(fails_exactly(replace(tried, choices=side)) is None for side in sides) else drawn

    def fails_exactly(tried: CaseInput) -> list[Drawn] | None:
        try:
            honest, _ = run_input(check_run, right, original, tried)
            if honest.failure is not None or honest.failed_parts():
                return None
            record, drawn = run_input(check_run, library, original, tried)
        except InfrastructureError:
            raise
        except Exception:  # sizes that do not make a case: the check or the reference refuses them
            return None
        return drawn if fails_alike(original, record) else None

    start = CaseInput(original.case)
    drawn = fails(start)
    return start if drawn is None else shrink(start, drawn, fails, check_run.check, budget)


def fails_alike(original: CaseRecord, record: CaseRecord) -> bool:
    """Return whether the same thing went wrong first in both."""
    return _symptom(record) == _symptom(original)


def _symptom(record: CaseRecord) -> tuple[str, ...]:
    """Return what went wrong first: a part with a label, or the kind of a failure."""
    for finding in record.findings:
        if not finding.passed:
            return finding.part, finding.label
    failure = record.failure
    if isinstance(failure, StudentError):
        return type(failure).__name__, failure.type_name, str(failure.file), str(failure.line)
    return (type(failure).__name__,)
