"""The PyTorch milestone: shapes, initialization, loaders and training loops."""

import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl import pytorch as pt  # noqa: E402
from nndl.torch_parts import data as torch_data  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def _fixed_seed():
    torch.manual_seed(0)


def bright_or_dark(count, rng):
    """Images of two classes, dark and bright: learnt in a few steps."""
    labels = rng.integers(0, 2, count)
    noise = rng.integers(0, 60, (count, 3, 32, 32))
    return (noise + 190 * labels[:, None, None, None]).astype(np.uint8), labels


@pytest.fixture
def loaders():
    rng = np.random.default_rng(0)
    return pt.make_loaders(
        (*bright_or_dark(240, rng), *bright_or_dark(50, rng)), num_train=200, batch_size=32
    )


# Nets


def test_flatten_keeps_rows_and_their_order():
    x = torch.arange(12).view(2, 1, 3, 2)
    assert pt.flatten(x).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert pt.Flatten()(x).shape == (2, 6)


def test_flatten_accepts_a_transposed_tensor():
    x = torch.arange(12).view(2, 3, 2).transpose(1, 2)
    assert pt.flatten(x).tolist() == [[0, 2, 4, 1, 3, 5], [6, 8, 10, 7, 9, 11]]


def test_two_layer_fc_computes_its_formula():
    x, w1, w2 = torch.randn(4, 2, 3), torch.randn(6, 5), torch.randn(5, 3)
    expected = (x.reshape(4, 6) @ w1).clamp(min=0) @ w2
    torch.testing.assert_close(pt.two_layer_fc(x, [w1, w2]), expected)


def convnet_in_numpy(x, params):
    """Direct sums over filter positions, as an independent reference."""

    def conv(x, w, b, pad):
        x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        out = np.zeros((len(x), len(w), x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1))
        for i in range(w.shape[2]):
            for j in range(w.shape[3]):
                window = x[:, :, i : i + out.shape[2], j : j + out.shape[3]]
                out += np.einsum("nchw,fc->nfhw", window, w[:, :, i, j])
        return out + b[:, None, None]

    w1, b1, w2, b2, w3, b3 = params
    hidden = np.maximum(conv(x, w1, b1, 2), 0)
    hidden = np.maximum(conv(hidden, w2, b2, 1), 0)
    return hidden.reshape(len(x), -1) @ w3 + b3


def test_three_layer_convnet_computes_its_formula():
    shapes = [(4, 3, 5, 5), (4,), (2, 4, 3, 3), (2,), (2 * 6 * 7, 5), (5,)]
    params = [torch.randn(shape, dtype=torch.float64) for shape in shapes]
    x = torch.randn(3, 3, 6, 7, dtype=torch.float64)
    expected = convnet_in_numpy(x.numpy(), [p.numpy() for p in params])
    np.testing.assert_allclose(pt.three_layer_convnet(x, params).numpy(), expected, rtol=1e-10, atol=1e-10)


def test_three_layer_convnet_shape_with_zero_weights():
    shapes = [(6, 3, 5, 5), (6,), (9, 6, 3, 3), (9,), (9216, 10), (10,)]
    scores = pt.three_layer_convnet(torch.zeros(64, 3, 32, 32), [torch.zeros(s) for s in shapes])
    assert scores.shape == (64, 10)
    assert not scores.any()


def test_convnet_params_have_the_prescribed_shapes():
    params = pt.three_layer_convnet_params()
    expected = [(32, 3, 5, 5), (32,), (16, 32, 3, 3), (16,), (16384, 10), (10,)]
    assert [tuple(p.shape) for p in params] == expected
    assert all(p.requires_grad and p.is_leaf for p in params)
    assert not any(p.any() for p in params[1::2])


@pytest.mark.parametrize(
    ("shape", "fan_in"), [((300, 400), 300), ((50, 40, 3, 3), 360), ((40, 3, 30, 20), 1800)]
)
def test_random_weight_scales_with_fan_in(shape, fan_in):
    w = pt.random_weight(shape)
    assert w.shape == shape
    assert w.requires_grad
    assert w.is_leaf
    assert w.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.03)
    assert abs(w.mean().item()) < 0.02 * (2 / fan_in) ** 0.5 + 1e-3


def test_random_weight_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"two or four entries, but is \(3,\)"):
        pt.random_weight((3,))


def test_zero_weight_is_a_leaf_to_train():
    w = pt.zero_weight((3, 4))
    assert w.shape == (3, 4)
    assert not w.any()
    assert w.requires_grad
    assert w.is_leaf


def test_modules_give_scores_of_the_right_shape():
    assert pt.TwoLayerFC(50, 42, 10)(torch.zeros(64, 50)).shape == (64, 10)
    net = pt.ThreeLayerConvNet(in_channel=3, channel_1=12, channel_2=8, num_classes=10)
    assert net(torch.zeros(64, 3, 32, 32)).shape == (64, 10)
    assert pt.sequential_convnet(6, 4)(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_conv_module_equals_the_barebones_net():
    net = pt.ThreeLayerConvNet(3, 6, 4, 10)
    weights = {tuple(p.shape): p for p in net.parameters()}
    conv1, conv2, fc = weights[6, 3, 5, 5], weights[4, 6, 3, 3], weights[10, 4096]
    params = [conv1, weights[6,], conv2, weights[4,], fc.T, weights[10,]]
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(net(x), pt.three_layer_convnet(x, params))


@pytest.mark.parametrize(
    "make", [lambda: pt.TwoLayerFC(300, 200, 10), lambda: pt.ThreeLayerConvNet(3, 32, 16, 10)]
)
def test_module_weights_are_kaiming_normal(make):
    for name, p in make().named_parameters():
        if name.endswith("weight"):
            fan_in = p[0].numel()
            assert p.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.06), name


def test_sequential_convnet_has_the_layers_of_the_module():
    sequential = sorted(tuple(p.shape) for p in pt.sequential_convnet().parameters())
    assert sequential == sorted(tuple(p.shape) for p in pt.ThreeLayerConvNet(3, 32, 16, 10).parameters())


def test_optimizers_are_those_of_the_text():
    model = torch.nn.Linear(3, 2)
    (plain,), (nesterov,) = (
        make(model).param_groups for make in (pt.module_optimizer, pt.sequential_optimizer)
    )
    assert (plain["lr"], plain["momentum"], plain["weight_decay"]) == (3e-3, 0, 0)
    assert (nesterov["lr"], nesterov["momentum"], nesterov["nesterov"]) == (1e-2, 0.9, True)
    assert [id(p) for p in plain["params"]] == [id(p) for p in model.parameters()]


def test_open_ended_net_scores_images_and_its_optimizer_has_its_parameters():
    model, optimizer = pt.open_ended_net()
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    in_optimizer = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert in_optimizer == {id(p) for p in model.parameters()}


def test_open_ended_net_learns_in_one_short_epoch(loaders):
    model, optimizer = pt.open_ended_net(epochs=1)
    history = pt.train_part34(
        model, optimizer, 2, loader_train=loaders[0], loader_val=loaders[1], verbose=False
    )
    assert history["val_acc_history"][-1] > 0.9


# Loaders


def test_loaders_split_and_normalize(loaders):
    train, _, test = loaders
    assert [sum(len(y) for _, y in loader) for loader in loaders] == [200, 40, 50]
    assert [loader.dataset.train for loader in loaders] == [True, True, False]
    x, y = next(iter(train))
    assert (x.shape, x.dtype, y.dtype) == ((32, 3, 32, 32), torch.float32, torch.int64)
    dataset = test.dataset
    raw = dataset.pixels[7].numpy() / 255
    means, stds = np.array([0.4914, 0.4822, 0.4465]), np.array([0.2023, 0.1994, 0.2010])
    expected = (raw - means[:, None, None]) / stds[:, None, None]
    np.testing.assert_allclose(dataset[7][0].numpy(), expected, rtol=1e-4, atol=1e-5)


def test_train_and_validation_rows_are_disjoint_and_in_random_order():
    images = np.zeros((100, 3, 2, 2), np.uint8)
    labels = np.arange(100)
    train, val, test = pt.make_loaders((images, labels, images, labels), num_train=80, batch_size=16)

    def rows(loader):
        return torch.cat([y for _, y in loader]).tolist()

    first, second = rows(train), rows(train)
    assert sorted(first) == sorted(second) == list(range(80))
    assert first != second
    assert sorted(rows(val)) == list(range(80, 100))
    assert rows(test) == list(range(100))


def test_loaders_refuse_a_split_without_validation_rows():
    images, labels = np.zeros((10, 3, 2, 2), np.uint8), np.zeros(10, int)
    with pytest.raises(ValueError, match="num_train must be from 1 to 9, but is 10"):
        pt.make_loaders((images, labels, images, labels), num_train=10)


@pytest.mark.parametrize(
    ("images", "labels", "error", "message"),
    [
        (np.zeros((4, 3, 2, 2)), np.zeros(4, int), TypeError, "images must hold bytes"),
        (np.zeros((4, 2, 2, 3), np.uint8), np.zeros(4, int), ValueError, "images must have shape"),
        (np.zeros((4, 3, 2, 2), np.uint8), np.zeros(5, int), ValueError, "labels must have shape"),
    ],
)
def test_dataset_refuses_what_is_no_image_set(images, labels, error, message):
    with pytest.raises(error, match=message):
        torch_data.ImageDataset(images, labels, train=True)


def test_importing_reads_no_data_and_a_loader_is_made_when_asked_for(monkeypatch):
    monkeypatch.setattr(pt, "default_loaders", lambda: ("train", "val", "test"))
    assert (pt.loader_train, pt.loader_val, pt.loader_test) == ("train", "val", "test")
    with pytest.raises(AttributeError, match="no attribute 'loader_dev'"):
        _ = pt.loader_dev


# Accuracy and training


def test_accuracy_counts_right_answers_and_names_the_split(loaders, capsys):
    _, val, test = loaders
    share_of_ones = np.mean([label for _, y in test for label in y.tolist()])

    def always_one(x, params):
        return torch.tensor([[0.0, 1.0]]).expand(len(x), 2)

    assert pt.check_accuracy_part2(test, always_one, []) == pytest.approx(share_of_ones)
    assert f"test set: {round(50 * share_of_ones)} / 50" in capsys.readouterr().out
    pt.check_accuracy_part2(val, always_one, [])
    assert "validation set" in capsys.readouterr().out


def test_accuracy_of_a_module_is_measured_in_evaluation_mode(loaders):
    class Probe(torch.nn.Module):  # type: ignore[name-defined]
        def forward(self, x):
            assert not self.training
            assert not torch.is_grad_enabled()
            return torch.zeros(len(x), 2)

    pt.check_accuracy_part34(loaders[1], Probe().train(), verbose=False)


def test_part2_makes_plain_gradient_steps(loaders):
    x, y = next(iter(loaders[0]))
    w = torch.zeros(3072, 2, requires_grad=True)
    rate = 1e-3
    pt.train_part2(
        lambda x, params: pt.flatten(x) @ params[0],
        [w],
        rate,
        loader_train=[(x, y)],  # type: ignore[arg-type]
        loader_val=loaders[1],
        verbose=False,
    )
    # At zero weights both classes have probability 1/2.
    error = (0.5 - torch.nn.functional.one_hot(y, 2)) / len(y)
    torch.testing.assert_close(w.detach(), -rate * pt.flatten(x).T @ error, rtol=1e-4, atol=1e-7)
    assert not w.grad.any()


def test_part2_learns(loaders):
    params = [pt.random_weight((3072, 20)), pt.random_weight((20, 2))]
    history = pt.train_part2(
        pt.two_layer_fc,
        params,
        1e-3,
        loader_train=loaders[0],
        loader_val=loaders[1],
        print_every=3,
        verbose=False,
    )
    assert len(history["loss_history"]) == 7
    assert history["check_iterations"] == [1, 4, 7]
    assert history["val_acc_history"][-1] == pt.check_accuracy_part2(loaders[1], pt.two_layer_fc, params)
    assert history["val_acc_history"][-1] > 0.9


def test_part34_learns_and_trains_in_training_mode(loaders, capsys):
    modes = []
    model = torch.nn.Sequential(pt.Flatten(), torch.nn.Linear(3072, 2))
    model.register_forward_pre_hook(
        lambda module, _: modes.append((module.training, torch.is_grad_enabled()))
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    history = pt.train_part34(
        model, optimizer, epochs=2, loader_train=loaders[0], loader_val=loaders[1], print_every=5
    )
    assert len(history["loss_history"]) == 14
    assert history["check_iterations"] == [1, 6, 11, 14]
    assert history["val_acc_history"][-1] > 0.9
    assert set(modes) == {(True, True), (False, False)}
    assert "(Iteration 11 / 14) loss: " in capsys.readouterr().out


def test_loops_use_the_default_loaders_when_given_none(loaders, monkeypatch):
    monkeypatch.setattr("nndl.torch_parts.training.default_loaders", lambda: loaders)
    params = [pt.random_weight((3072, 2)), pt.random_weight((2, 2))]
    assert len(pt.train_part2(pt.two_layer_fc, params, 1e-3, verbose=False)["loss_history"]) == 7


def test_accuracy_of_an_empty_loader_is_an_error():
    with pytest.raises(ValueError, match="no batch"):
        pt.check_accuracy_part2([], pt.two_layer_fc, [])  # type: ignore[arg-type]


# Without PyTorch


def test_without_torch_only_the_torch_modules_fail_and_say_what_to_install():
    script = """
import importlib, sys
sys.modules["torch"] = None
import nndl
for name in ("pytorch", "squeezenet", "net_visualization"):
    try:
        importlib.import_module("nndl." + name)
    except ImportError as error:
        assert "pip install torch==2.13.0" in str(error), error
    else:
        raise AssertionError(name)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
