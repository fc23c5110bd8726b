"""What is special to the notebook of network visualization: its worked examples, and what its checks say."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from nndl import net_visualization as nv  # noqa: E402
from nndl.checking import CheckFailed  # noqa: E402
from nndl.checking import network_visualization as visible  # noqa: E402

pytestmark = pytest.mark.torch

# --- the numbers of the text ---------------------------------------------------------------------------------------


def test_saliency_by_hand():
    weights = np.array([[[1.0, -2.0]], [[-3.0, 0.0]], [[2.0, 1.0]]])
    model = visible.LinearModel([weights, np.zeros((3, 1, 2))])
    maps = nv.compute_saliency_maps(torch.rand(1, 3, 1, 2).double(), torch.tensor([0]), model)
    assert maps.tolist() == [[[3, 2]]]
    assert weights.max(axis=0).tolist() == [[2, 1]]  # without the absolute value


def test_fooling_by_hand():
    model = visible.LinearModel(np.array([[2.0, 1, 2], [1, 2, -2]]).reshape(2, 3, 1, 1))
    x = torch.tensor([1.0, 2, -1]).double().view(1, 3, 1, 1)
    told = [((1, 2, -1), (2, 7)), ((5 / 3, 7 / 3, -1 / 3), (5, 7)), ((7 / 3, 8 / 3, 1 / 3), (8, 7))]
    step = torch.tensor([2, 1, 2]).double().view(1, 3, 1, 1) / 3
    for i, (pixel, scores) in enumerate(told):
        image = x + i * step
        np.testing.assert_allclose(image.flatten(), pixel, atol=1e-12)
        np.testing.assert_allclose(model(image)[0], scores, atol=1e-12)
    np.testing.assert_allclose(nv.make_fooling_image(x, 0, model).flatten(), told[-1][0], atol=1e-12)


def test_class_visualization_by_hand():
    model = visible.LinearModel(np.array([[2.0, 1, 2], [1, 2, -2]]).reshape(2, 3, 1, 1))
    x = torch.tensor([0.0, 1, 2]).double().view(1, 3, 1, 1).requires_grad_()
    nv.class_visualization_update_step(x, model, 0, l2_reg=0.5, learning_rate=0.5)
    np.testing.assert_allclose(x.detach().flatten(), [0.5, 1, 2], atol=1e-12)


# --- visible checks --------------------------------------------------------------------------------------------------


def failure(name):
    try:
        getattr(visible, name)()
    except CheckFailed as failed:
        return " ".join(str(failed).split())
    finally:
        visible.progress.reset()
    return ""


def test_a_search_without_end_is_stopped_and_told(monkeypatch):
    def endless(X, target_y, model):
        x = X.clone()
        while model(x)[0].argmax() != target_y:
            x.requires_grad_()
            (g,) = torch.autograd.grad(model(x)[0, target_y], x)
            x = (x + g / g.norm()).detach()
        return x

    monkeypatch.setattr(nv, "make_fooling_image", lambda X, t, model: endless(X, t, model.eval()))
    assert failure("fooling_image") == ""
    assert "where does the loop end?" in failure("fooling_limit")


@pytest.mark.parametrize(
    "value", [None, 3, "maps", np.zeros((1, 1, 2)), torch.zeros(2), torch.zeros(1, 3, 1, 1)]
)
def test_any_returned_value_is_answered_with_a_sentence(monkeypatch, value):
    for name in ("compute_saliency_maps", "make_fooling_image", "class_visualization_update_step"):
        monkeypatch.setattr(nv, name, lambda *_: value)
    for name in visible.progress.checks:
        assert len(failure(name)) > 60, name


def test_a_new_image_instead_of_the_old_one_is_told(monkeypatch):
    monkeypatch.setattr(nv, "class_visualization_update_step", lambda img, *_: img.detach() + 1)
    assert "in place" in failure("visualization_step")
