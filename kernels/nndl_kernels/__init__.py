"""Compiled kernels for ``nndl.fast_layers``, which uses them if they were made of its own sources."""

from __future__ import annotations

import importlib
from types import ModuleType

from ._digest import DIGEST

__all__ = ["DIGEST", "kernels"]


def kernels(build: str) -> ModuleType | None:
    """Return the kernels of one build, ``"baseline"`` or ``"avx2"``; None if this processor family has none."""
    try:
        return importlib.import_module(f"._kernels_{build}", __name__)
    except ImportError:
        if build == "baseline":
            raise
        return None
