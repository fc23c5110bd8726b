"""Releases: what a student of one milestone gets, made from the solution library and the assignments.

A release is a mapping from file names to bytes, made in memory. Everything starts from this mapping: writing it to
disk, ``nbgrader generate_assignment``, and the tree in which a submission is graded. So students are graded on what
they were given.
"""

from __future__ import annotations

import ast
import json
import re
import string
import sys
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from nndl.hand_in.libraries import imported

from ..library.local import files_of_modules
from ..milestone import PACKAGE, Milestone
from ..sandbox.tree import Base
from ..sources import Sources
from . import assignment, fences, leaks
from .fences import ReleaseError
from .installed_names import distribution_of, installed_names
from .notebook import moved_links, stripped
from .solution_library import SolutionLibrary, entries, read, read_library, regular_files

_README = Path(__file__).with_name("README.template.md")
_SET_UP = Path(__file__).with_name("set_up.template.md")
_SMALL_TORCH = Path(__file__).with_name("small_torch.template.md")
_HAND_IN = Path(__file__).with_name("hand_in.template.md")
_START = "\n## Start\n"
_IMPORTS_OURS = re.compile(rf"\b(?:from|import)\s+{PACKAGE}\b")
_LIBRARIES = {"torch": "PyTorch", "PIL": "Pillow"}
_EXTRA_REQUIREMENTS = ("ipykernel", "jupyterlab")


@dataclass(frozen=True)
class Release(assignment.Described):
    """What the students of one milestone get.

    The sources are read once, when something from them is first needed. Later changes are not seen.

    Parameters
    ----------
    milestone : Milestone
    sources : Sources, optional
        Where to take it from; by default this repository.
    blank_earlier : bool, default False
        Whether students also get stubs for what earlier milestones asked for.

    Raises
    ------
    ReleaseError
        When the sources are read, if a fence is wrong (see :func:`fences.parse`) or a notebook cannot be stripped.
    """

    milestone: Milestone
    sources: Sources = field(default_factory=Sources)
    blank_earlier: bool = False

    @staticmethod
    def current(milestone: Milestone, sources: Sources | None = None) -> Release:
        """Return the release of the sources as they are now: the one made before, unless a file has changed.

        For long-lived processes that ask often.
        """
        sources = sources or Sources()
        return _made(milestone, sources, _state_of_files(milestone, sources))

    @cached_property
    def files(self) -> dict[str, bytes]:
        """File name, relative and with ``/``, → content, in alphabetical order.

        These files have not been searched for left-over solutions. Students get `checked`.
        """
        files = dict(self._library.others)
        for name, solved in self._library.code.items():
            answered = self._library.answers.get(name)
            if answered in self._hidden:
                continue
            text = fences.stub(solved, name, self._library.fences[name], self._hidden)
            files[name] = (fences.without_markers(text) if answered else text).encode()
        for path in self._notebooks:
            text = path.read_text(encoding="utf-8")
            name, extra = f"{self.milestone.name}/{path.name}", self.milestone.extra_credit
            files[path.name] = stripped(text, name, extra).encode()
        files |= self._assignment_files(files)
        documents = documents_of(self.milestone, self.sources)
        files |= {name: read(path) for name, path in documents.items() if path.is_file()}
        for name in files:
            if name.endswith(".md"):
                files[name] = moved_links(files[name].decode("utf-8")).encode()
        files["requirements.txt"] = self._requirements().encode()
        files["requirements-loose.txt"] = self._loose_requirements().encode()
        files["README.md"] = self._readme(files).encode()
        self._require_libraries(files)
        description = assignment.describe(self.milestone, files, self.editable, self.sources.service)
        for path in self._notebooks:
            files[path.name] = assignment.marked(files[path.name], description)
        files[assignment.NAME] = assignment.written(description)
        return dict(sorted(files.items()))

    @cached_property
    def base(self) -> Base:
        """The same files, to lie beneath what students write."""
        return Base(self.files, lambda: files_of_modules(self.milestone))

    @cached_property
    def checked(self) -> dict[str, bytes]:
        """The same files, after a search for left-over solutions.

        Raises
        ------
        ReleaseError
            If any line of a solution is left anywhere, or a file of the library is not valid Python.
        """
        library = self._library
        for name, text in library.code.items():
            fences.require_python(text, name)
        whole = {name: [fences.whole_file(library.code[name], m)] for name, m in library.answers.items()}
        secrets, runs = leaks.library_secrets(library.code, library.fences | whole, self._hidden)
        code = [self.files[name].decode() for name in library.code if name in self.files]
        shown = "\n".join(leaks.squeeze(line) for text in code for line in text.split("\n"))
        pictures: dict[bytes, str] = {}
        texts = [path.read_text(encoding="utf-8") for path in self._notebooks]
        for path, text in zip(self._notebooks, texts, strict=True):
            source, released = json.loads(text), json.loads(self.files[path.name])
            secrets += leaks.notebook_secrets(source, released, path.name, shown)
            pictures |= leaks.solution_pictures(source, released, path.name)
        leaks.check(self.files, secrets, runs)
        leaks.check_pictures(self.files, pictures)
        leaks.check_mentions(self._assignment_files(()), self.files, texts)
        return self.files

    @property
    def editable(self) -> tuple[str, ...]:
        """What a student hands in: notebooks, files with a fence of this milestone, artifacts."""
        notebooks = (path.name for path in self._notebooks)
        return (*notebooks, *self.editable_code, *self.milestone.artifacts)

    @property
    def editable_code(self) -> tuple[str, ...]:
        """The files of the library with a fence of this milestone, in the order of their names."""
        mine = self.milestone.name
        return tuple(
            n for n, found in self._library.fences.items() if any(f.milestone == mine for f in found)
        )

    def write(self, folder: Path) -> None:
        """Write the checked files, and the folders they need, into a folder."""
        write_files(folder, self.checked)

    @cached_property
    def _library(self) -> SolutionLibrary:
        own = read_library(self.sources, self.milestone.package)
        return own.with_package(read_library(self.sources, PACKAGE)) if self._brings_ours else own

    @cached_property
    def _brings_ours(self) -> bool:
        """Whether another package, or its notebook, imports this course's: students then get that one, too."""
        if self.milestone.package == PACKAGE:
            return False
        folder = self.sources.package_folder(self.milestone.package)
        paths = [path for path in regular_files(folder) if path.suffix == ".py"] if folder.is_dir() else []
        texts = (read(path).decode("utf-8", errors="replace") for path in (*paths, *self._notebooks))
        return any(_IMPORTS_OURS.search(text) for text in texts)

    @cached_property
    def _notebooks(self) -> list[Path]:
        return sorted(self.sources.assignment_folder(self.milestone).glob("*.ipynb"))

    @property
    def _later(self) -> tuple[str, ...]:
        names = self.sources.milestone_names
        return names[names.index(self.milestone.name) + 1 :]

    @cached_property
    def _hidden(self) -> set[str]:
        """The milestones whose solutions students do not get."""
        if self.blank_earlier:
            return {*self.sources.milestone_names}
        # The tasks of a package that is only brought along are no help that this milestone gives.
        ours = (
            {m.name for m in self.sources.milestones if m.package == PACKAGE} if self._brings_ours else set()
        )
        return {self.milestone.name, *self._later, *ours}

    def _assignment_files(self, taken: Collection[str]) -> dict[str, bytes]:
        """Return the other files of an assignment: all but its notebooks and their text pairs."""
        folder = self.sources.assignment_folder(self.milestone)
        stems = {path.stem for path in self._notebooks}
        files = {}
        for path in regular_files(folder) if folder.is_dir() else ():
            name = path.relative_to(folder).as_posix()
            pair = path.parent == folder and path.stem in stems and path.suffix in (".py", ".md", ".ipynb")
            if pair or path.suffix == ".ipynb":
                continue
            if name in taken or name.startswith(f"{self.milestone.package}/"):
                message = "this name belongs to the solution library"
                raise ReleaseError(message, f"{self.milestone.name}/{name}")
            files[name] = read(path)
        return files

    @cached_property
    def _project(self) -> dict:
        """What the library's ``pyproject.toml`` says of it; nothing if it has none."""
        text = self._library.others.get("pyproject.toml", b"").decode("utf-8")
        return tomllib.loads(text).get("project", {})

    def _requirements(self) -> str:
        """Return what students install: the requirements of library and milestone, in versions known to work."""
        exact = _exact_versions(self.sources.constraints)
        lines = ["# The versions this course was tried with. Newer ones will usually do."] if exact else []
        required = {_name(line): line for line in self._dependencies}
        for name in _EXTRA_REQUIREMENTS:
            required.setdefault(_canonical(name), name)
        for requirement in sorted(required.values()):
            name = _name(requirement)
            version = exact.get(name)
            lines.append(f"{name}=={version}" if version else requirement)
        return "\n".join(lines) + "\n"

    def _require_libraries(self, files: Mapping[str, bytes]) -> None:
        """Raise an error if a package of a course's own imports what its students do not get."""
        package = self.milestone.package
        if package == PACKAGE:
            return  # what a module of ours needs is required by the milestones that use the module
        there = {*sys.stdlib_module_names, *installed_names(files["requirements.txt"].decode())}
        for name in self._library.code:
            if name not in files or not name.startswith(f"{package}/"):
                continue
            for line, library in imported(ast.parse(files[name])):
                if library not in there and f"{library}/__init__.py" not in files:
                    advice = (
                        "require it in source_lib/pyproject.toml, or name it in the milestone's libraries"
                    )
                    raise ReleaseError(f"students would not have the library {library}: {advice}", name, line)

    def _loose_requirements(self) -> str:
        """Return the same for a machine that has most of it, such as Google Colab: the oldest versions that will do."""
        return "\n".join(("# The oldest versions that will do.", *sorted(self._dependencies))) + "\n"

    @property
    def _dependencies(self) -> tuple[str, ...]:
        """What library and milestone need."""
        optional = self._project.get("optional-dependencies", {})
        found = {_name(line): line for line in self._project.get("dependencies", ("numpy",))}
        if self._brings_ours:
            found = {_name(line): line for line in _required_by_ours(self.sources)} | found
        for library in self.milestone.libraries:
            name = distribution_of(library)
            for line in optional.get(library, (name,)):
                found.setdefault(_name(line), line)
        return tuple(found.values())

    def _torch_without_gpu(self) -> str:
        """Return how to get PyTorch's smaller packages, in the version that is required; nothing if none is."""
        lines = self._requirements().splitlines()
        required = [line for line in lines if re.match(r"torch\b(?!-)", line)]
        return _filled(_SMALL_TORCH, {"torch": required[0]}) if required else ""

    def _readme(self, files: Mapping[str, bytes]) -> str:
        """Return the assignment's own page, or a general one, with how to set up Python and how to hand in.

        Setting up comes before the page's section "Start", if it has one, and below the page otherwise.
        """
        notebooks = [path.name for path in self._notebooks]
        code = [name for name in self.editable if name.endswith(".py")]
        package, milestone = self.milestone.package, self.milestone.name
        values = {
            "title": self.milestone.title,
            "milestone": milestone,
            "package": package,
            "notebooks": " " + ", ".join(f"`{name}`" for name in notebooks) if notebooks else "",
            "python": str(self._project.get("requires-python", ">=3.11")).lstrip(">="),
            "editable": _bullets(code or notebooks),
            "later": _LATER if self._later else "",
            "hand_in": _bullets(self.editable),
            "libraries": ", ".join(("NumPy", *(_LIBRARIES.get(n, n) for n in self.milestone.libraries))),
            "pack": _PACK.format(package=package, milestone=milestone)
            if f"{package}/__main__.py" in files
            else "",
            "how": self._how_to_hand_in(files),
            "doctor": "",
            "examined": "",
            "kernels": _KERNELS.format(package=package) if f"{package}/fast/build.py" in files else "",
            "guide": _GUIDE_LINE if _GUIDE in files else "",
            "torch_small": self._torch_without_gpu(),
        }
        if f"{package}/doctor.py" in files:
            values |= {
                "doctor": f"python -m {package} doctor\n",
                "examined": _EXAMINED.format(package=package),
            }
        own = files.get("README.md") or _filled(_README, values).encode()
        before, start, after = own.decode("utf-8").rstrip("\n").partition(_START)
        set_up = _filled(_SET_UP, values).rstrip("\n")
        return (
            f"{before.rstrip()}\n\n{set_up}\n{start}{after}".rstrip("\n") + "\n\n" + _filled(_HAND_IN, values)
        )

    def _how_to_hand_in(self, files: Mapping[str, bytes]) -> str:
        """Return how a hand-in reaches the course: by its grading service, if it has one, or as it says elsewhere."""
        package, milestone, service = self.milestone.package, self.milestone.name, self.sources.service
        if service and f"{package}/service/submitting.py" in files:
            return _SUBMIT.format(package=package, service=service)
        return _NBGRADER.format(milestone=milestone)


def _filled(template: Path, values: Mapping[str, str]) -> str:
    return string.Template(template.read_text(encoding="utf-8")).substitute(values)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, and the folders they need, into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@lru_cache(maxsize=16)
def _made(milestone: Milestone, sources: Sources, state: int) -> Release:
    return Release(milestone, sources)


def _state_of_files(milestone: Milestone, sources: Sources) -> int:
    """Return a number that changes when any of the files changes that a release is made from."""
    package = milestone.package
    paths = [*sources.project_files(package), sources.constraints, *documents_of(milestone, sources).values()]
    folders = dict.fromkeys(
        (*map(sources.package_folder, (package, PACKAGE)), sources.assignment_folder(milestone))
    )
    stats = [(str(path), path.stat()) for path in paths if path.is_file()]
    for folder in folders:
        stats += [(entry.path, entry.stat()) for entry in entries(folder)] if folder.is_dir() else ()
    return hash(tuple(sorted((name, s.st_mtime_ns, s.st_size, s.st_ino) for name, s in stats)))


def documents_of(milestone: Milestone, sources: Sources) -> dict[str, Path]:
    """Return where the documents of a milestone's release lie, by their names in repository and release alike."""
    guides = _GUIDES if milestone.package == PACKAGE else ()  # they are about this course's library
    return {name: sources.document(name) for name in (*milestone.documents, *guides)}


def _required_by_ours(sources: Sources) -> Sequence[str]:
    paths = [path for path in sources.project_files(PACKAGE) if path.name == "pyproject.toml"]
    return tomllib.loads(paths[0].read_text(encoding="utf-8"))["project"]["dependencies"] if paths else ()


def _exact_versions(constraints: Path) -> dict[str, str]:
    exact = {}
    if constraints.is_file():
        for line in constraints.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"([A-Za-z0-9._-]+)==([^\s;#]+)", line):
                exact[_canonical(match[1])] = match[2]
    return exact


def _name(requirement: str) -> str:
    return _canonical(re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0])


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


_LATER = """
Some functions raise an error that names a *later* milestone. Do not change them now: nothing in this assignment
needs them, and you will write them in that milestone.
"""


_GUIDE = "docs/student-guide.md"
_GUIDES = (_GUIDE, "docs/official-result.md")  # the second is where a link of the first leads
_GUIDE_LINE = f"""
How the checks, the data and handing in work stands in [the student guide]({_GUIDE}).
"""


_EXAMINED = """
`python -m {package} doctor` looks at Python, packages, data, memory and compiled code, and says what to do about
what is missing. Run it whenever something does not work.
"""


_KERNELS = """
You do not need a compiler. If you have one, `python -m {package} build` builds faster convolutions into this folder;
it fetches what else it needs, and takes a minute. If you were given a file `nndl_kernels-….whl`, `pip install` of it
does the same without a compiler, for all assignments at once.
"""


_NBGRADER = """Your course says how. If it uses nbgrader, hand in this folder as it is; from the folder above it:

```
nbgrader submit {milestone}
```
"""
_SUBMIT = """Your course has a grading service at {service}. Hand in there with the notebook's last cell, or in this
folder with

```
python -m {package} submit
```

and the official result comes back, mostly within a minute or two. You are asked once for the invitation link that your
course sent you.
"""
_PACK = """
Before you do, see what would be read, and what is missing:

```
python -m {package} pack
```

This also packs exactly these files into `{milestone}.zip`, beside this folder, for courses that collect a single file.
"""


def _bullets(names: Sequence[str]) -> str:
    return "\n".join(f"- `{name}`" for name in names)
