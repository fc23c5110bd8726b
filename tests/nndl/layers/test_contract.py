"""What every layer promises, whatever its shape: exact gradients, dtypes, untouched arguments, any memory layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nndl import layers
from nndl.fast import numpy_layers
from nndl.gradient_check import eval_numerical_gradient_array

examples = settings(max_examples=15, deadline=None, derandomize=True)
sizes = st.integers(1, 4)
generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@dataclass
class Case:
    """One layer with its settings bound, and float64 arguments that stay away from its kinks."""

    forward: Callable[..., tuple[np.ndarray, Any]]
    backward: Callable[[np.ndarray, Any], Any]
    arrays: list[np.ndarray]
    dout: np.ndarray

    def gradients(self, dout: np.ndarray, cache: Any) -> list[np.ndarray]:
        got = self.backward(dout, cache)
        return list(got) if isinstance(got, tuple) else [got]


def make(forward: Any, backward: Any, arrays: list[np.ndarray], rng: np.random.Generator) -> Case:
    out, _ = forward(*arrays)
    return Case(forward, backward, arrays, rng.normal(size=out.shape))


@st.composite
def affine(draw: st.DrawFn) -> Case:
    rng, n, m = draw(generators), draw(sizes), draw(sizes)
    features = draw(st.lists(sizes, min_size=1, max_size=3))
    x, w, b = rng.normal(size=(n, *features)), rng.normal(size=(np.prod(features), m)), rng.normal(size=m)
    return make(layers.affine_forward, layers.affine_backward, [x, w, b], rng)


@st.composite
def relu(draw: st.DrawFn) -> Case:
    rng, shape = draw(generators), draw(st.lists(sizes, min_size=1, max_size=4))
    x = rng.choice([-1, 1], size=shape) * rng.uniform(0.1, 2, size=shape)
    return make(layers.relu_forward, layers.relu_backward, [x], rng)


def batchnorm_with(backward: Any) -> st.SearchStrategy[Case]:
    @st.composite
    def build(draw: st.DrawFn) -> Case:
        rng, n, d, eps = draw(generators), draw(sizes), draw(sizes), draw(st.floats(0.1, 1))
        x, gamma, beta = 3 * rng.normal(size=(n, d)) + 1, rng.normal(size=d), rng.normal(size=d)

        def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> Any:
            return layers.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})

        return make(forward, backward, [x, gamma, beta], rng)

    return build()


@st.composite
def layernorm(draw: st.DrawFn) -> Case:
    rng, n, d, eps = draw(generators), draw(sizes), draw(sizes), draw(st.floats(0.1, 1))
    x, gamma, beta = 3 * rng.normal(size=(n, d)) + 1, rng.normal(size=d), rng.normal(size=d)

    def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> Any:
        return layers.layernorm_forward(x, gamma, beta, {"eps": eps})

    return make(forward, layers.layernorm_backward, [x, gamma, beta], rng)


@st.composite
def spatial_batchnorm(draw: st.DrawFn) -> Case:
    rng, shape, eps = draw(generators), draw(st.tuples(*[sizes] * 4)), draw(st.floats(0.1, 1))
    x, gamma, beta = 3 * rng.normal(size=shape) + 1, rng.normal(size=shape[1]), rng.normal(size=shape[1])

    def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> Any:
        return layers.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})

    return make(forward, layers.spatial_batchnorm_backward, [x, gamma, beta], rng)


@st.composite
def spatial_groupnorm(draw: st.DrawFn) -> Case:
    rng, groups, per_group = draw(generators), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    (n, height, width), eps = draw(st.tuples(sizes, sizes, sizes)), draw(st.floats(0.1, 1))
    channels = groups * per_group
    x = 3 * rng.normal(size=(n, channels, height, width)) + 1
    gamma, beta = rng.normal(size=(2, 1, channels, 1, 1))

    def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> Any:
        return layers.spatial_groupnorm_forward(x, gamma, beta, groups, {"eps": eps})

    return make(forward, layers.spatial_groupnorm_backward, [x, gamma, beta], rng)


def dropout_in(mode: str) -> st.SearchStrategy[Case]:
    @st.composite
    def build(draw: st.DrawFn) -> Case:
        rng, shape = draw(generators), draw(st.lists(sizes, min_size=1, max_size=4))
        settings = {"mode": mode, "p": draw(st.floats(0.1, 1)), "seed": draw(st.integers(0, 99))}

        def forward(x: np.ndarray) -> Any:
            return layers.dropout_forward(x, settings)

        return make(forward, layers.dropout_backward, [rng.normal(size=shape)], rng)

    return build()


def convolution_of(convolve: Any, backward: Any) -> st.SearchStrategy[Case]:
    @st.composite
    def build(draw: st.DrawFn) -> Case:
        rng, n, channels, filters = draw(generators), *draw(st.tuples(*[st.integers(1, 3)] * 3))
        kernel_height, kernel_width = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
        conv_param = {"stride": draw(st.integers(1, 3)), "pad": draw(st.integers(0, 2))}
        least = [max(1, k - 2 * conv_param["pad"]) for k in (kernel_height, kernel_width)]
        height, width = (draw(st.integers(low, low + 3)) for low in least)
        x = rng.normal(size=(n, channels, height, width))
        w, b = rng.normal(size=(filters, channels, kernel_height, kernel_width)), rng.normal(size=filters)
        return make(lambda x, w, b: convolve(x, w, b, conv_param), backward, [x, w, b], rng)

    return build()


def pooling_of(pool: Any, backward: Any) -> st.SearchStrategy[Case]:
    @st.composite
    def build(draw: st.DrawFn) -> Case:
        rng, n, channels = draw(generators), *draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
        height, width, stride = draw(st.tuples(*[st.integers(1, 3)] * 3))
        shape = (n, channels, height + draw(st.integers(0, 3)), width + draw(st.integers(0, 3)))
        pool_param = {"pool_height": height, "pool_width": width, "stride": stride}
        x = rng.permutation(np.prod(shape)).reshape(shape) / 10.0  # no two entries are close
        return make(lambda x: pool(x, pool_param), backward, [x], rng)

    return build()


LAYERS = {
    "affine": affine(),
    "relu": relu(),
    "batchnorm": batchnorm_with(layers.batchnorm_backward),
    "batchnorm_alt": batchnorm_with(layers.batchnorm_backward_alt),
    "layernorm": layernorm(),
    "spatial_batchnorm": spatial_batchnorm(),
    "spatial_groupnorm": spatial_groupnorm(),
    "dropout_train": dropout_in("train"),
    "dropout_test": dropout_in("test"),
    "conv_naive": convolution_of(layers.conv_forward_naive, layers.conv_backward_naive),
    "conv_numpy": convolution_of(numpy_layers.conv_forward_fast, numpy_layers.conv_backward_fast),
    "max_pool_naive": pooling_of(layers.max_pool_forward_naive, layers.max_pool_backward_naive),
    "max_pool_numpy": pooling_of(numpy_layers.max_pool_forward_fast, numpy_layers.max_pool_backward_fast),
}
every_layer = pytest.mark.parametrize("layer", LAYERS)


@every_layer
@examples
@given(data=st.data())
def test_gradients_agree_with_centred_differences(layer: str, data: st.DataObject) -> None:
    case = data.draw(LAYERS[layer])
    _, cache = case.forward(*case.arrays)
    for position, got in enumerate(case.gradients(case.dout, cache)):

        def out_of(array: np.ndarray, position: int = position) -> np.ndarray:
            return case.forward(*case.arrays[:position], array, *case.arrays[position + 1 :])[0]

        want = eval_numerical_gradient_array(out_of, case.arrays[position].copy(), case.dout)
        assert got.shape == case.arrays[position].shape
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-7)


@every_layer
@examples
@given(data=st.data())
def test_arguments_may_be_read_only_and_are_not_modified(layer: str, data: st.DataObject) -> None:
    case = data.draw(LAYERS[layer])
    arguments = [*case.arrays, case.dout]
    before = [array.tobytes() for array in arguments]
    for array in arguments:
        array.flags.writeable = False
    _, cache = case.forward(*case.arrays)
    case.gradients(case.dout, cache)
    assert [array.tobytes() for array in arguments] == before


@every_layer
@examples
@given(data=st.data())
def test_backward_may_be_called_twice(layer: str, data: st.DataObject) -> None:
    case = data.draw(LAYERS[layer])
    _, cache = case.forward(*case.arrays)
    first = [g.copy() for g in case.gradients(case.dout, cache)]
    for got, want in zip(case.gradients(case.dout, cache), first, strict=True):
        np.testing.assert_array_equal(got, want)


@every_layer
@examples
@given(data=st.data())
def test_float32_stays_float32(layer: str, data: st.DataObject) -> None:
    case = data.draw(LAYERS[layer])
    out64, _ = case.forward(*case.arrays)
    out, cache = case.forward(*[array.astype(np.float32) for array in case.arrays])
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, out64, rtol=1e-4, atol=1e-4)
    for got in case.gradients(case.dout.astype(np.float32), cache):
        assert got.dtype == np.float32


def elsewhere(array: np.ndarray, layout: str) -> np.ndarray:
    """The same values in another memory layout."""
    if layout == "fortran":
        return np.asfortranarray(array)
    room = np.zeros(tuple(3 * n for n in array.shape))
    view = room[(slice(None, None, -3),) * array.ndim]
    view[...] = array
    return view


@pytest.mark.parametrize("layout", ["fortran", "strided backwards"])
@every_layer
@examples
@given(data=st.data())
def test_memory_layout_does_not_matter(layer: str, layout: str, data: st.DataObject) -> None:
    case = data.draw(LAYERS[layer])
    want, cache = case.forward(*case.arrays)
    want_gradients = case.gradients(case.dout, cache)
    got, cache = case.forward(*[elsewhere(array, layout) for array in case.arrays])
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    for g, w in zip(case.gradients(elsewhere(case.dout, layout), cache), want_gradients, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layer", [name for name in LAYERS if name != "dropout_test"])
@settings(max_examples=3, deadline=None, derandomize=True)
@given(data=st.data())
def test_upstream_gradient_of_another_shape_is_refused(layer: str, data: st.DataObject) -> None:
    case = data.draw(LAYERS[layer])
    _, cache = case.forward(*case.arrays)
    wrong = [case.dout[np.newaxis]]
    if (
        "norm" not in layer
    ):  # a normalization's cache is laid out as its author likes: only the axes are counted
        wrong.append(np.zeros((case.dout.shape[0] + 1, *case.dout.shape[1:])))
    for dout in wrong:
        with pytest.raises(ValueError, match="dout must have"):
            case.gradients(dout, cache)
    with pytest.raises(TypeError, match="dout must be a NumPy array, but got list"):
        case.gradients(case.dout.tolist(), cache)
