"""The reference with edits in it: loaded beside the reference, or an error that says what does not fit."""

from __future__ import annotations

import importlib
import pickle
import sys

import numpy as np
import pytest

import nndl.layers
from autograder.judging.edited_reference import EditedReference, TextEdit
from autograder.sources import Sources

RELU = TextEdit("layers/activations.py", "out = np.maximum(0, x)", "out = np.maximum(1, x)")
AFFINE = TextEdit("layers/affine.py", "dw = rows.T @ dout", "dw = 2 * rows.T @ dout")


@pytest.fixture
def edited():
    """Return a function that makes an edited reference; what it loads is dropped at the end."""
    made = []

    def make(*edits, name="test"):
        made.append(EditedReference(name, edits))
        return made[-1]

    yield make
    for each in made:
        each.forget()


def layers_of(one):
    return importlib.import_module(f"{one.load().__name__}.layers")


def test_edits_of_two_files_are_loaded_beside_the_reference(edited):
    layers = layers_of(edited(RELU, AFFINE))
    x = np.array([[-2.0, 3.0]])
    assert layers.relu_forward(x)[0].tolist() == [[1, 3]]
    _, dw, _ = layers.affine_backward(np.ones((1, 2)), (x, np.eye(2), np.zeros(2)))
    assert dw.tolist() == [[-4, -4], [6, 6]]
    assert nndl.layers.relu_forward(x)[0].tolist() == [[0, 3]]


def test_two_with_one_name_do_not_meet(edited):
    first, second = layers_of(edited(RELU)), layers_of(edited(AFFINE))
    x = np.array([[-1.0]])
    assert first.relu_forward(x)[0] == 1
    assert second.relu_forward(x)[0] == 0


def test_any_name_will_do(edited):
    relu = layers_of(edited(RELU, name="only FullyConnectedNet.loss unwritten")).relu_forward
    assert relu(np.array([-2.0]))[0].tolist() == [1]


def test_the_library_answers_with_the_names_of_a_milestone(edited):
    library = edited(RELU).library(Sources().milestone("fc_net"))
    out, _ = library.relu_forward(np.array([[-2.0, 3.0]]))
    assert np.asarray(out).tolist() == [[1, 3]]


def test_what_was_loaded_can_be_dropped(edited):
    one = edited(RELU)
    one.load()
    one.forget()
    assert [name for name in sys.modules if name.startswith(one.alias)] == []
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(one.alias)


def test_however_many_packages_are_loaded_one_finder_finds_them(edited):
    some = [edited(RELU), edited(AFFINE)]
    finders = []
    for one in some:
        one.load()
        finders.append(list(sys.meta_path))
    assert finders[0] == finders[1]
    for one in some:
        one.forget()


def test_every_edit_is_located_in_the_reference_as_it_is(edited):
    swapped = edited(TextEdit("a.py", "one", "two"), TextEdit("a.py", "two", "one"))
    assert swapped.apply("a.py", "one + two") == "two + one"
    assert swapped.apply("b.py", "one + two") == "one + two"


@pytest.mark.parametrize(("source", "count"), [("x = 1\n", 0), ("one(one)\n", 2)])
def test_a_text_that_does_not_stand_once_is_an_error(edited, source, count):
    with pytest.raises(ValueError, match=rf"swap \(text\): a\.py holds 'one' {count} times.*exactly once"):
        edited(TextEdit("a.py", "one", "two"), name="swap").apply("a.py", source)


def test_edits_that_overlap_are_an_error(edited):
    both = edited(TextEdit("a.py", "x + y", "x"), TextEdit("a.py", "y + z", "z"))
    with pytest.raises(ValueError, match=r"two edits of a\.py overlap"):
        both.apply("a.py", "x + y + z")


def test_a_file_that_the_package_does_not_have_is_an_error(edited):
    with pytest.raises(ValueError, match=r"typo \(text\): the package has no file layers/afine\.py"):
        edited(TextEdit("layers/afine.py", "a", "b"), name="typo").load()


def test_an_edit_that_does_not_fit_fails_before_anything_is_imported(edited):
    wrong = edited(TextEdit("layers/affine.py", "no such text", ""))
    with pytest.raises(ValueError, match="no such text"):
        wrong.load()
    assert wrong.alias not in sys.modules


def test_it_goes_to_another_process(edited):
    one = edited(RELU)
    there = pickle.loads(pickle.dumps(one))
    assert (there, there.alias) == (one, one.alias)
