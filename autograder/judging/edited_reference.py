"""The reference with edits in it, loaded beside it: a named bug, an alternative and a mutant each have one."""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import itertools
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Protocol

from ..failures import CourseError
from ..library.local import LocalLibrary, execute_piecewise, reference_folder
from ..milestone import PACKAGE, Milestone


class Edit(Protocol):
    """A change in one place of one file of the reference."""

    @property
    def file(self) -> str:
        """The edited file, relative to the package, e.g. ``"layers/affine.py"``."""
        ...

    @property
    def where(self) -> str:
        """Where the edit is written down, for errors."""
        ...

    def locate(self, source: str) -> tuple[int, int, str]:
        """Return where in the file's text the replaced part begins and ends, and what takes its place.

        Raises
        ------
        ValueError
            If that is not exactly one place: the reference has changed and the edit must follow.
        """
        ...


@dataclass(frozen=True)
class TextEdit:
    """An edit that replaces a text, which must occur exactly once in its file."""

    file: str
    old: str
    new: str
    where: str = "text"

    def locate(self, source: str) -> tuple[int, int, str]:
        """Return begin, end and replacement; see `Edit`."""
        count = source.count(self.old)
        if count != 1:
            raise ValueError(f"{self.file} holds {self.old!r} {count} times, but it must occur exactly once")
        begin = source.index(self.old)
        return begin, begin + len(self.old), self.new


@dataclass(frozen=True)
class Insertion:
    """An edit that adds a line in front of another one, with that one's indentation.

    Attributes
    ----------
    file : str
        The edited file, relative to the package.
    line : int
        Number of the line in the reference's file, counted from 1.
    text : str
        What the new line says.
    where : str
        Where the edit is written down, for errors.
    """

    file: str
    line: int
    text: str
    where: str = "insertion"

    def locate(self, source: str) -> tuple[int, int, str]:
        """Return begin, end and replacement; see `Edit`."""
        lines = source.split("\n")
        if not 0 < self.line <= len(lines):
            raise ValueError(f"{self.file} has {len(lines)} lines, and no line {self.line}")
        begin = sum(len(line) + 1 for line in lines[: self.line - 1])
        there = lines[self.line - 1]
        return begin, begin, f"{there[: len(there) - len(there.lstrip())]}{self.text}\n"


class EditError(CourseError, ValueError):
    """A line of a catalogue of mistakes or alternatives does not fit the solution."""


@dataclass(frozen=True)
class EditedReference:
    """The reference with edits in it.

    Attributes
    ----------
    name : str
        Identifier, unique among its kind in a milestone.
    edits : tuple of Edit
        All are located in the reference as it is: none sees what another one does.
    package : str
        Name of the reference's package.
    in_pieces : bool
        Whether it is imported as a submission is, where an error costs only what depends on it; otherwise as ever.
    """

    name: str
    edits: tuple[Edit, ...]
    package: str = PACKAGE
    in_pieces: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """The edited files, relative to the package."""
        return tuple(dict.fromkeys(edit.file for edit in self.edits))

    def apply(self, file: str, source: str) -> str:
        """Return the text of one file of the reference with the edits in it.

        Raises
        ------
        ValueError
            If an edit does not fit the text, or two edits overlap.
        """
        spans = []
        for edit in self.edits:
            if edit.file == file:
                try:
                    spans.append((*edit.locate(source), edit.where))
                except ValueError as error:
                    raise EditError(f"{self.name} ({edit.where}): {error}") from None
        spans.sort()
        for (_, end, _, one), (begin, _, _, other) in itertools.pairwise(spans):
            if begin < end:
                raise ValueError(
                    f"{self.name}: two edits of {file} overlap ({one}; {other}): write them as one"
                )
        for begin, end, new, _ in reversed(spans):
            source = source[:begin] + new + source[end:]
        return source

    def sources(self) -> dict[str, str]:
        """Return the edited files' new texts, by their names.

        Raises
        ------
        ValueError
            If the package has no such file, or an edit does not fit.
        """
        root = reference_folder(self.package)
        for edit in self.edits:
            if not (root / edit.file).is_file():
                raise ValueError(f"{self.name} ({edit.where}): the package has no file {edit.file}")
        return {file: self.apply(file, (root / file).read_text(encoding="utf-8")) for file in self.files}

    @functools.cached_property
    def alias(self) -> str:
        """Name of the package under which it is loaded."""
        # Two milestones may use one name; what is edited tells them apart.
        digest = hashlib.sha256(repr(self.edits).encode()).hexdigest()[:16]
        return f"_{self.package}_with_{re.sub('[^0-9A-Za-z]+', '_', self.name)}_{digest}"

    def load(self) -> ModuleType:
        """Import the package with the edits in it, and return it.

        The package's own imports are relative, so the edited one and the reference live side by side.
        """
        if self.alias not in sys.modules:
            # In front: the path finder would find the unedited files by the package's own path.
            if _finders not in sys.meta_path:
                sys.meta_path.insert(0, _finders)
            root = reference_folder(self.package)
            _finders.of[self.alias] = _Finder(self.alias, root, self.sources(), self.in_pieces)
        return importlib.import_module(self.alias)

    def library(self, milestone: Milestone) -> LocalLibrary:
        """Return the package with the edits in it as a library with a milestone's names."""
        return LocalLibrary(self.load(), milestone.api)

    def forget(self) -> None:
        """Drop what was loaded: thousands of packages would not fit into memory."""
        for name in [n for n in sys.modules if n == self.alias or n.startswith(self.alias + ".")]:
            del sys.modules[name]
        _finders.of.pop(self.alias, None)


@dataclass(frozen=True)
class NamedBug:
    """A known mistake: the reference with the mistake in it, and what a teacher says about it.

    Attributes
    ----------
    edited : EditedReference
        The reference with the mistake in it.
    explanation : str
        What was done, in a sentence, as a teacher would say it.
    hint : str
        A question or pointer that leads on without giving the answer.
    concerns : tuple of str
        Names of the checks that must lose points by it; no other check may.
    simple : bool, default False
        Whether it stands for work that is not done, and is named instead of a mistake that gives the same values.
        In which checks that shows is not known before; ``concerns`` are those of its function alone.
    """

    edited: EditedReference
    explanation: str
    hint: str
    concerns: tuple[str, ...]
    simple: bool = False

    @property
    def name(self) -> str:
        """Identifier, unique in its milestone."""
        return self.edited.name


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of one edited package in the reference's own files."""

    def __init__(self, alias: str, root: Path, edited: Mapping[str, str], in_pieces: bool):
        self.alias = alias
        self.in_pieces = in_pieces
        self.root = root
        self.edited = edited

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.alias and not fullname.startswith(self.alias + "."):
            return None
        base = self.root.joinpath(*fullname.split(".")[1:])
        is_package = (base / "__init__.py").is_file()
        file = base / "__init__.py" if is_package else base.with_name(base.name + ".py")
        if not file.is_file():
            return None
        kind = _PiecewiseLoader if self.in_pieces else _Loader
        loader = kind(file, self.edited.get(file.relative_to(self.root).as_posix()))
        spec = importlib.machinery.ModuleSpec(fullname, loader, origin=str(file), is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations = [str(base)]
        return spec


class _Finders(importlib.abc.MetaPathFinder):
    """Finds the modules of all edited packages, each by its own finder: to ask one after another takes too long."""

    def __init__(self) -> None:
        self.of: dict[str, _Finder] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        finder = self.of.get(fullname.partition(".")[0])
        return finder.find_spec(fullname, path, target) if finder is not None else None


_finders = _Finders()


@functools.lru_cache(maxsize=256)
def _compiled(source: bytes, file: str) -> CodeType:
    """Compile a file once for all packages that have it unedited."""
    return compile(source, file, "exec", dont_inherit=True)


class _Loader(importlib.abc.SourceLoader):
    """Reads a file of the reference, or has its edited text, and stores no bytecode."""

    def __init__(self, file: Path, edited: str | None):
        self.file = file
        self.edited = edited

    def get_filename(self, fullname: str) -> str:
        return str(self.file)

    def get_data(self, path: str | bytes) -> bytes:
        if self.edited is not None:
            return self.edited.encode()
        return Path(str(path)).read_bytes()

    def get_code(self, fullname: str) -> CodeType:
        return _compiled(self.get_data(str(self.file)), str(self.file))


class _PiecewiseLoader(_Loader):
    def exec_module(self, module: ModuleType) -> None:
        execute_piecewise(module, self.get_data(str(self.file)), str(self.file))
