"""The compiled layers are the naive ones, whatever the shapes, layouts and values."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from nndl import layers
from nndl.fast import numpy_layers

cython_layers = pytest.importorskip(
    "nndl.fast.cython_layers",
    reason="the Cython kernels are not built: run `python -m nndl build`",
    exc_type=ImportError,
)

TOLERANCE = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 1e-5}
examples = settings(max_examples=60, deadline=None, derandomize=True)
kernels = pytest.mark.parametrize("kernels", ["_kernels_avx2", "_kernels_baseline"])
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that makes the layers run on the build of the kernels with a given name."""

    def select(name: str) -> None:
        module = getattr(cython_layers, name, None)
        if module is None or not module.runs_here():
            pytest.skip(f"{name} does not exist or run on this processor")
        monkeypatch.setattr(cython_layers, "_kernels", module)

    return select


def assert_close(got: np.ndarray, want: np.ndarray, dtype: Any) -> None:
    """``want`` is computed in float64; errors count relative to its largest entry."""
    assert got.dtype == dtype
    assert got.shape == want.shape
    scale = np.abs(want).max(initial=0)
    np.testing.assert_allclose(got, want, rtol=0, atol=TOLERANCE[np.dtype(dtype)] * scale)


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """Return the same values in another memory layout."""
    if layout == "fortran":
        return np.asfortranarray(array)
    if layout == "reversed":
        return array[..., ::-1].copy()[..., ::-1]
    if layout == "strided":
        return np.repeat(array, 2, axis=-1)[..., ::2]
    if layout == "read-only":
        array = array.copy()
        array.flags.writeable = False
    return array


layouts = st.sampled_from(["as it is", "fortran", "reversed", "strided", "read-only"])


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Any, ...]:
    """Arguments with up to more outputs in a row, and more filters, than three vectors hold."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pad, stride = draw(st.integers(0, 4)), draw(st.integers(1, 4))
    kernel = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    image = [max(1, k - 2 * pad) + draw(st.integers(0, 30)) for k in kernel]
    n, channels, filters = draw(st.integers(0, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 35))
    shapes = (n, channels, *image), (filters, channels, *kernel), (filters,)
    arrays = [laid_out(rng.normal(size=shape), draw(layouts)) for shape in shapes]
    return *arrays, {"stride": stride, "pad": pad}


@st.composite
def poolings(draw: st.DrawFn) -> tuple[np.ndarray, dict[str, int]]:
    """Small whole numbers, so that most windows have several equal maxima."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    height, width = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    image = height + draw(st.integers(0, 30)), width + draw(st.integers(0, 30))
    x = rng.integers(-2, 2, size=(draw(st.integers(0, 3)), draw(st.integers(1, 3)), *image)).astype(float)
    param = {"pool_height": height, "pool_width": width, "stride": draw(st.integers(1, 4))}
    return laid_out(x, draw(layouts)), param


@kernels
@dtypes
def test_convolution_is_the_naive_one(kernels: str, dtype: Any, use: Any) -> None:
    use(kernels)

    @examples
    @given(convolutions())
    def check(arguments: tuple[Any, ...]) -> None:
        x, w, b, param = arguments
        want, naive_cache = layers.conv_forward_naive(x, w, b, param)
        x, w, b = (array.astype(dtype, order="K", copy=False) for array in (x, w, b))
        before = x.copy(), w.copy(), b.copy()
        out, cache = cython_layers.conv_forward_fast(x, w, b, param)
        assert_close(out, want, dtype)
        dout = np.random.default_rng(0).normal(size=out.shape)
        gradients = cython_layers.conv_backward_fast(dout.astype(dtype), cache)
        for got, wanted in zip(gradients, layers.conv_backward_naive(dout, naive_cache), strict=True):
            assert_close(got, wanted, dtype)
        for array, copy in zip((x, w, b), before, strict=True):
            np.testing.assert_array_equal(array, copy)

    check()


@kernels
@dtypes
def test_pooling_is_the_naive_one_ties_included(kernels: str, dtype: Any, use: Any) -> None:
    use(kernels)

    @examples
    @given(poolings())
    def check(arguments: tuple[np.ndarray, dict[str, int]]) -> None:
        x, param = arguments
        want, naive_cache = layers.max_pool_forward_naive(x, param)
        out, cache = cython_layers.max_pool_forward_fast(x.astype(dtype, order="K", copy=False), param)
        assert out.dtype == dtype
        np.testing.assert_array_equal(out, want)
        dout = np.random.default_rng(0).normal(size=out.shape)
        dx = cython_layers.max_pool_backward_fast(dout.astype(dtype), cache)
        assert_close(dx, layers.max_pool_backward_naive(dout, naive_cache), dtype)

    check()


@st.composite
def with_special_values(draw: st.DrawFn, array: np.ndarray) -> np.ndarray:
    for _ in range(draw(st.integers(1, 3))):
        place = tuple(draw(st.integers(0, length - 1)) for length in array.shape)
        array[place] = draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    return array


@kernels
@pytest.mark.parametrize("where", ["x", "w", "b", "dout"])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_convolution_passes_nan_and_infinity_like_the_naive_one(kernels: str, where: str, use: Any) -> None:
    use(kernels)

    @settings(max_examples=30, deadline=None, derandomize=True)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
        stride, pad = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 2))
        size = data.draw(st.integers(3, 12))
        shapes = {"x": (2, 2, size, size), "w": (5, 2, 3, 2), "b": (5,)}
        arrays = {name: rng.integers(-3, 4, size=shape).astype(float) for name, shape in shapes.items()}
        param = {"stride": stride, "pad": pad}
        output = layers.conv_forward_naive(arrays["x"], arrays["w"], arrays["b"], param)[0]
        arrays["dout"] = rng.integers(-3, 4, size=output.shape).astype(float)
        data.draw(with_special_values(arrays[where]))
        x, w, b, dout = arrays.values()
        want, naive_cache = layers.conv_forward_naive(x, w, b, param)
        out, cache = cython_layers.conv_forward_fast(x, w, b, param)
        np.testing.assert_array_equal(out, want)
        gradients = cython_layers.conv_backward_fast(dout, cache)
        for got, wanted in zip(gradients, layers.conv_backward_naive(dout, naive_cache), strict=True):
            np.testing.assert_array_equal(got, wanted)

    check()


@kernels
@dtypes
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_pooling_passes_nan_and_infinity_like_the_naive_one(
    kernels: str, dtype: Any, stride: int, use: Any
) -> None:
    use(kernels)
    rng = np.random.default_rng(0)
    x = rng.choice(
        [-np.inf, -1.0, 0.0, 1.0, np.inf, np.nan], p=[0.4, 0.1, 0.1, 0.1, 0.1, 0.2], size=(3, 2, 13, 27)
    )
    x[0, 0, :4] = -np.inf
    param = {"pool_height": 3, "pool_width": 2, "stride": stride}
    want, naive_cache = layers.max_pool_forward_naive(x, param)
    out, cache = cython_layers.max_pool_forward_fast(x.astype(dtype), param)
    np.testing.assert_array_equal(out, want)
    dout = rng.integers(-5, 6, size=out.shape)
    dx = cython_layers.max_pool_backward_fast(dout.astype(dtype), cache)
    np.testing.assert_array_equal(dx, layers.max_pool_backward_naive(dout, naive_cache))


@dtypes
def test_a_batch_of_1024(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(1024, 3, 8, 8)), rng.normal(size=(6, 3, 3, 3)), rng.normal(size=6)
    param, pool_param = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
    want, naive_cache = layers.conv_forward_naive(x, w, b, param)
    out, cache = cython_layers.conv_forward_fast(*(array.astype(dtype) for array in (x, w, b)), param)
    assert_close(out, want, dtype)
    dout = rng.normal(size=out.shape)
    gradients = cython_layers.conv_backward_fast(dout.astype(dtype), cache)
    for got, wanted in zip(gradients, layers.conv_backward_naive(dout, naive_cache), strict=True):
        assert_close(got, wanted, dtype)
    pooled, cache = cython_layers.max_pool_forward_fast(out, pool_param)
    wanted, naive_pool_cache = layers.max_pool_forward_naive(out, pool_param)
    np.testing.assert_array_equal(pooled, wanted)
    np.testing.assert_array_equal(
        cython_layers.max_pool_backward_fast(pooled, cache),
        layers.max_pool_backward_naive(pooled, naive_pool_cache),
    )


@dtypes
def test_windows_of_more_inputs_than_a_byte_counts(dtype: Any) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 17, 18)).astype(dtype)
    param = {"pool_height": 16, "pool_width": 17, "stride": 1}
    want, naive_cache = layers.max_pool_forward_naive(x, param)
    out, cache = cython_layers.max_pool_forward_fast(x, param)
    np.testing.assert_array_equal(out, want)
    dout = np.ones_like(out)
    np.testing.assert_array_equal(
        cython_layers.max_pool_backward_fast(dout, cache), layers.max_pool_backward_naive(dout, naive_cache)
    )


def step(dtype: Any) -> list[np.ndarray]:
    """Run all four layers on the same numbers every time; enough images for every chunk and thread."""
    rng = np.random.default_rng(0)
    x, w, b = (rng.normal(size=s).astype(dtype) for s in ((37, 3, 15, 14), (9, 3, 3, 5), (9,)))
    out, conv_cache = cython_layers.conv_forward_fast(x, w, b, {"stride": 2, "pad": 2})
    pooled, pool_cache = cython_layers.max_pool_forward_fast(
        out, {"pool_height": 3, "pool_width": 3, "stride": 2}
    )
    dout = cython_layers.max_pool_backward_fast(rng.normal(size=pooled.shape).astype(dtype), pool_cache)
    return [out, pooled, dout, *cython_layers.conv_backward_fast(dout, conv_cache)]


@dtypes
def test_results_are_bit_identical_for_any_number_of_threads_and_again(dtype: Any) -> None:
    runs = []
    for threads in (1, 2, 3, 1):
        with threadpool_limits(threads, user_api="openmp"):
            runs.append(step(dtype))
    for run in runs[1:]:
        for got, want in zip(run, runs[0], strict=True):
            assert got.tobytes() == want.tobytes()


def test_number_of_threads_follows_threadpoolctl_and_the_environment() -> None:
    if cython_layers._kernels.threads() == 1:
        pytest.skip("the kernels were built without OpenMP, or this machine has one core")
    with threadpool_limits(1, user_api="openmp"):
        assert cython_layers._threads(100) == 1
    with threadpool_limits(3, user_api="openmp"):
        assert cython_layers._threads(100) == 3
        assert cython_layers._threads(2) == 2
    told = subprocess.run(
        [sys.executable, "-c", "from nndl.fast.cython_layers import _threads; print(_threads(100))"],
        env=dict(os.environ, OMP_NUM_THREADS="5"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["5"]


def _step_in_child(sender: Any) -> None:
    sender.send_bytes(b"".join(array.tobytes() for array in step(np.float64)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_does_not_wait_for_threads_it_does_not_have() -> None:
    want = b"".join(array.tobytes() for array in step(np.float64))
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_step_in_child, args=(sender,))
    child.start()
    try:
        assert receiver.poll(timeout=60), "the child does not answer"
        assert receiver.recv_bytes() == want
    finally:
        child.kill()
        child.join()


@pytest.mark.parametrize(
    ("x", "w", "b"),
    [("f4", "f8", "f8"), ("f8", "f4", "f8"), ("f4", "f4", "f8"), ("i8", "i8", "i8"), (">f8",) * 3],
)
def test_mixed_and_other_dtypes_are_refused(x: str, w: str, b: str) -> None:
    arrays = np.ones((1, 1, 3, 3), x), np.ones((1, 1, 2, 2), w), np.ones(1, b)
    came = ", ".join(f"{name} is {array.dtype}" for name, array in zip("xwb", arrays, strict=True))
    with pytest.raises(TypeError, match=f"x and w and b must be all float32 or all float64, but {came}"):
        cython_layers.conv_forward_fast(*arrays, {"stride": 1, "pad": 0})


def test_an_upstream_gradient_of_another_dtype_is_refused() -> None:
    x = np.ones((1, 1, 3, 3), np.float32)
    out, cache = cython_layers.conv_forward_fast(x, x, np.ones(1, np.float32), {"stride": 1, "pad": 1})
    with pytest.raises(TypeError, match="dout is float64, x is float32"):
        cython_layers.conv_backward_fast(out.astype(np.float64), cache)
    with pytest.raises(ValueError, match="dout must have shape"):
        cython_layers.conv_backward_fast(out[:, :, 1:], cache)
    with pytest.raises(TypeError, match="x must be all float32 or all float64, but x is int64"):
        cython_layers.max_pool_forward_fast(
            x.astype(np.int64), {"pool_height": 2, "pool_width": 2, "stride": 1}
        )


def test_the_gradient_of_the_input_can_be_left_out() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 2, 6, 7)), rng.normal(size=(3, 2, 3, 3))
    out, cache = cython_layers.conv_forward_fast(x, w, np.ones(3), {"stride": 1, "pad": 1})
    _, *want = cython_layers.conv_backward_fast(out, cache)
    dx, *got = cython_layers.conv_backward_fast(out, cache, need_dx=False)
    assert dx is None
    for gradient, wanted in zip(got, want, strict=True):
        np.testing.assert_array_equal(gradient, wanted)


def test_no_channels_and_no_filters() -> None:
    for channels, filters in ((0, 2), (2, 0), (0, 0)):
        arguments = (
            np.ones((2, channels, 4, 4)),
            np.ones((filters, channels, 3, 3)),
            np.arange(float(filters)),
        )
        want, naive_cache = layers.conv_forward_naive(*arguments, {"stride": 1, "pad": 1})
        out, cache = cython_layers.conv_forward_fast(*arguments, {"stride": 1, "pad": 1})
        np.testing.assert_array_equal(out, want)
        gradients = cython_layers.conv_backward_fast(out, cache)
        for got, wanted in zip(gradients, layers.conv_backward_naive(want, naive_cache), strict=True):
            np.testing.assert_array_equal(got, wanted)


@dtypes
def test_memory_stays_below_four_times_input_and_output(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x, w, b = (rng.normal(size=s).astype(dtype) for s in ((64, 16, 16, 16), (16, 16, 3, 3), (16,)))
    cython_layers.conv_forward_fast(x, w, b, {"stride": 1, "pad": 1})  # tables are made once
    tracemalloc.start()
    try:
        out, cache = cython_layers.conv_forward_fast(x, w, b, {"stride": 1, "pad": 1})
        cython_layers.conv_backward_fast(out, cache)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * (x.nbytes + out.nbytes)


def test_the_numpy_layers_give_the_same() -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(3, 2, 9, 8)), rng.normal(size=(5, 2, 3, 4)), rng.normal(size=5)
    out, cache = cython_layers.conv_forward_fast(x, w, b, {"stride": 2, "pad": 1})
    want, numpy_cache = numpy_layers.conv_forward_fast(x, w, b, {"stride": 2, "pad": 1})
    assert_close(out, want, np.float64)
    pairs = zip(
        cython_layers.conv_backward_fast(out, cache),
        numpy_layers.conv_backward_fast(out, numpy_cache),
        strict=True,
    )
    for got, wanted in pairs:
        assert_close(got, wanted, np.float64)
