"""The explorer of signals in a deep net: its computations, its drawing, with and without a notebook."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from nndl import layers
from nndl.explore.batchnorm import normalization


def functions(**changed):
    return SimpleNamespace(**{**vars(layers), **changed})


def unwritten(*arguments):
    raise NotImplementedError("write the layer")


def test_the_plain_signal_dies_or_explodes_with_depth():
    small, large = (normalization.run(scale, 8, "none") for scale in (0.02, 0.5))
    # a layer of 100 units and a ReLU multiplies the spread by about scale * sqrt(100 / 2)
    assert small.spreads[-1] / small.spreads[0] == pytest.approx((0.02 * 50**0.5) ** 7, rel=0.5)
    assert large.spreads[-1] > 1e3 * large.spreads[0]
    assert small.gradients[0] < 1e-4 * small.gradients[-1]


@pytest.mark.parametrize("kind", ["batchnorm", "layernorm"])
@pytest.mark.parametrize("scale", [0.005, 0.1, 1.0])
def test_normalization_keeps_its_size_whatever_the_scale(kind, scale):
    signals = normalization.run(scale, 8, kind)
    np.testing.assert_allclose(signals.spreads, 1, rtol=0.02)
    assert 0.1 < signals.gradients[0] / signals.gradients[-1] < 10


def test_global_generator_is_left_alone_and_the_seed_decides():
    state = np.random.get_state(legacy=False)["state"]["key"].copy()
    one = normalization.run(seed=3)
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], state)
    assert normalization.run(seed=3).spreads == one.spreads
    assert normalization.run(seed=4).gradients != one.gradients


def test_values_beyond_the_axis_are_counted_at_its_ends():
    (outline,) = normalization.outlines([np.array([[-100.0, 0.0, 50.0, 60.0]])])
    right = outline[: len(outline) // 2]
    widths = right[::2, 0] - 1  # of layer 1, one for each bin from -3 to 3
    assert (widths[0], widths[-1]) == pytest.approx((widths.max() / 2, widths.max()))
    assert (widths > 0).sum() == 3


@pytest.mark.parametrize(("depth", "kind", "scale"), [(2, "none", 1e-4), (10, "layernorm", 1.0)])
def test_the_extremes_are_drawn_with_labels(depth, kind, scale):
    figure = normalization.draw(
        normalization.run(scale, depth, kind), normalization.run(scale, depth, "none")
    )
    assert len(figure.axes) == 3
    assert len(normalization.outlines(normalization.run(scale, depth, kind).values)) == depth
    for ax in figure.axes:
        assert ax.get_xlabel() == "layer"
        assert ax.get_ylabel()


def test_it_starts_at_one_of_the_settings():
    assert all(normalization.DEFAULTS[name] in values for name, values in normalization.SETTINGS.items())


def test_without_a_notebook_it_is_a_figure():
    figure = normalization.explore()
    assert isinstance(figure, Figure)
    assert len(figure.axes[-1].lines) == 2
    assert not plt.get_fignums()


def test_before_the_layer_is_written_the_plain_net_is_shown(capsys):
    figure = normalization.explore(functions(batchnorm_forward=unwritten))
    assert len(figure.axes[-1].lines) == 1
    assert "write the layer" in capsys.readouterr().out


def test_before_the_backward_pass_is_written_the_signals_are_shown():
    signals = normalization.run(functions=functions(batchnorm_backward=unwritten))
    assert (signals.gradients, signals.missing) == ([], "write the layer")
    figure = normalization.draw(signals, normalization.run(normalization="none"))
    assert figure.axes[-1].texts[0].get_text() == "no gradient through\nbatchnorm yet"
    assert "gradient" not in normalization.describe(signals)


def test_in_a_notebook_the_controls_redraw_the_figure(notebook):
    shown, updates = notebook
    assert normalization.explore() is None
    (controls, _), (figure, settings), _ = shown
    assert "<img" in figure["text/html"]
    assert "Weight scale 0.02, normalization batchnorm" in settings["metadata"]["image/png"]["alt"]
    *sliders, message = controls.children
    assert [s.description for s in sliders] == ["weight scale", "depth", "normalization"]
    sliders[1].value = 2
    sliders[2].value = "none"
    assert len(updates) == 2
    assert "normalization none" in updates[-1][0]["text/plain"]
    assert "in layer 2" in message.value


def test_unknown_settings_are_refused():
    with pytest.raises(ValueError, match="normalization must be one of"):
        normalization.run(normalization="groupnorm")
    with pytest.raises(ValueError, match="depth must be at least 1"):
        normalization.run(depth=0)
