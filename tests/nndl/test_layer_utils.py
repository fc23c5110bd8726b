"""A sandwich is its layers one after the other, and its gradients are those of the whole chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nndl import fast_layers, layer_utils, layers
from nndl.gradient_check import eval_numerical_gradient_array

CONV, POOL = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(shape[0]).normal(size=shape)


def affine_arguments() -> list[np.ndarray]:
    return [normal(3, 2, 4), normal(8, 5), normal(5)]


def conv_arguments() -> list[np.ndarray]:
    return [normal(2, 3, 6, 4), normal(4, 3, 3, 3), normal(4)]


def scale_and_shift(features: int) -> list[np.ndarray]:
    return [normal(features) + 2, normal(features + 1)[1:]]


AFFINE, RELU = (layers.affine_forward, 2, 0), (layers.relu_forward, 0, 0)
CONVOLUTION = (layers.conv_forward_naive, 2, 1)

# name: arguments, settings, and the layers with how many parameters and settings each of them takes
SANDWICHES: dict[
    str, tuple[Callable[[], list[np.ndarray]], Callable[[], list[dict[str, Any]]], list[Any]]
] = {
    "affine_relu": (affine_arguments, list, [AFFINE, RELU]),
    "affine_bn_relu": (
        lambda: affine_arguments() + scale_and_shift(5),
        lambda: [{"mode": "train"}],
        [AFFINE, (layers.batchnorm_forward, 2, 1), RELU],
    ),
    "affine_ln_relu": (
        lambda: affine_arguments() + scale_and_shift(5),
        lambda: [{"eps": 1e-3}],
        [AFFINE, (layers.layernorm_forward, 2, 1), RELU],
    ),
    "conv_relu": (conv_arguments, lambda: [CONV], [CONVOLUTION, RELU]),
    "conv_relu_pool": (
        conv_arguments,
        lambda: [CONV, POOL],
        [CONVOLUTION, RELU, (layers.max_pool_forward_naive, 0, 1)],
    ),
    "conv_bn_relu": (
        lambda: conv_arguments() + scale_and_shift(4),
        lambda: [CONV, {"mode": "train"}],
        [CONVOLUTION, (layers.spatial_batchnorm_forward, 2, 1), RELU],
    ),
}
every_sandwich = pytest.mark.parametrize("name", SANDWICHES)


def functions(name: str) -> tuple[Any, Any]:
    return getattr(layer_utils, f"{name}_forward"), getattr(layer_utils, f"{name}_backward")


@every_sandwich
def test_forward_is_its_layers_one_after_the_other(name: str) -> None:
    arguments, settings, stages = SANDWICHES[name]
    want, *parameters = arguments()
    remaining = settings()
    for forward, parameter_count, setting_count in stages:
        taken = parameters[:parameter_count] + remaining[:setting_count]
        parameters, remaining = parameters[parameter_count:], remaining[setting_count:]
        want, _ = forward(want, *taken)
    out, _ = functions(name)[0](*arguments(), *settings())
    np.testing.assert_allclose(out, want, rtol=1e-10, atol=1e-12)


@every_sandwich
def test_gradients_agree_with_centred_differences(name: str) -> None:
    arguments, settings, _ = SANDWICHES[name]
    forward, backward = functions(name)
    out, cache = forward(*arguments(), *settings())
    dout = np.random.default_rng(9).normal(size=out.shape)
    gradients = backward(dout, cache)
    assert len(gradients) == len(arguments())
    for position, got in enumerate(gradients):

        def out_of(array: np.ndarray, position: int = position) -> np.ndarray:
            changed = arguments()
            changed[position] = array
            return forward(*changed, *settings())[0]

        want = eval_numerical_gradient_array(out_of, arguments()[position], dout)
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["affine_bn_relu", "conv_bn_relu"])
def test_running_statistics_reach_the_callers_dict(name: str) -> None:
    arguments, settings, _ = SANDWICHES[name]
    given = settings()
    functions(name)[0](*arguments(), *given)
    assert given[-1].keys() == {"mode", "running_mean", "running_var"}


@every_sandwich
def test_float32_stays_float32(name: str) -> None:
    arguments, settings, _ = SANDWICHES[name]
    forward, backward = functions(name)
    out, cache = forward(*[array.astype(np.float32) for array in arguments()], *settings())
    assert out.dtype == np.float32
    assert {gradient.dtype for gradient in backward(out, cache)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", ["conv_relu", "conv_relu_pool", "conv_bn_relu"])
@pytest.mark.parametrize("backend", ["numpy", "as built"])
def test_the_gradient_of_the_input_can_be_left_out(
    name: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend == "numpy":
        monkeypatch.setattr(fast_layers, "cython_layers", None)
    arguments, settings, _ = SANDWICHES[name]
    forward, backward = functions(name)
    out, cache = forward(*arguments(), *settings())
    dout = normal(*out.shape)
    dx, *got = backward(dout, cache, need_dx=False)
    assert dx is None
    for gradient, want in zip(got, backward(dout, cache)[1:], strict=True):
        np.testing.assert_array_equal(gradient, want)


@pytest.mark.parametrize("window", [(2, 2), (3, 2)])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_the_order_of_rectifying_and_pooling_shows_in_no_value(window: tuple[int, int]) -> None:
    """Ties, zeros, infinities and NaN, also in the upstream gradient, and windows that overlap."""
    rng = np.random.default_rng(3)
    x = rng.choice([-np.inf, -1.0, -0.0, 0.0, 1.0, np.inf, np.nan], size=(3, 2, 9, 12))
    conv, pool = {"stride": 1, "pad": 0}, {"pool_height": window[0], "pool_width": window[1], "stride": 2}
    one_to_one = np.ones((1, 1, 1, 1)), np.zeros(1)
    planes = x.reshape(6, 1, 9, 12)
    rectified, relu_cache = layers.relu_forward(planes)
    want, pool_cache = layers.max_pool_forward_naive(rectified, pool)
    out, cache = layer_utils.conv_relu_pool_forward(planes, *one_to_one, conv, pool)
    fast, fast_cache = fast_layers.conv_relu_pool_forward_fast(planes, *one_to_one, conv, pool)
    np.testing.assert_array_equal(out, want)
    np.testing.assert_array_equal(fast, want)
    for dout_values in ([-2.0, 0.0, 1.0, 3.0], [-np.inf, 1.0, np.inf, np.nan]):
        dout = rng.choice(dout_values, size=out.shape)
        want = layers.relu_backward(layers.max_pool_backward_naive(dout, pool_cache), relu_cache)
        np.testing.assert_array_equal(layer_utils.conv_relu_pool_backward(dout, cache)[0], want)
        np.testing.assert_array_equal(fast_layers.conv_relu_pool_backward_fast(dout, fast_cache)[0], want)


def test_the_fast_sandwich_gives_the_same_gradients_of_all_arguments() -> None:
    rng = np.random.default_rng(4)
    x, w, b = rng.normal(size=(3, 2, 8, 6)), rng.normal(size=(4, 2, 3, 3)), rng.normal(size=4)
    settings = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
    out, cache = layer_utils.conv_relu_pool_forward(x, w, b, *settings)
    fast, fast_cache = fast_layers.conv_relu_pool_forward_fast(x, w, b, *settings)
    np.testing.assert_array_equal(fast, out)
    dout = rng.normal(size=out.shape)
    want = layer_utils.conv_relu_pool_backward(dout, cache)
    got = fast_layers.conv_relu_pool_backward_fast(dout, fast_cache)
    for gradient, expected in zip(got, want, strict=True):
        np.testing.assert_array_equal(gradient, expected)
    assert fast_layers.conv_relu_pool_backward_fast(dout, fast_cache, need_dx=False)[0] is None
