"""Every file, folder and module that a page of the project names exists, and every link leads somewhere."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from .import_graph import modules

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        ROOT / "release" / "README.md",
        *ROOT.glob(".github/*.md"),
    )
)
FOLDERS = ("autograder", "source_lib", "nndl", "tests", "docs", "tools", "benchmarks", "assignments")
PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/[\w./*<>-]*")
FILE = re.compile(r"`([\w./*<>-]+\.(?:py|md|toml|json|txt|sh|yml|cff|ipynb))`")
MODULE = re.compile(r"(?<![\w/.-])(?:autograder|nndl)(?:\.\w+)+")
IMPORT = re.compile(r"from ((?:autograder|nndl)[\w.]*) import ([\w, ]+)")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
ELSEWHERE = {
    # what a command writes, a student hands in or a course has
    "assignment.json", "timestamp.txt", "requirements.txt", "requirements-loose.txt", "nbgrader_config.py", "notes.md",
    "autograder.milestones",  # a group of entry points
    "jupyterhub_config.py",  # of whoever runs a hub
}  # fmt: skip


@cache
def repository() -> tuple[str, ...]:
    """Return the files of the repository, new ones included, as paths with a slash in front."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(f"/{name}" for name in listed.stdout.splitlines() if (ROOT / name).exists())


def exists(name: str) -> bool:
    """Whether a path, perhaps with a placeholder, is one of the repository, from its top or from inside a room."""
    parts = re.split(r"<\w+>|\*+", name.rstrip("/."))
    pattern = re.compile("/" + "[^/]*".join(map(re.escape, parts)) + "(?:/|$)")
    return any(pattern.search(path) for path in repository())


def is_module(name: str) -> bool:
    """Whether a dotted name is a module of ours, or something that one defines or brings along."""
    package, *parts = name.split(".")
    folder = ROOT / ("source_lib/nndl" if package == "nndl" else package)
    while parts and (folder / parts[0]).is_dir():
        folder /= parts.pop(0)
    file = folder / f"{parts[0]}.py" if parts else folder / "__init__.py"
    if parts and file.is_file():
        parts.pop(0)
    else:
        file = folder / "__init__.py"
    source = file.read_text(encoding="utf-8") if file.is_file() else ""
    return bool(source) and all(re.search(rf"\b{part}\b", source) for part in parts)


def text_of(page: str) -> str:
    """Return a page; of a table in the changelog only what is new, for the rest tells what there was before."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if page != "CHANGELOG.md":
        return text
    lines = (line.rstrip(" |") for line in text.splitlines())
    return "\n".join(line.rpartition(" | ")[2] if line.startswith("  |") else line for line in lines)


def missing(text: str, folder: Path = ROOT) -> Iterator[str]:
    """Yield what a text names and the repository does not have."""
    text = re.sub(r"https?://\S+", "", text)
    for name in sorted({*PATH.findall(text), *FILE.findall(text)} - ELSEWHERE):
        if not exists(name) and "logistic" not in name:  # the milestone that a page builds
            yield name
    brought = {
        f"{module}.{name.strip()}" for module, names in IMPORT.findall(text) for name in names.split(",")
    }
    for name in sorted({*MODULE.findall(text), *brought} - ELSEWHERE):
        if not is_module(name) and not exists(name):
            yield name
    for target in sorted(set(LINK.findall(text))):
        if not (folder / target).exists():
            yield target


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_exists(page):
    assert list(missing(text_of(page), (ROOT / page).parent)) == []


def test_what_does_not_exist_is_found():
    wrong = [
        "`autograder/check.py`", "tests/no/such.py", "`strength.json5.py`", "`autograder.judge`",
        "[page](docs/none.md)", "nndl.layers.affine_sideways", "`course/<milestone>/remarks*.py`",
        "from autograder.release.build import Gone",
    ]  # fmt: skip
    right = [
        "`autograder/judging/check.py`", "tests/test_docs_paths.py", "`check.py`", "`autograder.judging.judge`",
        "[page](docs/architecture.md#words)", "nndl.layers.affine_forward", "`course/<milestone>/checks*.py`",
        "https://example.org/docs/none.md", "source_lib/nndl/fast/",
    ]  # fmt: skip
    assert [text for text in wrong if not list(missing(text))] == []
    assert [text for text in right if list(missing(text))] == []


def test_wheels_are_tested_with_tests_that_exist():
    text = (ROOT / "source_lib" / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r"\{project\}/(\S+\.py)", text)
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("package", ["autograder", "source_lib/nndl", "tools", "benchmarks", "tests"])
def test_first_line_of_a_module_says_what_it_is_for(package):
    """One sentence, or the beginning of one that ends in the next line."""
    files = {path: path.read_text(encoding="utf-8") for path in modules(ROOT / package)}
    written = {path: source for path, source in files.items() if source.strip()}
    bare = [path for path, source in written.items() if not re.match(r'(#!.*\n)?r?"""\S.{15,}', source)]
    assert bare == []
