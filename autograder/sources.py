"""Where a course's milestones, notebooks, library and documents come from: one object that every command uses."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass, replace
from pathlib import Path

from .milestone import Milestone

_REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Sources:
    """Where a course's sources lie.

    Attributes
    ----------
    library : Path
        The folder of the solution library: ``pyproject.toml``, ``setup.py`` and the package of the students.
    assignments : Path
        The folder with one folder a milestone.
    constraints : Path
        Exact versions for students' ``requirements.txt``; need not exist.
    documents : Path
        The folder that the names in `Milestone.documents` are relative to.
    rooms : str
        The Python package with one room a milestone; its ``MILESTONES`` names them in teaching order.
    """

    library: Path = _REPOSITORY / "source_lib"
    assignments: Path = _REPOSITORY / "assignments"
    constraints: Path = _REPOSITORY / "constraints.txt"
    documents: Path = _REPOSITORY
    rooms: str = "autograder.course"

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """All milestones in teaching order."""
        return _milestones(self.rooms)

    def milestone(self, name: str) -> Milestone:
        """Return the milestone called ``name``.

        Raises
        ------
        KeyError
            If there is none; the message lists the names that exist.
        """
        for milestone in self.milestones:
            if milestone.name == name:
                return milestone
        known = ", ".join(milestone.name for milestone in self.milestones)
        raise KeyError(f"there is no milestone {name!r}; the milestones are: {known}")


@functools.cache
def _milestones(rooms: str) -> tuple[Milestone, ...]:
    names = importlib.import_module(rooms).MILESTONES
    found = ((f"{rooms}.{name}", importlib.import_module(f"{rooms}.{name}").MILESTONE) for name in names)
    return tuple(replace(milestone, room=room) for room, milestone in found)
