"""Finished code of the release is known again wherever a judged function has it from, and only there."""

from __future__ import annotations

import textwrap

import pytest

from autograder.grading.given_code import copied
from autograder.judging.check import check
from autograder.sandbox.tree import read_tree

GIVEN = '''
def fast(x, w):
    """Given."""
    rows = x.reshape(len(x), -1)
    out = rows @ w.reshape(len(w), -1).T
    for i in range(len(out)):
        out[i] += i
    return out.reshape(len(x), -1)
'''
RENAMED = """
import numpy as np


def task(images, filters):
    flat: np.ndarray = images.reshape(len(images), -1)
    result = flat @ filters.reshape(len(filters), -1).T
    print("mine")
    for n in range(len(result)):
        result[n] += n
    return result.reshape(len(images), -1)
"""
OWN = """
def task(x, w):
    out = []
    for row in x:
        out.append(sum(row[i] * w[i] for i in range(len(w))))
    return out
"""


def _body(trial):
    """Claim."""
    yield from ()


JUDGED = check(points=1, tests=("task",), forbidden=("given.py",))(_body)
OTHER = check(points=1, tests=("other",), forbidden=("given.py",))(_body)


def found(folder, **files):
    (folder / "given.py").write_text(GIVEN, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    return copied(read_tree(folder, 1 << 20), [f"{name}.py" for name in files], (JUDGED,))


@pytest.mark.parametrize(
    "files",
    [
        {"mine": GIVEN.replace("def fast", "def task")},
        {"mine": RENAMED},
        {"mine": GIVEN + "\ntask = fast\n"},
        {"mine": GIVEN + "\nother, task = None, fast\n"},
        {"mine": "from .helpers import fast as task\n", "helpers": GIVEN},
        {"mine": "def task(x, w):\n    return quick(x, w)\n", "helpers": GIVEN.replace("fast", "quick")},
    ],
    ids=["renamed", "other names in it", "assigned", "one of two", "imported", "called"],
)
def test_given_code_is_told(tmp_path, files):
    (sentence,) = found(tmp_path, **files).values()
    assert "the course's own code: fast of given.py" in sentence
    assert "human" in sentence


CHOICES = "task = lambda x: x\ntask = x if x else y\ntask = [lambda: z for z in y]\n"


@pytest.mark.parametrize("text", [OWN, GIVEN, CHOICES, "def task(", "task = " + "-" * 5000 + "1", ""])
def test_what_is_not_given_code_is_not(tmp_path, text):
    """The given function may lie in the file, as long as what is judged does not come to it."""
    assert found(tmp_path, mine=text + ("\n" + OWN if text == GIVEN else "")) == {}


def test_only_the_checks_that_come_to_it_are_told(tmp_path):
    (tmp_path / "given.py").write_text(GIVEN, encoding="utf-8")
    text = GIVEN.replace("def fast", "def task") + "\n\ndef other(x):\n    return x\n"
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    assert list(copied(read_tree(tmp_path, 1 << 20), ["mine.py"], (JUDGED,))) == ["_body"]
    assert copied(read_tree(tmp_path, 1 << 20), ["mine.py"], (OTHER,)) == {}
