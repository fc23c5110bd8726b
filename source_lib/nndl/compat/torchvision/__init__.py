"""A stand-in for torchvision, where that is not installed: exactly what CS231n's notebooks call of it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .missing import missing_from

_missing = missing_from("torchvision")


def __getattr__(name: str) -> Any:
    if name in ("datasets", "models", "transforms"):  # with torchvision itself these come along
        return import_module(f"torchvision.{name}")
    if name == "__version__":
        return "0+nndl.compat"
    return _missing(name)
