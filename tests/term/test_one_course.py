"""From the wheels alone: a course's folder, the same releases, and one answer by both ways of grading."""

from __future__ import annotations

import json

import pytest

from autograder.release.build import Release
from autograder.sources import Sources

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

MILESTONE = "linear_classifier"
CLASS = ("everything right", "mistake", "the release, untouched")
VERSIONS = """
from autograder.release.build import Release
from autograder.sources import Sources

for milestone in Sources().milestones:
    print(milestone.name, Release(milestone).version)
"""


@pytest.fixture(scope="module")
def course(installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("courses") / "mycourse"
    installed.run(folder.parent, "autograder", "new-course", folder, "--milestones", MILESTONE)
    return folder


def test_wheels_release_what_a_checkout_releases(installed, tmp_path):
    found = dict(line.split() for line in installed.ask(tmp_path, VERSIONS).splitlines())
    assert found == {milestone.name: Release(milestone).version for milestone in Sources().milestones}


def test_a_course_folder_is_told_apart_from_anything_else(installed, course):
    assert "is not empty" in installed.run(course.parent, "autograder", "new-course", course, status=2)
    said = installed.run(course, "autograder", "grade", "dropout", status=2)
    assert "this course has no assignment 'dropout'" in said


def without_times(report):
    return {key: value for key, value in report.items() if key not in ("created", "seconds")} | {
        "checks": [{k: v for k, v in check.items() if k != "seconds"} for check in report["checks"]]
    }


def test_both_ways_of_grading_give_equal_reports_also_of_a_corrected_assignment(installed, course):
    path = course / "assignments" / MILESTONE / f"{MILESTONE}.ipynb"
    notebook = json.loads(path.read_text())
    answer = next(
        cell
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("grade")
    )
    question = notebook["cells"][notebook["cells"].index(answer) - 1]
    question["source"] = ["The question in the instructor's own words: why?\n"]
    answer["metadata"]["nbgrader"]["points"] += 1
    path.write_text(json.dumps(notebook))
    installed.run(course, "nbgrader", "generate_assignment", MILESTONE)
    said = installed.run(course, "autograder", "simulate", MILESTONE, "class", "--data", "offline")
    kinds = {line[13:].partition(":")[0]: line.split()[0] for line in said.splitlines()[:-1]}
    for kind in CLASS:
        student = course / "submitted" / kinds[kind]
        student.parent.mkdir(exist_ok=True)
        (course / "class" / kinds[kind]).rename(student)
    installed.run(course, "autograder", "grade", MILESTONE, "--seed", "7", "--jobs", "2")
    first = {path.parent.name: json.loads(path.read_text()) for path in course.glob("reports/*/*.json")}
    assert len(first) == len(CLASS)
    for path in course.glob("reports/*/*.json"):
        path.unlink()
    installed.run(course, "nbgrader", "autograde", MILESTONE, "--create", "--RecordScores.seed=7")
    second = {path.parent.name: json.loads(path.read_text()) for path in course.glob("reports/*/*.json")}
    assert {n: without_times(r) for n, r in first.items()} == {n: without_times(r) for n, r in second.items()}
    assert all(report["verdict"] == "graded" for report in first.values())
    assert [report["submission"]["repairs"] for report in first.values()] == [[]] * len(CLASS)
    scores = [first[kinds[kind]]["score"] for kind in CLASS]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == 0 < scores[1] < scores[0]
