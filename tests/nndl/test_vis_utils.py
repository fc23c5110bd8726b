"""Image grids and training figures."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nndl import vis_utils


@pytest.fixture(autouse=True)
def _no_open_figures():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def test_grid_places_and_scales_each_tile():
    Xs = np.stack([np.arange(12.0).reshape(2, 3, 2) * scale for scale in (1, -5, 100)])
    grid = vis_utils.visualize_grid(Xs, ubound=10.0, padding=2)
    assert grid.shape == (2 * 2 + 2, 3 * 2 + 2, 2)
    tiles = [grid[:2, :3], grid[:2, 5:], grid[4:, :3]]
    for tile, X in zip(tiles, Xs, strict=True):
        np.testing.assert_allclose(tile, 10 * ((X - X.min()) / (X.max() - X.min())))
    assert not grid[2:4].any()
    assert not grid[:, 3:5].any()
    assert not grid[4:, 5:].any()


@pytest.mark.parametrize(("count", "side"), [(1, 1), (2, 2), (4, 2), (5, 3), (50, 8)])
def test_grid_size(count, side):
    grid = vis_utils.visualize_grid(np.random.default_rng(0).normal(size=(count, 4, 5, 3)))
    assert grid.shape == (4 * side + side - 1, 5 * side + side - 1, 3)
    assert grid.dtype == np.float64
    assert (grid.min(), grid.max()) == (0, 255)


def test_constant_tile_has_a_value_and_bytes_do_not_wrap():
    Xs = np.stack([np.full((2, 2, 1), 7, np.uint8), np.array([[[0], [255]], [[10], [20]]], np.uint8)])
    with np.errstate(all="raise"):
        grid = vis_utils.visualize_grid(Xs, padding=0)
    assert (grid[:2, :2] == 127.5).all()
    np.testing.assert_allclose(grid[:2, 2:, 0], [[0, 255], [10, 20]])


def test_grid_leaves_its_argument_alone():
    Xs = np.random.default_rng(0).normal(size=(3, 2, 2, 3))
    before = Xs.copy()
    vis_utils.visualize_grid(Xs)
    np.testing.assert_array_equal(Xs, before)


@pytest.mark.parametrize(
    ("Xs", "padding", "message"),
    [
        (np.zeros((2, 3, 4)), 1, "Xs must have 4 axes"),
        (np.zeros((0, 3, 4, 3)), 1, "at least one pixel"),
        (np.zeros((1, 3, 4, 3)), -1, "padding"),
    ],
)
def test_grid_refuses(Xs, padding, message):
    with pytest.raises(ValueError, match=message):
        vis_utils.visualize_grid(Xs, padding=padding)


def test_net_weights_are_shown_as_pictures():
    W1 = np.random.default_rng(0).normal(size=(5, 3072))
    (picture,) = vis_utils.show_net_weights(W1).get_images()
    shown = picture.get_array()
    assert shown.dtype == np.uint8
    assert shown.shape == (2 * 32 + 3, 3 * 32 + 6, 3)  # five tiles, three in a row
    tile = W1[1].reshape(32, 32, 3)
    expected = 255 * ((tile - tile.min()) / (tile.max() - tile.min()))
    np.testing.assert_array_equal(shown[:32, 35:67], expected.astype(np.uint8))
    with pytest.raises(ValueError, match=r"W1 must have shape \(any, 3072\)"):
        vis_utils.show_net_weights(W1.T)


def test_images_stand_in_rows_by_class():
    images = np.arange(4)[:, None, None, None] * 50 + np.zeros((4, 2, 2, 3))
    ax = vis_utils.show_images(images, [1, 0, 1, 1], ["no", "yes"], per_class=2)
    shown = ax.get_images()[0].get_array()
    assert shown[0, 0, 0] == 50
    assert (shown[3, 0, 0], shown[3, 3, 0]) == (0, 100)
    assert shown[0, 3, 0] == 255  # no second image of class 0
    assert [label.get_text() for label in ax.get_yticklabels()] == ["no", "yes"]


def test_histories_have_labels():
    figure, (left, right) = plt.subplots(1, 2)
    vis_utils.plot_loss_history([2.0, 1.0], ax=left)
    vis_utils.plot_accuracy_history([0.1, 0.2], [0.1, 0.3], ax=right, goal=0.5)
    assert (left.get_xlabel(), left.get_ylabel()) == ("iteration", "training loss")
    assert (right.get_xlabel(), right.get_ylabel()) == ("epoch", "accuracy")
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["training", "validation", "goal"]
    assert figure is left.figure
    figure.draw_without_rendering()
    assert all(float(place).is_integer() for place in right.get_xticks())


def test_several_losses_have_a_legend():
    ax = vis_utils.plot_loss_history({"slow": [3.0, 2.9], "fast": [3.0, 1.0]}, title="Two rates")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["slow", "fast"]
    assert ax.get_title() == "Two rates"
