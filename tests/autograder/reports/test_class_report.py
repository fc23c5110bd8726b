"""The class report."""

from __future__ import annotations

import pytest

from autograder.reports import class_report
from autograder.reports import report as reporting

from .sample import CHECK, MILESTONE, OTHER, failed, graded, passed


def test_figures_count_only_what_was_graded():
    reports = [
        graded("ada", failed(), passed()),
        graded("alan", passed()),
        reporting.new_report(MILESTONE, "emmy", seed=1, reason="no sandbox"),
    ]
    summary = class_report.summarize(reports)
    assert (summary["submissions"], summary["graded"]) == (3, 2)
    assert [report["student"] for report in summary["not_graded"]] == ["emmy"]
    assert summary["mean"] == CHECK.points / 4 + OTHER.points
    assert {name: (c["passed"], c["partly"], c["of"]) for name, c in summary["checks"].items()} == {
        CHECK.name: (0, 1, 1),
        OTHER.name: (2, 0, 2),
    }


def test_a_class_that_nobody_graded_has_no_mean():
    summary = class_report.summarize([reporting.new_report(MILESTONE, "ada", seed=1)])
    assert (summary["mean"], summary["median"], summary["scores"]) == (None, None, [])


@pytest.mark.parametrize("data", ["", "offline"])
def test_hidden_images_are_named_where_there_were_any(data, tmp_path):
    report = {**graded("ada", passed()), "data": data}
    class_report.write(tmp_path / "class.html", [report], MILESTONE)
    page = (tmp_path / "class.html").read_text()
    assert ("hidden images: offline" in page) == bool(data)
    assert ("hidden images" in page) == bool(data)
