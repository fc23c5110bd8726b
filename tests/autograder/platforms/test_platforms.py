"""What Gradescope and GitHub Classroom are given, and what they are told."""

from __future__ import annotations

import json
import zipfile

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.platforms import bundle, classroom, gradescope
from autograder.platforms.bundle import BundleSettings
from autograder.platforms.grade_there import student_of
from autograder.sandbox import unprotected

SETTINGS = BundleSettings("two_layer_net", "after_due_date")


def check(name, score, verdict="", points=4.0):
    return {
        "name": name,
        "title": f"Title of {name}.",
        "points": points,
        "score": score,
        "verdict": verdict or ("passed" if score == points else "failed"),
        "message": "" if score == points else f"What is wrong with {name}.",
        "bugs": [] if score == points else [{"explanation": "A known mistake.", "hint": "Look there."}],
    }


def report(*checks, reason="", warnings=()):
    graded = all(entry["score"] is not None for entry in checks) and not reason
    return {
        "verdict": "graded" if graded else "not graded",
        "reason": reason,
        "score": sum(entry["score"] for entry in checks) if graded else None,
        "max_score": 8.0,
        "checks": list(checks),
        "submission": {"repairs": [], "warnings": list(warnings), "unread": []},
        "seed": "7",
        "versions": {},
        "seconds": {"total": 3.4},
    }


def test_results_have_the_documented_form():
    found = gradescope.results(report(check("loss", 4.0), check("gradients", 1.5)), SETTINGS)
    assert found["score"] == 5.5
    assert found["execution_time"] == 3
    assert found["stdout_visibility"] == "hidden"
    loss, gradients = found["tests"]
    assert (loss["score"], loss["max_score"], loss["status"], loss["number"]) == (4.0, 4.0, "passed", "1")
    assert gradients["status"] == "failed"
    assert gradients["output"] == (
        "Title of gradients.\nWhat is wrong with gradients.\nA known mistake.\nLook there."
    )
    assert {test["visibility"] for test in found["tests"]} == {"after_due_date"}
    allowed = {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility"}
    assert set(found) <= allowed | {"extra_data", "tests"}
    json.dumps(found, allow_nan=False)


def test_what_was_not_graded_has_no_score_anywhere():
    found = gradescope.results(report(reason="not graded: no sandbox. Root needs more."), SETTINGS)
    assert "score" not in found
    assert found["output"].startswith("not graded: no sandbox. Root needs more.\nThis costs no points")
    assert [test.get("score") for test in found["tests"]] == [None]
    partly = gradescope.results(report(check("loss", 4.0), check("x", None, "not graded")), SETTINGS)
    assert "score" not in partly
    assert "score" not in partly["tests"][1]
    assert partly["tests"][1]["output"].startswith("not graded, which costs nothing")


def test_without_a_sandbox_every_result_says_so():
    made = report(check("loss", 4.0), check("gradients", 1.5), warnings=[unprotected.WARNING])
    found = gradescope.results(made, SETTINGS)
    assert all(text["output"].startswith(unprotected.WARNING) for text in [found, *found["tests"]])
    assert unprotected.WARNING in classroom.outcome(made)[0]
    assert unprotected.WARNING in classroom.summary(made)
    assert not unprotected.is_allowed()


@pytest.mark.parametrize(
    ("made", "status", "said"),
    [
        (report(check("loss", 4.0), check("x", 4.0)), 0, "Points 8/8"),
        (report(check("loss", 4.0), check("x", 1.0)), 1, "Points 5/8"),
        (report(reason="no sandbox"), 3, "Not graded, which costs no points: no sandbox"),
    ],
)
def test_classroom_has_an_exit_status_for_each_case(made, status, said):
    text, found = classroom.outcome(made)
    assert found == status
    assert text.splitlines()[-1] == said
    assert "| **total** |" in classroom.summary(made)


@pytest.mark.parametrize(
    ("metadata", "student"),
    [
        ('{"users": [{"email": "a@x", "id": 1}, {"email": null, "id": 2}]}', "a@x and 2"),
        ('{"users": []}', "student"),
        ("[]", "student"),
        ("no json", "student"),
    ],
)
def test_who_handed_in_is_read_from_the_metadata(tmp_path, metadata, student):
    (tmp_path / "submission_metadata.json").write_text(metadata)
    assert student_of(tmp_path) == student


def test_the_archive_has_its_scripts_at_the_top_and_all_that_grading_needs(tmp_path):
    path = tmp_path / "grader.zip"
    outcome = CliRunner().invoke(
        main, ["gradescope", "two_layer_net", "--to", str(path), "--visibility", "hidden"]
    )
    assert outcome.exit_code == 0, outcome.output
    assert "It holds the solutions" in outcome.output
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        modes = {member.filename: member.external_attr >> 16 for member in archive.infolist()}
        settings = json.loads(archive.read("settings.json"))
        wanted = archive.read("requirements.txt").decode()
        setup = archive.read("setup.sh").decode()
    assert modes["setup.sh"] & modes["run_autograder"] & 0o111
    assert settings == {
        "milestone": "two_layer_net",
        "visibility": "hidden",
        "data": "offline",
        "without_sandbox": False,
    }
    assert {
        "course/autograder/platforms/gradescope.py",
        "course/autograder/course/two_layer_net/bugs.txt",
        "course/source_lib/nndl/neural_net.py",
        "course/source_lib/pyproject.toml",
        "course/assignments/two_layer_net/two_layer_net.ipynb",
        "course/constraints.txt",
        "course/docs/official-result.md",
        "course/docs/student-guide.md",  # the release has both: without them, its version would be another one
    } <= set(modes)
    assert not [name for name in modes if "__pycache__" in name or name.endswith((".so", ".pyc"))]
    assert "numpy" in wanted
    assert "jupyterlab" not in wanted
    assert "bubblewrap" in setup
    assert path.stat().st_size < 20e6


def test_a_fault_of_ours_has_no_score_and_is_printed(tmp_path, capsys, monkeypatch):
    def broken(root):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(gradescope, "grade_there", broken)
    monkeypatch.setattr(classroom, "grade_there", broken)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / bundle.SETTINGS).write_text('{"milestone": "two_layer_net"}')
    gradescope.main(tmp_path)
    found = json.loads((tmp_path / "results" / "results.json").read_text())
    assert "score" not in found
    assert "secret" not in json.dumps(found)
    assert "secret detail" in capsys.readouterr().err
    assert classroom.main(tmp_path) == 3
