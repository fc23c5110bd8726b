"""What is special to the notebook of dropout: its worked example, and what its checks say."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest

from nndl.checking import CheckFailed
from nndl.checking import dropout as visible
from nndl.layers import dropout_backward, dropout_forward

from .notebooks import cell, load


def test_numbers_that_are_told_by_hand():
    text = cell(load("dropout"), "part_1_silence_some_and_make_up_for_it").source
    np.random.seed(1)
    draws = np.random.rand(4)
    told = [float(x) for x in re.search(r"\| draw \$u\$ \|(.*)\|", text)[1].replace("$", "").split("|")]
    np.testing.assert_allclose(told, draws, atol=5e-4)
    x = np.array([[4.0, 2.0, 6.0, 1.0]])
    out, cache = dropout_forward(x, {"mode": "train", "p": 0.5, "seed": 1})
    np.testing.assert_array_equal(cache[1], [[2, 0, 2, 2]])
    np.testing.assert_array_equal(out, [[8, 0, 12, 2]])
    assert (x.sum(), out.sum()) == (13, 22)
    dout = np.array([[1.0, 1.0, -1.0, 3.0]])
    np.testing.assert_array_equal(dropout_backward(dout, cache), [[2, 0, -2, 6]])
    outputs = np.array(list(product((8, 0), (12, 0))))
    np.testing.assert_array_equal(outputs.mean(axis=0), [4, 6])


@pytest.mark.parametrize(
    ("forward", "check", "told"),
    [
        (lambda x, m, p: x * (m < 1 - p) / (1 - p), "forward_train", "p is the probability of keeping"),
        (lambda x, m, p: x * (m < p), "forward_train", "exactly 4 times too small. The mean of x is 10.0"),
        (lambda x, m, p: x * (m[:1] < p) / p, "forward_train", "every row has the same mask"),
        (lambda x, m, p: x * (m[:, :1] < p) / p, "forward_train", "every row is kept or dropped as a whole"),
        (lambda x, m, p: (x * (m < p) / p).astype(np.float64), "forward_train", "which factor is float64?"),
        (lambda x, m, p: (x * (m > 1 - p) / p).astype(x.dtype), "seeds", "np.random.rand, called once"),
    ],
)
def test_visible_checks_say_what_is_wrong(monkeypatch, forward, check, told):
    def layer(x, param):
        if param.get("seed") is not None:
            np.random.seed(param["seed"])
        if param["mode"] == "test":
            return x, (param, None)
        return forward(x, np.random.rand(*x.shape), param["p"]), (param, None)

    monkeypatch.setattr(visible.layers, "dropout_forward", layer)
    with np.errstate(divide="ignore", invalid="ignore"), pytest.raises(CheckFailed, match=re.escape(told)):
        getattr(visible, check)()
