"""Running one case of a check, and which claims an early end left open."""

from __future__ import annotations

import functools
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..failures import Failure, InfrastructureError, UnusableValue
from ..library.conversations import AskedOtherwise, Conversation, Said
from ..library.interface import Library
from ..library.kept import kept
from ..library.remembering import remembering
from ..messages.stopped import at_own_line
from ..milestone import Milestone
from .check import CaseRecord, Check, Draw, Trial, each_finding
from .hidden_images import DataUnavailable, HiddenImages

_LONGEST_REASON = 300

LARGEST_GIVEN = 1 << 18
"""Bytes of an argument that is remembered to explain a wrong value."""


class CaseMemory(Protocol):
    """Remembers what cases have shown; see `grading.case_memory`."""

    def about(self, check: Check, index: int) -> Conversation | None:
        """Return what was said in a case; None where its course depends on more than answers."""

    def claims(self, check: Check, index: int, count: Callable[[], Counter[str]]) -> Counter[str]:
        """Return how many claims a case has about each part, which is counted once."""

    def keep(self, conversation: Conversation, said: Sequence[Said] | None, record: CaseRecord) -> None:
        """Remember what a case has shown."""


class OutOfTime(Exception):
    """What is left would take longer than one submission may take; raised where the points are settled."""


@dataclass(frozen=True)
class CheckRun:
    """One check in one run: what all its cases have in common.

    Attributes
    ----------
    check : Check
    reference : Library
        Gives the right values.
    run_seed : int
        The run's seed.
    milestone : Milestone
        Its name is part of every case's seed.
    images : HiddenImages or None
        For checks that need them.
    deadline : float, optional
        Time of `time.process_time` after which no further case is begun.
    memory : CaseMemory, optional
        What the cases have shown before; all of it was shown to this reference, in a run with this seed.
    """

    check: Check
    reference: Library
    run_seed: int
    milestone: Milestone
    images: HiddenImages | None = None
    deadline: float = math.inf
    memory: CaseMemory | None = None

    def run_case(self, library: Library, index: int) -> CaseRecord:
        """Run case ``index`` with ``library`` in the student's place.

        Raises
        ------
        OutOfTime
            If the deadline has passed.
        """
        if time.process_time() > self.deadline:
            raise OutOfTime
        library.begin_case()
        conversation = None if self.memory is None else self.memory.about(self.check, index)
        if self.memory is None or conversation is None or not conversation.repeatable:
            return self._run_case(library, index)
        try:
            known: CaseRecord | None = library.ask_again(conversation)
            if known is not None:
                return known.copy()
            record, said = self._run_case(library, index), library.said()
        except AskedOtherwise:
            conversation.repeatable = False
            library.begin_anew()
            return self._run_case(library, index)
        self.memory.keep(conversation, said, record)
        return record

    def _run_case(self, library: Library, index: int) -> CaseRecord:
        draw = functools.partial(Draw, self.run_seed, self.milestone.name, self.check.name, index)
        record = self.run_case_with(library, index, self.check.cases[index], draw)
        if record.failure is not None:
            record.unjudged = self._unjudged(record)
        return record

    def run_case_with(
        self, library: Library, index: int, case: dict[str, Any], draw: Callable[[], Draw]
    ) -> CaseRecord:
        """Run a case with other arguments and another source of inputs; ``unjudged`` is left empty.

        ``draw`` gives that source, anew each time.
        """
        record = CaseRecord(index, case)
        self.reference.begin_case()
        try:
            self._collect(record, library, draw())
        except Failure as failure:
            record.failure = at_own_line(failure, self.milestone.reference, self.milestone.name)
        except (InfrastructureError, DataUnavailable):
            raise
        except Exception as error:
            if library is self.reference or not self._is_caused_by_a_value(case, draw, error):
                raise
            reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
            record.failure = UnusableValue(
                f"the check could not go on with what your code gave it ({reason})"
            )
        return record

    def _collect(self, record: CaseRecord, library: Library, draw: Draw) -> None:
        trial = Trial(library, self.reference, draw, self.images if self.check.needs_images else None)
        arguments = {name: value for name, value in record.case.items() if name != "demand"}
        demand = record.case.get("demand")
        with remembering(library) as given:
            for finding in each_finding(self.check.name, self.check.body(trial, **arguments)):
                library.settle()  # what was asked before this was found, and fails, comes before it
                if finding.part not in self.check.all_parts:
                    raise AssertionError(f"check {self.check.name} has no part {finding.part!r}")
                if demand is not None and finding.part in self.check.parts:
                    finding = replace(finding, part=demand, stands_for=finding.part)
                if not finding.passed:
                    small = {name: value for name, value in given.items() if value.nbytes <= LARGEST_GIVEN}
                    finding = replace(finding, given=small)
                actual, expected = (
                    kept(finding.actual, finding.expected),
                    kept(finding.expected, finding.expected),
                )
                if actual is not finding.actual or expected is not finding.expected:
                    finding = replace(finding, actual=actual, expected=expected)
                record.findings.append(finding)
            library.settle()

    def _is_caused_by_a_value(self, case: dict[str, Any], draw: Callable[[], Draw], error: Exception) -> bool:
        """Whether an exception in the check's own code comes from a value of the student's.

        It does where the same case, with the reference in the student's place, comes to its end. Where that
        cannot be asked, because the reference hands in no files, the values of the student's files are all that
        differs from the cases of our own tests; the machine's own troubles are left out.
        """
        if self.check.needs_images:
            return not isinstance(error, MemoryError | OSError)
        try:
            self._collect(CaseRecord(0, case), self.reference, draw())
        except Exception:  # whatever it is: the check fails without the student's values, too
            return False
        return True

    def parts_of_later_cases(self, index: int) -> set[str]:
        """Return the parts that the cases after ``index`` have claims about."""
        later = range(index + 1, len(self.check.cases))
        if self.check.needs_images:
            return set(self.check.all_parts) if later else set()
        return {f.part for i in later for f in self.run_case(self.reference, i).findings}

    def _unjudged(self, record: CaseRecord) -> set[str]:
        """Return the parts that the reference has more findings for: a failure must not skip a claim."""
        if self.check.needs_images:  # the reference hands in no files, so it cannot be asked
            return set(self.check.all_parts)

        def count() -> Counter[str]:
            return Counter(f.part for f in self.run_case(self.reference, record.index).findings)

        there = count() if self.memory is None else self.memory.claims(self.check, record.index, count)
        seen = Counter(f.part for f in record.findings)
        return {part for part in self.check.all_parts if seen[part] < there[part]}
