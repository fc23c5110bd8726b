"""What the submissions of one class have in common in one run: right answers, and those of the known mistakes.

One seed draws the same cases for everybody. What the reference answers, and what each known mistake shows in them, does
not depend on the student. The reference's answers are computed once in each grading process, and what a mistake shows
once in a run: see `shared_records`. What a student's answers show, others have shown who answered the same: see
`case_memory`.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from ..judging.check import CaseRecord
from ..judging.edited_reference import NamedBug
from ..judging.recognise import replay_case
from ..judging.run_case import CheckRun
from ..library.kept import same_array, size
from ..library.local import reference_library
from ..library.shared_answers import Answers, SharedLibrary
from ..milestone import Milestone
from . import shared_records
from .case_memory import CaseMemory

_LARGEST_RECORD = 16 << 20
"""Bytes of what a mistake shows in one case that is remembered."""

_RECORDS = 32 << 20
"""Bytes of such records that are remembered in each process: another one is read from a file, see `shared_records`."""

_FINDING = 1000
"""Bytes that a finding takes besides its values."""


@dataclass(frozen=True)
class ClassMemory:
    """What one process remembers of one run.

    Attributes
    ----------
    milestone : Milestone
    seed : int
        The run's seed.
    """

    milestone: Milestone
    seed: int
    _answers: Answers = field(default_factory=Answers)
    _replays: Answers = field(default_factory=lambda: Answers(_RECORDS, _LARGEST_RECORD))
    _right: dict[tuple[Any, int], list[Any]] = field(default_factory=dict)

    @functools.cached_property
    def cases(self) -> CaseMemory:
        """What its cases have shown."""
        return CaseMemory((self.milestone.name, self.seed))

    def reference(self) -> SharedLibrary:
        """Return the reference, for one submission."""
        # The same random state for everybody, so that an answer from memory is the one that would be computed.
        digest = hashlib.sha256(f"{self.seed}/reference".encode()).digest()
        random = int.from_bytes(digest[:4], "big")
        return SharedLibrary(lambda: reference_library(self.milestone, random=random), self._answers)

    def replay(self, check_run: CheckRun, bug: NamedBug, index: int) -> CaseRecord:
        """Run one case with a bug in the student's place, or return what it showed before; see `recognise.Replay`."""
        asked = check_run.check.name, index, bug.edited.alias
        known: CaseRecord | None = self._replays.find(asked)
        if known is not None:
            return known
        name = self.milestone.name, self.seed, check_run.check.name, index, bug.edited.alias
        record = shared_records.find(name)
        is_new = record is None
        if record is None:
            record = replay_case(check_run, bug, index)
            record.findings = [replace(finding, given={}) for finding in record.findings]
        new = self._remember(asked, record)
        if is_new:
            shared_records.share(name, record, new)
        return record

    def _remember(self, asked: tuple[Any, int, str], record: CaseRecord) -> int:
        """Remember what a bug has shown, and return about how many bytes are new in it."""
        # All bugs are held against the same right values, which are kept once.
        first = self._right.get(asked[:2])
        right = (
            first
            if first is not None and len(first) == len(record.findings)
            else [None] * len(record.findings)
        )
        new = 0
        findings = []
        for finding, known_value in zip(record.findings, right, strict=True):
            if known_value is not None and same_array(known_value, finding.expected):
                findings.append(replace(finding, expected=known_value))
            else:
                findings.append(finding)
                new += size(finding.expected, _LARGEST_RECORD)
            new += size(finding.actual, _LARGEST_RECORD)
        record.findings = findings
        if first is None and new <= _LARGEST_RECORD:
            self._right[asked[:2]] = [finding.expected for finding in findings]
        new += _FINDING * len(findings)
        self._replays.keep(asked, record, new)
        return new


@functools.lru_cache(maxsize=1)
def class_memory(milestone: Milestone, seed: int, data: str | None) -> ClassMemory:
    """Return what this process remembers of a run; another run's memory is forgotten.

    Parameters
    ----------
    milestone, seed, data
        As in `grade.Settings`.
    """
    return ClassMemory(milestone, seed)
