"""The checks in the notebooks: they notice the known mistakes, and say what is wrong with a stored file."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from autograder.judging import milestone_content
from autograder.judging.edited_reference import NamedBug
from autograder.sources import Sources
from nndl.checking import CheckFailed
from nndl.cnn import ThreeLayerConvNet
from nndl.fc_net import FullyConnectedNet
from nndl.modules import TwoLayerNet

# --- known mistakes ----------------------------------------------------------------------------------------------

QUICK = {"momentum_reversed", "mean_taken_as_constant", "layernorm_over_the_batch", "bn_param_thrown_away"}
"""Mistakes that the quick tests play; the slow ones play all."""

SAID = {
    "softmax_without_shift": ("softmax", "2060"),
    "softmax_changes_its_argument": ("softmax", "x is not the same after the call"),
    "cross_entropy_summed": ("cross_entropy", "N = 3 times too large"),
    "cross_entropy_without_constant": ("cross_entropy", "row of zeros"),
    "scores_without_bias": ("scores", "the scores"),
    "cost_summed": ("cost", "the cost"),
    "batch_uphill": ("batch_steps", "uphill"),
    "batch_gradient_summed": ("batch_steps", "N = 5"),
    "batch_bias_one_step_ahead": ("batch_steps", "the change of b"),
    "batch_history_of_one_array": ("batch_history", "append a copy"),
    "batch_cost_of_every_iteration": ("batch_history", "cost_every=3"),
    "stochastic_first_rows": ("stochastic_steps", "same first rows"),
    "stochastic_one_draw_for_all": ("stochastic_steps", "second step"),
    "stochastic_cost_of_the_minibatch": ("stochastic_history", "J_history"),
}
"""Mistake of the linear classifier → the check that notices it, and what it says."""


def bugs(milestone: str) -> list[NamedBug]:
    return list(milestone_content.bugs(Sources().milestone(milestone)))


def failures(milestone: str, bug: NamedBug) -> dict[str, str]:
    """Return what the visible checks of a package with a mistake in it say; only those that fail."""
    package = bug.edited.load().__name__
    checks = importlib.import_module(f"{package}.checking.{milestone}")
    refusal = importlib.import_module(f"{package}.checking").CheckFailed
    said = {}
    for name in bug.concerns:
        try:
            with np.errstate(all="ignore"):
                getattr(checks, name)()
        except refusal as error:
            said[name] = str(error)
    return said


@pytest.mark.parametrize(
    ("milestone", "bug"),
    [
        pytest.param(
            milestone, bug, id=f"{milestone}-{bug.name}", marks=() if bug.name in QUICK else pytest.mark.slow
        )
        for milestone in ("batchnorm", "cnn")
        for bug in bugs(milestone)
    ],
)
def test_a_known_mistake_does_not_pass(milestone, bug, capsys):
    assert failures(milestone, bug)


@pytest.mark.parametrize("name", SAID)
def test_a_mistake_of_the_linear_classifier_is_explained(name, capsys):
    (bug,) = (bug for bug in bugs("linear_classifier") if bug.name == name)
    check, said = SAID[name]
    assert said in failures("linear_classifier", bug)[check]


# --- stored files ------------------------------------------------------------------------------------------------


def fc_net():
    return FullyConnectedNet([4], 6, 10).params, (np.ones((2, 6), dtype=np.float32), np.array([0, 1]))


def cnn():
    images = np.ones((2, 3, 4, 4), dtype=np.float32)
    return ThreeLayerConvNet((3, 4, 4), 2, 3, 5).params, (images, np.array([0, 1]))


def nn_modules():
    return TwoLayerNet(6, 4, 3).params, (np.ones((2, 6)), np.eye(3)[:2])


STORED = {
    "fc_net": ("best_fc_net", fc_net),
    "cnn": ("trained_convnet", cnn),
    "nn_modules": ("trained_net", nn_modules),
}
"""Milestone → its check of a stored net, and a small one with images and labels."""


def stored(milestone):
    """Return the checks of a milestone, that of its stored net, and the arrays, images and labels for it."""
    checks = importlib.import_module(f"nndl.checking.{milestone}")
    name, make = STORED[milestone]
    arrays, images = make()
    return checks, name, dict(arrays), images


@pytest.mark.parametrize("milestone", STORED)
def test_a_missing_file_is_told(milestone, tmp_path):
    checks, name, _, images = stored(milestone)
    with pytest.raises(CheckFailed, match="there is no file"):
        getattr(checks, name)(*images, tmp_path / "none.npz")
    checks.progress.reset()


@pytest.mark.parametrize(
    ("milestone", "wrong", "said"),
    [
        ("fc_net", {"b2": None}, "b2 missing"),
        ("fc_net", {"W1": np.ones((5, 4))}, "has shape"),
        ("fc_net", {"b2": np.array(["a"] * 10)}, "floating-point"),
        ("cnn", {"b2": None}, "must have the keys"),
        ("cnn", {"W1": np.ones((2, 1, 3, 3))}, "are accepted"),
        ("cnn", {"W1": np.ones((65, 3, 3, 3))}, "are accepted"),
        ("cnn", {"W1": np.ones((2, 3))}, "are accepted"),
        ("cnn", {"b2": np.ones(1001)}, "are accepted"),
        ("nn_modules", {"b2": None}, "must have the keys"),
        ("nn_modules", {"W1": np.ones((5, 4))}, "has shape"),
        ("nn_modules", {"W1": np.ones(4)}, "has 1 axes"),
    ],
)
def test_a_file_without_a_net_is_told(milestone, wrong, said, tmp_path):
    checks, name, arrays, images = stored(milestone)
    kept: dict[str, Any] = {key: value for key, value in (arrays | wrong).items() if value is not None}
    path = tmp_path / "stored.npz"
    np.savez(path, **kept)
    with pytest.raises(CheckFailed) as caught:
        getattr(checks, name)(*images, path)
    assert said in " ".join(str(caught.value).split())
    checks.progress.reset()


@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_a_stored_net_is_rebuilt_as_it_was(normalization, tmp_path):
    from nndl.checking import fc_net as checks

    net = FullyConnectedNet([8, 7], 6, 10, normalization=normalization, weight_scale=1.0)
    X = np.random.RandomState(0).normal(size=(30, 6)).astype(np.float32)
    net.loss(X, np.arange(30) % 10)
    arrays: dict[str, Any] = dict(net.params)
    for i, bn_param in enumerate(net.bn_params, 1):
        arrays |= {
            f"{name}{i}": bn_param[name] for name in ("running_mean", "running_var") if name in bn_param
        }
    path = tmp_path / "best_fc_net.npz"
    np.savez(path, **arrays)
    checks.best_fc_net(X, net.loss(X).argmax(axis=1), path)
    assert checks.progress.outcomes["best_fc_net"].credit == 1
    checks.progress.reset()
