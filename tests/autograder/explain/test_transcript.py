"""What a check asked for, as lines to read: the same answers, values in full where they are short."""

from __future__ import annotations

import numpy as np
import pytest

import nndl
from autograder.explain.transcript import Transcript, brief, expression
from autograder.failures import StudentError
from autograder.library.local import LocalLibrary
from autograder.milestone import classes, with_cache

API = {
    **with_cache("nndl.layers", "affine_forward", "affine_backward"),
    **with_cache("nndl.layers", "batchnorm_forward"),
    **classes("nndl.neural_net", "TwoLayerNet"),
}


@pytest.fixture
def noted():
    return Transcript(LocalLibrary(nndl, API))


def test_calls_read_like_a_program(noted):
    x = noted.put(np.ones((1, 2)))
    out, cache = noted.affine_forward(x, np.ones((2, 1)), b=np.zeros(1))
    noted.affine_backward(out, cache)
    net = noted.TwoLayerNet(2, 1, 2, std=0.5)
    net.set_item("params", "W1", np.array([[0.25, -1.0]]))
    net.set("params", {"b1": np.zeros(1)})
    net.get("params")
    net.get("params")
    noted.seed(7)
    np.testing.assert_array_equal(noted.fetch(x), np.ones((1, 2)))
    assert noted.lines == [
        "out, cache = affine_forward(np.array([[1., 1.]]), np.array([[1.], [1.]]), b=np.array([0.]))  "
        "# np.array([[2.]])",
        "affine_backward(np.array([[2.]]), cache)  "
        "# (np.array([[2., 2.]]), np.array([[2.], [2.]]), np.array([2.]))",
        "net = TwoLayerNet(2, 1, 2, std=0.5)",
        "net.params['W1'] = np.array([[ 0.25, -1. ]])",
        "net.params = {'b1': np.array([0.])}",
        "net.params  # {'b1': np.array([0.])}",
        "np.random.seed(7)",
    ]


def test_dicts_that_may_be_changed_and_second_objects_get_names(noted):
    param = noted.put({"mode": "train"})
    noted.batchnorm_forward(np.ones((1, 1)), np.ones(1), np.ones(1), param)
    first, second = noted.TwoLayerNet(1, 1, 1), noted.TwoLayerNet(1, 1, 1)
    assert noted.lines[0] == "given = {'mode': 'train'}"
    assert "np.array([1.]), given)" in noted.lines[1]
    assert [line.partition(" ")[0] for line in noted.lines[2:]] == ["net", "net2"]
    assert first is not second


def test_failures_are_noted_and_raised(noted):
    with pytest.raises(StudentError):
        noted.affine_forward(np.ones(3), np.ones((1, 1)), np.ones(1))
    assert "# ValueError: x must have a batch axis" in noted.lines[-1]


def test_limits_are_those_of_the_library(monkeypatch):
    library = LocalLibrary(nndl, API)
    seen = []

    def limits(*, wall, call):
        seen.append((wall, call))
        return LocalLibrary.limits(library, wall=wall, call=call)

    monkeypatch.setattr(library, "limits", limits)
    with Transcript(library).limits(wall=3, call=1):
        pass
    assert seen == [(3, 1)]


@pytest.mark.parametrize(
    "value",
    [
        np.array([[0.1, -2.0], [1e-9, 3e20]]),
        np.arange(3),
        np.array([True, False]),
        np.array([1.5], np.float32),
        np.zeros((0, 3)),
        np.array(2.5),
        [1, (2,), {"a": None, 3: "x'y"}],
        -1.25,
        0.1 + 0.2,
        (),
    ],
    ids=str,
)
def test_expressions_can_be_typed_in(value):
    again = eval(expression(value), {"np": np})
    assert type(again) is type(value)
    if isinstance(value, np.ndarray):
        assert (again.dtype, again.shape) == (value.dtype, value.shape)
    np.testing.assert_equal(again, value)


@pytest.mark.parametrize(
    "value", [np.zeros(10**6), [np.zeros(300)] * 10**5, {n: n for n in range(10**5)}, "x" * 10**6]
)
def test_no_value_is_written_out_whatever_its_size(value):
    assert len(expression(value)) <= 1100
    assert len(brief(value)) <= 1100
