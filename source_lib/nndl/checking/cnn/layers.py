"""Visible checks of convolution and max pooling: worked examples, known numbers and numeric gradients."""

from __future__ import annotations

import numpy as np

from ... import layers  # looked up through the package, so that reloaded code is what is checked
from ..shared.common import Results, copies, unchanged
from ..shared.known_mistakes import compare, evidence_of
from ..shared.steps import remarks_on_borders
from .common import differences, image, keeps_float32, progress, spaced

_CONVOLUTION, _POOLING = "nndl/layers/convolution.py", "nndl/layers/pooling.py"


def _example() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return image, filter and bias of the notebook's example."""
    return image((1, 2, 0), (0, 1, 3), (2, 1, 0)), image((1, 2), (0, -1)), np.array([1.0])


@progress.check(points=5, where=f"`conv_forward_naive` in {_CONVOLUTION}")
def conv_forward() -> Results:
    """Compare with the notebook's example, then with known numbers for padding, stride and filters of any shape."""
    x, w, b = _example()
    before = copies({}, x=x, w=w, b=b)
    out, _ = layers.conv_forward_naive(x, w, b, {"stride": 1, "pad": 0})
    problem = compare(out, image((5, 0), (2, 8)), "the output of the notebook's example")
    yield problem
    yield from unchanged(before, {"x": x, "w": w, "b": b})
    if problem is not None:
        random = np.random.RandomState(0)  # many mistakes look alike in so small an example
        x, w, b = random.randn(2, 3, 5, 6), random.randn(4, 3, 2, 3), random.randn(4)
        settings = {"stride": 1, "pad": 0}
        evidence_of("a larger output", lambda: layers.conv_forward_naive(x, w, b, settings)[0])
        return
    yield from remarks_on_borders(x, 1, layers.conv_forward_naive, x, w, b, {"stride": 1, "pad": 1})
    out, _ = layers.conv_forward_naive(x, w, b, {"stride": 1, "pad": 1})
    padded = image((0, -1, 1, 1), (3, 5, 0, 1), (-1, 2, 8, 4), (5, 5, 2, 1))
    yield compare(out, padded, "the output of the example with pad 1")
    out, _ = layers.conv_forward_naive(x, w, b, {"stride": 2, "pad": 1})
    yield compare(out, image((0, 1), (-1, 8)), "the output of the example with pad 1 and stride 2")

    x, w, b = spaced(-0.1, 0.5, 2, 3, 4, 4), spaced(-0.2, 0.3, 3, 3, 4, 4), spaced(-0.1, 0.2, 3)
    out, _ = layers.conv_forward_naive(x, w, b, {"stride": 2, "pad": 1})
    known = [
        [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
        [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
        [[0.50813986, 0.54309974], [0.64082444, 0.67101435]],
        [[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
        [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
        [[2.36270298, 2.36904306], [2.38090835, 2.38247847]],
    ]
    table = np.array(known).reshape(2, 3, 2, 2)
    yield compare(out, table, "the output for two images, three channels and three filters", rtol=1e-8)

    random = np.random.RandomState(0)
    x, w, b = random.randn(2, 3, 5, 7), random.randn(4, 3, 2, 3), random.randn(4)
    out, _ = layers.conv_forward_naive(x, w, b, {"stride": 1, "pad": 1})
    if np.shape(out) != (2, 4, 6, 7):
        yield (
            "for 2 images of 3 x 5 x 7, 4 filters of 2 x 3 and pad 1 the output has shape "
            f"{np.shape(out)}, not (2, 4, 6, 7)"
        )
    else:
        rows = [
            [
                1.647255907,
                -3.764529064,
                -0.45562967145,
                -1.4895962088,
                -5.1928971806,
                1.0743621490,
                0.33764823421,
            ],
            [4.834370618, 8.102258893, -3.7698945261, 0.8793566511, 4.3299932730, 5.6860903226, 4.6073473582],
        ]
        yield compare(out[1, 2, :2], np.array(rows), "two rows of the output for filters of 2 x 3", rtol=1e-7)
    x, w, b = (value.astype(np.float32) for value in (x, w, b))
    yield from keeps_float32(["the output"], layers.conv_forward_naive, x, w, b, {"stride": 1, "pad": 1})


@progress.check(points=8, where=f"`conv_backward_naive` in {_CONVOLUTION}", needs=["conv_forward"])
def conv_backward() -> Results:
    """Compare with the notebook's example, then with centred differences of your own forward pass."""
    x, w, b = _example()
    _, cache = layers.conv_forward_naive(x, w, b, {"stride": 1, "pad": 0})
    dx, dw, db = layers.conv_backward_naive(image((1, 0), (2, -1)), cache)
    problems = [
        compare(db, np.array([2.0]), "db of the notebook's example"),
        compare(dw, image((0, 1), (3, 3)), "dw of the example"),
        compare(dx, image((1, 2, 0), (2, 2, -2), (0, -2, 1)), "dx of the example"),
    ]
    yield from problems
    if any(problem is not None for problem in problems):
        random = np.random.RandomState(0)
        x, w, b = random.randn(2, 3, 5, 6), random.randn(4, 3, 2, 3), random.randn(4)
        out, cache = layers.conv_forward_naive(x, w, b, {"stride": 1, "pad": 0})
        dout = random.randn(*out.shape)
        for place, name in enumerate(("dx", "dw", "db")):
            evidence_of(f"a larger {name}", lambda i=place: layers.conv_backward_naive(dout, cache)[i])  # type: ignore[misc]
        return
    random = np.random.RandomState(1)
    for context, x_shape, w_shape, conv_param in (
        ("with pad 1", (2, 3, 5, 4), (4, 3, 3, 3), {"stride": 1, "pad": 1}),
        ("with stride 2 and filters of 3 x 2", (3, 2, 6, 5), (4, 2, 3, 2), {"stride": 2, "pad": 0}),
        ("with pad 2 and stride 3", (1, 3, 5, 4), (2, 3, 3, 4), {"stride": 3, "pad": 2}),
        ("with a padding as wide as the filters", (2, 3, 3, 4), (4, 3, 1, 2), {"stride": 1, "pad": 1}),
    ):
        x, w, b = random.randn(*x_shape), random.randn(*w_shape), random.randn(w_shape[0])
        out, cache = layers.conv_forward_naive(x, w, b, conv_param)
        dout = random.randn(*out.shape)
        before = copies({}, x=x, w=w, dout=dout)
        gradients = layers.conv_backward_naive(dout, cache)
        yield from unchanged(before, {"x": x, "w": w, "dout": dout})
        pairs = {"dx": (gradients[0], x), "dw": (gradients[1], w), "db": (gradients[2], b)}
        yield from differences(layers.conv_forward_naive, (conv_param,), dout, pairs, context)
    x, w, b = (value.astype(np.float32) for value in (x, w, b))
    _, cache = layers.conv_forward_naive(x, w, b, conv_param)
    dout = dout.astype(np.float32)
    yield from keeps_float32(["dx", "dw", "db"], layers.conv_backward_naive, dout, cache)


@progress.check(points=2, where=f"`max_pool_forward_naive` in {_POOLING}")
def max_pool_forward() -> Results:
    """Compare with the notebook's example and known numbers, for windows that overlap in one direction and in both."""
    x = _pooled_example()
    before = copies({}, x=x)
    out, _ = layers.max_pool_forward_naive(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    yield compare(out, image((4, 5), (-1, 3)), "the output of the notebook's example")
    yield from unchanged(before, {"x": x})
    out, _ = layers.max_pool_forward_naive(x, {"pool_height": 1, "pool_width": 3, "stride": 1})
    rows = image((2, 5), (4, 4), (3, 3), (3, 3))
    yield compare(out, rows, "the output of the example for windows of 1 x 3 with stride 1")
    rising = spaced(-0.3, 0.4, 2, 3, 4, 4)
    out, _ = layers.max_pool_forward_naive(rising, {"pool_height": 2, "pool_width": 2, "stride": 2})
    # where the numbers rise, the last one of a window is the largest
    label = "the output for 2 images of 3 channels, whose numbers rise to the right and downwards"
    yield compare(out, rising[:, :, 1::2, 1::2], label, sizes={"N": 2, "C": 3})
    out, _ = layers.max_pool_forward_naive(x, {"pool_height": 3, "pool_width": 3, "stride": 2})
    yield compare(
        out, image((4,)), "the output for 3 x 3 with stride 2, where a row and a column are left over"
    )
    small, pool_param = x.astype(np.float32), {"pool_height": 2, "pool_width": 2, "stride": 1}
    yield from keeps_float32(["the output"], layers.max_pool_forward_naive, small, pool_param)


def _pooled_example() -> np.ndarray:
    """Return the image of the notebook's example of pooling; two windows hold equal maxima."""
    return image((1, 2, 0, 5), (3, 4, 4, 1), (-1, -1, 3, 0), (-4, -2, 3, 3))


@progress.check(points=3, where=f"`max_pool_backward_naive` in {_POOLING}", needs=["max_pool_forward"])
def max_pool_backward() -> Results:
    """Compare with the notebook's example, ties included, then with differences for overlapping windows."""
    x, pool_param = _pooled_example(), {"pool_height": 2, "pool_width": 2, "stride": 2}
    _, cache = layers.max_pool_forward_naive(x, pool_param)
    dx = layers.max_pool_backward_naive(image((1, 2), (3, 4)), cache)
    known = image((0, 0, 0, 2), (0, 1, 0, 0), (3, 0, 4, 0), (0, 0, 0, 0))
    yield compare(dx, known, "dx of the notebook's example (of equal maxima, the first gets all)")
    random = np.random.RandomState(2)
    for context, shape, height, width, stride in (
        ("for windows of 2 rows and 3 columns, two apart", (2, 3, 4, 6), 2, 3, 2),
        ("for overlapping windows", (2, 2, 5, 6), 3, 2, 1),
        ("where a row and a column are left over", (2, 3, 5, 7), 2, 2, 2),
    ):
        x = random.permutation(int(np.prod(shape))).reshape(shape) / 10  # no two entries are close
        pool_param = {"pool_height": height, "pool_width": width, "stride": stride}
        out, cache = layers.max_pool_forward_naive(x, pool_param)
        dout = random.randn(*out.shape)
        before = copies({}, x=x, dout=dout)
        dx = layers.max_pool_backward_naive(dout, cache)
        yield from unchanged(before, {"x": x, "dout": dout})
        pairs = {"dx": (dx, x)}
        yield from differences(layers.max_pool_forward_naive, (pool_param,), dout, pairs, context)
    dout = np.ones(np.shape(out), dtype=np.float32)
    yield from keeps_float32(["dx for a float32 dout"], layers.max_pool_backward_naive, dout, cache)
