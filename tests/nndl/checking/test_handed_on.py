"""A right backward pass beside a forward pass with a wrong cache: the cache is what is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nndl.checking.batchnorm as batchnorm_checks
import nndl.checking.cnn as cnn_checks
from nndl import layers
from nndl.checking import CheckFailed

CASES = {
    "batchnorm_forward": ["batchnorm_backward", "batchnorm_backward_alt"],
    "layernorm_forward": ["layernorm_backward"],
    "spatial_groupnorm_forward": ["spatial_groupnorm_backward"],
}
PAIRS = [(forward, backward) for forward, found in CASES.items() for backward in found]
CHECKS = {**vars(batchnorm_checks), **vars(cnn_checks)}


def said(check: Any) -> str:
    """Return what a check says, without its standing."""
    with pytest.raises(CheckFailed) as failed:
        check()
    return " ".join(" ".join(line.split()) for line in failed.value.lines)


def with_cache(forward: str, change: Callable[..., Any]) -> Callable[..., Any]:
    right = getattr(layers, forward)

    def changed(x: Any, *args: Any) -> Any:
        out, cache = right(x, *args)
        return out, None if cache is None else change(x, *cache)

    return changed


@pytest.mark.parametrize(("forward", "backward"), PAIRS)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, x_hat, gamma, std, *rest: (x, gamma, std, *rest), "in the place of x_hat stands x"),
        (
            lambda x, x_hat, gamma, std, *rest: (x_hat, gamma, std**2, *rest),
            "in the place of std stands the variance plus eps",
        ),
        (lambda x, x_hat, gamma, std, *rest: (x_hat, gamma, 1 / std, *rest), "std stands 1 / std"),
        (lambda x, x_hat, gamma, std, *rest: (x_hat, None, std, *rest), "gamma stands None"),
        (lambda x, x_hat, gamma, std, *rest: (x_hat, gamma), "another one, of 2 parts"),
        (lambda x, x_hat, gamma, std, *rest: (x_hat, gamma, 3 * std, *rest), "std stands something else"),
    ],
)
def test_wrong_cache_is_told(
    monkeypatch: pytest.MonkeyPatch, forward: str, backward: str, change: Any, words: str
) -> None:
    monkeypatch.setattr(layers, forward, with_cache(forward, change))
    text = said(CHECKS[backward])
    assert words in text
    assert f"`{backward}` gives right gradients with the cache (x_hat, gamma, std" in text
    assert "dx" not in text


@pytest.mark.parametrize(("forward", "backward"), PAIRS)
def test_a_cache_in_a_layout_of_ones_own_is_right(
    monkeypatch: pytest.MonkeyPatch, forward: str, backward: str
) -> None:
    right = getattr(layers, backward)
    monkeypatch.setattr(layers, forward, with_cache(forward, lambda x, *parts: parts[::-1]))
    monkeypatch.setattr(layers, backward, lambda dout, cache: right(dout, cache[::-1]))
    CHECKS[backward]()
    monkeypatch.setattr(layers, backward, lambda dout, cache: (2 * right(dout, cache[::-1])[0], 0, 0))
    assert "with the cache" not in said(CHECKS[backward])


@pytest.mark.parametrize(("forward", "backward"), PAIRS)
def test_wrong_backward_pass_is_not_taken_for_a_wrong_cache(
    monkeypatch: pytest.MonkeyPatch, forward: str, backward: str
) -> None:
    right = getattr(layers, backward)

    def doubled(dout: Any, cache: Any) -> Any:
        dx, dgamma, dbeta = right(dout, cache)
        return 2 * dx, dgamma, dbeta

    monkeypatch.setattr(layers, backward, doubled)
    assert "with the cache" not in said(CHECKS[backward])


def test_a_cache_that_does_no_harm_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    right = layers.batchnorm_backward

    def twice_for_five_rows(dout: Any, cache: Any) -> Any:
        dx, dgamma, dbeta = right(dout, cache[:3])
        return dx * (2 if len(dout) == 5 else 1), dgamma, dbeta

    changed = with_cache("batchnorm_forward", lambda x, *cache: (*cache, x))
    monkeypatch.setattr(layers, "batchnorm_forward", changed)
    monkeypatch.setattr(layers, "batchnorm_backward", twice_for_five_rows)
    told = said(batchnorm_checks.batchnorm_backward)
    assert "is right with" not in told
    assert "2 times too large" in told
