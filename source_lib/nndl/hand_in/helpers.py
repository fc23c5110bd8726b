"""Files of a student's own that a file to be handed in imports: they come along, each in its place.

The packer on a student's machine and the reader of hand-ins both follow this rule.
"""

from __future__ import annotations

import ast
import itertools
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_MOST = 30
_MOST_MODULES = 200
_LONGEST = 1_000_000
_NOT_HELPERS = {"autograder", "msgpack", "sitecustomize", "usercustomize"}


@dataclass
class Helpers:
    """The student's own files that come along.

    Attributes
    ----------
    files : dict of str to str
        Where each belongs → where it lies.
    importers : dict of str to str
        Where it belongs → the file that imports it.
    missing : list of (str, str)
        A file, and a module of no library that it imports and that is not there.
    """

    files: dict[str, str] = field(default_factory=dict)
    importers: dict[str, str] = field(default_factory=dict)
    missing: list[tuple[str, str]] = field(default_factory=list)


def helpers(
    sources: Mapping[str, str],
    released: Mapping[str, str],
    course_files: Collection[str],
    libraries: Collection[str],
    unknown: Collection[str],
    read: Callable[[str], str | None],
) -> Helpers:
    """Find the files of their own that somebody's files import, and what these import in turn.

    Parameters
    ----------
    sources : mapping of str to str
        The Python files that are handed in: name → text.
    released : mapping of str to str
        The same files as they were given out, where they were: what these import is the course's affair.
    course_files : collection of str
        All files of the assignment.
    libraries : collection of str
        Importable names that are no student's: libraries, whether they are there or not.
    unknown : collection of str
        Names of the files beside those of the assignment.
    read : callable
        Gives the text of one of them; None if it cannot be read.
    """
    found = Helpers()
    outside = {*sys.stdlib_module_names, *libraries, *_NOT_HELPERS}
    here = {*course_files, *sources}
    folders = {above for file in here for above in _above(file)}
    waiting = [(name, text) for name, text in sources.items() if name.endswith(".py")]
    while waiting:
        importer, text = waiting.pop(0)
        for module, certain in itertools.islice(imported_modules(importer, text), _MOST_MODULES):
            if module.partition("/")[0] in outside or _is_here(module, here, folders):
                continue
            for place in _places(module):
                free = place not in here and not any(above in here for above in _above(place))
                lies = lying(place, unknown) if free and len(found.files) < _MOST else ""
                content = read(lies) if lies else None
                if content is not None:
                    found.files[place], found.importers[place] = lies, importer
                    here.add(place)
                    folders.update(_above(place))
                    waiting.append((place, content))
            missing = (importer, module.replace("/", "."))
            if certain and missing not in found.missing:
                found.missing.append(missing)
    found.missing = [
        (importer, module)
        for importer, module in found.missing
        if not _is_here(path := module.replace(".", "/"), here, folders)
        and path not in {given for given, _ in imported_modules(importer, released.get(importer, ""))}
    ]
    return found


def _is_here(module: str, files: Collection[str], folders: Collection[str]) -> bool:
    """Return whether there is such a module, or a folder of modules."""
    return module in folders or any(place in files for place in _places(module))


def imported_modules(name: str, source: str) -> Iterator[tuple[str, bool]]:
    """Yield the modules that a file imports, with ``/``, and whether each is certainly one, and no name in a module."""
    if len(source) > _LONGEST:
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    folders = name.split("/")
    seen = set()
    waiting: deque[ast.AST] = deque(tree.body)
    while waiting:  # through the statements alone: expressions import nothing
        node = waiting.popleft()
        for part in ("body", "handlers", "orelse", "finalbody", "cases"):
            waiting.extend(getattr(node, part, ()))
        found: list[tuple[str, bool]] = []
        if isinstance(node, ast.Import):
            for alias in node.names:
                found += _with_packages(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom) and node.level < len(folders) + (node.level == 0):
            base = folders[: len(folders) - node.level] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            found = _with_packages(module)
            found += [("/".join([*module, alias.name]), False) for alias in node.names if alias.name != "*"]
        for entry in found:
            if entry not in seen:
                seen.add(entry)
                yield entry


def _with_packages(parts: list[str]) -> list[tuple[str, bool]]:
    return [("/".join(parts[: depth + 1]), True) for depth in range(len(parts))]


def _places(module: str) -> list[str]:
    """Return where a module may lie."""
    return [f"{module}/__init__.py", f"{module}.py"]


def _above(place: str) -> list[str]:
    parts = place.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def lying(place: str, names: Iterable[str]) -> str:
    """Return the file that lies in a place, or the only one of its last name; an empty text if there is none."""
    last = place.rpartition("/")[2]
    if last == "__init__.py":
        last = "/".join(place.split("/")[-2:])
    found = [name for name in names if name == last or name.endswith("/" + last)]
    exact = [name for name in found if name == place] or [n for n in found if n.endswith("/" + place)]
    best = exact or found
    return best[0] if len(best) == 1 else ""
