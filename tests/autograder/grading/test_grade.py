"""From a submitted folder to a report, through the sandbox."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from autograder.grading import grade
from autograder.grading.grade import Settings, grade_folder
from autograder.judging import milestone_content
from autograder.release.build import Release
from autograder.reports import report as reporting
from autograder.sources import Sources
from nndl.neural_net import TwoLayerNet

from .hand_ins import MILESTONE, SETTINGS, hand_in, right_net

pytestmark = pytest.mark.sandbox


def result(report, name):
    return next(check for check in report["checks"] if check["name"] == name)


def test_right_submission_scores_everything(submitted):
    report = grade_folder(hand_in(submitted, "ada"), "ada", SETTINGS)
    assert (report["verdict"], report["score"], report["max_score"]) == ("graded", 40, 40)
    assert [c["message"] for c in report["checks"]] == [""] * 7
    assert report["seed"] == "5"
    reporting.validate(report)


def test_untouched_release_scores_nothing(submitted):
    folder = submitted / "alan" / MILESTONE
    Release.current(SETTINGS.milestone).write(folder)
    report = grade_folder(folder, "alan", SETTINGS)
    assert (report["verdict"], report["score"]) == ("graded", 0)
    assert all(
        c["message"].startswith(("Not written yet", "best_net.npz was not handed in"))
        for c in report["checks"]
    )


def test_mistake_is_named_through_the_sandbox(submitted):
    report = grade_folder(hand_in(submitted, "emmy", "gradient_not_averaged"), "emmy", SETTINGS)
    assert [c["name"] for c in report["checks"] if c["verdict"] == "failed"] == ["gradients"]
    assert [bug["name"] for bug in result(report, "gradients")["bugs"]] == ["gradient_not_averaged"]
    findings = result(report, "gradients")["findings"]
    assert any("N = 5 times too large" in finding["message"] for finding in findings)
    assert all(finding["expected"] != finding["actual"] for finding in findings)


def test_same_seed_gives_the_same_report_and_another_seed_other_cases(submitted):
    folder = hand_in(submitted, "ada", "loss_summed")
    first, again = (grade_folder(folder, "ada", SETTINGS) for _ in range(2))
    other = grade_folder(folder, "ada", Settings(Sources().milestone(MILESTONE), seed=6, data="offline"))

    def findings(report):
        return [(f["expected"], f["actual"]) for c in report["checks"] for f in c["findings"]]

    assert findings(first) == findings(again)
    assert findings(first) != findings(other)


@pytest.mark.parametrize("net", ["hidden size", "nan", "text", "names", "no archive"])
def test_a_stored_net_that_is_none_earns_nothing_and_says_why(submitted, net):
    folder = hand_in(submitted, "ada")
    params = dict(right_net().params)
    path = folder / "best_net.npz"
    if net == "hidden size":
        TwoLayerNet(3072, 100, 10).save(path)
    elif net == "nan":
        np.savez(path, **{**params, "W1": params["W1"] * np.nan})
    elif net == "text":
        np.savez(path, **{**params, "b2": np.array(["a"] * 10)})
    elif net == "names":
        np.savez(path, weights=params["W1"])
    else:
        path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    report = grade_folder(folder, "ada", SETTINGS)
    assert report["score"] == 28
    assert "best_net.npz" in result(report, "best_net")["message"]


def test_missing_hidden_images_are_not_graded_instead_of_zero(submitted, tmp_path):
    settings = Settings(Sources().milestone(MILESTONE), seed=5, data=str(tmp_path))
    report = grade_folder(hand_in(submitted, "ada"), "ada", settings)
    assert (report["verdict"], report["score"]) == ("not graded", None)
    assert result(report, "best_net")["score"] is None
    assert result(report, "scores")["score"] == 4
    assert "hidden images are not available" in report["reason"]
    assert ".." not in report["reason"].replace(str(tmp_path), "")


def test_hidden_images_are_named_only_where_a_check_uses_them(submitted, monkeypatch):
    without = [check for check in milestone_content.checks(SETTINGS.milestone) if not check.needs_images]
    monkeypatch.setattr(milestone_content, "checks", lambda milestone: without[:1])
    report = grade_folder(hand_in(submitted, "ada"), "ada", SETTINGS)
    assert (report["verdict"], report["data"]) == ("graded", "")


def test_missing_folder_is_not_graded(tmp_path):
    report = grade_folder(tmp_path / "nobody" / MILESTONE, "nobody", SETTINGS)
    assert report["verdict"] == "not graded"
    reporting.validate(report)


def test_products_of_matrices_have_one_thread(submitted, monkeypatch):
    seen: set[int] = set()

    def run_checks(*_, **__):
        seen.update(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return []

    monkeypatch.setattr(grade, "run_checks", run_checks)
    with threadpool_limits(2, user_api="blas"):
        grade_folder(hand_in(submitted, "ada"), "ada", SETTINGS)
    assert seen == {1}
