"""With which Python a notebook was run: read as text, told where it is another one, and never trusted."""

from __future__ import annotations

import json
import platform

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.grading.students_versions import add_students_python, differs, python_of
from autograder.sources import Sources

DROPOUT = Sources().milestone("dropout")


def notebook(version):
    info = {"codemirror_mode": {"name": "ipython", "version": 3}, "name": "python", "version": version}
    return json.dumps({"cells": [], "metadata": {"language_info": info}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (notebook("3.13.1"), "3.13.1"),
        (notebook("3.12"), "3.12"),
        (notebook("<script>"), ""),
        ('{"metadata": {"language_info": {"name": "python"}}}', ""),
        ("not JSON", ""),
        ('"language_info" ' * 100_000, ""),
    ],
)
def test_the_version_stands_in_the_notebook(text, version):
    assert python_of(text.encode()) == version


def test_only_another_minor_version_is_another_one():
    assert not differs("3.11.7", "3.11.2")
    assert differs("3.12.0", "3.11.2")


def test_a_link_or_a_missing_notebook_says_nothing(tmp_path):
    (tmp_path / "dropout.ipynb").symlink_to("/etc/hostname")
    assert add_students_python({"versions": {}}, tmp_path, DROPOUT) == {"versions": {}}
    assert add_students_python({"versions": {}}, tmp_path / "nowhere", DROPOUT) == {"versions": {}}


@pytest.mark.sandbox
def test_doctor_compares_with_releases_and_hand_ins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    other, same = "3.99.1", platform.python_version()
    for student, version in (("ada", other), ("bob", other), ("eve", same)):
        folder = tmp_path / "submitted" / student / "dropout"
        folder.mkdir(parents=True)
        (folder / "dropout.ipynb").write_text(notebook(version))
    release = tmp_path / "release" / "dropout"
    release.mkdir(parents=True)
    (release / "requirements.txt").write_text("numpy==1.99.0\n")
    (release / "assignment.json").write_text(json.dumps({"python": ".".join(same.split(".")[:2])}, indent=1))
    outcome = CliRunner().invoke(main, ["doctor"])
    assert outcome.exit_code == 0, outcome.output
    assert f"The grader has Python {same}" in outcome.output
    assert "release/dropout was made for NumPy 1.99.0" in outcome.output
    assert "made for Python" not in outcome.output
    assert f"dropout: 2 notebooks were run with Python {other}" in outcome.output
    assert "3 notebooks" not in outcome.output
