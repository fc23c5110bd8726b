"""The PyTorch functions through arrays: same values as through tensors."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl import net_visualization  # noqa: E402
from nndl.as_arrays import visualization as ta  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture
def rng():
    torch.manual_seed(0)
    return np.random.default_rng(0)


@pytest.mark.parametrize("shapes", [[(3 * 6 * 6, 5)], [(7, 3, 3, 3), (7, 5)]])
def test_pixel_gradients_agree_with_those_of_tensors(rng, shapes):
    weights = [rng.normal(size=shape) for shape in shapes]
    X, y = rng.normal(size=(4, 3, 6, 6)), np.array([0, 4, 2, 2])
    before = X.copy()
    model = ta.small_classifier(weights)
    tensors = torch.from_numpy(X.copy())
    want = net_visualization.compute_saliency_maps(tensors, torch.from_numpy(y), model).numpy()
    for calls in (1, 2):
        got = ta.saliency_maps(X, y, weights, calls)
        np.testing.assert_array_equal(got["maps"], want)
        np.testing.assert_array_equal(got["X"], X)
        assert got["grad"] is False

    got = ta.fooling_image(X[:1], 3, weights)
    assert model(torch.from_numpy(got["image"])).argmax() == 3
    np.testing.assert_array_equal(got["X"], before[:1])
    assert (got["requires_grad"], got["gave_up"]) == (False, None)

    got = ta.visualization_step(X[:1], 2, 1e-3, 0.5, weights, steps=3)
    image = tensors[:1].clone().requires_grad_()
    for _ in range(3):
        net_visualization.class_visualization_update_step(image, model, 2, 1e-3, 0.5)
    np.testing.assert_array_equal(got["image"], image.detach().numpy())
    assert (got["grad"], got["requires_grad"], got["returned"]) == (False, True, None)
    np.testing.assert_array_equal(X, before)


def test_side_effects_of_a_step_are_reported(rng, monkeypatch):
    def forgetful(img, model, target_y, l2_reg, learning_rate):
        model(img)[0, target_y].backward()
        return img + 1

    monkeypatch.setattr(net_visualization, "class_visualization_update_step", forgetful)
    img = np.ones((1, 3, 2, 2))
    got = ta.visualization_step(img, 0, 0.0, 1.0, [rng.normal(size=(12, 3))])
    assert got["grad"] is True
    np.testing.assert_array_equal(got["image"], img)
    np.testing.assert_array_equal(got["returned"], img + 1)


def test_side_effects_on_images_are_reported(rng, monkeypatch):
    def careless(X, y, model):
        X.requires_grad_()
        X.data *= 2
        model(X).sum().backward()
        return X

    monkeypatch.setattr(net_visualization, "compute_saliency_maps", careless)
    monkeypatch.setattr(net_visualization, "make_fooling_image", careless)
    X, weights = np.ones((1, 3, 2, 2)), [rng.normal(size=(12, 3))]
    got = ta.saliency_maps(X, np.array([0]), weights)
    assert got["grad"] is True
    np.testing.assert_array_equal(got["X"], 2 * X)
    got = ta.fooling_image(X, 0, weights)
    assert got["requires_grad"] is True
    np.testing.assert_array_equal(got["X"], 2 * X)


@pytest.mark.parametrize("value", [None, 3.0, np.zeros(2)])
def test_a_result_that_is_no_tensor_is_refused(rng, monkeypatch, value):
    for function in ("compute_saliency_maps", "make_fooling_image"):
        monkeypatch.setattr(net_visualization, function, lambda *_: value)
    X, weights = np.ones((1, 3, 2, 2)), [rng.normal(size=(12, 3))]
    with pytest.raises(TypeError, match="compute_saliency_maps must return a tensor"):
        ta.saliency_maps(X, np.array([0]), weights)
    with pytest.raises(TypeError, match="make_fooling_image must return a tensor"):
        ta.fooling_image(X, 0, weights)


def test_giving_up_is_an_answer_where_it_may_be(rng):
    weights = [np.stack([np.ones(12), 2 * np.ones(12)], axis=1)]  # class 1 is always ahead
    X = np.ones((1, 3, 2, 2))
    got = ta.fooling_image(X, 0, weights, may_give_up=True)
    assert got["image"] is None
    assert "within 100 steps" in got["gave_up"]
    np.testing.assert_array_equal(got["X"], X)
    with pytest.raises(RuntimeError, match="within 100 steps"):
        ta.fooling_image(X, 0, weights)


def test_an_error_of_pytorch_is_no_answer(rng, monkeypatch):
    def in_place(X, target_y, model):
        X = X.clone().requires_grad_()
        X += 1

    def of_a_batch(X, target_y, model):
        torch.autograd.grad(X.requires_grad_() * 2, X)  # raised by a line of PyTorch's Python code

    for function, text in ((in_place, "leaf Variable"), (of_a_batch, "scalar outputs")):
        monkeypatch.setattr(net_visualization, "make_fooling_image", function)
        with pytest.raises(RuntimeError, match=text):
            ta.fooling_image(np.ones((1, 3, 2, 2)), 0, [rng.normal(size=(12, 3))], may_give_up=True)


def test_unwritten_code_is_no_answer(rng, monkeypatch):
    def stub(*_):
        raise NotImplementedError("write this part")

    monkeypatch.setattr(net_visualization, "make_fooling_image", stub)
    with pytest.raises(NotImplementedError):
        ta.fooling_image(np.ones((1, 3, 2, 2)), 0, [rng.normal(size=(12, 3))], may_give_up=True)


def test_small_classifier_sees_every_other_pixel_in_training_mode(rng):
    weights, x = [rng.normal(size=(3 * 4 * 5, 2))], rng.normal(size=(2, 3, 4, 5))
    seen = x * (np.indices((4, 5)).sum(axis=0) % 2)
    model = ta.small_classifier(weights).train()
    np.testing.assert_allclose(
        model(torch.from_numpy(x)).numpy(), seen.reshape(2, -1) @ weights[0], atol=1e-12
    )


def test_small_classifier_is_what_it_says(rng):
    filters, matrix = rng.normal(size=(2, 3, 2, 2)), rng.normal(size=(2, 4))
    x = rng.normal(size=(1, 3, 3, 3))
    features = [
        np.mean([max((x[0, :, i : i + 2, j : j + 2] * f).sum(), 0) for i in range(2) for j in range(2)])
        for f in filters
    ]
    scores = ta.small_classifier([filters, matrix])(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(scores[0], features @ matrix, atol=1e-12)
