"""The tables of the kernels, against the positions they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from nndl.fast import geometry


def test_the_example_of_the_module() -> None:
    layout, plan = geometry.forward_plan((1, 4, 4), (3, 3), pad=0, stride=1, lanes=4)
    assert plan.taps.tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 10]
    assert (plan.start.tolist(), plan.target.tolist(), plan.valid.tolist()) == (
        [0, 4, 4],
        [0, 2, 0],
        [2, 2, 0],
    )
    assert layout.size >= 16


def place(image: np.ndarray, layout: geometry.Layout) -> np.ndarray:
    """Put an image into its border as the docstring of ``Layout`` says."""
    bordered = np.zeros(layout.size)
    channel, row, column = np.indices((layout.channels, layout.used_height, layout.used_width))
    q = layout.left + column
    place = channel * layout.plane + (layout.top + row) * layout.line
    place += q % layout.stride * layout.columns + q // layout.stride
    bordered[place] = image[:, : layout.used_height, : layout.used_width]
    return bordered


def run(
    plan: geometry.Plan, bordered: np.ndarray, weights: list[np.ndarray], size: int, lanes: int
) -> np.ndarray:
    """Correlate with one filter by walking through the tables in Python; NaN where nothing was written."""
    out = np.full(size, np.nan)
    for (first_tap, taps, first, end), filter_taps in zip(plan.parts, weights, strict=True):
        assert (end - first) % geometry.VECTORS == 0
        for vector in range(first, end):
            seen = plan.start[vector] + plan.taps[first_tap : first_tap + taps]
            assert seen.size == 0 or (seen.min() >= 0 and seen.max() + lanes <= len(bordered))
            for lane in range(plan.valid[vector]):
                seen = plan.start[vector] + lane + plan.taps[first_tap : first_tap + taps]
                place = plan.target[vector] + lane * plan.step
                assert np.isnan(out[place]), "written twice"
                out[place] = bordered[seen] @ filter_taps
    return out


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("height", "width", "kernel", "pad"), [(5, 7, (3, 2), 1), (4, 9, (1, 1), 2), (2, 3, (5, 4), 2)]
)
def test_tables_reach_every_output_once_and_read_its_window(
    height: int, width: int, kernel: tuple[int, int], pad: int, stride: int
) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, height, width)), rng.normal(size=(2, *kernel))
    layout, plan = geometry.forward_plan((2, height, width), kernel, pad, stride, lanes=4)
    out_height, out_width = geometry.output_size((2, height, width), kernel, pad, stride)
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    want = [
        np.sum(padded[:, i * stride : i * stride + kernel[0], j * stride : j * stride + kernel[1]] * w)
        for i in range(out_height)
        for j in range(out_width)
    ]
    out = run(plan, place(x, layout), [w.ravel()], len(want), lanes=4)
    np.testing.assert_allclose(out, want, atol=1e-13)

    # The gradient of the input, for one channel: spread every upstream gradient over its window, cut off the padding.
    dout = rng.normal(size=(1, out_height, out_width))
    spread = np.zeros(padded.shape[1:])
    for i in range(out_height):
        for j in range(out_width):
            spread[i * stride : i * stride + kernel[0], j * stride : j * stride + kernel[1]] += (
                dout[0, i, j] * w[0]
            )
    layout, plan = geometry.backward_plan((2, height, width), 1, kernel, pad, stride, lanes=4)
    parts = [w[0, a::stride, b::stride].ravel() for a in range(stride) for b in range(stride)]
    dx = run(plan, place(dout, layout), parts, height * width, lanes=4)
    np.testing.assert_allclose(
        dx.reshape(height, width), spread[pad : pad + height, pad : pad + width], atol=1e-13
    )


def test_packed_weights_lie_in_blocks_of_four_filters() -> None:
    packed = geometry.pack(np.arange(10.0).reshape(5, 2))
    np.testing.assert_array_equal(packed, [[[0, 2, 4, 6], [1, 3, 5, 7]], [[8, 0, 0, 0], [9, 0, 0, 0]]])
