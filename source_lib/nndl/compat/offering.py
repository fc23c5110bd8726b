"""What a course's package offers itself: a few classes by name, and in a star import all of their modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def offering(package: str, classes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for a package that offers ``classes``, given with the module of each.

    It loads a module when that is asked for: not every release has every module, and the import says so. A star
    import brings what the release has.
    """
    modules = sorted(set(classes.values()))

    def __getattr__(name: str) -> Any:
        if name in classes:
            return getattr(import_module(classes[name]), name)
        if name == "__all__":
            return sorted({public for module in modules for public in _star_names(module)})
        for module in modules:
            if not name.startswith("_") and hasattr(sys.modules.get(module), name):
                return getattr(sys.modules[module], name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return __getattr__


def _star_names(module: str) -> list[str]:
    """Return what a star import of a module brings; nothing where this release does not have the module."""
    try:
        return [name for name in vars(import_module(module)) if not name.startswith("_")]
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return []
