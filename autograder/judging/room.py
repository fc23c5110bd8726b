"""What lies in a milestone's room: its checks, its named bugs and its alternatives."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..milestone import Milestone
from . import catalogue
from .check import Check
from .edited_reference import EditedReference, NamedBug


def checks(milestone: Milestone) -> Sequence[Check]:
    """Return the checks of a milestone: ``CHECKS`` of its module ``checks``.

    Raises
    ------
    LookupError
        If the milestone has no checks yet.
    """
    module = f"{milestone.room}.checks"
    try:
        found: Sequence[Check] = importlib.import_module(module).CHECKS
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise LookupError(f"milestone {milestone.name!r} has no checks yet") from None
    return found


def bugs(milestone: Milestone) -> Sequence[NamedBug]:
    """Return the named bugs of a milestone, in its catalogues ``bugs*.txt``; empty if none are written yet."""
    return _bugs(milestone.room)


def alternatives(milestone: Milestone) -> Mapping[str, EditedReference]:
    """Return a milestone's alternatives, in its catalogues ``alternatives*.txt``; empty if none are written yet.

    Each must earn every point on every seed.
    """
    return _alternatives(milestone.room)


@functools.cache
def _bugs(room: str) -> Sequence[NamedBug]:
    return catalogue.bugs(_catalogues(room, "bugs"))


@functools.cache
def _alternatives(room: str) -> Mapping[str, EditedReference]:
    return catalogue.alternatives(_catalogues(room, "alternatives"))


def _catalogues(room: str, kind: str) -> list[Path]:
    folders = importlib.import_module(room).__path__
    files = [path for folder in folders for path in Path(folder).glob("*.txt")]
    return [path for path in files if re.fullmatch(rf"{kind}(_\w+)?", path.stem)]
