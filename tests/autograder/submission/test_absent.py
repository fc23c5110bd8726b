"""What of a hand-in is not there, though the release gave it: nobody is given a zero for it in silence."""

from __future__ import annotations

import json

import nbformat
import pytest

from autograder.release.build import Release
from autograder.sources import Sources
from autograder.submission.load import load
from autograder.submission.notebook.cells import parse_notebook


@pytest.fixture(scope="module")
def release():
    sources = Sources()
    return Release.current(sources.milestone("dropout"), sources)


@pytest.fixture
def upload(release, tmp_path):
    folder = tmp_path / "ada"
    for name, data in release.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.mark.parametrize("what", ["was not handed in", "is empty"])
def test_one_code_file_that_is_absent_or_empty_needs_a_human(what, release, upload, tmp_path):
    name = "nndl/layers/dropout.py"
    if what == "is empty":
        (upload / name).write_text("\n")
    else:
        (upload / name).unlink()
    found = load(upload, release, tmp_path / "work", student="ada")
    assert f"{name} {what}" in found.unread
    assert found.elsewhere["dropout_forward"] == f"{name} {what}."
    assert set(found.elsewhere) == {"dropout_forward", "dropout_backward"}


def test_a_whole_hand_in_needs_no_human(release, upload, tmp_path):
    readme = upload / "README.md"
    readme.write_bytes(readme.read_bytes().replace(b"\n", b"\r\n"))
    found = load(upload, release, tmp_path / "work", student="ada")
    assert (found.unread, dict(found.elsewhere), found.asked["dropout.ipynb"]) == ((), {}, ())
    assert not any("README.md" in line for line in found.warnings)


def test_an_answer_may_be_in_a_document_of_the_course(release, upload, tmp_path):
    with (upload / "README.md").open("a") as readme:
        readme.write("\n1. With small p, the net sees too little of each image.\n")
    found = load(upload, release, tmp_path / "work", student="ada")
    assert found.asked["dropout.ipynb"]


def test_a_notebook_in_format_3_is_read_as_it_is(release):
    notebook = nbformat.reads(release.files["dropout.ipynb"].decode(), as_version=4)
    cells = len(notebook.cells)
    old = json.dumps(nbformat.convert(notebook, 3)).encode()
    parsed = parse_notebook(old)
    assert (len(parsed.cells), parsed.damage) == (cells, "")
