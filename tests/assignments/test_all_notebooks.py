"""What holds for every notebook: script in step, valid metadata, points as graded, no answer in the release."""

from __future__ import annotations

import importlib
import io
import posixpath
import re
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import jupytext
import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from PIL import Image

from autograder.judging import milestone_content
from autograder.release.build import Release
from autograder.sources import Sources

from .notebooks import ASSIGNMENTS, NAMES, SOME_TEXT, cell, load, released

SHOWS_ITSELF = r"\bdisplay\(|plt\.show\("
FIGURE_HELPERS = r"imshow|plot_\w+\(|show_\w+\(|draw\w*\(|\bexplore\w*\("

pytestmark = pytest.mark.parametrize("name", NAMES)


def graded_cells(notebook):
    return {c.id: c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")}


def manual_cells(notebook):
    return {key: c for key, c in graded_cells(notebook).items() if c.cell_type == "markdown"}


def visible_checks(name):
    if name in ("pytorch", "network_visualization"):
        pytest.importorskip("torch", reason="PyTorch is not installed")
    return importlib.import_module(f"nndl.checking.{name}").progress.checks


def test_script_and_notebook_are_in_step(name):
    script = jupytext.read(ASSIGNMENTS / name / f"{name}.py")
    mine = [(c.cell_type, c.source, dict(c.metadata)) for c in load(name).cells]
    theirs = [(c.cell_type, c.source, dict(c.metadata)) for c in script.cells]
    assert mine == theirs, "run `jupytext --sync` on the notebook"


def test_no_output_is_stored(name):
    notebook = load(name)
    for c in notebook.cells:
        if c.cell_type == "code":
            assert c.outputs == []
            assert c.execution_count is None
    assert "widgets" not in notebook.metadata


def test_notebook_and_metadata_are_valid(name):
    notebook = load(name)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    for c in notebook.cells:
        if "nbgrader" in c.metadata:
            assert c.metadata.nbgrader.schema_version == 3


def test_cell_ids_are_meaningful_and_follow_the_grade_ids(name):
    cells = load(name).cells
    assert len({c.id for c in cells}) == len(cells)
    for c in cells:
        assert re.fullmatch(r"[a-z][a-z0-9_]{3,}", c.id)
        assert not re.fullmatch(r"[0-9a-f]{8}", c.id), "an id that jupytext made up"
        if "nbgrader" in c.metadata:
            assert c.metadata.nbgrader.grade_id == c.id


def test_notebook_grader_and_visible_checks_agree_on_names_and_points(name):
    graded = graded_cells(load(name))
    automatic = {key: c.metadata.nbgrader.points for key, c in graded.items() if c.cell_type == "code"}
    assert automatic == {c.name: c.points for c in milestone_content.checks(Sources().milestone(name))}
    visible = {key: c.points for key, c in visible_checks(name).items()}
    assert list(automatic.items()) == list(visible.items())  # in this order, so that the next one is the next
    for key in automatic:
        assert re.fullmatch(rf"check\.{key}\(.*\)", graded[key].source)
        assert (graded[key].metadata.nbgrader.solution, graded[key].metadata.nbgrader.locked) == (False, True)


def test_questions_have_a_model_answer_and_a_rubric_that_the_release_lacks(name):
    notebook = load(name)
    manual = manual_cells(notebook)
    assert manual, "a notebook asks what can only be answered by looking"
    for key, c in manual.items():
        assert (c.metadata.nbgrader.solution, c.metadata.nbgrader.locked) == (True, False)
        assert "Model answer" in c.source
        assert f"**Rubric.** {c.metadata.nbgrader.points:g}:" in c.source
        assert cell(released(notebook), key).source == "YOUR ANSWER HERE"


def test_release_holds_no_answer(name):
    notebook = load(name)
    everything = "\n".join(c.source for c in released(notebook).cells)
    for giveaway in ("Model answer", "Rubric", "SOLUTION"):
        assert giveaway not in everything
    for c in notebook.cells:
        if c.cell_type == "code" and "### BEGIN SOLUTION" in c.source:
            assert "raise NotImplementedError" in cell(released(notebook), c.id).source


def test_artifacts_are_named_where_students_look(name):
    readme = (ASSIGNMENTS / name / "README.md").read_text(encoding="utf-8")
    for artifact in Sources().milestone(name).artifacts:
        assert artifact in readme
        assert artifact in "".join(c.source for c in load(name).cells)


def test_readme_tells_the_points(name):
    notebook = load(name)
    manual = manual_cells(notebook)
    points = {key: c.metadata.nbgrader.points for key, c in graded_cells(notebook).items()}
    automatic = sum(p for key, p in points.items() if key not in manual)
    readme = (ASSIGNMENTS / name / "README.md").read_text(encoding="utf-8")
    told = re.search(r"\| \*\*Points\*\* \|(.*)\|", readme)[1]
    assert [int(n) for n in re.findall(r"\d+", told)][:2] == [automatic, sum(points.values()) - automatic]


def test_figures_are_shown_with_a_text_and_labelled_axes(name):
    for c in load(name).cells:
        # what takes another way to the screen than nndl.notebook_helpers.show may have no text
        assert c.cell_type != "code" or not re.search(SHOWS_ITSELF, c.source), c.id
        if c.cell_type == "code" and "plt.subplots(" in c.source:
            # a function of its own gives its figure back with a text, for another cell to show
            assert "show(" in c.source or "return figure, " in c.source, c.id
            assert "xlabel" in c.source or re.search(FIGURE_HELPERS, c.source), c.id
        if c.cell_type == "markdown":
            for text, path in re.findall(r"!\[(.*?)\]\((.*?)\)", c.source, re.DOTALL):
                assert len(text) > SOME_TEXT, c.id
                assert path.startswith("attachment:") or (ASSIGNMENTS / name / path).is_file(), path


def relative_links(text):
    """Return what a page links to and shows, without what has an address of its own."""
    targets = re.findall(r"\]\(<?([^)\s>]+)[^)]*\)", text) + re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
    return [t.partition("#")[0] for t in targets if not re.match(r"[a-z]+:|#", t)]


def test_no_link_of_a_release_or_of_its_source_leads_nowhere(name):
    files = Release.current(Sources().milestone(name)).files
    pages = {page: data.decode() for page, data in files.items() if page.endswith(".md")}
    notebook = nbformat.reads(files[f"{name}.ipynb"].decode(), as_version=4)
    pages[f"{name}.ipynb"] = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    linked = {
        (page, posixpath.normpath(posixpath.join(posixpath.dirname(page), target)))
        for page, text in pages.items()
        for target in relative_links(text)
    }
    folders = {folder.as_posix() for file in files for folder in PurePosixPath(file).parents}
    assert [(page, target) for page, target in linked if target not in {*files, *folders}] == []
    assert (f"{name}.ipynb", "images/goal.png") in linked

    source = "\n".join(c.source for c in load(name).cells if c.cell_type == "markdown")
    assert [t for t in relative_links(source) if not (ASSIGNMENTS / name / t).exists()] == []
    assert [d for d in Sources().milestone(name).documents if not (ASSIGNMENTS.parent / d).is_file()] == []


def test_notebook_begins_with_a_picture_of_what_will_be_made(name):
    head = next(c.source for c in load(name).cells)
    (alt,) = re.findall(r"!\[([^\]]*)\]\(images/goal\.png\)", head)
    assert len(alt) > 2 * SOME_TEXT
    _, _, below = head.partition("(images/goal.png)")
    assert re.match(r"\s*\*[^*]+\*", below), "a line below says what it shows"
    picture = Release.current(Sources().milestone(name)).files["images/goal.png"]
    assert picture == (ASSIGNMENTS / name / "images" / "goal.png").read_bytes()
    with Image.open(io.BytesIO(picture)) as image:
        assert image.format == "PNG"
        assert image.width >= 500  # wide enough to be read
    assert len(picture) < 200_000


def test_folded_cells_are_folded_in_every_front_end_and_say_what_they_draw(name):
    folded = [c for c in load(name).cells if {"jupyter", "cellView"} & set(c.metadata)]
    assert folded, "plotting code is folded away"
    for c in folded:
        assert c.metadata.jupyter == {"source_hidden": True}, c.id  # JupyterLab and Notebook 7
        assert c.metadata.cellView == "form", c.id  # Colab
        assert re.match(r"# @title [A-Z]", c.source), c.id  # what Colab and JupyterLab show of a folded cell
        assert not c.metadata.nbgrader.solution, c.id


def test_a_notebook_says_how_to_run_it_in_colab_and_vs_code(name, tmp_path, monkeypatch):
    cells = load(name).cells
    how = next(
        c.source for c in cells if "(images/colab.svg)](https://colab.research.google.com/" in c.source
    )
    pictures = [(ASSIGNMENTS / other / "images" / "colab.svg").read_bytes() for other in NAMES]
    assert len(set(pictures)) == 1
    assert "VS Code" in how
    assert f"`{name}.zip`" in how
    colab = next(c for c in cells if c.id == "colab")
    assert cells.index(colab) < next(i for i, c in enumerate(cells) if c.id == "setup")

    monkeypatch.chdir(tmp_path)
    exec(colab.source, {})  # elsewhere it does nothing
    assert not list(tmp_path.iterdir())
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(FileNotFoundError, match=f"upload {name}.zip"):
        exec(colab.source, {})
    with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as packed:
        packed.writestr(f"{name}/nndl/__init__.py", "")
    ran = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(command))
    exec(colab.source, {})
    assert Path.cwd() == tmp_path / name
    assert sys.path[0] == str(tmp_path / name)
    assert ran == [[sys.executable, "-m", "pip", "install", "-q", "-r", "requirements-loose.txt"]]
    exec(colab.source, {})  # a second time it does nothing
    assert len(ran) == 1


def test_a_notebook_says_what_is_new_and_where_to_read_on(name):
    cells = load(name).cells
    if name != "linear_classifier":
        assert "**What is new**" in cells[0].source
    (reading,) = (
        c.source.partition("**Further reading**")[2] for c in cells if "**Further reading**" in c.source
    )
    assert len(re.findall(r"\]\(https?://", reading)) >= 3
