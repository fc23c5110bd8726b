"""The import hook that serves the aliases."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from .aliases import COURSES

_LIBRARY = __name__.rsplit(".compat.", 1)[0]


class _AliasFinder(MetaPathFinder, Loader):
    """Finds the modules in ``aliases`` and loads each by importing what it stands for.

    Two aliases of one module, and the module itself, are the same object, so a class is the same class
    under all its names.
    """

    def __init__(self) -> None:
        self.aliases: dict[str, str] = {}
        self.hidden: dict[str, ModuleType] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.aliases:
            return None
        return ModuleSpec(fullname, self, origin=f"alias of {_LIBRARY}", is_package=self._has_parts(fullname))

    def exec_module(self, module: ModuleType) -> None:
        meant = importlib.import_module(self.aliases[module.__name__], _LIBRARY)
        if self._has_parts(module.__name__):
            # a package must be a module of its own: its parts become its attributes
            module.__doc__ = meant.__doc__
            vars(module).update({name: getattr(meant, name) for name in meant.__all__})
        else:
            sys.modules[module.__name__] = meant  # the import system returns what stands here

    def _has_parts(self, fullname: str) -> bool:
        return any(alias.startswith(f"{fullname}.") for alias in self.aliases)


_finder = _AliasFinder()


def install(course: str) -> None:
    """Let the import names of ``course`` mean the modules of this library, in this Python process.

    Parameters
    ----------
    course : {"cs231n", "c147", "hw1"}
        Several may be installed, in any order; installing one twice changes nothing.

    Raises
    ------
    ValueError
        If there is no such course.

    Warns
    -----
    UserWarning
        If another module of such a name is loaded or could be imported, for instance a folder ``utils`` beside
        the notebook: it is hidden until :func:`uninstall`.
    """
    if course not in COURSES:
        raise ValueError(f"course must be one of {', '.join(map(repr, COURSES))}, but got {course!r}")
    new = {name: meant for name, meant in COURSES[course].items() if name not in _finder.aliases}
    roots = [name for name in new if "." not in name]
    for root in roots:
        _hide(root, course)
    _finder.aliases.update(new)
    for root in {name.partition(".")[0] for name in new}:
        _forget(root)  # a package that was loaded without the parts it has now
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Take all installed names away again; modules that they hid come back."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for root in [name for name in _finder.aliases if "." not in name]:
        _forget(root)
    sys.modules.update(_finder.hidden)
    _finder.aliases.clear()
    _finder.hidden.clear()


def _hide(root: str, course: str) -> None:
    """Set modules called ``root`` or ``root.…`` aside that are not ours, and say so."""
    loaded = {name: module for name, module in sys.modules.items() if _is_under(name, root)}
    spec = PathFinder.find_spec(root)
    if not loaded and spec is None:
        return
    where = getattr(loaded.get(root), "__file__", None) or (
        spec and (spec.origin or spec.submodule_search_locations)
    )
    place = next(iter(where)) if where and not isinstance(where, str) else where
    warnings.warn(
        f"there is another module {root!r} ({place or 'already loaded'}): nndl.compat.install({course!r}) hides "
        f"it; nndl.compat.uninstall() brings it back",
        stacklevel=3,
    )
    _finder.hidden.update(loaded)


def _forget(root: str) -> None:
    for name in [name for name in sys.modules if _is_under(name, root)]:
        del sys.modules[name]


def _is_under(name: str, root: str) -> bool:
    return name == root or name.startswith(f"{root}.")
