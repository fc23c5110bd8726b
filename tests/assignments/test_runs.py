"""Every notebook runs: solved and untouched on a few small images, and solved on real ones, where its lesson shows."""

from __future__ import annotations

import ast
import copy
import importlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nbformat import NotebookNode

import nndl

from .lesson import Lesson, printed
from .notebooks import (
    NAMES,
    assert_every_check_passes,
    assert_failures_name_the_task,
    assert_pictures_have_texts,
    cell,
    load,
    released,
    replace,
    run,
    unwritten_package,
)

LESSONS: dict[str, Lesson] = {
    name: importlib.import_module(f".lessons.{name}", __package__).LESSON for name in NAMES
}
SHARED = Path(os.environ.get("NNDL_SHARED", Path(__file__).parents[3] / "shared")) / "data"
PYTORCH = ("pytorch", "network_visualization")


def notebooks(slow_run=""):
    """Return the names of the notebooks as cases of a test, those of them marked whose run takes minutes."""
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(
                name,
                marks=[
                    *([pytest.mark.torch] if name in PYTORCH else []),
                    *([pytest.mark.slow] if slow_run in LESSONS[name].slow else []),
                ],
            )
            for name in NAMES
        ],
    )


@pytest.fixture
def lesson(name):
    if name in PYTORCH:
        pytest.importorskip("torch", reason="PyTorch is not installed")
    return LESSONS[name]


def small(notebook: NotebookNode, lesson: Lesson, *, untouched: bool = False) -> NotebookNode:
    """Return a copy that trains for moments on a few made-up images."""
    nb = copy.deepcopy(notebook)
    for name, edits in lesson.shorter.items():
        replace(nb, name, *edits, missing_ok=untouched)
    loading = cell(nb, lesson.loads)
    loading.source = lesson.images + ("" if lesson.loads_only else loading.source)
    return nb


def points(notebook):
    """Return how many checks a notebook has, and the points for them."""
    graded = [c.metadata.nbgrader for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    automatic = [metadata.points for metadata in graded if not metadata.solution]
    return len(automatic), sum(automatic)


@notebooks()
def test_every_check_has_a_task_that_its_message_names(name, lesson):
    checks = importlib.import_module(f"nndl.checking.{name}").progress.checks
    assert set(lesson.tasks) == set(checks)


@notebooks()
def test_release_lacks_what_students_find(name, lesson):
    solved = [path.read_text(encoding="utf-8") for path in Path(nndl.__file__).parent.rglob("*.py")]
    everything = "\n".join([*solved, *(c.source for c in load(name).cells)])
    given = "\n".join(c.source for c in released(load(name)).cells)
    for answer in lesson.answers:
        assert answer in everything
        assert answer not in given


# --- cells that are skipped at grading ---------------------------------------------------------------------------


@dataclass
class Code:
    """What a cell does with names when it runs: functions that it defines do not run yet."""

    binds: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    functions: dict[str, set[str]] = field(default_factory=dict)


def code_of(source: str) -> Code:
    python = re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE)
    found = Code()
    pending: list[ast.AST] = [ast.parse(python)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.binds.add(node.name)
            inside = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            found.functions[node.name] = inside
            continue
        if isinstance(node, ast.alias):
            found.binds.add(node.asname or node.name.partition(".")[0])
        if isinstance(node, ast.Name):
            (found.uses if isinstance(node.ctx, ast.Load) else found.binds).add(node.id)
        pending += ast.iter_child_nodes(node)
    return found


def runs_without_its_images(notebook: NotebookNode) -> list[str]:
    """Return the cells that run at grading and need what only skipped cells make; graded cells do not run."""
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    code = {c.id: code_of(c.source) for c in cells if not c.metadata.get("nbgrader", {}).get("grade", False)}
    skipped = {c.id for c in cells if "skip-at-grading" in c.metadata.get("tags", [])}
    made = set().union(*(code[key].binds for key in code if key not in skipped))
    missing = set().union(*(code[key].binds for key in code if key in skipped)) - made
    functions = {name: uses for found in code.values() for name, uses in found.functions.items()}
    while more := {name for name, uses in functions.items() if name not in missing and uses & missing}:
        missing |= more  # whoever calls these needs what they use
    return [key for key, found in code.items() if key not in skipped and found.uses & missing]


@notebooks()
def test_what_needs_images_is_skipped_at_grading(name, lesson):
    notebook = load(name)
    assert "skip-at-grading" in cell(notebook, lesson.loads).metadata.tags
    assert runs_without_its_images(notebook) == []


@notebooks()
def test_a_cell_that_needs_images_and_is_not_skipped_is_found(name, lesson):
    notebook = load(name)
    skipped = [c for c in notebook.cells if "skip-at-grading" in c.metadata.get("tags", [])]
    assert len(skipped) > 1
    found = set()
    for c in skipped:
        without_tag = copy.deepcopy(notebook)
        cell(without_tag, c.id).metadata.tags.remove("skip-at-grading")
        found.update(runs_without_its_images(without_tag))
    assert found


# --- runs --------------------------------------------------------------------------------------------------------


@notebooks("solved")
def test_runs_from_top_to_bottom_on_small_images(name, lesson, tmp_path):
    """All cells, with short trainings; the tests on real images below take them as they are."""
    nb = small(load(name), lesson)
    if lesson.own_labels:
        check, source = lesson.own_labels
        cell(nb, check).source = source
    run(nb, tmp_path, NNDL_DATA="offline")
    assert_every_check_passes(nb, lesson.tasks, lesson.in_part)
    count, total = points(nb)
    if not lesson.in_part:
        said = printed(nb, "progress_summary")
        assert f"{count} of {count} checks pass, {total:g} of {total:g} points in reach" in said
    assert {path.name for path in tmp_path.glob("*.npz")} == set(lesson.stored)
    assert_pictures_have_texts(nb)
    lesson.small_shows(nb, tmp_path)


@notebooks("untouched")
def test_untouched_notebook_names_every_task_in_a_few_lines(name, lesson, tmp_path):
    unwritten_package(tmp_path, lesson.unwritten)
    nb = small(released(load(name)), lesson, untouched=True)
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path), NNDL_DATA="offline")
    assert_failures_name_the_task(nb, lesson.tasks)
    count, total = points(nb)
    assert f"0 of {count} checks pass, 0 of {total:g} points" in printed(nb, "progress_summary")
    lesson.untouched_shows(nb, tmp_path)


def photographs(name: str) -> Path:
    """Return the folder with the photographs that a notebook needs; skip the test where there are none."""
    if name == "network_visualization":
        if not all((SHARED / file).is_file() for file in ("squeezenet1_1.npz", "imagenet_val_25.npz")):
            pytest.skip("needs squeezenet1_1.npz and imagenet_val_25.npz in $NNDL_SHARED/data")
        return SHARED
    folder = Path(os.environ.get("NNDL_DATA", ""))
    if not (folder / "cifar-10-batches-py").is_dir():
        pytest.skip("NNDL_DATA does not name a folder with cifar-10-batches-py")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("images", ["drawn", pytest.param("photographs", marks=pytest.mark.data)])
@notebooks()
def test_the_lesson_shows_on_real_images(name, lesson, images, tmp_path):
    data = "offline" if images == "drawn" else str(photographs(name))
    nb = run(copy.deepcopy(load(name)), tmp_path, timeout=lesson.minutes * 60, NNDL_DATA=data)
    accuracy_checks = {*lesson.in_part, *(lesson.own_labels or ())[:1]}
    assert_every_check_passes(nb, lesson.tasks, accuracy_checks)
    assert_pictures_have_texts(nb)
    lesson.lesson(nb, tmp_path, data)
