"""The explorer of one batch: its points, its drawing, with and without a notebook."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from nndl.explore.batchnorm import one_batch


def test_a_smaller_batch_begins_with_the_same_points():
    np.testing.assert_array_equal(one_batch.draw_points(200)[:3], one_batch.draw_points(3))
    assert one_batch.draw_points(1).shape == (1, 2)


def test_batchnorm_keeps_the_slant_and_layernorm_leaves_two_places():
    points = one_batch.draw_points(200)
    batch, layer = (one_batch.normalize(points, kind) for kind in one_batch.KINDS)
    np.testing.assert_allclose(np.corrcoef(batch.T), np.corrcoef(points.T), atol=1e-6)
    np.testing.assert_allclose(batch.std(axis=0), 1, rtol=1e-4)
    apart = np.abs(points[:, 0] - points[:, 1]) > 0.1
    np.testing.assert_allclose(np.abs(layer[apart]), 1, rtol=0.01)
    np.testing.assert_allclose(layer.sum(axis=1), 0, atol=1e-12)


def test_gamma_and_beta_act_on_the_first_feature():
    points = one_batch.draw_points(50)
    plain, moved = one_batch.normalize(points, "batchnorm"), one_batch.normalize(points, "batchnorm", 2, -1)
    np.testing.assert_allclose(moved, plain * [2, 1] + [-1, 0])


def test_statistics_are_told_without_minus_zero():
    assert (
        one_batch.statistics(np.array([[-1.0, 3.0], [1 - 1e-9, 3.0]]))
        == "feature 1: 0.00 ± 1.00, feature 2: 3.00 ± 0.00"
    )


def test_without_a_notebook_it_is_a_figure():
    figure = one_batch.explore()
    assert isinstance(figure, Figure)
    assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in figure.axes] == [("feature 1", "feature 2")] * 2
    assert not plt.get_fignums()


def test_an_unwritten_layer_is_named(capsys):
    def unwritten(*arguments):
        raise NotImplementedError("write the layer")

    assert one_batch.explore(SimpleNamespace(batchnorm_forward=unwritten)) is None
    assert "write the layer" in capsys.readouterr().out


@pytest.mark.parametrize("kind", one_batch.KINDS)
def test_every_batch_size_is_drawn(kind):
    for rows in one_batch.SETTINGS["rows"]:
        points = one_batch.draw_points(rows)
        assert len(one_batch.draw(points, one_batch.normalize(points, kind), kind).axes) == 2


def test_in_a_notebook_the_controls_redraw_the_figure(notebook):
    shown, updates = notebook
    assert one_batch.explore() is None
    (controls, _), (figure, settings), _ = shown
    assert "<img" in figure["text/html"]
    assert "Two clouds" in settings["metadata"]["image/png"]["alt"]
    *sliders, message = controls.children
    assert [s.description for s in sliders] == ["normalization", *one_batch.NAMES.values()]
    sliders[0].value = "layernorm"
    sliders[1].value = 3
    assert len(updates) == 2
    assert "the batch of 3" in updates[-1][0]["text/plain"]
    assert "after layernorm" in updates[-1][0]["text/plain"]
    assert message.value == ""
