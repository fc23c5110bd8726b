"""What is said of everything that the stand-in does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..notices import not_in_stand_in


def missing_from(module: str) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for the stand-in of a module of torchvision.

    ``from … import`` asks the import hook next, which gives the same advice.
    """

    def __getattr__(name: str) -> Any:
        raise AttributeError(name if name.startswith("_") else not_in_stand_in(f"{module}.{name}"))

    return __getattr__
