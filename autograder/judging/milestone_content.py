"""What lies in a milestone's room: its checks, named bugs and alternatives, and the nets of a simulated class."""

from __future__ import annotations

import functools
import hashlib
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from ..milestone import Milestone
from . import bug_catalogue
from .check import Check
from .edited_reference import EditedReference, NamedBug


def checks(milestone: Milestone) -> Sequence[Check]:
    """Return the checks of a milestone: ``CHECKS`` of its module ``checks``.

    Raises
    ------
    LookupError
        If the milestone has no checks yet.
    """
    module = _module(milestone, "checks")
    if module is None:
        raise LookupError(f"milestone {milestone.name!r} has no checks yet")
    found: Sequence[Check] = module.CHECKS
    return found


def bugs(milestone: Milestone) -> Sequence[NamedBug]:
    """Return the named bugs of a milestone, in its catalogues ``bugs*.txt``; empty if none are written yet."""
    return _bugs(milestone.room, milestone.package)


def alternatives(milestone: Milestone) -> Mapping[str, EditedReference]:
    """Return a milestone's alternatives, in its catalogues ``alternatives*.txt``; empty if none are written yet.

    Each must earn every point on every seed.
    """
    return _alternatives(milestone.room, milestone.package)


def simulated_nets(milestone: Milestone) -> Callable[[str | None], Mapping[str, bytes]] | None:
    """Return what makes the stored nets that a simulated class hands in: ``train`` of the module ``simulated_nets``.

    It gets the folder with images, ``"offline"`` or None for ``$NNDL_DATA``, and returns a file ``"tuned"`` and a
    file ``"untuned"``. None if the milestone has none.
    """
    module = _module(milestone, "simulated_nets")
    return module.train if module else None


def digest(milestone: Milestone) -> str:
    """Return a SHA-256 over everything of the course that decides about points.

    That is the code and the catalogues in the milestone's room, what lies between the rooms, and the reference.
    Files are read once in the life of a process, as modules are.
    """
    return _digest(milestone.room, milestone.package)


@functools.cache
def _digest(room: str, package: str) -> str:
    rooms, _, _ = room.rpartition(".")
    shared = [path for folder in _folders(rooms) for path in folder.glob("*.py")] if rooms else []
    own = [path for folder in _folders(room) for path in (*folder.rglob("*.py"), *folder.rglob("*.txt"))]
    reference = [path for folder in _folders(package) for path in folder.rglob("*.py")]
    whole = hashlib.sha256()
    for files in (shared, own, reference):
        for path in sorted(files):
            whole.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _folders(package: str) -> list[Path]:
    return [Path(folder) for folder in importlib.import_module(package).__path__]


def _module(milestone: Milestone, name: str) -> ModuleType | None:
    """Return a module of the room; None if the room does not have it."""
    module = f"{milestone.room}.{name}"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None


@functools.cache
def _bugs(room: str, package: str) -> Sequence[NamedBug]:
    return bug_catalogue.bugs(_catalogues(room, "bugs"), package)


@functools.cache
def _alternatives(room: str, package: str) -> Mapping[str, EditedReference]:
    return bug_catalogue.alternatives(_catalogues(room, "alternatives"), package)


def _catalogues(room: str, kind: str) -> list[Path]:
    files = [path for folder in _folders(room) for path in folder.glob("*.txt")]
    return [path for path in files if re.fullmatch(rf"{kind}(_\w+)?", path.stem)]
