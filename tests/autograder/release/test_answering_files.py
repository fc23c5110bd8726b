"""Files that answer tasks as a whole, in another course's words, are in no release that asks for it."""

from __future__ import annotations

import pytest

from autograder.release.build import Release
from autograder.release.fences import ReleaseError
from autograder.sources import Sources

from .course_files import checked, run_python


class TestAFileThatAnswersTasksAsAWhole:
    LINE = "hidden = np.where(rows @ weights > 0, rows @ weights, 0)"

    def write(self, course, milestone):
        head = f'"""Another net."""\n\n### ANSWERS {milestone}\n\n\n'
        text = f"{head}def f(rows, weights):\n    {self.LINE}\n    return hidden\n"
        (course.library / "other_net.py").write_text(text)

    @pytest.mark.parametrize("milestone", ["two_layer_net", "fc_net", "cnn"])
    def test_is_in_no_release_of_that_milestone_or_an_earlier_one(self, course, milestone):
        self.write(course, milestone)
        files = checked(course)
        assert "nndl/other_net.py" not in files
        assert self.LINE not in b"\n".join(files.values()).decode()

    def test_is_there_later_without_its_marker(self, course):
        self.write(course, "linear_classifier")
        files = checked(course)
        text = files["nndl/other_net.py"].decode()
        assert self.LINE in text
        assert "ANSWERS" not in text
        blanked = Release(course.release.milestone, course.sources, blank_earlier=True)
        assert "nndl/other_net.py" not in blanked.checked

    def test_is_nothing_that_a_student_hands_in(self, course):
        self.write(course, "two_layer_net")
        assert "nndl/other_net.py" not in course.release.editable

    def test_its_lines_elsewhere_are_a_leak(self, course):
        self.write(course, "two_layer_net")
        (course.assignment / "notes.txt").write_text(f"try\n{self.LINE}\n")
        with pytest.raises(ReleaseError, match=r"part of the solution in nndl/other_net\.py:7") as caught:
            checked(course)
        assert (caught.value.path, caught.value.line) == ("notes.txt", 2)


# The modules of `nndl.compat` that answer tasks of this course in another course's words, each with the last
# milestone of which it does.
ANSWERS = {
    "assignment1/linear_classifier.py": "fc_net",
    "assignment1/linear_svm.py": "linear_classifier",
    "assignment1/neural_net.py": "fc_net",
    "assignment1/softmax.py": "fc_net",
    "c147/cnn.py": "cnn",
    "c147/homework2/linear.py": "fc_net",
    "c147/homework2/softmax.py": "fc_net",
    "c147/homework2/svm.py": "fc_net",
}


@pytest.mark.parametrize("milestone", Sources().milestones, ids=lambda milestone: milestone.name)
def test_what_existing_courses_answer_is_in_no_release_that_asks_for_it(milestone):
    files = Release.current(milestone).files
    order = Sources().milestone_names
    for name, last in ANSWERS.items():
        assert (f"nndl/compat/{name}" in files) == (order.index(last) < order.index(milestone.name)), name


ANOTHER_COURSES_SOFTMAX = """
import nndl.compat
nndl.compat.install("cs231n")
try:
    from cs231n.classifiers import Softmax
    print(Softmax.__name__)
except ModuleNotFoundError as error:
    print(error)
from cs231n.classifiers import *
KNearestNeighbor
from cs231n.classifiers.fc_net import *
from cs231n.solver import Solver
"""


@pytest.mark.parametrize(
    ("milestone", "said"),
    [
        ("two_layer_net", "cs231n.classifiers.linear_classifier is not in this release of nndl"),
        ("batchnorm", "Softmax"),
    ],
)
def test_another_courses_names_in_a_release(tmp_path, milestone, said):
    Release.current(Sources().milestone(milestone)).write(tmp_path / "student")
    assert run_python(tmp_path / "student", ANOTHER_COURSES_SOFTMAX).startswith(said)
