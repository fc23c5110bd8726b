"""The picture of four normalizations marks exactly the entries that share statistics."""

from __future__ import annotations

import numpy as np
import pytest

from nndl import layers
from nndl.explore.cnn import norm_axes


@pytest.mark.parametrize(
    ("kind", "groups"), [("batch", None), ("layer", 1), ("group", 2), ("instance", norm_axes.CHANNELS)]
)
def test_marked_entries_are_those_that_move_the_first_one(kind, groups):
    random = np.random.default_rng(0)
    channels = norm_axes.CHANNELS
    x = random.normal(size=(norm_axes.IMAGES, channels, norm_axes.PLACES, 1))

    def first(x):
        if groups is None:
            return layers.spatial_batchnorm_forward(
                x, np.ones(channels), np.zeros(channels), {"mode": "train"}
            )[0][0, 0, 0, 0]
        ones = np.ones((1, channels, 1, 1))
        return layers.spatial_groupnorm_forward(x, ones, 0 * ones, groups, {})[0][0, 0, 0, 0]

    moved = np.zeros(x.shape, dtype=bool)
    for place in np.ndindex(x.shape):
        other = x.copy()
        other[place] += 1
        moved[place] = first(other) != first(x)
    np.testing.assert_array_equal(norm_axes.shared(kind), moved[..., 0])


def test_it_is_drawn_in_four_panels():
    figure = norm_axes.draw()
    assert len(figure.axes) == len(norm_axes.KINDS)
