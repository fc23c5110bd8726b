"""Nets as arrays in a file: what is written comes back, and nothing but arrays is read."""

import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl import pytorch  # noqa: E402
from nndl.torch_parts import storage  # noqa: E402

pytestmark = pytest.mark.torch
SHAPES = [(6, 3, 5, 5), (6,), (4, 6, 3, 3), (4,), (4096, 10), (10,)]


def test_a_convnet_is_stored_alike_from_tensors_and_from_layers(tmp_path):
    net = pytorch.ThreeLayerConvNet(3, 6, 4, 10)
    own = storage.convnet_parameters(net)
    assert [tuple(p.shape) for p in own.values()] == SHAPES
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(pytorch.three_layer_convnet(x, list(own.values())), net(x))
    storage.save_convnet(tmp_path / "layers.npz", net)
    storage.save_convnet(tmp_path / "tensors.npz", list(own.values()))
    for name in storage.CONVNET_NAMES:
        with np.load(tmp_path / "layers.npz") as a, np.load(tmp_path / "tensors.npz") as b:
            np.testing.assert_array_equal(a[name], b[name])


def test_parameters_are_views_of_the_net(tmp_path):
    net = pytorch.sequential_convnet(6, 4)
    with torch.no_grad():
        for p in storage.convnet_parameters(net).values():
            p.zero_()
    assert not any(p.any() for p in net.parameters())


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [torch.nn.Conv2d(3, 6, 3), torch.nn.Conv2d(6, 4, 3), torch.nn.Linear(4096, 10)],
        [torch.nn.Conv2d(3, 6, 5), torch.nn.Conv2d(6, 4, 3, bias=False), torch.nn.Linear(4096, 10)],
        [torch.nn.Conv2d(3, 6, 5), torch.nn.Conv2d(6, 4, 3), torch.nn.Linear(99, 10), torch.nn.Linear(9, 9)],
    ],
)
def test_another_net_is_refused(layers):
    with pytest.raises(ValueError, match="must have the parameters of a 5 × 5 convolution"):
        storage.convnet_parameters(torch.nn.Sequential(*layers))


def test_filters_of_other_sizes_are_found_where_that_is_asked_for():
    layers = [torch.nn.Conv2d(3, 6, 3), torch.nn.Conv2d(6, 4, 3), torch.nn.Linear(4096, 10)]
    found = storage.convnet_parameters(torch.nn.Sequential(*layers), any_size=True)
    assert [found[name].shape[1] for name in ("conv_w1", "conv_w2", "fc_w")] == [3, 6, 10]


def test_a_model_comes_back_with_its_statistics(tmp_path):
    def make():
        return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))

    model, other = make(), make()
    model(torch.randn(5, 3))
    storage.save_model(tmp_path / "net.npz", model)
    storage.load_model(tmp_path / "net.npz", other)
    x = torch.randn(5, 3)
    torch.testing.assert_close(model.eval()(x), other.eval()(x))
    with pytest.raises(ValueError, match="only on one side"):
        storage.load_model(tmp_path / "net.npz", torch.nn.Linear(3, 4))
    with pytest.raises(ValueError, match=r"weight has shape \(4, 3\), but \(4, 2\)"):
        storage.put_arrays(torch.nn.Linear(2, 4), storage.model_arrays(torch.nn.Linear(3, 4)))


def test_a_pickle_is_not_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was run",))

    path = tmp_path / "net.npz"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="allow_pickle"):
        storage.load_model(path, torch.nn.Linear(3, 4))
