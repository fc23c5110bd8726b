"""Answers with two mistakes each, to be read by someone who does not know them: do the messages lead there.

    python -m autograder.proofs.two_mistakes FOLDER --seed 1 --answers 50

writes ``FOLDER/messages.txt``, what the students of these answers would read, and ``FOLDER/causes.txt``, what was done
to the reference. The reader writes a guess for each answer before looking at the causes.
"""

from __future__ import annotations

import functools
import random
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click

from ..judging import milestone_content
from ..judging.check import CheckResult
from ..judging.edited_reference import Edit, EditedReference
from ..library.local import reference_folder
from ..milestone import Milestone
from ..slips.mutation import mutants
from ..sources import Sources
from .strength import first_failed, grade_in_process

_SECONDS = 120


@dataclass(frozen=True)
class SmallestEdit:
    """The part of another edit that changes something, so that two edits of one file fit beside each other."""

    file: str
    begin: int
    end: int
    new: str
    where: str

    def locate(self, source: str) -> tuple[int, int, str]:
        """Return begin, end and replacement; see `edited_reference.Edit`."""
        return self.begin, self.end, self.new


@dataclass(frozen=True)
class Mistake:
    """A named bug or a mutant of the corpus.

    Attributes
    ----------
    name : str
        What was done, for whoever compares the guesses with it.
    edits : tuple of Edit
        How it is made.
    """

    name: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Answer:
    """An answer with mistakes, and what came of it."""

    milestone: Milestone
    mistakes: tuple[Mistake, ...]
    results: dict[str, CheckResult]

    def messages(self) -> list[str]:
        """Return what the student reads, a line for each check that is not passed."""
        return [f"{name}: {r.message}" for name, r in self.results.items() if r.verdict != "passed"]


def answers(milestones: Sequence[Milestone], count: int, seed: int) -> Iterator[Answer]:
    """Yield answers with two mistakes that both show, the milestones in turn.

    Half of the mistakes are named bugs, half are mutants; which ones is drawn from ``seed``. Each alone costs points,
    and without it the messages would be others: a mistake behind a line that stops the code cannot be told before
    that is mended.
    """
    draw = random.Random(seed)
    corpora = {milestone.name: _corpus(milestone) for milestone in milestones}
    for number in range(count):
        milestone = milestones[number % len(milestones)]
        answer = None
        while answer is None:
            pair = (
                _shown(milestone, corpora[milestone.name], draw),
                _shown(milestone, corpora[milestone.name], draw),
            )
            together = _graded(milestone, pair, seed, name_bugs=False)
            if together is None or any(_says_as_much(milestone, (one,), seed, together) for one in pair):
                continue
            answer = _graded(milestone, pair, seed)
        yield answer


def _says_as_much(milestone: Milestone, mistakes: tuple[Mistake, ...], seed: int, together: Answer) -> bool:
    """Whether an answer with these mistakes only gets the same messages."""
    alone = _graded(milestone, mistakes, seed, name_bugs=False)
    return alone is None or _without_lines(alone) == _without_lines(together)


def _without_lines(answer: Answer) -> list[str]:
    return [re.sub(r"line \d+", "line", message) for message in answer.messages()]


def _corpus(milestone: Milestone) -> tuple[list[Mistake], list[Mistake]]:
    named = [Mistake(bug.name, bug.edited.edits) for bug in milestone_content.bugs(milestone)]
    changed = [Mistake(mutant.key, mutant.edited.edits) for mutant in mutants(milestone)]
    return named, changed


def _shown(milestone: Milestone, corpus: tuple[list[Mistake], list[Mistake]], draw: random.Random) -> Mistake:
    """Draw a mistake that costs points on its own."""
    while True:
        mistake = draw.choice(draw.choice(corpus))
        edited = EditedReference("one_mistake", mistake.edits, milestone.reference)
        with _Alarm() as alarm:
            found = first_failed(functools.partial(edited.library, milestone), milestone, (1,))
        edited.forget()
        if found not in ("", "import") and not alarm.rang:
            return mistake


def _graded(
    milestone: Milestone, mistakes: tuple[Mistake, ...], seed: int, *, name_bugs: bool = True
) -> Answer | None:
    """Return what comes of mistakes in one answer; None if they do not fit beside each other."""
    root = reference_folder(milestone.reference)
    edits = [
        _smallest(edit, (root / edit.file).read_text(encoding="utf-8"))
        for one in mistakes
        for edit in one.edits
    ]
    edited = EditedReference("two_mistakes", tuple(edits), milestone.reference)
    try:
        library = edited.library(milestone)
        with _Alarm() as alarm:
            results = grade_in_process(library, milestone, seed, name_bugs=name_bugs)
    except Exception:  # edits that overlap, or code that cannot be imported: another pair is drawn
        return None
    finally:
        edited.forget()
    return None if alarm.rang else Answer(milestone, mistakes, results)


def _smallest(edit: Edit, source: str) -> SmallestEdit:
    begin, end, new = edit.locate(source)
    old = source[begin:end]
    same = _alike(old, new)
    behind = _alike(old[same:][::-1], new[same:][::-1])
    return SmallestEdit(edit.file, begin + same, end - behind, new[same : len(new) - behind], edit.where)


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


class _TooLong(BaseException):
    """Raised in code that does not come to its end."""


class _Alarm:
    """Stops code that runs too long, again and again until the block is left; ``rang`` says whether it had to."""

    def __init__(self) -> None:
        self.rang = False

    def _ring(self, _signal: int, _frame: FrameType | None) -> None:
        self.rang = True
        raise _TooLong

    def __enter__(self) -> _Alarm:
        signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, _SECONDS, 5)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        signal.setitimer(signal.ITIMER_REAL, 0)
        return kind is _TooLong


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", default=1, show_default=True, help="What the mistakes are drawn from.")
@click.option("--answers", "count", default=50, show_default=True, help="How many answers are drawn.")
def main(folder: Path, seed: int, count: int) -> None:
    """Write messages and causes of answers with two mistakes."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "messages.txt", "w") as messages, open(folder / "causes.txt", "w") as causes:
        for number, answer in enumerate(answers(Sources().milestones, count, seed), 1):
            head = f"{number} {answer.milestone.name}\n"
            messages.write(head + "".join(f"  {line}\n" for line in answer.messages()) + "\n")
            causes.write(head + "".join(f"  {mistake.name}\n" for mistake in answer.mistakes) + "\n")
            messages.flush()
            causes.flush()


if __name__ == "__main__":
    main()
