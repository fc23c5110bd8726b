"""Which files a sandbox shows: Python and the allowed libraries, one by one, and nothing else of the machine.

A folder is shown whole only if it is the standard library or belongs to one allowed distribution, and only its owner
or root can write to it: what others can write to may hold anything, such as another student's work. Shared objects
and programs outside such folders are shown by name.

Libraries are found by their distribution's own list of files and shown one by one, never as a whole
``site-packages``: that folder also holds the autograder, and through editable installs leads to the repository.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from packaging.requirements import Requirement

from ..failures import SandboxUnavailable
from .shared_objects import needed_by
from .whole_folders import shown_whole

PYTHON_PATH = "/libraries"
"""Folder of the sandbox that holds the allowed libraries."""

PROGRAMS = ("choom", "prlimit", "setpriv")
"""What runs inside before the sandbox's own program, to set limits and to give up rights."""

_SHOWN_IF_THERE = ("/etc/ld.so.cache", "/usr/lib/locale/C.utf8")
_TOP_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_NEEDS_A_SCREEN = "_tkinter"
_HIDDEN = ("site-packages", "dist-packages", "test", "idlelib")
"""Folders in a standard library that look empty: installed packages, and two large parts that nobody needs."""


@dataclass(frozen=True)
class Bind:
    """One path of this machine, shown in a sandbox as ``target``; read-only unless ``writable``."""

    source: str
    target: str
    writable: bool = False


def python_executable() -> str:
    """Return the interpreter of the base installation, to which virtual environments and links lead."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def standard_library() -> str:
    """Return the folder of the standard library."""
    return os.path.dirname(os.path.realpath(os.__file__))


def standard_libraries() -> list[str]:
    """Return the folders of the standard library: one, or two where compiled modules have their own."""
    compiled = os.path.realpath(sysconfig.get_path("platstdlib"))
    # in a virtual environment this is the environment's folder, which holds no standard library
    others = [compiled] if os.path.isdir(os.path.join(compiled, "lib-dynload")) else []
    return list(dict.fromkeys([standard_library(), *others]))


def top_links() -> dict[str, str]:
    """Return the links at the top of the file system that lead to where programs and libraries are."""
    return {path: os.readlink(path) for path in _TOP_FOLDERS if os.path.islink(path)}


@functools.cache
def system_binds() -> tuple[Bind, ...]:
    """Return what Python needs of this machine: interpreter, standard library, shared objects, three programs.

    Raises
    ------
    SandboxUnavailable
        If one of them is missing, or others than its owner can write to the standard library.
    """
    libraries = standard_libraries()
    objects = [path for folder in libraries for path in shown_whole(folder, _HIDDEN)]
    objects = [path for path in objects if _NEEDS_A_SCREEN not in os.path.basename(path)]
    files = [python_executable(), *map(program, PROGRAMS)]
    extra = [path for path in _SHOWN_IF_THERE if os.path.exists(path)]
    needed = sorted(needed_by([*files, *objects]))
    return _unique([*(Bind(path, path) for path in libraries), *map(_by_name, [*files, *needed, *extra])])


def program(name: str) -> str:
    """Return where a program of the machine is; those that run inside must lie in ``/usr``."""
    path = shutil.which(name, path="/usr/bin:/bin" if name != "bwrap" else None)
    if path is None:
        package = "bubblewrap" if name == "bwrap" else "util-linux"
        raise SandboxUnavailable(f"{name} is not installed; run: apt-get install {package}")
    return path


def _by_name(path: str) -> Bind:
    """Return the bind that shows one file where programs look for it."""
    folder, name = os.path.split(path)
    return Bind(os.path.realpath(path), os.path.join(os.path.realpath(folder), name))


def _unique(binds: Iterable[Bind]) -> tuple[Bind, ...]:
    """Return binds without those of files that lie in a folder that is shown already."""
    kept: dict[str, Bind] = {}
    folders: list[str] = []
    for bind in binds:
        if bind.target not in kept and not any(within(bind.target, folder) for folder in folders):
            kept[bind.target] = bind
            if os.path.isdir(bind.source):
                folders.append(bind.target)
    return tuple(kept.values())


def masked_folders(packages: Sequence[str]) -> list[str]:
    """Return the folders under the ones shown that must look empty: installed packages, and this project.

    Parameters
    ----------
    packages : sequence of str
        Names of packages that belong to the project besides the autograder.
    """
    shown = standard_libraries()
    found = {os.path.join(library, name) for library in shown for name in _HIDDEN}
    for package in ("autograder", *packages):
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            # the folder that holds the package is the root of the repository or of one distribution
            found.add(os.path.dirname(os.path.realpath(folder)))
    inside = [path for path in found if os.path.isdir(path) and any(within(path, s) for s in shown)]
    return sorted(p for p in inside if not any(within(p, other) for other in inside if other != p))


@functools.cache
def library_binds(names: tuple[str, ...]) -> tuple[Bind, ...]:
    """Return binds that show importable packages, and what they require, under `PYTHON_PATH`.

    Parameters
    ----------
    names : tuple of str
        Names of packages or distributions, e.g. ``("numpy", "torch")``.

    Raises
    ------
    ModuleNotFoundError
        If one is not installed.
    SandboxUnavailable
        If others than its owner can write to it.
    """
    binds: dict[str, Bind] = {}
    objects: list[str] = []
    wanted, seen = list(names), set()
    while wanted:
        name = wanted.pop()
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        distribution = _distribution(name)
        for entry in _entries(distribution):
            source = os.path.realpath(str(distribution.locate_file(entry)))
            if os.path.exists(source):
                binds[entry] = Bind(source, f"{PYTHON_PATH}/{entry}")
                objects += shown_whole(source)
        for line in distribution.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                wanted.append(requirement.name)
    shown = [binds[entry] for entry in sorted(binds)]
    own = [bind.source for bind in shown]
    needed = [path for path in needed_by(objects) if not any(within(os.path.realpath(path), o) for o in own)]
    there = {bind.target for bind in system_binds()}
    return _unique([*shown, *(bind for bind in map(_by_name, sorted(needed)) if bind.target not in there)])


def _distribution(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        owners = metadata.packages_distributions().get(name)
        if not owners:
            raise ModuleNotFoundError(f"the library {name} is not installed", name=name) from None
        return metadata.distribution(owners[0])


def _entries(distribution: metadata.Distribution) -> set[str]:
    """Return the names directly under ``site-packages`` that belong to a distribution."""
    files = distribution.files
    if files is None:  # installed by a system's package manager, which keeps its own list
        names = (distribution.read_text("top_level.txt") or distribution.name).split()
        return {entry for name in names for entry in (name, f"{name}.py")}
    tops = {file.parts[0] for file in files}
    return {
        t
        for t in tops
        if t not in ("..", "__pycache__") and not t.endswith(".pth") and "__editable__" not in t
    }


def within(path: str, folder: str) -> bool:
    """Return whether ``path`` is ``folder`` or lies below it."""
    return os.path.commonpath([path, folder]) == folder
