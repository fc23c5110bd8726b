"""Where a course's milestones, notebooks, library and documents come from: one object that every command uses."""

from __future__ import annotations

import functools
import importlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from .milestone import PACKAGE, Milestone

_REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Sources:
    """Where a course's sources lie.

    Attributes
    ----------
    library : Path
        The folder of the solution library: ``pyproject.toml``, ``setup.py`` and the package.
    assignments : Path
        The folder with one folder for each milestone.
    constraints : Path
        Exact versions for students' ``requirements.txt``; need not exist.
    documents : Path
        The folder that the names in `Milestone.documents` are relative to.
    kept_releases : Path
        The folder with each version of a release that students were given; need not exist.
    rooms : str
        The Python package with one room for each milestone; its ``MILESTONES`` names them in teaching order.
    package : str
        Name of the package in the solution library, which students complete.
    """

    library: Path = _REPOSITORY / "source_lib"
    assignments: Path = _REPOSITORY / "assignments"
    constraints: Path = _REPOSITORY / "constraints.txt"
    documents: Path = _REPOSITORY
    kept_releases: Path = _REPOSITORY / "kept_releases"
    rooms: str = "autograder.course"
    package: str = PACKAGE

    @classmethod
    def of_course(cls, root: Path, assignments: Path) -> Sources:
        """Return the sources of a course folder: its own library where it has one, else this repository's."""
        default = cls()
        library, constraints = root / "source_lib", root / "constraints.txt"
        return cls(
            library=library if (library / default.package).is_dir() else default.library,
            assignments=Path(os.path.normpath(assignments)),
            constraints=constraints if constraints.is_file() else default.constraints,
            kept_releases=root / "kept_releases",
        )

    @property
    def package_folder(self) -> Path:
        """The folder of the package that students complete."""
        return self.library / self.package

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """All milestones in teaching order."""
        return _milestones(self.rooms, self.package)

    @property
    def milestone_names(self) -> tuple[str, ...]:
        """Their names, in the same order."""
        return tuple(milestone.name for milestone in self.milestones)

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
        known = ", ".join(self.milestone_names)
        raise KeyError(f"there is no milestone {name!r}; the milestones are: {known}")


@functools.cache
def _milestones(rooms: str, package: str) -> tuple[Milestone, ...]:
    """Import the rooms. Wherever a course lies, its rooms are a package by the time they are asked for here."""
    names = importlib.import_module(rooms).MILESTONES
    found = ((f"{rooms}.{name}", importlib.import_module(f"{rooms}.{name}").MILESTONE) for name in names)
    return tuple(replace(milestone, room=room, package=package) for room, milestone in found)
