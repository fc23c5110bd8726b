"""Sentences of single checks that were not always true: each with a case in which it is, and one in which it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nndl.checking.cnn as cnn_checks
import nndl.checking.dropout as dropout_checks
import nndl.checking.fc_net as fc_net_checks
import nndl.checking.linear_classifier as linear_checks
import nndl.checking.nn_modules as modules_checks
import nndl.checking.two_layer_net as two_layer_checks
from nndl import layers, linear_classifier, modules, neural_net, optim
from nndl.checking import CheckFailed


def said(check: Any) -> str:
    """Return what a check says that does not pass."""
    with pytest.raises(CheckFailed) as failed:
        check()
    return " ".join(" ".join(line.split()) for line in failed.value.lines)


def cross_entropy_with(small: float) -> Any:
    def loss(score: Any, target: Any) -> float:
        return float(np.mean(-np.sum(target * np.log(score + small), axis=1)))

    return loss


def test_the_constant_in_a_logarithm_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_classifier, "cross_entropy_loss", cross_entropy_with(1e-7))
    assert "yours is -log(1e-07)" in said(linear_checks.cross_entropy)
    monkeypatch.setattr(linear_classifier, "cross_entropy_loss", cross_entropy_with(3e-7))
    assert "yours is -log" not in said(linear_checks.cross_entropy)


def test_a_copy_is_asked_for_only_where_one_array_is_in_all_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    descend = linear_classifier.batch_gradient_descent_func

    def records(last: bool) -> Any:
        def func(*args: Any, **options: Any) -> Any:
            W, b, costs, history = descend(*args, **options)
            return W, b, costs, [W if last else np.array(args[2]) for _ in history]

        return func

    monkeypatch.setattr(linear_classifier, "batch_gradient_descent_func", records(last=True))
    assert "append a copy" in said(linear_checks.batch_history)
    monkeypatch.setattr(linear_classifier, "batch_gradient_descent_func", records(last=False))
    assert "append a copy" not in said(linear_checks.batch_history)


def test_the_relu_of_the_scores_is_not_suspected_where_all_are_0(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = neural_net.TwoLayerNet._forward

    def scaled(factor: float) -> Any:
        def func(self: Any, X: Any) -> Any:
            scores, hidden = forward(self, X)
            return factor * np.maximum(0, scores), hidden

        return func

    monkeypatch.setattr(neural_net.TwoLayerNet, "_forward", scaled(1.0))
    assert "the ReLU belongs to the hidden layer" in said(two_layer_checks.scores)
    monkeypatch.setattr(neural_net.TwoLayerNet, "_forward", scaled(0.0))
    assert "the ReLU belongs to the hidden layer" not in said(two_layer_checks.scores)


def test_no_new_mask_is_suspected_where_the_mask_is_turned_round(monkeypatch: pytest.MonkeyPatch) -> None:
    def turned(dout: Any, cache: Any) -> Any:
        _, mask = cache
        return dout if mask is None else dout * (mask == 0)

    monkeypatch.setattr(layers, "dropout_backward", turned)
    text = said(dropout_checks.backward)
    assert "no new mask on the way back" not in text


def test_what_an_update_rule_does_to_a_gradient_is_no_matter_of_whole_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = optim.sgd_momentum

    def changes(w: Any, dw: Any, config: Any = None) -> Any:
        result = rule(w, dw, config)
        dw *= 0.5
        return result

    monkeypatch.setattr(optim, "sgd_momentum", changes)
    text = said(fc_net_checks.sgd_momentum)
    assert "dw is not the same after the call" in text
    assert "whole numbers" not in text
    # a change of another kind is not given the name of the known one
    assert "known mistake" not in text


@pytest.mark.parametrize(
    ("result", "what"), [(None, "None"), ((1.0, 2.0, 3.0), "3 values"), (1.0, "one number")]
)
def test_what_a_loss_gives_back_is_told(result: Any, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "softmax_loss", lambda x, y: result)
    assert f"must return the two values loss, dx, but it gives back {what}" in said(
        fc_net_checks.softmax_loss
    )


def rms(step: Any) -> Any:
    def rule(w: Any, dw: Any, config: Any = None) -> Any:
        old = config.get("cache", 0.0)
        config["cache"] = config["decay_rate"] * old + (1 - config["decay_rate"]) * dw**2
        return w - config["learning_rate"] * step(dw, old, config["epsilon"]), config

    return rule


def test_two_rules_that_begin_alike_are_not_taken_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optim, "rmsprop", rms(lambda dw, old, eps: dw / (np.sqrt(old) + eps)))
    assert "divides by the average from before this step" in said(fc_net_checks.rmsprop)
    monkeypatch.setattr(optim, "rmsprop", rms(lambda dw, old, eps: dw))  # the same first step
    assert "known mistake" not in said(fc_net_checks.rmsprop)


def descent(rounds: Any) -> Any:
    right = linear_classifier.batch_gradient_descent_func

    def func(X: Any, Y: Any, W: Any, b: Any, alpha: Any, iterations: Any, **options: Any) -> Any:
        return right(X, Y, W, b, alpha, rounds(iterations), **options)

    return func


def test_a_loop_without_rounds_is_not_one_that_ends_one_early(monkeypatch: pytest.MonkeyPatch) -> None:
    early, none = descent(lambda n: n - 1), descent(lambda n: 0)
    monkeypatch.setattr(linear_classifier, "batch_gradient_descent_func", early)
    assert "ends one iteration early" in said(linear_checks.batch_steps)
    monkeypatch.setattr(linear_classifier, "batch_gradient_descent_func", none)
    text = said(linear_checks.batch_steps)
    assert "known mistake" not in text
    assert "does the loop run once for iterations = 1?" in text


def softmax_loss_with(shift: Any) -> Any:
    def func(self: Any, scores: Any, y: Any, reg: Any) -> Any:
        shifted = scores + shift(scores)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        weights = sum((self.params[name] ** 2).sum() for name in ("W1", "W2"))
        return -logs[np.arange(len(y)), y].mean() + 0.5 * reg * weights, np.exp(logs)

    return func


def test_scores_that_are_made_larger_are_not_taken_for_raw_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural_net.TwoLayerNet, "_softmax_loss", softmax_loss_with(lambda scores: 0.0))
    assert "exponentials are taken of the raw scores" in said(two_layer_checks.loss)
    larger = softmax_loss_with(lambda scores: scores.max(axis=1, keepdims=True))
    monkeypatch.setattr(neural_net.TwoLayerNet, "_softmax_loss", larger)
    assert "known mistake" not in said(two_layer_checks.loss)


def test_a_mask_is_missed_only_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def forward(stored: Any) -> Any:
        def func(self: Any, x: Any) -> Any:
            self.mask = stored if stored is None else x > np.inf
            return np.maximum(0, x)

        return func

    monkeypatch.setattr(modules.ReLU, "backward", lambda self, dout: np.where(self.mask, dout, 0))
    monkeypatch.setattr(modules.ReLU, "forward", forward(None))
    assert "self.mask is still None" in said(modules_checks.relu)
    monkeypatch.setattr(modules.ReLU, "forward", forward(1))
    text = said(modules_checks.relu)
    assert "self.mask is still None" not in text
    assert "known mistake" not in text


def test_the_last_channel_is_not_taken_for_the_last_image(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = layers.max_pool_forward_naive

    def without(place: Any) -> Any:
        def func(x: Any, pool_param: Any) -> Any:
            out, cache = pool(x, pool_param)
            out = out.copy()
            if x.shape[1] > 1:
                out[place] = 0
            return out, cache

        return func

    monkeypatch.setattr(layers, "max_pool_forward_naive", without(np.s_[1:]))
    assert "Only the first image is pooled" in said(cnn_checks.max_pool_forward)
    monkeypatch.setattr(layers, "max_pool_forward_naive", without(np.s_[:, -1]))
    assert "known mistake" not in said(cnn_checks.max_pool_forward)
