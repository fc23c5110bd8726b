"""Named bugs: known wrong versions of reference functions, each with the explanation a teacher would give.

One source serves three ends: the grader recognises a mistake by its values, the simulated class makes it, and the
tests prove that the checks catch it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from .model import NamedBug

__all__ = ["NamedBug", "for_milestone"]


def for_milestone(name: str) -> Sequence[NamedBug]:
    """Return the named bugs of a milestone; empty if none are written yet."""
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        return ()
    bugs: Sequence[NamedBug] = module.BUGS
    return bugs
