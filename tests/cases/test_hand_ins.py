"""Hand-ins in whatever state people send them: all points of right code, and no answer lost in silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from nbconvert.exporters import HTMLExporter

from .hand_ins import CASES, FAILS_TODAY, MILESTONE, NOTEBOOK, QUESTIONS, correct_a_question, whole
from .material import ANSWER, PNG
from .nbgrader_course import NOT_RUN, Course, Graded
from .tables import parameters

POINTS = 34.0


def all_points(got: Graded) -> None:
    assert got.points == POINTS, got.report["checks"]


def both_asked(got: Graded) -> None:
    """Nobody but a human gives points to words that a student wrote."""
    assert got.answers == dict.fromkeys(QUESTIONS, (None, True))


def answers_in_place(got: Graded) -> None:
    for question, number in QUESTIONS.items():
        assert ANSWER.format(number) in got.text_of(question)


def everything(got: Graded) -> None:
    all_points(got)
    both_asked(got)
    answers_in_place(got)


def told(got: Graded, *words: str) -> None:
    """One of the notes on the submission has all these words."""
    assert any(all(word in note for word in words) for note in got.notes), got.notes


def nothing_wrong(got: Graded, course: Course) -> None:
    everything(got)
    assert got.notes == []


def renamed_copy(got: Graded, course: Course) -> None:
    everything(got)
    told(got, "dropout (1).ipynb")


def cp1252(got: Graded, course: Course) -> None:
    all_points(got)
    both_asked(got)
    read = [f"It’s {ANSWER.format(number)}" in got.text_of(q) for q, number in QUESTIONS.items()]
    if not all(read):
        told(got, NOTEBOOK)


def metadata_stripped(got: Graded, course: Course) -> None:
    everything(got)


def answer_in_new_cell(got: Graded, course: Course) -> None:
    all_points(got)
    both_asked(got)
    assert any(ANSWER.format(1) in cell.source for cell in got.cells)


def picture_in_answer(got: Graded, course: Course) -> None:
    everything(got)
    # what the formgrader page shows goes through the same exporter
    for page in (HTMLExporter().from_filename(str(course.notebook()))[0], course.feedback()):
        assert page.count(f'src="data:image/png;base64,{PNG}"') == 2
        assert ANSWER.format(1) in page


def leftover_import(got: Graded, course: Course) -> None:
    everything(got)


def two_folders_deep(got: Graded, course: Course) -> None:
    everything(got)
    told(got, "ada/dropout")


def function_deleted(got: Graded, course: Course) -> None:
    both_asked(got)
    answers_in_place(got)
    verdicts = {entry["name"]: entry["verdict"] for entry in got.report["checks"]}
    needless = {"forward_train", "forward_test", "seeds", "net_scores"}
    assert {name for name in needless if verdicts[name] == "passed"} == needless, got.report["checks"]
    assert verdicts["backward"] == "failed"
    assert "dropout_backward" in got.message_of("backward")
    assert "dropout.py" in got.message_of("backward")


def resubmission(got: Graded, course: Course) -> None:
    assert got.points < POINTS
    course.submit(whole())
    course.nbgrader("autograde", NOT_RUN)
    everything(course.graded())


def source_edited(got: Graded, course: Course) -> None:
    everything(got)
    assert not [note for note in got.notes if "read-only" in note or "its text was changed" in note]


MUST: dict[str, Callable[[Graded, Course], None]] = {
    must.__name__: must
    for must in (
        nothing_wrong,
        renamed_copy,
        cp1252,
        metadata_stripped,
        answer_in_new_cell,
        picture_in_answer,
        leftover_import,
        two_folders_deep,
        function_deleted,
        resubmission,
        source_edited,
    )
}
"""Case → what must have come of it."""


@pytest.mark.sandbox
@pytest.mark.parametrize("case", parameters(CASES, FAILS_TODAY))
def test_hand_in(case, new_course):
    course = new_course(MILESTONE)
    course.submit(CASES[case]())
    if case == "source_edited":
        correct_a_question(course.root / "assignments")
    course.nbgrader("autograde", NOT_RUN)
    MUST[case](course.graded(), course)


def test_every_hand_in_but_one_is_spoilt():
    right = CASES["nothing_wrong"]()
    assert [name for name, make in CASES.items() if make() == right] == ["nothing_wrong"]
