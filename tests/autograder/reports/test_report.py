"""The report: it has the published form, whatever a student's code returned, and is never half written."""

from __future__ import annotations

import dataclasses
import json

import pytest

from autograder.judging import milestone_content
from autograder.reports import report as reporting

from .sample import MILESTONE, failed, graded, passed


def test_a_report_without_results_is_not_graded_and_knows_the_points():
    report = reporting.new_report(MILESTONE, "ada", seed=2**127, reason="no sandbox")
    reporting.validate(report)
    assert (report["verdict"], report["score"], report["reason"]) == ("not graded", None, "no sandbox")
    assert report["max_score"] == sum(check.points for check in milestone_content.checks(MILESTONE))
    assert report["seed"] == str(2**127), "a JSON number would lose digits"
    assert report["versions"].keys() >= {"python", "numpy", "nndl", "nndl-autograder"}
    assert len(report["versions"][reporting.CONTENT]) == 64


def test_results_keep_what_is_wrong_and_leave_out_what_is_right():
    report = graded("ada", failed(), passed())
    reporting.validate(report)
    wrong, right = report["checks"]
    assert wrong["verdict"] == "failed"
    assert [part["credit"] for part in wrong["parts"]] == [0.5] * len(wrong["parts"])
    assert sum(part["points"] for part in wrong["parts"]) == pytest.approx(wrong["points"])
    (finding,) = wrong["findings"]
    assert (finding["arguments"], finding["expected"], finding["actual"]) == ({"n": 3}, "1", "2")
    assert right["findings"] == []


def test_texts_of_a_student_are_cut_and_cannot_steer_a_terminal():
    report = graded("ada", failed("\x1b[31m" + "x" * 10_000, findings=500))
    reporting.validate(report)
    (entry,) = report["checks"]
    assert "\x1b" not in entry["message"]
    assert len(entry["message"]) == 2000
    assert len(entry["findings"]) == 20


def test_what_does_not_have_the_form_is_neither_written_nor_read(tmp_path):
    path = tmp_path / "ada" / "report.json"
    with pytest.raises(ValueError, match=r"checks/0: 'title' is a required property"):
        reporting.write(path, graded("ada") | {"checks": [{"name": "scores"}]})
    assert not path.exists()
    for text in ("", "{}", json.dumps(graded("ada") | {"score": "40"})):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        assert reporting.read(path) is None


def test_a_report_replaces_the_old_one_in_one_step(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    reporting.write(path, graded("ada"))
    monkeypatch.setattr(reporting.os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        reporting.write(path, graded("alan"))
    assert reporting.read(path)["student"] == "ada"
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_a_library_in_a_folder_has_no_version():
    # any package that is no distribution of its own will do
    assert reporting.versions(dataclasses.replace(MILESTONE, package="email"))["email"] == "not installed"
