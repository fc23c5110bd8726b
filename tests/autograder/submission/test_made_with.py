"""With which Python and NumPy a hand-in was made: read as text, told where the grader has others, never trusted."""

from __future__ import annotations

import io
import json
import platform
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.release.build import Release
from autograder.sources import Sources
from autograder.submission.apart import apart
from autograder.submission.load import load
from autograder.submission.made_with import of_file, of_folder, of_notebook
from nndl.hand_in import pack
from nndl.hand_in.made_with import MADE_WITH, as_file

DROPOUT = Sources().milestone("dropout")


def notebook(version="", printed=""):
    info = {"codemirror_mode": {"name": "ipython", "version": 3}, "name": "python"}
    output = {"output_type": "stream", "name": "stdout", "text": printed}
    cell = {"cell_type": "code", "id": "pack", "source": "pack()", "outputs": [output], "metadata": {}}
    metadata = {"language_info": info | ({"version": version} if version else {})}
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (notebook("3.13.1"), {"student_python": "3.13.1"}),
        (notebook("3.12"), {"student_python": "3.12"}),
        (
            notebook("", "Python 3.12.1 and NumPy 2.1.0\n"),
            {"student_python": "3.12.1", "student_numpy": "2.1.0"},
        ),
        (
            notebook("3.13.1", "Python 3.1.1 and NumPy 1.9.0\nPython 3.12.1 and NumPy 2.1.0\n"),
            {"student_python": "3.13.1", "student_numpy": "2.1.0"},
        ),
        (notebook("<script>", "Python 3.12.1 and NumPy <script>"), {}),
        ('{"metadata": {"language_info": {"name": "python"}}}', {}),
        ("not JSON", {}),
        ('"language_info" ' * 100_000, {}),
        ("Python 3.1.1 and " * 100_000, {}),
    ],
    ids=["patch", "minor", "printed", "the last one printed", "markup", "none", "no JSON", "names", "half a line"],
)  # fmt: skip
def test_what_a_notebook_says(text, found):
    assert of_notebook(text.encode()) == found


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('{"python": "3.12.1", "numpy": "2.3.0rc1"}', {"student_python": "3.12.1", "student_numpy": "2.3.0"}),
        ('{"python": "3.12.1<script>", "numpy": 2}', {"student_python": "3.12.1"}),
        ('{"python": "<b>3.12", "numpy": "99999.1"}', {}),
        ('{"numpy": "٢.١.٠"}', {}),
        ("[" * 100_000, {}),
        ("[]", {}),
        ("no JSON", {}),
    ],
    ids=["a release candidate", "a tail", "markup", "other digits", "deep", "a list", "no JSON"],
)
def test_what_a_packed_file_says(content, found):
    assert of_file(content.encode()) == found


def test_a_link_or_a_missing_notebook_says_nothing(tmp_path):
    (tmp_path / "dropout.ipynb").symlink_to("/etc/hostname")
    assert of_folder(tmp_path, DROPOUT) == {}
    assert of_folder(tmp_path / "nowhere", DROPOUT) == {}


def test_what_is_packed_says_the_versions_and_the_grader_reads_them(tmp_path, capsys):
    release = Release.current(DROPOUT)
    release.write(tmp_path / "dropout")
    pack(tmp_path / "dropout")
    assert f"Python {platform.python_version()} and NumPy {np.__version__}\n" in capsys.readouterr().out
    submitted = tmp_path / "submitted" / "ada" / "dropout"
    submitted.mkdir(parents=True)
    (tmp_path / "dropout.zip").rename(submitted / "hand-in.zip")
    found = apart(load, submitted, release, tmp_path / "work", student="ada")
    numbers = ".".join(np.__version__.split(".")[:3])
    assert found.made_with == {"student_python": platform.python_version(), "student_numpy": numbers}
    assert MADE_WITH not in " ".join(found.warnings)


def test_a_packed_file_counts_before_a_notebook_and_one_too_large_not_at_all(tmp_path):
    release = Release.current(DROPOUT)
    (tmp_path / "dropout.ipynb").write_text(notebook("3.99.1"))

    def made_with(content):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(MADE_WITH, content)
        (tmp_path / "more.zip").write_bytes(packed.getvalue())
        return load(tmp_path, release, tmp_path / "work", student="ada").made_with

    assert made_with('{"python": "3.98.1"}') == {"student_python": "3.98.1"}
    assert made_with(as_file() + b" " * 10_000) == {"student_python": "3.99.1"}


@pytest.mark.sandbox
def test_doctor_compares_with_releases_and_hand_ins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    other, same = "3.99.1", platform.python_version()
    for student, version in (("ada", other), ("bob", other), ("eve", same)):
        folder = tmp_path / "submitted" / student / "dropout"
        folder.mkdir(parents=True)
        (folder / "dropout.ipynb").write_text(notebook(version))
    (folder / MADE_WITH).write_text('{"numpy": "1.26.4"}')
    release = tmp_path / "release" / "dropout"
    release.mkdir(parents=True)
    (release / "requirements.txt").write_text("numpy==1.99.0\n")
    (release / "assignment.json").write_text(json.dumps({"python": ".".join(same.split(".")[:2])}, indent=1))
    outcome = CliRunner().invoke(main, ["doctor"])
    assert outcome.exit_code == 0, outcome.output
    assert f"The grader has Python {same}" in outcome.output
    assert "release/dropout was made for NumPy 1.99.0" in outcome.output
    assert "made for Python" not in outcome.output
    assert f"dropout: 2 hand-ins were made with Python {other}" in outcome.output
    assert "dropout: 1 hand-in was made with NumPy 1.26.4" in outcome.output
    assert "3 hand-ins" not in outcome.output
