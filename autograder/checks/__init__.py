"""The hidden checks, one module a milestone; each lists its checks in ``CHECKS``."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from ..check import Check


def for_milestone(name: str) -> Sequence[Check]:
    """Return the checks of a milestone.

    Raises
    ------
    LookupError
        If the milestone has no checks yet.
    """
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise LookupError(f"milestone {name!r} has no checks yet") from None
    checks: Sequence[Check] = module.CHECKS
    return checks
