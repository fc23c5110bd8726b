"""Inverted dropout: masks, modes, seeds and the way back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from nndl.layers import dropout_backward, dropout_forward


def test_training_keeps_a_unit_where_the_draw_is_below_p() -> None:
    x = np.random.default_rng(0).normal(size=(30, 4, 5)) + 3
    np.random.seed(11)
    draws = np.random.rand(30, 4, 5)
    following = np.random.rand()
    np.random.seed(11)
    out, (param, mask) = dropout_forward(x, {"mode": "train", "p": 0.3})
    assert np.random.rand() == following  # one array was drawn, no more
    np.testing.assert_allclose(out, np.where(draws < 0.3, x / 0.3, 0))
    assert mask is not None
    np.testing.assert_allclose(mask, (draws < 0.3) / 0.3)
    assert param == {"mode": "train", "p": 0.3}


def test_test_mode_changes_nothing_and_draws_nothing() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.random.seed(11)
    following = np.random.rand()
    np.random.seed(11)
    out, cache = dropout_forward(x, {"mode": "test", "p": 0.3})
    assert np.random.rand() == following
    np.testing.assert_array_equal(out, x)
    assert cache[1] is None
    np.testing.assert_array_equal(dropout_backward(2 * x, cache), 2 * x)


def test_p_of_one_keeps_all() -> None:
    x = np.random.default_rng(0).normal(size=(50, 50))
    np.testing.assert_array_equal(dropout_forward(x, {"mode": "train", "p": 1})[0], x)


@pytest.mark.parametrize("mode", ["train", "test"])
def test_a_seed_reseeds_the_global_generator(mode: str) -> None:
    x = np.ones((4, 4))
    param = {"mode": mode, "p": 0.5, "seed": 123}
    first, _ = dropout_forward(x, param)
    after = np.random.rand()
    second, _ = dropout_forward(x, param)
    np.testing.assert_array_equal(first, second)
    assert np.random.rand() == after


def test_a_seed_of_none_is_no_seed() -> None:
    np.random.seed(5)
    following = np.random.rand()
    np.random.seed(5)
    dropout_forward(np.ones(3), {"mode": "test", "p": 0.5, "seed": None})
    assert np.random.rand() == following


@pytest.mark.parametrize(("first", "then"), [("train", "test"), ("test", "train")])
def test_backward_follows_the_mode_of_the_forward_pass(first: str, then: str) -> None:
    param = {"mode": first, "p": 0.5, "seed": 1}
    x = np.ones((20, 20))
    out, cache = dropout_forward(x, param)
    param["mode"] = then
    np.testing.assert_array_equal(dropout_backward(x, cache), out)


def test_a_float64_p_leaves_float32_alone() -> None:
    out, (_, mask) = dropout_forward(np.ones((3, 3), np.float32), {"mode": "train", "p": np.float64(0.5)})
    assert mask is not None
    assert out.dtype == mask.dtype == np.float32


@pytest.mark.parametrize("mode", ["train", "test"])
def test_an_empty_batch_passes_through(mode: str) -> None:
    out, cache = dropout_forward(np.zeros((0, 3)), {"mode": mode, "p": 0.5})
    assert dropout_backward(out, cache).shape == (0, 3)


@pytest.mark.parametrize(
    ("param", "error", "message"),
    [
        ({"mode": "train"}, ValueError, "dropout_param must have the key 'p', but its keys are ['mode']"),
        ({"mode": "test"}, ValueError, "dropout_param must have the key 'p', but its keys are ['mode']"),
        ({"p": 0.5}, ValueError, "dropout_param must have the key 'mode', but its keys are ['p']"),
        (
            {"p": 0.0, "mode": "train"},
            ValueError,
            "dropout_param['p'] must be above 0 and at most 1, but got 0.0",
        ),
        ({"p": 0, "mode": "test"}, ValueError, "dropout_param['p'] must be above 0 and at most 1, but got 0"),
        (
            {"p": 1.1, "mode": "train"},
            ValueError,
            "dropout_param['p'] must be above 0 and at most 1, but got 1.1",
        ),
        ({"p": "half", "mode": "train"}, TypeError, "dropout_param['p'] must be a number, but got 'half'"),
        ({"p": 0.5, "mode": "training"}, ValueError, "dropout_param['mode'] must be one of 'train', 'test'"),
        ({"p": 0.5, "mode": "test", "seed": 1.5}, TypeError, "dropout_param['seed'] must be an integer"),
        ([0.5, "train"], TypeError, "dropout_param must be a dict of settings, but got list"),
    ],
)
def test_settings_that_make_no_sense_are_refused(param: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        dropout_forward(np.ones((2, 2)), param)
