"""Where a course's milestones, notebooks, library and documents come from: one object that every command uses.

They lie in a checkout of this repository, in installed packages, or in a course's own folder; a course's folder goes
before what is installed.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from types import ModuleType

from .failures import CourseError as CourseError
from .failures import told
from .milestone import Milestone

_CHECKOUT = Path(__file__).resolve().parents[1]
_IN_THE_WHEEL = Path(__file__).resolve().parent / "course_files"
_INSTALLED = _IN_THE_WHEEL if _IN_THE_WHEEL.is_dir() else _CHECKOUT
"""Notebooks, documents and exact versions of this course: beside the package in a checkout, in it in a wheel."""

ENTRY_POINTS = "autograder.milestones"
"""The group of entry points with which a package brings milestones: name → the room, a package."""


@dataclass(frozen=True)
class Sources:
    """Where a course's sources lie.

    Attributes
    ----------
    library : Path
        The folder of the solution library: ``pyproject.toml``, ``setup.py`` and the packages that students complete. A
        package that is not there is looked for in `assignments`' course no further, but among what is installed.
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
    grading : Path or None
        The folder with a room for each milestone of the course's own; need not exist.
    service : str
        The address of the course's grading service, which releases name; empty if there is none.
    extra_credit : mapping of str to mapping
        Milestone → what the course adds to its `Milestone.extra_credit`.
    """

    library: Path = _INSTALLED / "source_lib"
    assignments: Path = _INSTALLED / "assignments"
    constraints: Path = _INSTALLED / "constraints.txt"
    documents: Path = _INSTALLED
    kept_releases: Path = _INSTALLED / "kept_releases"
    rooms: str = "autograder.course"
    grading: Path | None = None
    service: str = ""
    extra_credit: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)

    @classmethod
    def of_course(
        cls,
        root: Path,
        assignments: Path | None = None,
        service: str = "",
        extra_credit: Mapping[str, Mapping[str, float]] | None = None,
    ) -> Sources:
        """Return the sources of a course folder: what it has itself, and what is installed for the rest.

        Parameters
        ----------
        root : Path
            The folder that nbgrader works in.
        assignments : Path, optional
            nbgrader's ``source_directory``; ``<root>/assignments`` unless given.
        service : str
            The address of the course's grading service.
        extra_credit : mapping of str to mapping, optional
            What comes on top of the maximum.
        """
        default = cls()
        library, constraints = root / "source_lib", root / "constraints.txt"
        return cls(
            library=library if library.is_dir() else default.library,
            assignments=Path(os.path.normpath(assignments or root / "assignments")),
            constraints=constraints if constraints.is_file() else default.constraints,
            documents=root,
            kept_releases=root / "kept_releases",
            grading=root / "grading",
            service=service,
            extra_credit=extra_credit or {},
        )

    def package_folder(self, package: str) -> Path:
        """Return the folder of a package that students complete; it exists only if the package does."""
        own = self.library / package
        if own.is_dir():
            return own
        spec = importlib.util.find_spec(package)
        found = list(spec.submodule_search_locations or ()) if spec else []
        return Path(found[0]) if found else own

    def project_files(self, package: str) -> tuple[Path, ...]:
        """Return the files beside a package that make a distribution of it, those that exist."""
        folder = self.library if (self.library / package).is_dir() else _INSTALLED / "source_lib"
        if not (folder / package).is_dir() and package != _OURS:
            return ()  # installed from somewhere: a release of it needs no more than the package
        candidates = folder / "pyproject.toml", folder / "setup.py", folder.parent / "LICENSE"
        return tuple(path for path in candidates if path.is_file())

    def assignment_folder(self, milestone: Milestone) -> Path:
        """Return the folder with a milestone's notebook, its pictures and its page.

        An installed milestone that a course has not copied yet has them in ``assignment``, in its room.
        """
        own = self.assignments / milestone.name
        if own.is_dir() or not milestone.room or milestone.room.startswith(f"{self.rooms}."):
            return own
        spec = importlib.util.find_spec(milestone.room)
        places = list(spec.submodule_search_locations or ()) if spec else []
        folders = (Path(place, "assignment") for place in places)
        return next((folder for folder in folders if folder.is_dir()), own)

    def document(self, name: str) -> Path:
        """Return where one of `Milestone.documents` lies."""
        own = self.documents / name
        return own if own.is_file() else _INSTALLED / name

    @property
    def milestone_names(self) -> tuple[str, ...]:
        """The names of all milestones, in teaching order."""
        return tuple(self._rooms)

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """All milestones, in teaching order."""
        return tuple(map(self.milestone, self.milestone_names))

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names of the milestones whose rooms lie in the course's folder, in alphabetical order."""
        folder = self.grading
        found = sorted(folder.glob("*/__init__.py")) if folder is not None else ()
        return tuple(path.parent.name for path in found)

    def milestone(self, name: str) -> Milestone:
        """Return the milestone called ``name``.

        Raises
        ------
        KeyError
            If there is none; the message lists the names that exist.
        CourseError
            If its room cannot be imported, or holds no milestone of this name.
        """
        room = self._rooms.get(name)
        if room is None:
            known = ", ".join(self.milestone_names)
            raise KeyError(f"there is no milestone {name!r}; the milestones are: {known}")
        found = _milestone(name, room)
        folder = self.package_folder(found.package)
        extra = {**found.extra_credit, **self.extra_credit.get(name, {})}
        reference = reference_name(found.package, folder)
        return replace(found, room=room, reference=reference, extra_credit=extra)

    @property
    def _rooms(self) -> dict[str, str]:
        """Name → room. A course's own rooms go before installed ones, and these before those of this course."""
        rooms = dict(_installed_rooms(self.rooms))
        if self.grading is None or not self.own_names:
            return rooms
        above = importable(self.grading, "grading")
        rooms |= {name: f"{above}.{name}" for name in self.own_names}
        order = getattr(sys.modules[above], "MILESTONES", ())
        unknown = [name for name in order if name not in rooms]
        if unknown:
            where = self.grading / "__init__.py"
            raise CourseError(f"{where}: MILESTONES names {unknown[0]!r}, which has no folder there")
        return {name: rooms[name] for name in dict.fromkeys((*order, *rooms))}


_OURS = "nndl"


@functools.cache
def _installed_rooms(ours: str) -> tuple[tuple[str, str], ...]:
    """Return name and room of this course's milestones and of those that installed packages bring."""
    known = {name: f"{ours}.{name}" for name in importlib.import_module(ours).MILESTONES}
    for point in metadata.entry_points(group=ENTRY_POINTS):
        if point.name in known:
            message = f"{point.value} brings a milestone {point.name!r}, and so does {known[point.name]}"
            raise CourseError(f"{message}: uninstall one of the two packages")
        known[point.name] = point.value
    return tuple(known.items())


def reference_name(package: str, folder: Path) -> str:
    """Return the name under which the solution library's package in a folder is imported, and make it importable.

    That is its own name if it is the installed one. Otherwise it is another, so that two courses, or a course's
    copy and the installed one, live side by side.
    """
    spec = importlib.util.find_spec(package)
    there = [os.path.realpath(path) for path in (spec.submodule_search_locations or ())] if spec else []
    if os.path.realpath(folder) in there or not folder.is_dir():
        return package
    return importable(folder, package)


def importable(folder: Path, name: str) -> str:
    """Make a folder importable as a package, wherever it lies, and return the package's name.

    The name is made from the folder, so it is the same in every process. Modules in the package are then imported as
    ever; they import each other relatively.
    """
    folder = Path(os.path.realpath(folder))
    alias = f"_{name}_in_{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    if alias in sys.modules:
        return alias
    init = folder / "__init__.py"
    loader = importlib.machinery.SourceFileLoader(alias, str(init)) if init.is_file() else None
    spec = importlib.machinery.ModuleSpec(
        alias, loader, origin=str(init) if loader else None, is_package=True
    )
    spec.has_location = loader is not None
    spec.submodule_search_locations = [str(folder)]
    module = importlib.util.module_from_spec(spec)
    sys.modules[alias] = module
    if loader is not None:
        try:
            loader.exec_module(module)
        except BaseException as error:
            del sys.modules[alias]
            if isinstance(error, Exception):
                raise CourseError(f"{init} cannot be imported: {told(error)}") from error
            raise
    return alias


def _milestone(name: str, room: str) -> Milestone:
    """Return the milestone that a room defines."""
    module = _imported(room)
    found = getattr(module, "MILESTONE", None)
    where = getattr(module, "__file__", None) or room
    if not isinstance(found, Milestone):
        raise CourseError(f"{where} defines no MILESTONE: it must be an autograder.milestone.Milestone")
    if found.name != name:
        raise CourseError(
            f"{where}: MILESTONE is called {found.name!r}, its room {name!r}; give both one name"
        )
    return found


def _imported(room: str) -> ModuleType:
    try:
        return importlib.import_module(room)
    except Exception as error:
        raise CourseError(f"the room {room} of a milestone cannot be imported: {told(error)}") from error
