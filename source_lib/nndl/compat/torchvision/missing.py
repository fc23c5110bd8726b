"""What is said of everything that the stand-in does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def advice(what: str) -> str:
    """Return the message for something of torchvision that the stand-in does not have."""
    return (
        f"{what} is not in the stand-in that nndl.compat has for the calls of CS231n's notebooks. "
        "Install torchvision itself: pip install torchvision --index-url https://download.pytorch.org/whl/cpu"
    )


def missing_from(module: str) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for the stand-in of a module of torchvision.

    ``from … import`` asks the import hook next, which gives the same advice.
    """

    def __getattr__(name: str) -> Any:
        raise AttributeError(name if name.startswith("_") else advice(f"{module}.{name}"))

    return __getattr__
