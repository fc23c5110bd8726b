"""What is compared of a class: the code that students were to write, without what they were given.

The archive holds what anybody can find: the reference, the right solutions that differ, and finished code of later
releases, because public answers are what is copied.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..judging import milestone_content
from ..milestone import Milestone
from ..release.build import Release
from ..sources import Sources
from ..submission.apart import apart
from ..submission.load import SubmissionError, load

LARGEST = 400_000
"""Characters of a file that is compared."""


@dataclass
class Compared:
    """Folders with code, ready to be compared.

    Attributes
    ----------
    submissions, archive, starter : dict of str to Path
        Name → folder.
    left_out : dict of str to str
        Student → why nothing of theirs is compared.
    """

    submissions: dict[str, Path] = field(default_factory=dict)
    archive: dict[str, Path] = field(default_factory=dict)
    starter: dict[str, Path] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


@contextmanager
def laid_out(
    milestone: Milestone,
    sources: Sources,
    folders: Mapping[str, Path],
    archives: Mapping[str, Path] | None = None,
) -> Iterator[Compared]:
    """Write the code of a class, of the archive and of the starter files into a folder of its own.

    Parameters
    ----------
    milestone : Milestone
    sources : Sources
    folders : mapping of str to Path
        Student → what they handed in.
    archives : mapping of str to Path, optional
        Further folders of code to compare with, such as last year's class.
    """
    release = Release(milestone, sources)
    names = release.editable_code
    with tempfile.TemporaryDirectory(prefix="similarity-") as place:
        root, found = Path(place), Compared()
        for number, (student, folder) in enumerate(sorted(folders.items())):
            try:
                with tempfile.TemporaryDirectory(prefix="similarity-") as work:
                    submission = apart(load, folder, release, Path(work), student=student)
                    tree = submission.tree
                    texts = {n: _decoded(tree.read(n) or b"") for n in names if tree.read(n) is not None}
            except SubmissionError as error:
                found.left_out[student] = str(error)
                continue
            changed = {n: text for n, text in texts.items() if text != release.files[n].decode()}
            if not changed:
                found.left_out[student] = "nothing was written"
                continue
            found.submissions[student] = _write(root / f"s{number}", changed)
        stubs = {name: release.files[name].decode() for name in names}
        found.starter["starter code"] = _write(root / "starter", stubs)
        package = sources.package_folder(milestone.package).parent
        solved = {name: _text(package / name) for name in names}
        found.archive["the course's solution"] = _write(root / "a0", solved)
        for number, (name, other) in enumerate(milestone_content.alternatives(milestone).items(), 1):
            edited = {f"{milestone.package}/{n}": text for n, text in other.sources().items()}
            found.archive[f"right solution: {name}"] = _write(root / f"a{number}", solved | edited)
        for number, (name, folder) in enumerate((archives or {}).items()):
            texts = {
                str(p.relative_to(folder)): _text(p) for p in sorted(folder.rglob("*.py")) if p.is_file()
            }
            found.archive[name] = _write(root / f"x{number}", texts)
        yield found


def _text(path: Path) -> str:
    return _decoded(path.read_bytes())


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", errors="replace").replace("\r\n", "\n")[:LARGEST]


def _write(folder: Path, texts: Mapping[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
