"""Whether names are true: known mistakes two at a time, and beside other trouble.

A name may only be given to a mistake that was planted, or to one that gives the same values in every case of the
check as something that was planted: nothing that a check sees tells these apart.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..judging import milestone_content
from ..judging.check import CaseRecord
from ..judging.edited_reference import Edit, EditedReference, Insertion, NamedBug
from ..judging.recognise import replay_case
from ..judging.run_case import CheckRun
from ..milestone import Milestone
from ..release import fences
from ..slips.mutation import fenced_files
from ..sources import Sources
from .reached import untouched
from .strength import gives_the_same, grade_in_process


@dataclass(frozen=True)
class Planted:
    """A bug and what is wrong beside it.

    Attributes
    ----------
    bugs : tuple of NamedBug
        The mistakes that may be named.
    trouble : str
        What else is wrong; empty if nothing is.
    edited : EditedReference
        The reference with all of it.
    alone : EditedReference or None
        The reference with nothing but the trouble, if there is any.
    """

    bugs: tuple[NamedBug, ...]
    trouble: str
    edited: EditedReference
    alone: EditedReference | None = None

    def __str__(self) -> str:
        return " + ".join([*(bug.name for bug in self.bugs), *([self.trouble] if self.trouble else [])])


@dataclass
class Names:
    """What became of the names that were given.

    Attributes
    ----------
    given, planted, alike : int
        All names; those of planted mistakes; those of mistakes that give the same values in every case of the check.
    false : list of str
        The others: what was planted, the check, and the name.
    unnamed : int
        Plantings of which at least one check failed and nothing got a name.
    total : int
        Plantings.
    """

    given: int = 0
    planted: int = 0
    alike: int = 0
    unnamed: int = 0
    total: int = 0
    false: list[str] = field(default_factory=list)


class Replays:
    """Remembers what each known mistake gives in each case, as long as the seed is the same."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str, int], CaseRecord] = {}

    def __call__(self, check_run: CheckRun, bug: NamedBug, index: int) -> CaseRecord:
        """Run one case with a bug in the student's place, or return what it gave before."""
        key = check_run.check.name, bug.edited.alias, index
        if key not in self._records:
            self._records[key] = replay_case(check_run, bug, index)
        return self._records[key]


def planted(milestone: Milestone, number: int, seed: int = 0) -> Iterator[Planted]:
    """Yield so many different plantings, half of them two bugs, drawn from all that fit together."""
    rng = random.Random(f"{milestone.name} {seed}")
    bugs, troubles = milestone_content.bugs(milestone), _troubles(milestone)
    seen: set[str] = set()
    for _ in range(20 * number):
        if len(seen) == number:
            return
        one = rng.choice(bugs)
        beside: NamedBug | _Trouble = (
            rng.choice(bugs) if rng.random() < 0.5 else rng.choice(troubles[rng.choice(list(troubles))])
        )
        both = _together(one, beside)
        if both is not None and str(both) not in seen and one is not beside:
            seen.add(str(both))
            yield both


def judge(milestone: Milestone, plants: Iterable[Planted], seed: int = 1) -> Names:
    """Grade every planting and return what became of the names."""
    names, replays = Names(), Replays()
    for plant in plants:
        names.total += 1
        try:
            library = plant.edited.library(milestone)
        except Exception:  # what cannot be imported is not graded either
            continue
        known = untouched(milestone, plant.edited, seed)
        results = grade_in_process(library, milestone, seed, replay=replays, known=known, slips=False)
        plant.edited.forget()
        given = [(result, bug) for result in results.values() for bug, _ in result.bugs]
        names.unnamed += not given and any(r.verdict == "failed" for r in results.values())
        for result, bug in given:
            names.given += 1
            same: list[NamedBug | list[CaseRecord]] = [*plant.bugs, result.records]
            if plant.alone is not None:
                same.append(NamedBug(plant.alone, plant.trouble, "", ()))
            if any(bug.name == one.name for one in plant.bugs):
                names.planted += 1
            elif any(gives_the_same(bug, one, result.check, milestone, seed, replays) for one in same):
                names.alike += 1
            else:
                names.false.append(f"{plant}: {result.check.name} names {bug.name}")
    return names


# --- other trouble -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Trouble:
    """A function that fails otherwise than by a mistake of the catalogue."""

    name: str
    edits: tuple[Edit, ...]
    simple: NamedBug | None = None


def _together(one: NamedBug, beside: NamedBug | _Trouble) -> Planted | None:
    """Return both in one library; None if they change the same lines."""
    bugs: tuple[NamedBug, ...]
    if isinstance(beside, NamedBug):
        bugs, trouble, edits = (one, beside), "", beside.edited.edits
    else:
        bugs = (one,) if beside.simple is None else (one, beside.simple)
        trouble, edits = beside.name, beside.edits
    edited = EditedReference("planted", (*one.edited.edits, *edits), one.edited.package)
    try:
        edited.sources()
    except ValueError:
        return None
    if isinstance(beside, NamedBug) or beside.simple is not None:
        return Planted(bugs, "", edited)
    # A name of its own for each trouble: what a mistake gives is remembered by it.
    alone = EditedReference(f"only {trouble}", edits, one.edited.package)
    return Planted(bugs, trouble, edited, alone)


def _troubles(milestone: Milestone) -> dict[str, list[_Trouble]]:
    """Return the troubles by their kind."""
    passing = [
        _Trouble(simple.name, simple.edited.edits, simple)
        for simple in milestone_content.pass_throughs(milestone)
    ]
    troubles = {"gives back its input": passing} if passing else {}
    names = Sources().milestone_names
    for file, source in fenced_files(milestone):
        lines = source.split("\n")
        for fence in fences.parse(source, file, names):
            if fence.milestone != milestone.name:
                continue
            what = fence.function
            def_line = next(n for n in range(fence.begin, 0, -1) if lines[n - 1].lstrip().startswith("def "))
            decorator = f"@__import__({__name__!r}, fromlist=['in_dtype']).in_dtype"
            for kind, line, text in (
                ("unwritten", fence.begin + 1, f"raise NotImplementedError({f'{what}: write this part'!r})"),
                ("stops", fence.begin + 1, f"raise ValueError({f'{what} cannot go on'!r})"),
                ("in float32", def_line, f"{decorator}('float32')"),
                ("in float64", def_line, f"{decorator}('float64')"),
            ):
                trouble = _Trouble(f"{what} {kind}", (Insertion(file, line, text),))
                troubles.setdefault(kind, []).append(trouble)
    return troubles


def in_dtype(dtype: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator of functions whose results come out in another precision."""

    def cast(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return value.astype(dtype)
        if isinstance(value, tuple):
            return tuple(cast(item) for item in value)
        if isinstance(value, dict):
            return {key: cast(item) for key, item in value.items()}
        return value

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: cast(function(*args, **kwargs))

    return decorated
