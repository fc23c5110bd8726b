"""What a check demands beyond values is stated in the contract in a phrase, and the visible check shows it.

A table says how each demand is broken in the function that it is about, and nothing else is; the visible check of the
same name must then complain.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from typing import Any

import numpy as np
import pytest

from autograder.judging import milestone_content
from autograder.sources import Sources

MILESTONES = [m for m in Sources().milestones if m.name not in ("pytorch", "network_visualization")]


# --- ways to break one demand: decorators of functions; of methods, the arguments begin behind self ------------------


def twisted(value):
    """Return something wrong of the same form: an output without its cache, a loss with its gradients."""
    if isinstance(value, tuple):
        return (twisted(value[0]), *(twisted(item) if isinstance(item, dict) else item for item in value[1:]))
    if isinstance(value, dict):
        return {key: twisted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [twisted(item) for item in value]
    return value * 2 + 1


def copied(value):
    if isinstance(value, np.ndarray):
        return value.copy()
    return dict(value) if isinstance(value, dict) else value


def changes(*places):
    """Change an argument in place, whatever else is right; a net's arrays under their name."""

    def decorate(function):
        @functools.wraps(function)
        def changing(*args, **kwargs):
            result = function(*map(copied, args), **kwargs)
            for place in places:
                owner = args[0].params if isinstance(place, str) else args
                owner[place][...] = owner[place] + 1
            return result

        return changing

    return decorate


def wrong_if(condition):
    """Give something wrong where a condition on the arguments holds."""

    def decorate(function):
        @functools.wraps(function)
        def wrong(*args, **kwargs):
            result = function(*args, **kwargs)
            return twisted(result) if condition(*args) else result

        return wrong

    return decorate


def without_upstream(function):
    """Go back as if nothing followed."""

    @functools.wraps(function)
    def alone(self, dout=1):
        return function(self)

    return alone


def too_few_rows_for_odd_sizes(function):
    """Make W2 one row short where a row or a column of pixels is left out."""

    @functools.wraps(function)
    def made(self, input_dim=(3, 32, 32), *args, **kwargs):
        function(self, input_dim, *args, **kwargs)
        if any(size % 2 for size in input_dim[1:]):
            self.params["W2"] = self.params["W2"][:-1]

    return made


def through(*place):
    """Let the gradient through at one place, where the input was 0."""

    def decorate(function):
        @functools.wraps(function)
        def lets(self, dout):
            dx = function(self, dout)
            if len(dx) > place[0]:
                dx[place] = dout[place]
            return dx

        return lets

    return decorate


def one(place=0):
    return wrong_if(
        lambda *args: len(args) > place and isinstance(args[place], np.ndarray) and len(args[place]) == 1
    )


def wide(function):
    """Give float64 whatever came in."""

    def widened(value):
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            return value.astype(np.float64)
        if isinstance(value, tuple):
            return tuple(map(widened, value))
        return {k: widened(v) for k, v in value.items()} if isinstance(value, dict) else value

    return functools.wraps(function)(lambda *args, **kwargs: widened(function(*args, **kwargs)))


def conv_leaves_over(x, w, _, conv_param):
    free = np.array(x.shape[2:]) + 2 * conv_param["pad"] - w.shape[2:]
    return bool((free % conv_param["stride"]).any())


def pool_leaves_over(x, pool_param):
    free = np.array(x.shape[2:]) - (pool_param["pool_height"], pool_param["pool_width"])
    return bool((free % pool_param["stride"]).any())


def only_once(function):
    """Give something else when the same cache comes again."""
    seen: list[Any] = []

    @functools.wraps(function)
    def once(dout, cache):
        again = any(cache is other for other in seen)
        seen.append(cache)
        return twisted(function(dout, cache)) if again else function(dout, cache)

    return once


def sets(place, key, value, mode=None):
    """Change an entry of a dict among the arguments."""

    def decorate(function):
        @functools.wraps(function)
        def setting(*args, **kwargs):
            result = function(*args, **kwargs)
            if mode in (None, args[place].get("mode")):
                args[place][key] = value
            return result

        return setting

    return decorate


def running_in_place(function):
    @functools.wraps(function)
    def updating(x, gamma, beta, bn_param):
        old = {key: bn_param[key] for key in ("running_mean", "running_var") if key in bn_param}
        result = function(x, gamma, beta, bn_param)
        for key, array in old.items():
            array[...] = bn_param[key]
            bn_param[key] = array
        return result

    return updating


def running_wide(function):
    @functools.wraps(function)
    def widening(x, gamma, beta, bn_param):
        result = function(x, gamma, beta, bn_param)
        for key in ("running_mean", "running_var"):
            if key in bn_param:
                bn_param[key] = bn_param[key].astype(np.float64)
        return result

    return widening


def stays_narrow(function):
    """Compute in the dtype of a net's parameters whatever the images are."""
    return functools.wraps(function)(
        lambda self, X, *y: (
            function(self, X.astype(np.float32), *y).astype(np.float32) if not y else function(self, X, *y)
        )
    )


def lastly(function):
    """Give the gradient of a window to the last of equal maxima: everything is turned around twice."""
    turned = (slice(None), slice(None), slice(None, None, -1), slice(None, None, -1))
    return lambda dout, cache: function(dout[turned], (cache[0][turned], *cache[1:]))[turned]


def in_test_mode(place):
    return wrong_if(lambda *args: args[place].get("mode") == "test")


def no_hidden_layer(self, *_):
    return self.num_layers == 1


def params_of(condition, change):
    """Change the parameters of a new net where a condition holds."""

    def decorate(function):
        @functools.wraps(function)
        def initializing(self, *args, **kwargs):
            function(self, *args, **kwargs)
            if condition(self):
                change(self.params)

        return initializing

    return decorate


def one_too_many(params):
    params["gamma1"] = np.ones(3)


def cast_up(params):
    params.update({name: value.astype(np.float64) for name, value in params.items()})


def floats(function):
    return functools.wraps(function)(lambda *args: np.asarray(function(*args), dtype=np.float64))


def changes_attribute(name):
    def decorate(function):
        @functools.wraps(function)
        def changing(self, *args):
            result = function(self, *args)
            getattr(self, name)[...] += 1
            return result

        return changing

    return decorate


def all_rows(function):
    """Draw as many rows as are asked for, however few there are."""

    @functools.wraps(function)
    def drawing(self, X, y, batch_size):
        rows, labels = function(self, X, y, batch_size)
        more = max(1, batch_size // len(X))
        return np.repeat(rows, more, axis=0), np.repeat(labels, more)

    return drawing


def large(place):
    return wrong_if(lambda *args: bool(np.abs(args[place]).max() > 400))


# --- the table ------------------------------------------------------------------------------------------------------

UNCHANGED = r"unchanged|modifi|left as (it is|they are)|not chang|changes? (its|nothing|no )|stay as|leaves"
SINGLE = r"single row|batch of one|N may be (0 or )?1|one row|one image|at least 1|a single"
FLOAT32 = r"dtype|float32"

L, FC, CNN = "layers", "fc_net:FullyConnectedNet", "cnn:ThreeLayerConvNet"

NORM_BACK = {
    "dout unchanged": (UNCHANGED, changes(0)),
    "second call": (r"cache are left", only_once),
    "a batch of one": (SINGLE, one()),
}

TABLE: dict[str, dict[str, tuple[str, dict[str, tuple[Any, ...]]]]] = {
    "batchnorm": {
        "batchnorm_train": ("layers:batchnorm_forward", {
            "float32 kept": (FLOAT32, wide),
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2)),
            "a batch of one": (SINGLE, one()),
        }),
        "running_statistics": ("layers:batchnorm_forward", {
            "settings unchanged": ("Nothing else in the", sets(3, "momentum", 0.5)),
            "stored arrays unchanged": ("stores new arrays", running_in_place),
            "float32 kept": ("in the dtype of ``x``", running_wide),
        }),
        "batchnorm_test": ("layers:batchnorm_forward", {
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2)),
            "bn_param unchanged": ("a test call changes nothing", sets(3, "running_mean", np.ones(2), "test")),
            "a batch of one": (SINGLE, one()),
        }),
        "batchnorm_backward": ("layers:batchnorm_backward", NORM_BACK),
        "batchnorm_backward_alt": ("layers:batchnorm_backward_alt", NORM_BACK),
        "layernorm_forward": ("layers:layernorm_forward", {
            "float32 kept": (FLOAT32, wide),
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2)),
            "ln_param unchanged": ("dict is not changed", sets(3, "eps", 1e-3), sets(3, "mode", "train")),
            "a batch of one": (SINGLE, one()),
            "a single feature": ("at least one feature", wrong_if(lambda x, *_: x.shape[1] == 1)),
            "mode ignored": ("``mode`` among them, are ignored", in_test_mode(3)),
        }),
        "layernorm_backward": ("layers:layernorm_backward", {
            **NORM_BACK,
            "a single feature": ("single feature|at least one feature", wrong_if(lambda dout, _: dout.shape[1] == 1)),
        }),
        "norm_params": (f"{FC}.__init__", {
            "no hidden layer": ("No hidden layers at all", params_of(no_hidden_layer, one_too_many)),
        }),
        "batchnorm_net": (f"{FC}.loss", {
            "a batch of one": (SINGLE, one(1)),
            "no hidden layer": ("No hidden layers at all", wrong_if(no_hidden_layer)),
        }),
        "layernorm_net": (f"{FC}.loss", {
            "a batch of one": (SINGLE, one(1)),
            "no hidden layer": ("No hidden layers at all", wrong_if(no_hidden_layer)),
        }),
        "net_gradients": (f"{FC}.loss", {
            "no hidden layer": ("No hidden layers at all", wrong_if(no_hidden_layer)),
        }),
    },
    "cnn": {
        "initial_params": ("cnn:ThreeLayerConvNet.__init__", {
            "odd sizes": ("last row or column of an odd size", too_few_rows_for_odd_sizes),
        }),
        "conv_forward": ("layers:conv_forward_naive", {
            "float32 kept": (FLOAT32, wide),
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2)),
            "a batch of one": (SINGLE, one()),
            "rows and columns left over": ("fill no whole window", wrong_if(conv_leaves_over)),
        }),
        "conv_backward": ("layers:conv_backward_naive", {
            "float32 kept": (FLOAT32, wide),
            "rows and columns left over": (
                "left over", wrong_if(lambda _, cache: conv_leaves_over(*cache)),
            ),
            "padding as wide as a filter": (
                "as wide as a filter", wrong_if(lambda _, cache: cache[3]["pad"] >= min(cache[1].shape[2:])),
            ),
            "dout unchanged": (UNCHANGED, changes(0)),
            "a batch of one": (SINGLE, one()),
        }),
        "max_pool_forward": ("layers:max_pool_forward_naive", {
            "float32 kept": (FLOAT32, wide),
            "inputs unchanged": (UNCHANGED, changes(0)),
            "a batch of one": (SINGLE, one()),
            "rows and columns left over": ("fill no whole window", wrong_if(pool_leaves_over)),
        }),
        "max_pool_backward": ("layers:max_pool_backward_naive", {
            "float32 kept": (FLOAT32, wide),
            "rows and columns left over": (
                "left over", wrong_if(lambda _, cache: pool_leaves_over(*cache)),
            ),
            "dout unchanged": (UNCHANGED, changes(0)),
            "a batch of one": (SINGLE, one()),
            "ties": ("if several are equal", lastly),
        }),
        "convnet_scores": (f"{CNN}.loss", {
            "inputs unchanged": (UNCHANGED, changes(1)),
            "float64 images as they are": ("float64 images compute in float64", stays_narrow),
            "a batch of one": (SINGLE, one(1)),
        }),
        "convnet_loss": (f"{CNN}.loss", {"a batch of one": (SINGLE, one(1))}),
        "convnet_gradients": (f"{CNN}.loss", {
            "params unchanged": (UNCHANGED, changes("W1"), changes("b3")),
            "inputs unchanged": (UNCHANGED, changes(1)),
            "a batch of one": (SINGLE, one(1)),
        }),
        "spatial_batchnorm_forward": ("layers:spatial_batchnorm_forward", {
            "float32 kept": (FLOAT32, wide),
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2)),
            "bn_param unchanged at test time": (
                "test call changes nothing",
                sets(3, "running_mean", np.ones(4), "test"),
            ),
            "a batch of one": (SINGLE, one()),
        }),
        "spatial_batchnorm_backward": ("layers:spatial_batchnorm_backward", {
            "dout unchanged": (UNCHANGED, changes(0)),
            "a batch of one": (SINGLE, one()),
        }),
        "spatial_groupnorm_forward": ("layers:spatial_groupnorm_forward", {
            "float32 kept": (FLOAT32, wide),
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2)),
            "gn_param unchanged": ("dict is not changed", sets(4, "eps", 1e-3), sets(4, "mode", "train")),
            "mode ignored": ("``mode`` among them, are ignored", in_test_mode(4)),
            "a batch of one": (SINGLE, one()),
        }),
        "spatial_groupnorm_backward": ("layers:spatial_groupnorm_backward", {
            "dout unchanged": (UNCHANGED, changes(0)),
            "a batch of one": (SINGLE, one()),
        }),
    },
    "linear_classifier": {
        "softmax": ("linear_classifier:softmax", {
            "large scores": ("thousand|large|overflow", large(0)),
            "integer scores": ("integer", wrong_if(lambda x: x.dtype.kind in "iu")),
            "inputs unchanged": (UNCHANGED, changes(0)),
            "one row": (SINGLE, one()),
        }),
        "cross_entropy": ("linear_classifier:cross_entropy_loss", {
            "zero probability": ("1e-9|probability of 0", wrong_if(lambda score, _: not score.all())),
            "inputs unchanged": (UNCHANGED, changes(0), changes(1)),
            "one row": (SINGLE, one()),
        }),
        "scores": ("linear_classifier:linear_pred", {
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2)),
            "one row": (SINGLE, one()),
        }),
        "cost": ("linear_classifier:linear_cost_func", {
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2), changes(3)),
        }),
        "batch_steps": ("linear_classifier:batch_gradient_descent_func", {
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2), changes(3)),
            "one row": (SINGLE, one()),
        }),
        "stochastic_steps": ("linear_classifier:stochastic_gradient_descent_func", {
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2), changes(3)),
        }),
    },
    "nn_modules": {
        "output_layer": ("modules:OutputLayer.forward", {
            "large scores": ("1e4", large(1)),
            "upstream gradient": ("times ``dout``", ("modules:OutputLayer.backward", without_upstream)),
            "inputs unchanged": (UNCHANGED + "|Neither changes", changes(1), changes(2)),
            "one row": (SINGLE, one(1)),
        }),
        "relu": ("modules:ReLU.forward", {
            "at zero": ("exactly 0", ("modules:ReLU.backward", through(1, 1))),
            "dtype": ("integers in, integers out", ("modules:ReLU.backward", floats)),
            "inputs unchanged": ("Neither changes", changes(1), ("modules:ReLU.backward", changes(1))),
            "one row": (SINGLE, one(1)),
        }),
        "sigmoid": ("modules:Sigmoid.forward", {
            "large inputs": ("overflow", large(1)),
            "inputs unchanged": ("Neither changes", changes(1), ("modules:Sigmoid.backward", changes(1))),
            "one row": (SINGLE, one(1)),
        }),
        "affine": ("modules:Affine.forward", {
            "inputs unchanged": (
                "Neither changes",
                changes(1),
                changes_attribute("W"),
                changes_attribute("b"),
                ("modules:Affine.backward", changes(1)),
            ),
            "one row": (SINGLE, one(1)),
        }),
        "scores": ("modules:TwoLayerNet.predict", {
            "inputs unchanged": ("does not change its arguments", changes(1)),
            "one row": (SINGLE, one(1)),
        }),
        "loss": ("modules:TwoLayerNet.loss", {"one row": (SINGLE, one(1))}),
        "gradients": ("modules:TwoLayerNet.gradient", {
            "inputs unchanged": ("does not change its arguments", changes(1), changes("W1"), changes("b2")),
            "one row": (SINGLE, one(1)),
        }),
    },
    "two_layer_net": {
        "scores": ("neural_net:TwoLayerNet.loss", {
            "inputs unchanged": (UNCHANGED, changes(1), changes("W1"), changes("b2")),
            "one row": (SINGLE, one(1)),
        }),
        "loss": ("neural_net:TwoLayerNet._softmax_loss", {
            "large scores": ("thousand|large|overflow|10,?000|1e4", large(1)),
            "one row": (SINGLE, one(1)),
        }),
        "gradients": ("neural_net:TwoLayerNet.loss", {
            "inputs unchanged": (UNCHANGED, changes(1), changes("W1"), changes("b2")),
            "one row": (SINGLE, one(1)),
            "at zero": ("exactly 0|at 0|exactly zero", wrong_if(lambda _, X, *y: not X.any())),
            "large scores": (
                "thousand|large|overflow|10,?000|1e4",
                wrong_if(lambda self, *_: bool(np.abs(self.params["b2"]).max() > 400)),
            ),
        }),
        "training_step": ("neural_net:TwoLayerNet._draw_batch", {
            "fewer rows than a minibatch": ("batch_size", all_rows),
        }),
        "prediction": ("neural_net:TwoLayerNet.predict", {
            "integers": ("integer", floats),
            "one row": (SINGLE, one(1)),
            "large scores": ("1e4", wrong_if(lambda self, *_: bool(np.abs(self.params["b2"]).max() > 400))),
        }),
    },
    "fc_net": {
        "affine_forward": ("layers:affine_forward", {
            "inputs unchanged": (UNCHANGED, changes(0), changes(1), changes(2)),
            "one row": (SINGLE, one()),
        }),
        "affine_backward": ("layers:affine_backward", {
            "inputs unchanged": (UNCHANGED, changes(0)),
            "one row": (SINGLE, one()),
        }),
        "relu_forward": ("layers:relu_forward", {
            "NaN and infinity": ("NaN", wrong_if(lambda x: not np.isfinite(x).all())),
            "any number of axes": ("any (shape|number)", wrong_if(lambda x: x.ndim != 2)),
            "inputs unchanged": (UNCHANGED, changes(0)),
            "one row": (SINGLE, one()),
        }),
        "relu_backward": ("layers:relu_backward", {
            "at zero": ("at 0|exactly 0|is 0", wrong_if(lambda _, x: not x.all())),
            "any number of axes": ("any (shape|number)", wrong_if(lambda _, x: x.ndim != 2)),
            "inputs unchanged": (UNCHANGED, changes(0)),
            "one row": (SINGLE, one()),
        }),
        "softmax_loss": ("layers:softmax_loss", {
            "large scores": ("large|overflow|thousand|1e4|10,?000", large(0)),
            "inputs unchanged": (UNCHANGED, changes(0)),
            "one row": (SINGLE, one()),
        }),
        "svm_loss": ("layers:svm_loss", {
            "float32": ("in its dtype", wide),
            "inputs unchanged": (UNCHANGED, changes(0)),
            "one row": (SINGLE, one()),
        }),
        "two_layer_loss": ("fc_net:TwoLayerNet.loss", {
            "inputs unchanged": (UNCHANGED, changes(1), changes("W1"), changes("b2")),
            "one row": (SINGLE, one(1)),
        }),
        "two_layer_gradients": ("fc_net:TwoLayerNet.loss", {
            "inputs unchanged": (UNCHANGED, changes(1), changes("W1"), changes("b2")),
            "one row": (SINGLE, one(1)),
        }),
        "deep_start": (f"{FC}.__init__", {
            "no hidden layer": ("No hidden layers at all", params_of(no_hidden_layer, one_too_many)),
            "float32": ("Of parameters and computation", params_of(lambda net: net.dtype == np.float32, cast_up)),
        }),
        "deep_loss": (f"{FC}.loss", {
            "inputs unchanged": (UNCHANGED, changes(1), changes("W1"), changes("b2")),
            "one row": (SINGLE, one(1)),
            "no hidden layer": ("No hidden layers at all", wrong_if(no_hidden_layer)),
        }),
        "deep_gradients": (f"{FC}.loss", {
            "inputs unchanged": (UNCHANGED, changes(1), changes("W1"), changes("b1")),
            "float32": ("Of parameters and computation", wide),
            "one row": (SINGLE, one(1)),
            "no hidden layer": ("No hidden layers at all", wrong_if(no_hidden_layer)),
        }),
        **{rule: (f"optim:{rule}", {"inputs unchanged": (UNCHANGED, changes(0), changes(1))})
           for rule in ("sgd_momentum", "rmsprop", "adam")},
    },
    "dropout": {
        **{name: ("layers:dropout_forward", {
            "float32 kept": (FLOAT32, wide),
            "x unchanged": (UNCHANGED, changes(0)),
            "dropout_param unchanged": (UNCHANGED, sets(1, "p", 0.99), sets(1, "mode", "none")),
            "a batch of one": (SINGLE, one()),
            "any number of axes": ("any (shape|number)", wrong_if(lambda x, *_: x.ndim != 2)),
        }) for name in ("forward_train", "forward_test")},
        "backward": ("layers:dropout_backward", {
            "float32 kept": (FLOAT32, wide),
            "dout unchanged": (UNCHANGED, changes(0)),
            "second call": ("left as|again|second|cache is", only_once),
            "mode of the forward pass": (
                "the mode of the forward pass, even if",
                wrong_if(lambda _, cache: (cache[0]["mode"] == "train") != (cache[1] is not None)),
            ),
            "a batch of one": (SINGLE, one()),
            "any number of axes": ("any (shape|number)", wrong_if(lambda dout, _: dout.ndim != 2)),
        }),
        **{name: (f"{FC}.loss", {
            "a batch of one": (SINGLE, one(1)),
            "no hidden layer": ("No hidden layers at all", wrong_if(no_hidden_layer)),
        }) for name in ("net_scores", "net_loss", "net_gradients")},
    },
}  # fmt: skip

ROWS = [
    (milestone, check, demand)
    for milestone, checks in TABLE.items()
    for check, (_, demands) in checks.items()
    for demand in demands
]


def found(target):
    """Return the owner of a function or method, its name, and the texts that say what is asked of it."""
    module_name, _, path = target.partition(":")
    owner = importlib.import_module(f"nndl.{module_name}")
    *classes, name = path.split(".")
    for each in classes:
        owner = getattr(owner, each)
    function = getattr(owner, name)
    module = importlib.import_module(function.__module__)
    methods = [owner, *(value for value in vars(owner).values() if callable(value))] if classes else []
    texts = [inspect.getdoc(thing) or "" for thing in (function, module, *methods)]
    return owner, name, " ".join(" ".join(texts).split())


def problems(milestone, check):
    """Return what a visible check complains of; its own exception is a complaint, too."""
    visible = importlib.import_module(f"nndl.checking.{milestone}").progress.checks[check]
    try:
        return [problem for problem in visible.body() if problem is not None]
    except Exception as error:
        return [error]


@pytest.mark.parametrize("milestone", MILESTONES, ids=lambda m: m.name)
def test_the_table_has_every_demand(milestone):
    there = {c.name: set(c.demands) for c in milestone_content.checks(milestone) if c.demands}
    assert {check: set(demands) for check, (_, demands) in TABLE[milestone.name].items()} == there


@pytest.mark.parametrize(("milestone", "check", "demand"), ROWS)
def test_a_demand_is_in_the_contract(milestone, check, demand):
    target, demands = TABLE[milestone][check]
    phrase, *broken = demands[demand]
    others = [each[0] for each in broken if isinstance(each, tuple)]
    assert any(re.search(phrase, found(each)[2]) for each in (target, *others))


DIFFERENCES = ("convnet_gradients", "deep_gradients", "net_gradients", "conv_backward", "convnet_loss")
"""Visible checks that take their time."""


@pytest.mark.parametrize(
    ("milestone", "check", "demand"),
    [pytest.param(*row, marks=pytest.mark.slow) if row[1] in DIFFERENCES else row for row in ROWS],
)
def test_a_demand_is_shown_by_the_visible_check(milestone, check, demand, monkeypatch):
    target, demands = TABLE[milestone][check]
    _, *broken = demands[demand]
    assert problems(milestone, check) == []
    for each in broken:
        where, decorate = each if isinstance(each, tuple) else (target, each)
        owner, name, _ = found(where)
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, decorate(getattr(owner, name)))
            assert problems(milestone, check), (where, broken.index(each))
