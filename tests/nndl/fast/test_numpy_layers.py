"""The fast layers are the naive ones but for their speed: first the NumPy versions, then the choice between two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nndl import fast_layers, layers
from nndl.fast import BUILD, numpy_layers

examples = settings(max_examples=40, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)
few = st.integers(1, 3)


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Any, ...]:
    rng, pad, stride = np.random.default_rng(draw(seeds)), draw(st.integers(0, 2)), draw(st.integers(1, 4))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    image = [max(1, k - 2 * pad) + draw(st.integers(0, 4)) for k in kernel]
    n, channels, filters = draw(st.integers(0, 3)), draw(few), draw(few)
    x, w, b = (rng.normal(size=s) for s in ((n, channels, *image), (filters, channels, *kernel), (filters,)))
    return x, w, b, {"stride": stride, "pad": pad}


@st.composite
def poolings(draw: st.DrawFn) -> tuple[np.ndarray, dict[str, int]]:
    """Small whole numbers, so that most windows have several equal maxima."""
    rng, (height, width) = np.random.default_rng(draw(seeds)), draw(st.tuples(few, few))
    image = height + draw(st.integers(0, 4)), width + draw(st.integers(0, 4))
    x = rng.integers(-2, 2, size=(draw(st.integers(0, 3)), draw(few), *image)).astype(float)
    return x, {"pool_height": height, "pool_width": width, "stride": draw(st.integers(1, 4))}


@examples
@given(convolutions())
def test_numpy_convolution_is_the_naive_one(arguments: tuple[Any, ...]) -> None:
    want, naive_cache = layers.conv_forward_naive(*arguments)
    out, cache = numpy_layers.conv_forward_fast(*arguments)
    np.testing.assert_allclose(out, want, rtol=1e-12, atol=1e-12)
    dout = np.random.default_rng(0).normal(size=out.shape)
    naive = layers.conv_backward_naive(dout, naive_cache)
    for got, wanted in zip(numpy_layers.conv_backward_fast(dout, cache), naive, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-11)


@examples
@given(poolings())
def test_numpy_pooling_is_the_naive_one_ties_included(arguments: tuple[np.ndarray, dict[str, int]]) -> None:
    want, naive_cache = layers.max_pool_forward_naive(*arguments)
    out, cache = numpy_layers.max_pool_forward_fast(*arguments)
    np.testing.assert_array_equal(out, want)
    dout = np.random.default_rng(0).normal(size=out.shape)
    dx = numpy_layers.max_pool_backward_fast(dout, cache)
    np.testing.assert_allclose(dx, layers.max_pool_backward_naive(dout, naive_cache), rtol=1e-12, atol=1e-12)


def test_a_nan_in_a_window_shows_and_keeps_its_gradient() -> None:
    x = np.array([[[[1.0, np.nan], [3.0, 2.0]]]])
    param = {"pool_height": 2, "pool_width": 2, "stride": 1}
    for pool, back in (
        (layers.max_pool_forward_naive, layers.max_pool_backward_naive),
        (numpy_layers.max_pool_forward_fast, numpy_layers.max_pool_backward_fast),
    ):
        out, cache = pool(x, param)
        assert np.isnan(out).all()
        np.testing.assert_array_equal(back(np.ones((1, 1, 1, 1)), cache)[0, 0], [[0, 1], [0, 0]])


@pytest.fixture(params=["numpy", "as built"])
def fast(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``nndl.fast_layers``, once without the kernels and once with them where they are built."""
    if request.param == "numpy":
        monkeypatch.setattr(fast_layers, "cython_layers", None)
    elif fast_layers.backend() == "numpy":
        pytest.skip("the Cython kernels are not built")
    yield fast_layers
    fast_layers._say_how_to_build.cache_clear()


@pytest.mark.parametrize(
    ("x_type", "w_type"),
    [
        (np.float32, np.float32),
        (np.float64, np.float32),
        (np.float32, np.float64),
        (np.uint8, np.float64),
        (np.float16, np.float16),
        (np.int64, np.int64),
        (">f8", "<f8"),
    ],
)
def test_any_mix_of_dtypes_computes_as_in_the_naive_layers(fast: Any, x_type: Any, w_type: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, size=(2, 3, 6, 5)).astype(x_type)
    w = rng.integers(-3, 3, size=(4, 3, 3, 2)).astype(w_type)
    arguments = x, w, np.arange(4).astype(w_type), {"stride": 2, "pad": 1}
    out, cache = fast.conv_forward_fast(*arguments)
    want, naive_cache = layers.conv_forward_naive(*arguments)
    assert out.dtype == want.dtype
    np.testing.assert_array_equal(out, want)
    gradients = fast.conv_backward_fast(np.ones_like(out), cache)
    naive = layers.conv_backward_naive(np.ones_like(want), naive_cache)
    for got, wanted in zip(gradients, naive, strict=True):
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted)

    param = {"pool_height": 3, "pool_width": 2, "stride": 1}
    pooled, cache = fast.max_pool_forward_fast(x, param)
    np.testing.assert_array_equal(pooled, layers.max_pool_forward_naive(x, param)[0])
    dx = fast.max_pool_backward_fast(np.ones_like(pooled), cache)
    assert pooled.dtype == dx.dtype == x.dtype
    assert dx.sum() == pooled.size


def test_gradients_have_the_dtype_of_the_forward_pass(fast: Any) -> None:
    x, w, b = np.ones((1, 2, 4, 4), np.float32), np.ones((3, 2, 3, 3), np.float32), np.zeros(3, np.float32)
    out, cache = fast.conv_forward_fast(x, w, b, {"stride": 1, "pad": 0})
    gradients = fast.conv_backward_fast(np.ones(out.shape, np.float64), cache)
    assert [gradient.dtype for gradient in gradients] == [np.float32] * 3
    pooled, cache = fast.max_pool_forward_fast(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    assert fast.max_pool_backward_fast(np.ones(pooled.shape, np.int64), cache).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda f, x: f.conv_forward_fast(x, x, np.ones(2), {"stride": 1}),
            ValueError,
            "must have the key 'pad'",
        ),
        (lambda f, x: f.conv_forward_fast([x], x, x, {}), TypeError, "x must be a NumPy array, but got list"),
        (lambda f, x: f.max_pool_forward_fast(x[0], {}), ValueError, "x must have 4 axes"),
        (
            lambda f, x: f.max_pool_forward_fast(x, {"pool_height": 5, "pool_width": 1, "stride": 1}),
            ValueError,
            "pool_param must have windows no larger than the image's 4 x 4, but got 5 x 1",
        ),
    ],
)
def test_errors_are_those_of_the_naive_layers(
    fast: Any, call: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call(fast, np.ones((2, 2, 4, 4)))


def test_wrong_upstream_gradients_are_refused(fast: Any) -> None:
    x = np.ones((2, 2, 4, 4))
    _, conv_cache = fast.conv_forward_fast(x, x, np.ones(2), {"stride": 1, "pad": 0})
    _, pool_cache = fast.max_pool_forward_fast(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    for backward, cache in ((fast.conv_backward_fast, conv_cache), (fast.max_pool_backward_fast, pool_cache)):
        with pytest.raises(ValueError, match="dout must have"):
            backward(np.ones((2, 2, 3, 3)), cache)
        with pytest.raises(TypeError, match="dout must be a NumPy array"):
            backward(1.0, cache)


def test_without_the_kernels_one_line_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fast_layers, "cython_layers", None)
    fast_layers._say_how_to_build.cache_clear()
    assert fast_layers.backend() == "numpy"
    assert capsys.readouterr().err == ""
    for _ in range(2):
        fast_layers.max_pool_forward_fast(
            np.ones((1, 1, 2, 2)), {"pool_height": 2, "pool_width": 2, "stride": 2}
        )
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert BUILD in said.err


def test_kernels_of_another_copy_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Built where the library was installed, while the notebook's folder holds an unbuilt copy."""
    other = tmp_path / "nndl" / "fast"
    other.mkdir(parents=True)
    (other / "_kernels_baseline.cpython-311-x86_64-linux-gnu.so").touch()
    monkeypatch.syspath_prepend(tmp_path)
    fast_layers._say_how_to_build.__wrapped__()
    said = capsys.readouterr().err
    assert f"The kernels in {tmp_path / 'nndl'} are not those of" in said
    assert f"run `{BUILD}` in {Path(fast_layers.__file__).parents[1]}" in said
