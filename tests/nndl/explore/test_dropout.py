"""The explorer of dropout masks: what is sampled, what is said, how it is drawn, with and without a notebook."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from nndl.explore import dropout


def test_every_row_gets_a_mask_and_the_global_generator_is_left_alone():
    np.random.seed(4)
    expected = np.random.rand()
    np.random.seed(4)
    one = dropout.sample(0.4, 8, seed=3, calls=500)
    assert np.random.rand() == expected
    assert one.outputs.shape == (500, 8)
    assert abs(one.kept.mean() - 0.4) < 0.05
    assert len(np.unique(one.kept, axis=0)) > 100
    np.testing.assert_allclose(one.outputs[one.kept], np.tile(one.x / 0.4, (500, 1))[one.kept])


def test_a_seed_decides_the_masks():
    np.testing.assert_array_equal(dropout.sample(seed=1).outputs, dropout.sample(seed=1).outputs)
    assert not np.array_equal(dropout.sample(seed=1).outputs, dropout.sample(seed=2).outputs)


def test_the_running_mean_ends_near_one_and_starts_with_the_first_mask():
    one = dropout.sample(0.5, 6, calls=20_000)
    for unit in range(6):
        means = one.running_mean(unit)
        assert means[0] == pytest.approx(2.0 if one.kept[0, unit] else 0.0)
        assert means[-1] == pytest.approx(1.0, abs=0.03)


def test_what_is_said_counts_the_first_mask():
    one = dropout.sample(1.0, 5, calls=10)
    assert "The first of 10 masks keeps 5 of 5 units, all masks together 100.0 percent" in dropout.describe(
        one
    )
    assert "1.00, 1.00, 1.00 times their input" in dropout.describe(one)


def test_the_net_has_lines_for_kept_units_only():
    one = dropout.sample(0.5, 10)
    net, masks, means = dropout.draw(one).axes
    kept = int(one.kept[0].sum())
    assert 0 < kept < 10
    (ways,) = net.collections
    assert len(ways.get_paths()) == 5 * kept  # three inputs and two outputs
    assert [np.size(line.get_xdata()) for line in net.lines[-2:]] == [kept, 10 - kept]
    (squares,) = masks.collections
    middles = {tuple(np.asarray(path.vertices)[:4].mean(axis=0)) for path in squares.get_paths()}
    assert middles == {(unit, row) for row, unit in np.argwhere(one.kept[:20])}
    assert len(means.lines) == 1 + 3 + 3  # the line at 1, the legend's, and the curves
    assert all(ax.get_xlabel() for ax in (net, masks, means))


@pytest.mark.parametrize(("keep", "units"), [(0.05, 4), (1.0, 24), (0.5, 1)])
def test_the_ends_of_the_sliders_are_drawn(keep, units):
    figure = dropout.draw(dropout.sample(keep, units))
    figure.draw_without_rendering()
    assert not plt.get_fignums()


@pytest.mark.parametrize("setting", [{"keep": 0}, {"keep": 1.5}, {"units": 0}, {"calls": 0}])
def test_settings_that_make_no_sense_are_refused(setting):
    (name,) = setting
    with pytest.raises(ValueError, match=name):
        dropout.sample(**setting)


def test_an_output_of_another_shape_is_told():
    with pytest.raises(ValueError, match=r"an output of shape \(\) for an input of shape \(400, 10\)"):
        dropout.sample(forward=lambda x, param: (x.sum(), None))


def test_an_unwritten_layer_is_named(capsys):
    def unwritten(x, param):
        raise NotImplementedError("write the layer")

    assert dropout.explore(unwritten) is None
    assert "your dropout layer" in capsys.readouterr().out


def test_without_a_notebook_it_is_a_figure():
    assert isinstance(dropout.explore(), Figure)
    assert not plt.get_fignums()


def test_in_a_notebook_sliders_and_the_button_redraw_the_figure(notebook):
    shown, updates = notebook
    assert dropout.explore() is None
    (controls, _), (figure, settings), _ = shown
    assert "<img" in figure["text/html"]
    assert "dropped units are crosses" in settings["metadata"]["image/png"]["alt"]
    keep, units, again, message = controls.children
    again.click()
    again.click()
    keep.value = 1.0
    assert len(updates) == 3
    first, second = (bundle["text/plain"] for bundle, _ in updates[:2])
    assert first != second
    assert "keeps 10 of 10 units" in message.value
    units.value = 24
    assert "keeps 24 of 24 units" in message.value


def test_an_error_of_the_layer_is_told_under_the_controls(notebook):
    shown, _ = notebook
    calls = []

    def sometimes(x, param):
        calls.append(1)
        if param["p"] == 1:
            raise ZeroDivisionError("by 1 - p")
        return x, None

    dropout.explore(sometimes)
    (controls, _), *_ = shown
    keep, *_, message = controls.children
    keep.value = 1.0
    assert message.value == "ZeroDivisionError: by 1 - p"
