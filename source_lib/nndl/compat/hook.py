"""The import hook that serves the names of the courses."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from .aliases import is_of_assignment_3
from .notices import not_in_stand_in


class AliasFinder(MetaPathFinder, Loader):
    """Finds the modules in ``aliases`` and loads each by importing what it stands for.

    Two aliases of one module, and the module itself, are the same object, so a class is the same class
    under all its names.

    Parameters
    ----------
    library : str
        The name under which this library is imported.
    on_removal : callable
        Called when the names have been taken away.

    Attributes
    ----------
    aliases : dict
        Name of a course's module → name of the module of this library.
    students : dict
        Name of a course's package → where the student's own is.
    hidden : dict
        Modules that were loaded under a name that now means another one.
    courses : dict
        The installed courses, and whose layers each has: "library" or "course".
    """

    def __init__(self, library: str, on_removal: Callable[[], None]) -> None:
        self.library = library
        self._on_removal = on_removal
        self.aliases: dict[str, str] = {}
        self.students: dict[str, ModuleSpec] = {}
        self.hidden: dict[str, ModuleType] = {}
        self.courses: dict[str, str] = {}
        self._swapped: dict[str, tuple[ModuleType, ModuleType]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load a module that is served here; None for any other.

        Raises
        ------
        ModuleNotFoundError
            For a module of CS231n's assignment 3, for one of torchvision that its stand-in lacks, and for one that the
            student's own package does not have.
        """
        if fullname in self.students:
            return _fresh_spec(self.students[fullname])
        if fullname in self.aliases:
            return ModuleSpec(
                fullname, self, origin=f"alias of {self.library}", is_package=self._has_parts(fullname)
            )
        root = fullname.partition(".")[0]
        if root in self.students and PathFinder.find_spec(fullname, path) is None:
            # or an editable installation of this library would offer its own module of that name
            raise ModuleNotFoundError(f"the course's own package has no module {fullname}", name=fullname)
        if "torchvision" in self.aliases and is_under(fullname, "torchvision"):
            # named after the package: `from … import` ignores an error with the module's own name
            raise ModuleNotFoundError(not_in_stand_in(fullname), name="torchvision")
        if is_of_assignment_3(fullname) and any(name.startswith("cs231n.") for name in self.aliases):
            raise ModuleNotFoundError(
                f"{fullname} belongs to CS231n's assignment 3 (captioning, transformers, generative models), which "
                "nndl.compat does not cover",
                name=fullname,
            )
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Let a module be the one that it stands for."""
        meant = self._load(module.__name__)
        if self._has_parts(module.__name__):
            # a package must be a module of its own: its parts become its attributes
            public = {name: value for name, value in vars(meant).items() if not name.startswith("_")}
            vars(module).update(public, __doc__=meant.__doc__)
            if hasattr(meant, "__getattr__"):
                vars(module)["__getattr__"] = meant.__getattr__
        else:
            sys.modules[module.__name__] = meant  # the import system returns what stands here

    def add(self, names: Mapping[str, str]) -> None:
        """Serve more aliases: names of a course, and for each the module of this library, relative to its package."""
        self.aliases.update({name: f"{self.library}{meant}" for name, meant in names.items()})
        self._forget(names)  # and a package that was loaded without the parts it has now
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def add_students(self, name: str, spec: ModuleSpec) -> None:
        """Serve the student's own package under its name, whatever else Python would find."""
        self.hide(name)
        self.students[name] = spec

    def hide(self, root: str) -> None:
        """Set what is loaded as ``root`` or ``root.…`` aside until :meth:`remove`."""
        for name in [name for name in sys.modules if is_under(name, root)]:
            self.hidden[name] = sys.modules.pop(name)

    def swap(self, names: Mapping[str, str]) -> None:
        """Put other modules in the place of modules of this library, which is itself called as the course's package."""
        importlib.import_module(f"{self.library}.solver")  # with all that it needs, before that is swapped
        # each imports the module that it replaces, so all of them come before the first is replaced
        views = {name: self._view(meant) for name, meant in names.items()}
        for name, view in views.items():
            if view is None:
                continue
            if name == self.library:  # names that the package itself offers
                vars(sys.modules[name])["__getattr__"] = view.__getattr__
                continue
            replaced = sys.modules[name]
            if hasattr(replaced, "__path__"):
                view.__path__ = replaced.__path__
            self._swapped[name] = replaced, view
        self._put(1)

    def remove(self) -> None:
        """Take all names away; what they hid comes back."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._forget([*self.aliases, *self.students])
        self._put(0)
        if self.library in sys.modules:
            package = vars(sys.modules[self.library])
            package.pop("__getattr__", None)
            for name in self.aliases:
                if is_under(name, self.library):
                    package.pop(name.rpartition(".")[2], None)
        self._forget([name for name in self.hidden if "." not in name], also=self.library)
        sys.modules.update(self.hidden)
        for collection in (self.aliases, self.students, self.hidden, self.courses, self._swapped):
            collection.clear()
        self._on_removal()

    def _view(self, meant: str) -> ModuleType | None:
        """Return a module of this library; None if this release of the library does not have it."""
        absolute = f"{self.library}{meant}"
        return None if importlib.util.find_spec(absolute) is None else importlib.import_module(absolute)

    def _put(self, which: int) -> None:
        """Let the swapped names mean this library's modules (0) or the course's (1)."""
        for name, modules in self._swapped.items():
            sys.modules[name] = modules[which]
            setattr(sys.modules[self.library], name.rpartition(".")[2], modules[which])

    def _load(self, alias: str) -> ModuleType:
        meant = self.aliases[alias]
        self._put(0)  # whatever stands for a course's module builds on this library's own
        try:
            return importlib.import_module(meant)
        except ModuleNotFoundError as error:
            if not is_under(error.name or "", f"{self.library}.compat"):
                raise
            raise ModuleNotFoundError(
                f"{alias} is not in this release of {self.library}: it would show how to solve an assignment",
                name=alias,
            ) from None
        finally:
            self._put(1)

    def _has_parts(self, fullname: str) -> bool:
        # in torchvision's modules there is more than here, and only of a package is a missing part looked for
        return is_under(fullname, "torchvision") or any(
            alias.startswith(f"{fullname}.") for alias in self.aliases
        )

    def _forget(self, names: Iterable[str], also: str = "") -> None:
        """Let names be imported anew, and with a package all that is in it; this library only if ``also`` says so."""
        roots = {name.partition(".")[0] for name in names} - ({self.library} - {also})
        for name in list(sys.modules):
            if name in names or name.partition(".")[0] in roots:
                del sys.modules[name]


def installed_finders() -> list[Any]:
    """Return the finders that are at work, also those of a copy of this library."""
    return [finder for finder in sys.meta_path if type(finder).__name__ == AliasFinder.__name__]


def is_under(name: str, root: str) -> bool:
    """Return whether ``name`` is ``root`` or a module in it."""
    return name == root or name.startswith(f"{root}.")


def _fresh_spec(spec: ModuleSpec) -> ModuleSpec | None:
    """Return a spec to load a package from where it was found; one is good for one import."""
    locations = list(spec.submodule_search_locations or ())
    if spec.origin is None:  # a folder without an __init__.py
        fresh = ModuleSpec(spec.name, None, is_package=True)
        fresh.submodule_search_locations = locations
        return fresh
    return importlib.util.spec_from_file_location(
        spec.name, spec.origin, submodule_search_locations=locations or None
    )
