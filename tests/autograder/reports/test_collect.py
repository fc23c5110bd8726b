"""The stored reports of a class."""

from __future__ import annotations

import os

import pytest

from autograder.reports import report as reporting
from autograder.reports.collect import collect

from .sample import MILESTONE, graded


def test_reports_of_other_milestones_and_other_files_are_left_out(tmp_path):
    reporting.write(tmp_path / "ada" / "two_layer_net.json", graded("ada"))
    reporting.write(tmp_path / "ada" / "fc_net.json", graded("ada"))
    (tmp_path / "two_layer_net.html").write_text("")
    (tmp_path / "alan").mkdir()
    assert [report["student"] for report in collect(tmp_path, MILESTONE).reports] == ["ada"]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"verdict": ', b"[" * 100_000, b"\xff\xfe", b"[]"])
def test_a_report_that_cannot_be_read_is_told(content, tmp_path):
    reporting.write(tmp_path / "ada" / "two_layer_net.json", graded("ada"))
    (tmp_path / "alan").mkdir()
    (tmp_path / "alan" / "two_layer_net.json").write_bytes(content)
    found = collect(tmp_path, MILESTONE)
    assert list(found.unreadable) == ["alan"]
    assert [report["student"] for report in found.readable] == ["ada"]
    assert [(r["student"], r["verdict"], r["score"]) for r in found.reports][1] == (
        "alan",
        "not graded",
        None,
    )
    assert "grade the submission again" in found.reports[1]["reason"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_report_that_may_not_be_read_is_told(tmp_path):
    reporting.write(tmp_path / "ada" / "two_layer_net.json", graded("ada"))
    (tmp_path / "ada").chmod(0)
    try:
        assert list(collect(tmp_path, MILESTONE).unreadable) == ["ada"]
    finally:
        (tmp_path / "ada").chmod(0o755)


def test_without_reports_the_way_on_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"<student>/two_layer_net\.json: grade something first"):
        collect(tmp_path, MILESTONE)
