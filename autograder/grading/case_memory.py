"""What the cases of one run have shown, for submissions that answer as others did: see `library.conversations`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..failures import Failure, StudentError
from ..judging.check import CaseRecord, Check, Finding
from ..library.conversations import Conversation, Conversations, Said
from ..library.kept import same_array, size
from . import shared_records

_LARGEST = 16 << 20
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
        self._claims: dict[tuple[object, int], Counter[str]] = {}

    def about(self, check: Check, index: int) -> Conversation | None:
        """Return what was said in a case; None where its course depends on more than answers."""
        return None if check.needs_images else self._conversations.about((check.body, index))

    def claims(self, check: Check, index: int, count: Callable[[], Counter[str]]) -> Counter[str]:
        """Return how many claims a case has about each part, which is counted once."""
        found = self._claims.get((check.body, index))
        if found is None:
            name = "claims", self._run, check.name, index
            shared = shared_records.find_values(name)
            found = Counter(shared) if isinstance(shared, dict) else count()
            if shared is None:
                shared_records.share_values(name, dict(found))
            self._claims[check.body, index] = found
        return found

    def keep(self, conversation: Conversation, said: Sequence[Said] | None, record: CaseRecord) -> None:
        """Remember what a case has shown, if it came to its end or to an exception of the submission's."""
        if said is None or not isinstance(record.failure, StudentError | None):
            return
        kept = record.copy()
        kept.findings = list(map(_slim, kept.findings))
        if record.failure is not None:
            kept.failure = Failure.from_values(
                record.failure.values()
            )  # without the frames it has come through
        total = sum(map(_size, kept.findings))
        self._conversations.keep(conversation, said, kept, total, is_right=not record.failed_parts())


def _slim(finding: Finding) -> Finding:
    """Return a finding that holds once what is twice the same in it."""
    return (
        replace(finding, actual=finding.expected) if same_array(finding.actual, finding.expected) else finding
    )


def _size(finding: Finding) -> int:
    values = [finding.expected] if finding.actual is finding.expected else [finding.expected, finding.actual]
    return _FINDING + size([*values, *finding.given.values()], _LARGEST)
