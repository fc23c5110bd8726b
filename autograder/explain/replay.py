"""Playing a check of a report again: the first case that fails, and the smallest input that fails as it does."""

from __future__ import annotations

from dataclasses import replace

from ..failures import InfrastructureError, StudentError
from ..judging.check import CaseRecord
from ..judging.run_case import Round
from ..library.interface import Library
from .shrink import Budget, Drawn, Input, ScriptedDraw, jiggled, shrink


def first_failed(this: Round, library: Library) -> CaseRecord | None:
    """Return the first case that ``library`` fails; None if there is none."""
    for index in range(len(this.check.cases)):
        record = this.play(library, index)
        if record.failed_parts() or record.failure is not None:
            return record
    return None


def play_input(
    this: Round, library: Library, original: CaseRecord, tried: Input
) -> tuple[CaseRecord, list[Drawn]]:
    """Play an input in the place of a case; return what was found, and what was drawn."""
    draw = ScriptedDraw((this.run_seed, this.milestone.name, this.check.name, original.index), tried.choices)
    with library.limits(wall=this.check.wall):
        record = this.play_with(library, original.index, tried.case, draw)
    return record, draw.drawn


def smallest(this: Round, library: Library, right: Library, original: CaseRecord, budget: Budget) -> Input:
    """Return the smallest input found that fails as ``original`` does, and that right code passes.

    Prescribed numbers must fail a little to either side too: what fails only at a kink or a tie is another matter.
    """

    def fails(tried: Input) -> list[Drawn] | None:
        drawn = fails_exactly(tried)
        sides = jiggled(tried.choices) if drawn is not None and tried.choices else ()
        return None if any(fails_exactly(replace(tried, choices=side)) is None for side in sides) else drawn

    def fails_exactly(tried: Input) -> list[Drawn] | None:
        try:
            honest, _ = play_input(this, right, original, tried)
            if honest.failure is not None or honest.failed_parts():
                return None
            record, drawn = play_input(this, library, original, tried)
        except InfrastructureError:
            raise
        except Exception:  # sizes that make no case: the check or the reference refuses them
            return None
        return drawn if fails_alike(original, record) else None

    start = Input(original.case)
    drawn = fails(start)
    return start if drawn is None else shrink(start, drawn, fails, this.check, budget)


def _symptom(record: CaseRecord) -> tuple[str, ...]:
    """Return what went wrong first: a part with a label, or the kind of a failure."""
    for finding in record.findings:
        if not finding.passed:
            return finding.part, finding.label
    failure = record.failure
    if isinstance(failure, StudentError):
        return type(failure).__name__, failure.type_name, str(failure.file), str(failure.line)
    return (type(failure).__name__,)


def fails_alike(original: CaseRecord, record: CaseRecord) -> bool:
    """Return whether the same thing went wrong first in both."""
    return _symptom(record) == _symptom(original)
