"""What differs between the notebooks when all of them are run: small images, short trainings, what must show."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from .notebooks import Edits, cell, text_of


def nothing_more(*_: object) -> None:
    """Require nothing besides what holds for all notebooks."""


@dataclass(frozen=True)
class Lesson:
    """How the notebook of a milestone is run in the tests, and what its runs have to show.

    Attributes
    ----------
    tasks : dict of str to str
        Check → what its message names while nothing is written.
    images : str
        Code that makes a few small images, in place of the cell that loads the real ones.
    loads : str
        That cell.
    loads_only : bool
        Whether it does nothing else: otherwise the code stands in front of it.
    shorter : dict of str to edits
        Cell → texts that are replaced, so that it trains for moments.
    own_labels : tuple of str, str
        Random labels cannot be predicted: an accuracy check and a call of it with labels that the net is right on.
    in_part : tuple of str
        Checks that the short trainings may pass in part only.
    answers : tuple of str
        Texts that the release must not have.
    stored : tuple of str
        Files that a run writes.
    unwritten : str, optional
        The milestone whose solutions are stubs in the test of an untouched notebook; None: those of all milestones.
    slow : tuple of str
        Which of the two runs on small images, ``"solved"`` and ``"untouched"``, are tests that take minutes.
    small_shows, untouched_shows : callable
        What else a run on small images must show: ``(notebook, folder)``.
    lesson : callable
        What must show on real images, drawn or photographed: ``(notebook, folder, images)``, the last one being
        ``"offline"`` or the folder in ``$NNDL_DATA``.
    minutes : int
        How long one cell may take on photographs.
    """

    tasks: Mapping[str, str]
    images: str
    loads: str = "load_images"
    loads_only: bool = True
    shorter: Mapping[str, Edits] = field(default_factory=dict)
    own_labels: tuple[str, str] | None = None
    in_part: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    unwritten: str | None = None
    slow: tuple[str, ...] = ()
    small_shows: Callable[[NotebookNode, Path], None] = nothing_more
    untouched_shows: Callable[[NotebookNode, Path], None] = nothing_more
    lesson: Callable[[NotebookNode, Path, str], None] = nothing_more
    minutes: int = 30


def printed(notebook: NotebookNode, name: str) -> str:
    """Return what a cell has printed."""
    return text_of(cell(notebook, name).outputs)


def accuracy(notebook: NotebookNode, name: str, which: str) -> float:
    """Return an accuracy that a cell tells, the one called ``which``."""
    (found, *_) = re.findall(rf"{which} accuracy.*?: (0\.\d+)", printed(notebook, name))
    return float(found)
