"""Answering a regrade request: a failed case again, and the smallest input on which it still fails."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.explain import explain as explaining
from autograder.explain import text as explain_text
from autograder.explain.explain import ExplainError, default_folder, explain, read_report
from autograder.explain.shrink import SearchBudget
from autograder.grading.grade import Settings, grade_folder
from autograder.judging import milestone_content
from autograder.judging.edited_reference import EditedReference
from autograder.release.build import Release
from autograder.release.fences import parse
from autograder.reports import report as reporting
from autograder.sandbox.availability import sandbox_availability
from autograder.sources import Sources

NNDL = Path(reporting.__file__).parents[2] / "source_lib" / "nndl"


def solved(name, *edits):
    """Return a file of the reference without fences, with some texts replaced."""
    source = (NNDL / name).read_text()
    markers = {
        line for fence in parse(source, name, Sources().milestone_names) for line in (fence.begin, fence.end)
    }
    source = "\n".join(line for number, line in enumerate(source.split("\n"), 1) if number not in markers)
    for edit in edits:
        source = edit.apply(name, source) if isinstance(edit, EditedReference) else replaced(source, *edit)
    return source


def replaced(source, old, new):
    assert source.count(old) == 1, old
    return source.replace(old, new)


def hand_in(folder, milestone, **edits):
    """Write a right submission with edits in some of its files; a file's dots and slashes are underscores."""
    release = Release.current(Sources().milestone(milestone))
    released = release.files
    for name in release.editable:
        if name.startswith("nndl/"):
            key = name.removeprefix("nndl/").replace("/", "_").replace(".", "_")
            content = solved(name.removeprefix("nndl/"), *edits.pop(key, ())).encode()
        elif name in released:
            content = released[name]
        else:
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assert not edits
    return folder


def edits_of(milestone, name):
    bugs = milestone_content.bugs(Sources().milestone(milestone))
    return [next(bug.edited for bug in bugs if bug.name == name)]


@pytest.fixture
def graded(tmp_path, monkeypatch):
    """Hand in, grade by some of the checks, and return the report and the folder."""
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)
    every = milestone_content.checks

    def run(milestone, *names, **edits):
        few = tuple(check for check in every(Sources().milestone(milestone)) if check.name in names)
        monkeypatch.setattr(milestone_content, "checks", lambda name: few)
        folder = hand_in(tmp_path / "submitted" / "ada" / milestone, milestone, **edits)
        return grade_folder(
            folder, "ada", Settings(Sources().milestone(milestone), seed=5, data="offline")
        ), folder

    return run


def shown(report, folder, **options):
    found = explain(report, folder, budget=SearchBudget(replays=150), **options)
    return found, explain_text.text(found)


@pytest.mark.sandbox
def test_a_mistake_is_shown_on_the_smallest_net(graded):
    report, folder = graded(
        "two_layer_net", "loss", "gradients", neural_net_py=edits_of("two_layer_net", "gradient_ignores_relu")
    )
    found, text = shown(report, folder)
    assert found.entry["name"] == "gradients"
    assert found.original.case == {"n": 5, "d": 4, "h": 10, "c": 3, "reg": 0.7}
    # The smallest net in which the check can tell its mistakes apart: how small that is depends on what it draws.
    smallest, original = found.smallest.case, found.original.case
    assert all(smallest[name] <= original[name] for name in ("n", "d", "h", "c"))
    assert sum(smallest[name] for name in ("n", "d", "h", "c")) < 15
    for part in (
        "seed 5",
        "Case 1 of 7: n=5, d=4, h=10, c=3, reg=0.7",
        "goes through the ReLU as if it were not there",
        "net = TwoLayerNet(",
        "student: np.array([[",
        "right:   np.array([[",
    ):
        assert part in text, part
    finding = next(f for f in found.smallest.record.findings if not f.passed)
    assert finding.label == "the gradient of W1"
    assert np.count_nonzero(finding.expected) < np.count_nonzero(finding.actual)


@pytest.mark.sandbox
def test_what_was_borrowed_is_borrowed_again(graded):
    report, folder = graded(
        "fc_net",
        "affine_backward",
        "two_layer_gradients",
        layers_affine_py=[("db = dout.sum(axis=0)", "db = dout.mean(axis=0)")],
        fc_net_py=[('"b1": db1, "W2"', '"b1": 3 * db1, "W2"')],
    )
    found, text = shown(report, folder, name="two_layer_gradients")
    assert found.entry["borrowed"] == ["affine_forward", "affine_backward"]
    assert [f.part for f in found.smallest.record.findings if not f.passed] == ["b1"]
    assert found.smallest.case["n"] == 1
    assert "judged with the course's own affine_forward and affine_backward" in text
    layer, _ = shown(report, folder)
    assert (layer.entry["name"], layer.smallest.case) == ("affine_backward", {"n": 2, "shape": (1,), "m": 1})


@pytest.mark.sandbox
def test_an_exception_is_shown_without_what_it_would_do_to_a_terminal(graded):
    hostile = "raise ValueError('\\x1b]0;owned\\x07' + 'x' * 10**6)"
    edit = ("return self.loss(X).argmax(axis=1)", hostile)
    report, folder = graded("two_layer_net", "prediction", neural_net_py=[edit])
    found, text = shown(report, folder)
    assert found.entry["name"] == "prediction"
    assert "ValueError: \N{REPLACEMENT CHARACTER}]0;owned\N{REPLACEMENT CHARACTER}xxx" in text
    assert all(character.isprintable() or character == "\n" for character in text)
    assert len(text) < 12_000
    assert found.smallest.record.failure.type_name == "ValueError"


@pytest.mark.sandbox
def test_code_that_keeps_something_is_said_to(graded):
    forgets = (
        "self.__class__.calls = getattr(self, 'calls', 0) + 1\n"
        "        return self.loss(X).argmax(axis=1) if self.calls < 4 else 0"
    )
    edit = ("return self.loss(X).argmax(axis=1)", forgets)
    report, folder = graded("two_layer_net", "prediction", neural_net_py=[edit])
    found, text = shown(report, folder, name="prediction")
    assert found.smallest is None
    assert "keeps something from call to call" in text


@pytest.mark.sandbox
def test_a_limit_is_not_run_into_again_and_again(graded, monkeypatch):
    report, folder = graded("two_layer_net", "prediction")
    report["checks"][0]["verdict"] = "failed"
    endless = [("return self.loss(X).argmax(axis=1)", "\n        while True: pass")]
    hand_in(folder, "two_layer_net", neural_net_py=endless)
    quick = dataclasses.replace(milestone_content.checks(Sources().milestone("two_layer_net"))[0], wall=0.5)
    monkeypatch.setattr(milestone_content, "checks", lambda name: (quick,))
    monkeypatch.setattr(explaining, "smallest", lambda *a: pytest.fail("searched"))
    found, text = shown(report, folder, name="prediction")
    assert "the case ended: the code took longer than 0.5 s" in text
    assert any("digest differs" in note for note in found.notes)


@pytest.mark.sandbox
def test_the_command_line(graded, tmp_path, monkeypatch):
    report, folder = graded(
        "two_layer_net", "scores", "loss", neural_net_py=edits_of("two_layer_net", "penalty_missing")
    )
    monkeypatch.chdir(tmp_path)
    path = Path("reports/ada/two_layer_net.json")
    reporting.write(path, report)

    def call(*arguments):
        return CliRunner().invoke(main, ["explain", str(path), "--seconds", "5", *arguments])

    outcome = call()
    assert outcome.exit_code == 0, outcome.output
    assert "The smallest input found that still fails" in outcome.output
    passed = call("--check", "scores")
    assert (passed.exit_code, "No case fails again" in passed.output) == (1, True)
    for arguments, told in (
        (("--check", "nonsense"), "the report has no check 'nonsense'"),
        (
            ("--submission", "elsewhere"),
            "there is no folder elsewhere; name the one that was graded with --submission",
        ),
    ):
        outcome = call(*arguments)
        assert outcome.exit_code == 2
        assert told in " ".join(outcome.output.split()).replace("│ ", "")
    (folder / "nndl" / "neural_net.py").write_text(solved("neural_net.py"))
    outcome = call()
    assert outcome.exit_code == 1
    assert "NOT those that were graded" in outcome.output


# --- what a report may not do ------------------------------------------------------------------------------------


def report_with(**fields):
    made = reporting.new_report(Sources().milestone("two_layer_net"), "ada", seed=1)
    entry = {"name": "scores", "title": "t", "points": 4, "score": 0, "verdict": "failed", "message": "m"}
    made["checks"] = [{**entry, "bugs": [], "parts": [], "findings": [], "seconds": 0}]
    return {**made, **fields}


@pytest.mark.parametrize("student", ["..", ".", "", "a/b", "/etc", "a\0b"])
def test_a_student_that_is_no_folder_is_refused(student):
    with pytest.raises(ExplainError, match="not a valid folder name"):
        default_folder(report_with(student=student))
    assert default_folder(report_with()) == Path("submitted/ada/two_layer_net")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        json.dumps(report_with(seed="1; rm")),
        json.dumps(report_with(extra=1)),
        "[" * 10**5,
    ],
)
def test_a_file_that_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ExplainError, match=r"is not a report of the form nndl-report/1"):
        read_report(path)
    path.write_text(json.dumps(report_with()))
    assert read_report(path)["student"] == "ada"


@pytest.mark.parametrize(
    ("report", "name", "told"),
    [
        (report_with(milestone="os"), None, "there is no milestone 'os'"),
        (report_with(checks=[], reason="no sandbox"), None, "no failed check: no sandbox"),
        (report_with(checks=[], verdict="graded"), None, "every check was passed"),
        (report_with(), "loss", "no check 'loss'; it has: scores"),
        (report_with(), None, "the submission is missing"),
    ],
)
def test_a_report_that_does_not_fit_is_refused(tmp_path, report, name, told):
    with pytest.raises(ExplainError, match=told):
        explain(report, tmp_path / "nowhere", name=name)


def test_a_check_that_is_gone_is_said_to_be(tmp_path):
    report = report_with()
    report["checks"][0]["name"] = "of_old"
    with pytest.raises(ExplainError, match="no check 'of_old' in two_layer_net"):
        explain(report, tmp_path)


@pytest.mark.sandbox
def test_missing_images_are_said_to_be_missing(tmp_path):
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)
    folder = hand_in(tmp_path / "submission", "fc_net")
    report = report_with(milestone="fc_net")
    report["checks"][0]["name"] = "best_fc_net"
    with pytest.raises(ExplainError, match="cannot be run: DataUnavailable"):
        explain(report, folder, data=str(tmp_path / "nowhere"))
