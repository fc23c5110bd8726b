"""The corpora of beginner's mistakes, and what the visible checks say of them."""

from __future__ import annotations

import functools
from pathlib import Path

from autograder.judging import bug_catalogue
from autograder.judging.bug_catalogue import _Entry as Mistake
from autograder.proofs.visible_checks import Said, play
from autograder.sources import Sources

HERE = Path(__file__).parent
MILESTONES = Sources().milestone_names
CORPORA = {"first": 200, "second": 100, "third": 90, "fourth": 60, "fifth": 15, "sixth": 90, "eighth": 60}
"""The corpora, and how many mistakes each has at least."""


def mistakes(corpus: str, milestone: str) -> dict[str, Mistake]:
    """Return the mistakes of a corpus in one milestone, by their names."""
    return {entry.name: entry for entry in bug_catalogue._entries([HERE / corpus / f"{milestone}.txt"])}


@functools.cache
def said(corpus: str, milestone: str) -> dict[str, Said]:
    """Return for each mistake what the checks say that do not pass."""
    edited = {name: entry.edited("nndl").sources() for name, entry in mistakes(corpus, milestone).items()}
    # the earlier ones were judged before changes were tried out
    return play(Sources().milestone(milestone), edited, trials=corpus == "eighth")
