"""What is said of everything that the stand-in does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def missing_from(module: str) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for the stand-in of a module of torchvision."""

    def __getattr__(name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        # not an AttributeError: `from … import` would replace it by one without the advice
        raise ImportError(
            f"{module}.{name} is not in the stand-in that nndl.compat has for the calls of CS231n's notebooks. "
            "Install torchvision itself: pip install torchvision --index-url https://download.pytorch.org/whl/cpu"
        )

    return __getattr__
