"""From a submitted folder to a report, through the sandbox; many of them; and the command line."""

from __future__ import annotations

import json
import os
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.grading import run
from autograder.grading.grade import Settings, grade_folder
from autograder.judging import hidden_images, room
from autograder.proofs import simulated_class
from autograder.release.build import Release
from autograder.reports import report as reporting
from autograder.sandbox.availability import SandboxAvailability
from autograder.sources import Sources
from autograder.submission.load import SubmissionError
from nndl.neural_net import TwoLayerNet

MILESTONE = "two_layer_net"
SETTINGS = Settings(Sources().milestone(MILESTONE), seed=5, data="offline")
pytestmark = pytest.mark.sandbox


@pytest.fixture(autouse=True)
def few_hidden_images(monkeypatch):
    """Hidden images that need no drawing: class k is bright in the k-th block of features."""

    def drawn(seed):
        y = np.random.default_rng(seed).integers(10, size=500)
        X = np.zeros((500, 3072), np.float32)
        for row, label in enumerate(y):
            X[row, 300 * label : 300 * (label + 1)] = 1
        return X, y

    monkeypatch.setattr(hidden_images, "_drawn_set", drawn)


def right_net():
    """Return a net that reads the class off the brightest block."""
    net = TwoLayerNet(3072, 50, 10)
    net.params = {name: np.zeros_like(value) for name, value in net.params.items()}
    for label in range(10):
        net.params["W1"][label, 300 * label : 300 * (label + 1)] = 1
        net.params["W2"][label, label] = 1
    return net


@pytest.fixture
def submitted(tmp_path):
    return tmp_path / "submitted"


def hand_in(submitted, student, *names, net=True):
    folder = submitted / student / MILESTONE
    milestone = Sources().milestone(MILESTONE)
    mistakes = tuple(bug.edited for bug in room.bugs(milestone) if bug.name in names)
    member = simulated_class.Member("", mistakes, net=None)
    simulated_class.hand_in(folder, milestone, member, {})
    if net:
        right_net().save(folder / "best_net.npz")
    return folder


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


def test_missing_folder_is_not_graded(tmp_path):
    report = grade_folder(tmp_path / "nobody" / MILESTONE, "nobody", SETTINGS)
    assert report["verdict"] == "not graded"
    reporting.validate(report)


# --- many ----------------------------------------------------------------------------------------------------


def threads(jobs: int) -> Executor:
    return ThreadPoolExecutor(jobs)


def test_run_writes_reports_and_does_not_grade_the_same_files_twice(submitted, tmp_path):
    hand_in(submitted, "ada")
    hand_in(submitted, "alan", "loss_sign")
    jobs = run.find_jobs(submitted, tmp_path / "out", SETTINGS.milestone)
    done = {
        job.student: (report, fresh)
        for job, report, fresh in run.run(jobs, SETTINGS, workers=2, executor=threads)
    }
    assert {name: fresh for name, (_, fresh) in done.items()} == {"ada": True, "alan": True}
    for job in jobs:
        assert json.loads(job.report.read_text()) == done[job.student][0]
    (submitted / "alan" / MILESTONE / "nndl" / "neural_net.py").write_text("def broken(:\n")
    again = {job.student: fresh for job, _, fresh in run.run(jobs, SETTINGS, executor=threads)}
    assert again == {"ada": False, "alan": True}
    forced = {
        job.student: fresh for job, _, fresh in run.run(jobs[:1], SETTINGS, force=True, executor=threads)
    }
    assert forced == {"ada": True}


class _Dies(Executor):
    """An executor whose process dies on one student's submission."""

    def submit(self, function, /, folder, student, *arguments):  # type: ignore[override]
        future: Future = Future()
        if student == "killer":
            future.set_exception(BrokenProcessPool("died"))
        else:
            future.set_result(function(folder, student, *arguments))
        return future

    def shutdown(self, *arguments, **options):
        pass


def test_a_dying_grading_process_leaves_one_submission_ungraded_and_the_run_goes_on(submitted, tmp_path):
    for name in ("ada", "killer", "zoe"):
        hand_in(submitted, name)
    jobs = run.find_jobs(submitted, tmp_path / "out", SETTINGS.milestone)
    reports = {
        job.student: report for job, report, _ in run.run(jobs, SETTINGS, executor=lambda workers: _Dies())
    }
    assert {name: report["verdict"] for name, report in reports.items()} == {
        "ada": "graded",
        "killer": "not graded",
        "zoe": "graded",
    }


def test_jobs_leave_out_links(submitted, tmp_path):
    hand_in(submitted, "ada")
    os.symlink(submitted / "ada", submitted / "copycat")
    (submitted / "other").mkdir()
    os.symlink(submitted / "ada" / MILESTONE, submitted / "other" / MILESTONE)
    assert [job.student for job in run.find_jobs(submitted, tmp_path, SETTINGS.milestone)] == ["ada"]


# --- the command line ----------------------------------------------------------------------------------------


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_grade_feedback_and_report_commands(submitted, tmp_path, monkeypatch):
    monkeypatch.setattr(run.run, "__kwdefaults__", {**run.run.__kwdefaults__, "executor": threads})
    hand_in(submitted, "ada")
    hand_in(submitted, "<b>bold", "gradient_ignores_relu")
    out = tmp_path / "reports"
    outcome = call(
        "grade", MILESTONE, "--submitted", submitted, "--output", out, "--data", "offline", "--seed", "9"
    )
    assert outcome.exit_code == 0, outcome.output
    assert "40 / 40" in outcome.output
    assert "Run seed: 9" in outcome.output
    assert call("report", MILESTONE, "--reports", out).exit_code == 0
    page = (out / f"{MILESTONE}.html").read_text()
    assert "gradient_ignores_relu" in page
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page
    assert page.count("<svg") == 2
    assert call("feedback", MILESTONE, "--reports", out).exit_code == 0
    assert "ReLU as if it were not there" in (out / "<b>bold" / f"{MILESTONE}.html").read_text()


def test_exit_status_3_lists_what_could_not_be_graded(submitted, tmp_path, monkeypatch):
    monkeypatch.setattr(run.run, "__kwdefaults__", {**run.run.__kwdefaults__, "executor": threads})
    hand_in(submitted, "ada")
    outcome = call(
        "grade", MILESTONE, "--submitted", submitted, "--output", tmp_path / "o", "--data", tmp_path
    )
    assert outcome.exit_code == 3
    assert "not graded: ada" in outcome.output


@pytest.mark.parametrize(
    "name", ["[bold] [x]", "\x1b]0;title\x07\x1b[31m", os.fsdecode(b"caf\xe9"), "<b>&\n"]
)
def test_no_folder_name_ends_the_run_or_steers_the_terminal(name, submitted, tmp_path, monkeypatch):
    monkeypatch.setattr(run.run, "__kwdefaults__", {**run.run.__kwdefaults__, "executor": threads})
    monkeypatch.setattr("autograder.grading.grade.load", refuse)
    (submitted / name / MILESTONE).mkdir(parents=True)
    output = tmp_path / "o"
    outcome = call("grade", MILESTONE, "--submitted", submitted, "--output", output, "--data", tmp_path)
    assert outcome.exit_code == 3, outcome.exception
    assert "refused" in outcome.output
    assert "\x1b" not in outcome.output
    assert "\x07" not in outcome.output
    assert reporting.read(output / name / f"{MILESTONE}.json")["student"] == name
    assert call("feedback", MILESTONE, "--reports", output).exit_code == 0
    page = (output / name / f"{MILESTONE}.html").read_text()
    assert "<b>&" not in page


def refuse(*arguments, **options):
    raise SubmissionError("refused [/]")


@pytest.mark.parametrize(
    "arguments",
    [
        ("grade", "no_such_milestone"),
        ("grade", MILESTONE, "--submitted", "nowhere"),
        ("grade", MILESTONE, "--jobs", "0"),
        ("grade", MILESTONE, "--seed", "-1"),
        ("report", MILESTONE, "--reports", "nowhere"),
        ("grade",),
    ],
)
def test_wrong_usage_is_exit_status_2(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call(*arguments).exit_code == 2


def test_a_missing_student_is_named(submitted, tmp_path):
    hand_in(submitted, "ada")
    outcome = call("grade", MILESTONE, "--submitted", submitted, "--student", "bob")
    assert outcome.exit_code == 2
    assert "bob" in outcome.output


def test_without_a_sandbox_nothing_is_graded_and_the_advice_is_given(submitted, monkeypatch):
    missing = SandboxAvailability(False, "", "bwrap is not installed; run: apt-get install bubblewrap")
    monkeypatch.setattr("autograder.cli.options.sandbox_availability", lambda: missing)
    hand_in(submitted, "ada")
    outcome = call("grade", MILESTONE, "--submitted", submitted)
    assert outcome.exit_code == 3
    assert (
        "cannot be sandboxed here: bwrap is not installed; run: apt-get install bubblewrap" in outcome.output
    )


def test_every_report_field_is_described_or_plain():
    assert Path(reporting.__file__).with_name("report.schema.json").is_file()
    with pytest.raises(Exception, match="is a required property"):
        reporting.validate({})
