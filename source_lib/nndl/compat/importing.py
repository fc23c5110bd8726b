"""``install`` and ``uninstall``: which modules the import names of a course mean.

Most names are *aliases*, which an import hook serves. C147's package is called ``nndl``, as this library is: there the
course's modules take the place of the library's in ``sys.modules``, or, where the student's own are wanted, the
library gives up its name and serves from a copy of itself under another one.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from importlib.machinery import ModuleSpec
from typing import Any

from . import beside, notices, settings
from .aliases import COURSES, STUDENTS_PACKAGE, TORCHVISION, is_students
from .hook import AliasFinder, installed_finders, is_under

_LIBRARY = __name__.removesuffix(".compat.importing")
_COPY = "nndl_library"
_LAYERS = ("library", "course")

_finder = AliasFinder(_LIBRARY, settings.forget)


def install(course: str, *, year: int | None = None, layers: str | None = None) -> None:
    """Let the import names of ``course`` mean the modules of this library, in this Python process.

    Parameters
    ----------
    course : {"cs231n", "c147", "hw1"}
        Several may be installed, in any order; installing one twice changes nothing but the year.
    year : int, optional
        The year of the notebook. CS231n meant by dropout's p the probability of *dropping* until 2017, and had the
        L2 penalty of assignment 1 halved until 2016. By default the names mean what they have meant since 2018, and
        a line says so when a name appears that only older notebooks use.
    layers : {"library", "course"}, optional
        Whose layers, networks and update rules, where the course's own package lies beside the notebook:
        ``"library"``, the default, takes this library's; ``"course"`` takes the files in that folder, with the
        helpers (Solver, data, gradient check, fast layers) from this library. A line says which module comes from
        where.

    Raises
    ------
    ValueError
        If there is no such course, or an argument is none of the above.
    FileNotFoundError
        If ``layers="course"`` and the course's own package is not to be found.

    Warns
    -----
    UserWarning
        If another module of such a name is loaded or could be imported, for instance a folder ``utils`` beside
        the notebook: it is hidden until :func:`uninstall`.
    """
    if course not in COURSES:
        raise ValueError(f"course must be one of {', '.join(map(repr, COURSES))}, but got {course!r}")
    if layers is not None and layers not in _LAYERS:
        raise ValueError(f"layers must be one of {', '.join(map(repr, _LAYERS))}, but got {layers!r}")
    year = settings.check_year(year)
    package = STUDENTS_PACKAGE[course]
    own = beside.course_package(package)
    if layers == "course" and own is None:
        raise FileNotFoundError(
            f"layers='course' needs the course's own {package!r}, but Python finds none; sys.path begins with "
            f"{', '.join(map(repr, sys.path[:3]))}"
        )
    serving = _installed_by(course, layers) or _serving_library(package, layers)
    server = importlib.import_module(f"{serving}.compat.importing")
    server._install(course, year, own, layers or "library")


def uninstall() -> None:
    """Take all installed names away again; modules that they hid come back."""
    for finder in installed_finders():
        finder.remove()


def _install(course: str, year: int | None, own: ModuleSpec | None, layers: str) -> None:
    """Install in the library that serves; ``own`` is where the course's own package was found."""
    settings.years[course] = year
    if course in _finder.courses:
        return
    _finder.courses[course] = layers
    package = STUDENTS_PACKAGE[course]
    names = dict(COURSES[course])
    if layers == "course" and own is not None:
        names = {name: meant for name, meant in names.items() if not is_students(course, name)}
        settings.students_optim = f"{package}.optim" if course != "hw1" else None
        _finder.add_students(package, own)
        if package == "nndl":
            names["nndl.compat"] = ".compat"
    if course == "cs231n" and importlib.util.find_spec("torchvision") is None:
        names = {**names, **TORCHVISION}
    new = {name: meant for name, meant in names.items() if name not in _finder.aliases}
    for root in [name for name in new if "." not in name and name != _LIBRARY]:
        _hide(root, course)
    # a course's own package is that course's, also where another course, installed before, has helpers in it
    new.update({name: meant for name, meant in names.items() if is_under(name, package)})
    swapped = {name: new.pop(name) for name in list(new) if is_under(name, _LIBRARY) and _is_ours(name)}
    _finder.add(new)
    if swapped:
        _finder.swap(swapped)
    if own is not None:
        _report(course, own, layers)


def _installed_by(course: str, layers: str | None) -> str | None:
    """Return the name of the library that has installed the course already; None if none has.

    Raises
    ------
    ValueError
        If it has done so with other layers.
    """
    for finder in installed_finders():
        has = finder.courses.get(course)
        if has is not None and layers not in (None, has):
            raise ValueError(
                f"{course!r} is installed with layers={has!r}: call nndl.compat.uninstall() first"
            )
        if has is not None:
            return finder.library
    return None


def _is_ours(name: str) -> bool:
    """Return whether this library has a module of that name itself."""
    return name == _LIBRARY or importlib.util.find_spec(name) is not None


def _serving_library(package: str, layers: str | None) -> str:
    """Return the name of the package whose modules are to serve, after making sure that it is this library."""
    is_library = beside.is_library(sys.modules.get(_LIBRARY))
    if package == "nndl" == _LIBRARY:
        if layers == "course":
            return _load_copy()
        if not is_library:
            _load_in_place()
        return "nndl"
    return _LIBRARY if is_library else _load_copy()


def _load_copy() -> str:
    """Load this library once more, under another name: what is called ``nndl`` is the course's package."""
    if _COPY not in sys.modules:
        _load(_COPY)
        for name, module in list(sys.modules.items()):
            if name.startswith("nndl.fast._kernels"):  # an extension module cannot be loaded twice
                sys.modules[name.replace("nndl", _COPY, 1)] = module
    return _COPY


def _load_in_place() -> None:
    """Load this library as ``nndl``, where a course's package of that name was imported first."""
    foreign = {name: sys.modules.pop(name) for name in list(sys.modules) if is_under(name, "nndl")}
    _load("nndl")
    importing = importlib.import_module("nndl.compat.importing")
    importing._finder.hidden.update(
        {name: module for name, module in foreign.items() if not is_under(name, "nndl.compat")}
    )
    # the notebook's own variable `nndl` is still the course's package
    foreign["nndl"].compat = importlib.import_module("nndl.compat")  # type: ignore[attr-defined]


def _load(name: str) -> None:
    folder = beside.LIBRARY_FOLDER
    spec: Any = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def _hide(root: str, course: str) -> None:
    """Set modules called ``root`` or ``root.…`` aside that are not ours, and say so."""
    is_loaded = root in sys.modules
    spec = beside.course_package(root)
    if not is_loaded and spec is None:
        return
    where = getattr(sys.modules.get(root), "__file__", None) or (spec and beside.place(spec))
    warnings.warn(
        f"there is another module {root!r} ({where or 'already loaded'}): nndl.compat.install({course!r}) hides "
        f"it; nndl.compat.uninstall() brings it back",
        stacklevel=4,
    )
    _finder.hide(root)


def _report(course: str, own: ModuleSpec, layers: str) -> None:
    """Say which files of the course lie there, and which module comes from where."""
    package = STUDENTS_PACKAGE[course]
    folder = beside.package_folder(own)
    files = f" ({', '.join(beside.module_files(folder))})" if folder is not None else ""
    notices.say(f"the course's own {package} is at {beside.place(own)}{files}")
    students = _listed([name for name in COURSES[course] if is_students(course, name)])
    helpers = _listed([name for name in COURSES[course] if not is_students(course, name)])
    if layers == "course":
        notices.say(f"from there: {package} and all that is in it; from this library: {helpers}")
    else:
        notices.say(f"it is not used; from this library: {students}; {helpers}")
        notices.say(f'for the layers in that folder: nndl.compat.install("{course}", layers="course")')


def _listed(names: list[str]) -> str:
    """Return modules for a message, those of a package in braces."""
    parts: dict[str, list[str]] = {}
    for name in names:
        root, _, part = name.partition(".")
        parts.setdefault(root, []).extend([part] * bool(part))
    return ", ".join(f"{root}.{{{', '.join(inner)}}}" if inner else root for root, inner in parts.items())
