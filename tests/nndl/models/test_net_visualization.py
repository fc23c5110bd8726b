"""Gradients with respect to pixels, on small models whose gradients are known."""

import random
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl import net_visualization as nv  # noqa: E402

pytestmark = pytest.mark.torch
mpl.use("Agg")


@pytest.fixture(autouse=True)
def _fixed_seeds():
    torch.manual_seed(0)
    random.seed(0)


def linear_model(size=6, classes=5):
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * size * size, classes)).double()


def small_convnet(classes=8):
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 3, stride=2),
        torch.nn.ReLU(),
        torch.nn.Conv2d(6, 8, 3),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(32, classes),
    )


# Saliency


def test_saliency_of_a_linear_model_is_its_weights():
    model, X, y = linear_model(), torch.randn(4, 3, 6, 6).double(), torch.tensor([3, 0, 3, 1])
    expected = model[1].weight.detach().view(5, 3, 6, 6)[y].abs().amax(dim=1)
    torch.testing.assert_close(nv.compute_saliency_maps(X, y, model), expected, rtol=0, atol=1e-12)


def test_saliency_of_a_convolution_with_relu_is_the_sum_over_active_outputs():
    conv = torch.nn.Conv2d(3, 2, 3, padding=1).double()
    X, y = torch.randn(2, 3, 5, 5).double(), torch.tensor([1, 0])

    def model_scores(x):
        return conv(x).clamp(min=0).sum(dim=(2, 3))

    class Model(torch.nn.Module):  # type: ignore[name-defined]
        def forward(self, x):
            return model_scores(x)

    # d score_f / d x[c, i, j] = sum of w[f, c, i - p + 1, j - q + 1] over the active outputs (p, q)
    active = (conv(X) > 0).detach().numpy()
    w = conv.weight.detach().numpy()
    gradient = np.zeros(X.shape)
    for n, label in enumerate(y.tolist()):
        for p, q in np.argwhere(active[n, label]):
            for i in range(max(p - 1, 0), min(p + 2, 5)):
                for j in range(max(q - 1, 0), min(q + 2, 5)):
                    gradient[n, :, i, j] += w[label, :, i - p + 1, j - q + 1]
    maps = nv.compute_saliency_maps(X, y, Model())
    np.testing.assert_allclose(maps.numpy(), np.abs(gradient).max(axis=1), rtol=0, atol=1e-10)


def test_saliency_takes_scores_not_probabilities_and_the_label_not_the_winner():
    # With one dominating class a gradient through the softmax would vanish.
    model, X = linear_model(), torch.randn(2, 3, 6, 6).double()
    with torch.no_grad():
        model[1].bias[2] = 1000.0
    maps = nv.compute_saliency_maps(X, torch.tensor([4, 2]), model)
    expected = model[1].weight.detach().view(5, 3, 6, 6)[[4, 2]].abs().amax(dim=1)
    torch.testing.assert_close(maps, expected, rtol=0, atol=1e-12)


def test_saliency_keeps_the_batch_axis_and_changes_nothing():
    model = small_convnet().train()
    X, y = torch.randn(1, 3, 20, 24), torch.tensor([3])
    before = X.clone()
    maps = nv.compute_saliency_maps(X, y, model)
    assert maps.shape == (1, 20, 24)
    assert (maps >= 0).all()
    assert torch.equal(X, before)
    assert X.grad is None
    assert not X.requires_grad
    assert all(p.grad is None for p in model.parameters())
    assert not model.training


def test_saliency_works_on_a_frozen_model():
    model = small_convnet().requires_grad_(False)
    assert nv.compute_saliency_maps(torch.randn(2, 3, 20, 20), torch.tensor([0, 1]), model).any()


def test_gather_takes_one_entry_of_each_row():
    s = torch.tensor(
        [
            [-0.8755, -0.859, -0.3338, -0.3407, 0.2006],
            [-0.046, -0.413, 0.3412, -0.0709, -2.2107],
            [1.5303, 1.5185, 0.5816, 1.9473, -0.8277],
            [-0.6778, 1.0268, -0.4515, 0.8679, -0.1543],
        ]
    )
    picked = nv.gather_example(s, torch.tensor([1, 2, 1, 3]))
    assert picked.tolist() == pytest.approx([-0.859, 0.3412, 1.5185, 0.8679])
    assert nv.gather_example(s[:1], torch.tensor([4])).shape == (1,)


# Fooling images


@pytest.mark.parametrize("target", range(8))
def test_fooling_reaches_every_class_and_leaves_its_input(target):
    model = small_convnet().eval()
    X = torch.randn(1, 3, 24, 24)
    before = X.clone()
    fooled = nv.make_fooling_image(X, target, model)
    assert model(fooled).argmax().item() == target
    assert torch.equal(X, before)
    assert fooled.shape == X.shape
    assert fooled.data_ptr() != X.data_ptr()
    assert not fooled.requires_grad


def test_fooling_takes_steps_of_length_one_along_the_gradient_and_no_more_than_needed():
    model, X = linear_model(), 9 * torch.randn(1, 3, 6, 6).double()
    w, b = model[1].weight.detach(), model[1].bias.detach()
    target = int((X.view(1, -1) @ w.T + b).argmin())
    direction = w[target] / w[target].norm()
    position, steps = X.view(-1).clone(), 0
    while (w @ position + b).argmax() != target:
        position += direction
        steps += 1
    assert steps > 1
    fooled = nv.make_fooling_image(X, target, model)
    torch.testing.assert_close(fooled.view(-1), position, rtol=0, atol=1e-10)


def test_an_image_of_the_target_class_is_returned_unchanged_as_a_copy():
    model, X = small_convnet().eval(), torch.randn(1, 3, 24, 24)
    winner = model(X).argmax().item()
    fooled = nv.make_fooling_image(X, winner, model)
    assert torch.equal(fooled, X)
    assert fooled.data_ptr() != X.data_ptr()


def test_fooling_gives_up_after_100_steps():
    model = linear_model()
    with torch.no_grad():
        model[1].bias[0] = 1e6
    calls = []
    model.register_forward_hook(lambda *_: calls.append(1))
    with pytest.raises(RuntimeError, match="class 2 within 100 steps"):
        nv.make_fooling_image(torch.zeros(1, 3, 6, 6).double(), 2, model)
    assert len(calls) == 101


# Class visualization


def test_a_step_without_penalty_raises_the_score_by_the_gradients_length():
    model = linear_model()
    img = torch.randn(1, 3, 6, 6).double().requires_grad_()
    before = model(img)[0, 3].item()
    nv.class_visualization_update_step(img, model, 3, l2_reg=0.0, learning_rate=0.5)
    gain = model(img)[0, 3].item() - before
    assert gain == pytest.approx(0.5 * model[1].weight[3].norm().item())


def test_a_step_follows_the_penalized_gradient_and_has_the_length_of_the_learning_rate():
    model = linear_model()
    img = torch.randn(1, 3, 6, 6).double().requires_grad_()
    start = img.detach().clone()
    gradient = model[1].weight[2].detach().view(1, 3, 6, 6) - 2 * 0.1 * start
    step: Any = nv.class_visualization_update_step
    assert step(img, model, 2, l2_reg=0.1, learning_rate=3) is None
    torch.testing.assert_close(img.detach() - start, 3 * gradient / gradient.norm())


def test_the_penalty_alone_shrinks_the_image():
    model = linear_model()
    with torch.no_grad():
        model[1].weight.zero_()
    img = torch.randn(1, 3, 6, 6).double().requires_grad_()
    start = img.detach().clone()
    nv.class_visualization_update_step(img, model, 1, l2_reg=1e-3, learning_rate=2)
    torch.testing.assert_close(img.detach(), start * (1 - 2 / start.norm()))


def test_a_step_is_in_place_leaves_no_gradient_and_stands_still_where_there_is_none():
    model = linear_model()
    with torch.no_grad():
        model[1].weight.zero_()
    img = torch.randn(1, 3, 6, 6).double().requires_grad_()
    address, start = img.data_ptr(), img.detach().clone()
    nv.class_visualization_update_step(img, model, 1, l2_reg=0.0, learning_rate=2)
    assert img.data_ptr() == address
    assert img.requires_grad
    assert img.is_leaf
    assert img.grad is None
    assert torch.equal(img.detach(), start)


def test_a_visualization_ends_with_the_highest_score_for_its_class():
    # Class k asks for one colour in one quarter of the image, and for none of the others.
    model = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(12, 12))
    with torch.no_grad():
        model[2].weight.copy_(torch.eye(12) - 1 / 12)
    shown = []
    picture = nv.create_class_visualization(
        7, model, size=32, learning_rate=5, num_iterations=40, show=lambda *what: shown.append(what)
    )
    assert model(nv.preprocess(picture, size=32)).argmax() == 7
    assert picture.size == (32, 32)
    assert [title for _, title in shown] == [f"class 7, iteration {i} of 40" for i in (1, 25, 40)]


def test_every_pixel_of_a_visualization_stays_within_the_range_of_a_picture(monkeypatch):
    # Iteration 0 blurs after clamping and iteration 1 only clamps, so the last step is the clamp.
    seen = []
    monkeypatch.setattr(nv, "deprocess", lambda img: seen.append(img.clone()))
    nv.create_class_visualization(0, small_convnet(), size=20, num_iterations=2, learning_rate=99, show=None)
    pixels = seen[-1][0] * torch.tensor(nv.SQUEEZENET_STD).view(3, 1, 1)
    pixels += torch.tensor(nv.SQUEEZENET_MEAN).view(3, 1, 1)
    assert pixels.min() > -1e-6
    assert pixels.max() < 1 + 1e-6


def test_a_visualization_accepts_a_tensor_type_and_plots_by_default(monkeypatch):
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    picture = nv.create_class_visualization(
        0, small_convnet(), torch.FloatTensor, size=20, num_iterations=1, class_names={0: "owl"}
    )
    assert picture.mode == "RGB"
    assert mpl.pyplot.gca().get_title() == "owl, iteration 1 of 1"
    mpl.pyplot.close("all")


def test_saliency_maps_are_plotted_below_their_images(monkeypatch):
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    X = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    nv.show_saliency_maps(X, np.array([0, 1, 2]), small_convnet())
    axes = mpl.pyplot.gcf().axes
    assert [len(ax.images) for ax in axes] == [1] * 6
    assert axes[3].images[0].get_array().shape == (224, 224)
    mpl.pyplot.close("all")


# Images


def test_constants_and_the_range_of_a_picture():
    assert nv.SQUEEZENET_MEAN.dtype == nv.SQUEEZENET_STD.dtype == np.float32
    np.testing.assert_allclose(nv.SQUEEZENET_MEAN, [0.485, 0.456, 0.406])
    np.testing.assert_allclose(nv.SQUEEZENET_STD, [0.229, 0.224, 0.225])


def test_preprocess_normalizes_and_deprocess_undoes_it():
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    x = nv.preprocess(Image.fromarray(pixels), size=32)
    assert (x.shape, x.dtype) == ((1, 3, 32, 32), torch.float32)
    expected = (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(x[0].permute(1, 2, 0).numpy(), expected, atol=1e-5)
    assert np.array_equal(np.asarray(nv.deprocess(x, should_rescale=False)), pixels)
    assert torch.equal(nv.preprocess(pixels, size=32), x)


@pytest.mark.parametrize(
    ("width", "height", "shape"), [(100, 50, (16, 32)), (50, 100, (32, 16)), (30, 41, (21, 16))]
)
def test_preprocess_resizes_the_shorter_side(width, height, shape):
    assert nv.preprocess(Image.new("RGB", (width, height)), size=16).shape == (1, 3, *shape)


def test_preprocess_accepts_a_grey_picture():
    assert nv.preprocess(Image.new("L", (16, 16)), size=16).shape == (1, 3, 16, 16)


def test_deprocess_clamps_instead_of_wrapping_around():
    out_of_range = torch.tensor([-10.0, 10.0]).view(1, 1, 1, 2).expand(1, 3, 1, 2)
    assert np.asarray(nv.deprocess(out_of_range, should_rescale=False))[0, :, 0].tolist() == [0, 255]


def test_deprocess_rescales_to_the_full_range_and_draws_a_constant_image():
    x = torch.randn(1, 3, 8, 8)
    picture = np.asarray(nv.deprocess(x))
    assert (picture.min(), picture.max()) == (0, 255)
    nv.deprocess(torch.zeros(1, 3, 4, 4))


def test_rescale():
    x = torch.tensor([[-3.0, 1.0], [5.0, 2.0]])
    assert nv.rescale(x).tolist() == [[0.0, 0.5], [1.0, 0.625]]
    assert nv.rescale(torch.full((2, 2), 7.0)).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_jitter_shifts_right_and_down_cyclically_and_back():
    X = torch.arange(6).view(1, 1, 2, 3)
    assert nv.jitter(X, 1, 1).tolist() == [[[[5, 3, 4], [2, 0, 1]]]]
    assert nv.jitter(X, 1, 0).tolist() == [[[[2, 0, 1], [5, 3, 4]]]]
    assert nv.jitter(X, 0, 1).tolist() == [[[[3, 4, 5], [0, 1, 2]]]]
    Y = torch.randn(2, 3, 7, 9)
    assert torch.equal(nv.jitter(nv.jitter(Y, 5, 3), -5, -3), Y)


def blurred_by_hand(line, sigma):
    """A Gaussian over a line that is continued by its mirror image, pixel by pixel."""
    reach = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(line, reach, mode="symmetric")
    return np.array([padded[i : i + 2 * reach + 1] @ weights for i in range(len(line))]) / weights.sum()


@pytest.mark.parametrize("sigma", [0.5, 1, 2.3])
def test_blur_is_a_separable_gaussian_with_mirrored_borders_in_place(sigma):
    X = torch.randn(2, 3, 9, 12).double()
    expected = X.numpy().copy()
    for axis in (2, 3):
        expected = np.apply_along_axis(blurred_by_hand, axis, expected, sigma)
    assert nv.blur_image(X, sigma) is X
    np.testing.assert_allclose(X.numpy(), expected, atol=1e-12)


def test_blur_wider_than_the_image_keeps_a_constant():
    X = torch.full((1, 3, 4, 5), 3.0)
    nv.blur_image(X, sigma=9)
    torch.testing.assert_close(X, torch.full((1, 3, 4, 5), 3.0))


def test_blur_refuses_a_sigma_that_is_not_positive():
    with pytest.raises(ValueError, match="sigma must be positive, but is 0"):
        nv.blur_image(torch.zeros(1, 3, 2, 2), sigma=0)
