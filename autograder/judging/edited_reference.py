"""What a named bug is, and how the reference is loaded with one in it."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

import nndl

from ..library.local import LocalLibrary
from ..milestone import Public
from ..sources import Sources

REFERENCE_ROOT = Path(nndl.__file__).resolve().parent


@dataclass(frozen=True)
class NamedBug:
    """A known mistake, as an edit of the reference.

    Attributes
    ----------
    name : str
        Identifier, unique in its milestone.
    file : str
        The edited file, relative to the package, e.g. ``"neural_net.py"``.
    edits : tuple of (str, str)
        Texts of the reference and what the mistake makes of each.  Each text occurs exactly once.
    explanation : str
        What was done, in a sentence, as a teacher would say it.
    hint : str
        A question or pointer that leads on without giving the answer.
    concerns : tuple of str
        Names of the checks that must lose points by it; no other check may.
    api : tuple of (str, Public)
        The milestone's public names, for the library that carries the bug.
    """

    name: str
    file: str
    edits: tuple[tuple[str, str], ...]
    explanation: str
    hint: str
    concerns: tuple[str, ...]
    api: tuple[tuple[str, Public], ...] = ()

    def apply(self, source: str) -> str:
        """Return the reference's ``source`` with the mistake in it.

        Raises
        ------
        ValueError
            If an edited text does not occur exactly once: the reference has changed and the bug must follow.
        """
        for old, new in self.edits:
            if source.count(old) != 1:
                raise ValueError(
                    f"named bug {self.name!r}: {self.file} holds the text {old!r} "
                    f"{source.count(old)} times, but it must occur exactly once"
                )
            source = source.replace(old, new)
        return source

    def library(self) -> LocalLibrary:
        """Return the reference with this bug in it, loaded under a name of its own."""
        return _library(self)


class Maker(Protocol):
    """What `bugs_in` returns."""

    def __call__(
        self, name: str, concerns: tuple[str, ...], explanation: str, hint: str, /, *edits: tuple[str, str]
    ) -> NamedBug:
        """Return a bug; see `NamedBug` for the arguments."""
        ...


def bugs_in(milestone: str, file: str) -> Maker:
    """Return a function that writes down the bugs of one file, as a milestone asks for it."""
    api = tuple(Sources().milestone(milestone).api.items())

    def bug(
        name: str, concerns: tuple[str, ...], explanation: str, hint: str, /, *edits: tuple[str, str]
    ) -> NamedBug:
        return NamedBug(name, file, edits, explanation, hint, concerns, api)

    return bug


@functools.cache
def _library(bug: NamedBug) -> LocalLibrary:
    # Bugs of two milestones may share a name; what they do to which file tells them apart.
    what = hashlib.sha256(repr((bug.file, bug.edits)).encode()).hexdigest()[:16]
    return LocalLibrary(load_variant(f"_nndl_with_{bug.name}_{what}", bug), dict(bug.api))


def load_variant(alias: str, bug: NamedBug) -> ModuleType:
    """Import the reference package under the name ``alias`` with ``bug`` applied.

    The package's own imports are relative, so the variant and the reference live side by side.
    """
    if alias not in sys.modules:
        # In front: the path finder would find the unedited files by the package's own path.
        sys.meta_path.insert(0, _VariantFinder(alias, bug))
    return importlib.import_module(alias)


class _VariantFinder(importlib.abc.MetaPathFinder):
    """Finds the modules of one variant in the reference's own files."""

    def __init__(self, alias: str, bug: NamedBug):
        self.alias = alias
        self.bug = bug

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.alias and not fullname.startswith(self.alias + "."):
            return None
        base = REFERENCE_ROOT.joinpath(*fullname.split(".")[1:])
        is_package = (base / "__init__.py").is_file()
        file = base / "__init__.py" if is_package else base.with_name(base.name + ".py")
        if not file.is_file():
            return None
        loader = _VariantLoader(fullname, file, self.bug)
        spec = importlib.machinery.ModuleSpec(fullname, loader, origin=str(file), is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations = [str(base)]
        return spec


class _VariantLoader(importlib.abc.SourceLoader):
    """Reads the reference's source, edits the one file, and caches no bytecode."""

    def __init__(self, fullname: str, file: Path, bug: NamedBug):
        self.fullname = fullname
        self.file = file
        self.bug = bug

    def get_filename(self, fullname: str) -> str:
        return str(self.file)

    def get_data(self, path: str | bytes) -> bytes:
        source = Path(str(path)).read_text(encoding="utf-8")
        if self.file == REFERENCE_ROOT / self.bug.file:
            source = self.bug.apply(source)
        return source.encode()
