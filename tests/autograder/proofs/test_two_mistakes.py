"""Answers with two mistakes: both are in them, and both show."""

from __future__ import annotations

import pytest

from autograder.judging.edited_reference import EditedReference, TextEdit
from autograder.library.local import reference_folder
from autograder.proofs import two_mistakes
from autograder.proofs.two_mistakes import SmallestEdit, answers
from autograder.sources import Sources

MILESTONE = Sources().milestone("linear_classifier")
FILE = "linear_classifier.py"
SOURCE = (reference_folder("nndl") / FILE).read_text()


@pytest.mark.parametrize(
    ("old", "new"), [("return x", "return -x"), ("aaa", "aa"), ("ab", "ab"), ("x", ""), ("abcab", "abxab")]
)
def test_the_smallest_edit_does_the_same(old, new):
    whole = f"before\n{old}\nbehind"
    edit = two_mistakes._smallest(TextEdit("f.py", whole, whole.replace(old, new, 1)), whole)
    assert EditedReference("e", (edit,)).apply("f.py", whole) == whole.replace(old, new, 1)
    assert edit.end - edit.begin <= len(old)


def test_two_changes_of_whole_files_fit_beside_each_other():
    one, other = SOURCE.replace("axis=1", "axis=0", 1), SOURCE[::-1].replace("nruter", "dleiy", 1)[::-1]
    edits = tuple(two_mistakes._smallest(TextEdit(FILE, SOURCE, new), SOURCE) for new in (one, other))
    assert all(isinstance(edit, SmallestEdit) for edit in edits)
    both = EditedReference("both", edits).apply(FILE, SOURCE)
    assert both.count("axis=0") == one.count("axis=0")
    assert "yield" in both


@pytest.mark.slow
def test_both_mistakes_show():
    (answer,) = answers([MILESTONE], 1, seed=5)
    assert len(answer.mistakes) == 2
    assert answer.messages()
    (again,) = answers([MILESTONE], 1, seed=5)
    assert again.messages() == answer.messages()
