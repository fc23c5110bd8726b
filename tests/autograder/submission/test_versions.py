"""A hand-in is held against the version of the release that it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.release.build import Release
from autograder.release.kept import keep
from autograder.submission.load import Submission, load

from ..release.course_files import rewrite, source_cells

NOTEBOOK = "two_layer_net.ipynb"
QUESTION = "# What is it?"


@pytest.fixture
def old(course) -> Release:
    """The release that students were given: it has a read-only text."""
    notebook = source_cells(course)
    settings = {"grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3}
    question = {
        "cell_type": "markdown",
        "id": "question",
        "metadata": {"nbgrader": {**settings, "grade_id": "question"}},
        "source": QUESTION,
    }
    notebook["cells"].insert(1, question)
    rewrite(course, notebook)
    release = Release(course.milestone, course.sources)
    keep(release)
    return release


def correct(course) -> Release:
    """Correct the text, change the points of a question, add one, and a function of the course's own."""
    notebook = source_cells(course)
    notebook["cells"][1]["source"] = QUESTION + " (corrected)"
    why = next(c for c in notebook["cells"] if c["id"] == "why")
    why["metadata"]["nbgrader"]["points"] = 5
    added = json.loads(json.dumps(why))
    added |= {"id": "added", "source": "The model answer to the new question, which is long enough."}
    added["metadata"]["nbgrader"]["grade_id"] = "added"
    notebook["cells"].append(added)
    rewrite(course, notebook)
    (course.library / "new_helper.py").write_text("x = 1\n")
    (course.library / "linear.py").write_text((course.library / "linear.py").read_text() + "# corrected\n")
    return Release(course.milestone, course.sources)


def hand_in(
    release: Release,
    folder: Path,
    leave_out: tuple[str, ...] = (),
    changes: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a released folder with an answer to the question."""
    notebook = json.loads(release.files[NOTEBOOK])
    cell = next(c for c in notebook["cells"] if c["id"] == "why")
    cell["source"] = "Mine."
    if "mark" in leave_out:
        del notebook["metadata"]["assignment"]
    files = release.files | {NOTEBOOK: json.dumps(notebook).encode()} | dict(changes or {})
    for name, data in files.items():
        if name not in leave_out:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    return folder


def cells(submission: Submission) -> dict[str, dict]:
    notebook = json.loads((submission.root / NOTEBOOK).read_text())
    return {cell["id"]: cell for cell in notebook["cells"]}


def text(cell: dict) -> str:
    return "".join(cell["source"])


@pytest.mark.parametrize(
    "leave_out",
    [(), ("assignment.json",), ("mark",), ("assignment.json", "mark")],
    ids=["whole folder", "notebook says it", "assignment.json says it", "nothing says it"],
)
def test_a_correction_after_the_release_blames_no_student(course, old, tmp_path, leave_out):
    new = correct(course)
    read = load(hand_in(old, tmp_path / "in", leave_out), new, tmp_path / "work")
    assert read.version == old.version != new.version
    assert read.repairs == ()
    assert [line for line in read.warnings if "best_net.npz" not in line] == []
    found = cells(read)
    assert text(found["question"]) == QUESTION + " (corrected)"
    assert text(found["why"]) == "Mine."
    assert found["why"]["metadata"]["nbgrader"]["points"] == 5, "the gradebook knows the current points"
    assert read.asked[NOTEBOOK] == ("added",), "nobody was asked this, so it is no answer that is missing"
    assert (read.root / "nndl/new_helper.py").is_file(), "checks may need what is new"
    assert "corrected" not in (read.root / "nndl/linear.py").read_text()
    assert (read.root / "assignment.json").read_bytes() == new.files["assignment.json"]


def test_what_a_student_changed_is_said_in_every_version(course, old, tmp_path):
    new = correct(course)
    changed = json.loads(old.files[NOTEBOOK])
    changed["cells"][1]["source"] = "# Something else"
    folder = hand_in(old, tmp_path / "in", changes={NOTEBOOK: json.dumps(changed).encode()})
    read = load(folder, new, tmp_path / "work")
    assert [line for line in read.repairs if "'question'" in line and "read-only" in line]
    assert text(cells(read)["question"]) == QUESTION + " (corrected)"


def test_the_current_version_needs_no_kept_one(course, tmp_path):
    release = Release(course.milestone, course.sources)
    read = load(hand_in(release, tmp_path / "in"), release, tmp_path / "work")
    assert (read.version, read.repairs) == (release.version, ())
    assert read.summary()["release"] == release.version


@pytest.mark.parametrize("said", [b"{", b"[]", b'{"version": 1}', b"[" * 100_000])
def test_nonsense_in_assignment_json_changes_nothing(course, tmp_path, said):
    release = Release(course.milestone, course.sources)
    folder = hand_in(release, tmp_path / "in", ("mark",), {"assignment.json": said})
    assert load(folder, release, tmp_path / "work").version == release.version


@pytest.mark.parametrize("version", ["f" * 12, "../../../../etc/passwd", "<b>" * 100])
def test_an_unknown_version_is_said_and_the_current_one_counts(course, tmp_path, version):
    release = Release(course.milestone, course.sources)
    said = json.dumps({"milestone": "two_layer_net", "version": version}).encode()
    read = load(
        hand_in(release, tmp_path / "in", ("mark",), {"assignment.json": said}), release, tmp_path / "w"
    )
    assert read.version == release.version
    assert any("is not known here" in line and len(line) < 200 for line in read.warnings)


def test_a_question_that_the_course_took_out_leaves_the_answer_as_an_ordinary_cell(course, old, tmp_path):
    notebook = source_cells(course)
    notebook["cells"] = [c for c in notebook["cells"] if c["id"] != "why"]
    rewrite(course, notebook)
    new = Release(course.milestone, course.sources)
    read = load(hand_in(old, tmp_path / "in"), new, tmp_path / "work")
    (cell,) = [c for c in cells(read).values() if text(c) == "Mine."]
    assert "nbgrader" not in cell["metadata"]
