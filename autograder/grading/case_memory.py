"""What the cases of one run have shown, for submissions that answer as others did: see `library.conversations`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..failures import Failure, StudentError
from ..judging.check import CaseRecord, Check, Finding
from ..library.conversations import Conversation, Conversations, Said
from ..library.kept import same_array, size
from . import shared_records

_LARGEST, _LARGE = 16 << 20, 4096
"""Bytes up to which a finding's size is counted, and from which on an array is kept once, however often it comes."""

_FINDING = 1000
"""Bytes that a finding takes besides its values."""


class CaseMemory:
    """What one process remembers of the cases of one run.

    Parameters
    ----------
    run : object
        Its ``repr`` tells the run from all others; processes of the same run share how many claims a case has.
    """

    def __init__(self, run: object = None) -> None:
        self._run = run
        self._conversations = Conversations()
        self._claims: dict[tuple[str, int], Counter[str]] = {}
        self._large: dict[Any, np.ndarray] = {}

    def begin(self) -> None:
        """Say that another submission is judged from here on."""
        self._conversations.begin()

    def about(self, check: Check, index: int) -> Conversation | None:
        """Return what was said in a case; None where its course depends on more than answers."""
        return self._conversations.about((check.name, index)) if check.remembered else None

    def claims(self, check: Check, index: int, count: Callable[[], Counter[str]]) -> Counter[str]:
        """Return how many claims a case has about each part, which is counted once."""
        found = self._claims.get((check.name, index))
        if found is None:
            name = "claims", self._run, check.name, index
            shared = shared_records.find_values(name)
            found = Counter(shared) if isinstance(shared, dict) else count()
            if shared is None:
                shared_records.share_values(name, dict(found))
            self._claims[check.name, index] = found
        return found

    def keep(self, conversation: Conversation, said: Sequence[Said] | None, record: CaseRecord) -> None:
        """Remember what a case has shown, if it came to its end or to an exception of the submission's."""
        if said is None or not isinstance(record.failure, StudentError | None):
            return
        kept = record.copy()
        kept.findings = list(map(_slim, kept.findings))
        if record.failure is not None:
            # without the frames it has come through
            kept.failure = Failure.from_values(record.failure.values())
        large = {name: value for finding in kept.findings for name, value in _large_of(finding)}
        new = {name: value for name, value in large.items() if name not in self._large}
        total = sum(map(_small_size, kept.findings)) + sum(value.nbytes for value in new.values())
        if self._conversations.keep(conversation, said, kept, total, is_right=not record.failed_parts()):
            self._large |= new
            kept.findings = [self._with_known_arrays(finding) for finding in kept.findings]

    def _with_known_arrays(self, finding: Finding) -> Finding:
        """Return a finding whose large arrays are those that are remembered: most are right for everybody."""
        actual, expected = (self._large.get(_name_of(v), v) for v in (finding.actual, finding.expected))
        return replace(finding, actual=actual, expected=expected)


def _slim(finding: Finding) -> Finding:
    """Return a finding that holds once what is twice the same in it."""
    return (
        replace(finding, actual=finding.expected) if same_array(finding.actual, finding.expected) else finding
    )


def _name_of(value: Any) -> Any:
    """Return what tells a large array from all others; None of anything else."""
    if type(value) is not np.ndarray or value.nbytes < _LARGE:
        return None
    return value.dtype.str, value.shape, hashlib.sha256(value.tobytes()).digest()


def _large_of(finding: Finding) -> Iterator[tuple[Any, np.ndarray]]:
    for value in (finding.expected, finding.actual)[: 1 + (finding.actual is not finding.expected)]:
        if (name := _name_of(value)) is not None:
            yield name, value


def _small_size(finding: Finding) -> int:
    """Return about how many bytes a finding takes, its large arrays left out."""
    values = [v for v in (finding.expected, finding.actual) if _name_of(v) is None]
    return _FINDING + size([*values, *finding.given.values()], _LARGEST)
