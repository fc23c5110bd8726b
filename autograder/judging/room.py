"""What lies in a milestone's room: its checks, its named bugs and its alternatives."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..milestone import Milestone
from .check import Check
from .edited_reference import NamedBug

Edits = tuple[tuple[str, str], ...]


def checks(milestone: Milestone) -> Sequence[Check]:
    """Return the checks of a milestone: ``CHECKS`` of its module ``checks``.

    Raises
    ------
    LookupError
        If the milestone has no checks yet.
    """
    found: Sequence[Check] | None = _content(milestone, "checks")
    if found is None:
        raise LookupError(f"milestone {milestone.name!r} has no checks yet")
    return found


def bugs(milestone: Milestone) -> Sequence[NamedBug]:
    """Return the named bugs of a milestone: ``BUGS`` of its module ``bugs``; empty if none are written yet."""
    return _content(milestone, "bugs") or ()


def alternatives(milestone: Milestone) -> Mapping[str, tuple[str, Edits]]:
    """Return a milestone's alternatives: ``ALTERNATIVES`` of its module ``alternatives``; empty if none yet.

    Each has a name, the edited file of the package and the edits. It must earn every point on every seed.
    """
    return _content(milestone, "alternatives") or {}


def _content(milestone: Milestone, kind: str) -> Any:
    """Return what the module ``kind`` of the room lists under the same name in capitals; None without one."""
    module = f"{milestone.room}.{kind}"
    try:
        return getattr(importlib.import_module(module), kind.upper())
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None
