"""Alternatives: solutions that differ from the reference and are right as well, to prove the checks fair.

Each is an edit of one file of the reference, as a named bug is, but must earn every point on every seed.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

Edits = tuple[tuple[str, str], ...]


def for_milestone(name: str) -> Mapping[str, tuple[str, Edits]]:
    """Return a milestone's alternatives, name → the edited file of the package and the edits; empty if none yet."""
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        return {}
    alternatives: Mapping[str, tuple[str, Edits]] = module.ALTERNATIVES
    return alternatives
