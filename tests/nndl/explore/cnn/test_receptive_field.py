"""The explorer of receptive fields: its fields are those of the layers, its survivors those of the pooling."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from nndl.explore.cnn import receptive_field as explorer
from nndl.layers import conv_forward_naive, max_pool_backward_naive, max_pool_forward_naive


def seen_by_the_layers(stack):
    """Return which inputs change the output pixel in the middle of a stack of sums and maxima."""
    reached = np.zeros((explorer.SIZE, explorer.SIZE), dtype=bool)
    for row in range(explorer.SIZE):  # a whole row at a time: fields are squares
        x = np.zeros((1, 1, explorer.SIZE, explorer.SIZE))
        x[0, 0, row] = 1.0
        for stage in stack:
            if stage.name.startswith("conv"):
                w = np.ones((1, 1, stage.window, stage.window))
                x, _ = conv_forward_naive(x, w, np.zeros(1), {"stride": stage.stride, "pad": stage.pad})
            else:
                size = {"pool_height": stage.window, "pool_width": stage.window, "stride": stage.stride}
                x, _ = max_pool_forward_naive(x, size)
        assert x.shape[2] == stack[-1].size
        reached[row] = x[0, 0, x.shape[2] // 2, x.shape[3] // 2] > 0
    return reached[:, 0]


@pytest.mark.parametrize(
    ("depth", "kernel", "stride", "pooling"),
    [
        (1, 3, 1, "none"),
        (3, 3, 1, "none"),
        (2, 5, 2, "none"),
        (2, 3, 1, "2 x 2, stride 2"),
        (1, 5, 1, "3 x 3, stride 2"),
    ],
)
def test_the_field_holds_just_what_the_layers_see(depth, kernel, stride, pooling):
    stack = explorer.stages(depth, kernel, stride, pooling)
    counts = explorer.paths(stack)
    np.testing.assert_array_equal(counts.any(axis=1), seen_by_the_layers(stack))
    assert counts.any(axis=1).sum() == stack[-1].field
    np.testing.assert_array_equal(counts, counts.T)


def test_known_fields():
    assert [stage.field for stage in explorer.stages(3, 3, 1, "none")] == [3, 5, 7]
    fields = {
        stage.name: (stage.size, stage.field, stage.jump)
        for stage in explorer.stages(2, 3, 1, "2 x 2, stride 2")
    }
    assert fields == {"conv 1": (32, 3, 1), "pool 1": (16, 4, 2), "conv 2": (16, 8, 2), "pool 2": (8, 10, 4)}
    assert explorer.stages(6, 7, 2, "3 x 3, stride 2")[-1].size >= 1  # ends where no pixel is left


@pytest.mark.parametrize("pool", [p for p in explorer.POOLINGS.values() if p])
def test_survivors_are_what_the_gradient_of_the_pooling_reaches(pool):
    values = np.random.default_rng(0).integers(0, 6, (8, 8))
    window, stride = pool
    param = {"pool_height": window, "pool_width": window, "stride": stride}
    out, cache = max_pool_forward_naive(values[None, None].astype(float), param)
    expected = max_pool_backward_naive(np.ones_like(out), cache)
    np.testing.assert_array_equal(explorer.survivors(values, *pool), expected[0, 0])


def test_every_setting_is_drawn():
    for name, values in explorer.SETTINGS.items():
        assert explorer.DEFAULTS[name] in values
        for value in (values[0], values[-1]):
            settings = explorer.DEFAULTS | {name: value}
            left, right = explorer.draw(**settings).axes
            assert (left.get_xlabel(), right.get_ylabel()) == ("input column", "row")
            assert len(explorer.alt_text(*explorer.scene().compute(**settings))) > 100


def test_unknown_settings_are_refused():
    with pytest.raises(ValueError, match="pooling"):
        explorer.stages(1, 3, 1, "5 x 5")
    with pytest.raises(ValueError, match="depth"):
        explorer.stages(0, 3, 1, "none")


def test_without_a_notebook_it_is_a_figure():
    assert isinstance(explorer.explore(), Figure)


def test_sliders_redraw_the_figure(notebook):
    shown, updates = notebook
    assert explorer.explore() is None
    depth = shown[0][0].children[0]
    depth.value = 1
    assert "behind pool 1" in updates[-1][0]["text/plain"]
