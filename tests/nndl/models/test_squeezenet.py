"""SqueezeNet 1.1: torchvision's names and shapes, and the ways its weights come in."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl import squeezenet  # noqa: E402
from nndl.data_utils import load_imagenet_val  # noqa: E402
from nndl.net_visualization import preprocess  # noqa: E402

pytestmark = pytest.mark.torch

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("NNDL_SHARED", ROOT.parent / "shared"))
WEIGHTS = SHARED / "data" / "squeezenet1_1.npz"
PHOTOGRAPHS = SHARED / "data" / "imagenet_val_25.npz"


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return squeezenet.SqueezeNet().eval()


def test_names_and_shapes_are_those_of_torchvision(net):
    expected = {"features.0.weight": (64, 3, 3, 3), "features.0.bias": (64,)}
    fires = {3: (64, 16, 64), 4: (128, 16, 64), 6: (128, 32, 128), 7: (256, 32, 128)}
    fires |= {9: (256, 48, 192), 10: (384, 48, 192), 11: (384, 64, 256), 12: (512, 64, 256)}
    for i, (channels, squeezed, expanded) in fires.items():
        for layer, shape in (
            ("squeeze", (squeezed, channels, 1, 1)),
            ("expand1x1", (expanded, squeezed, 1, 1)),
            ("expand3x3", (expanded, squeezed, 3, 3)),
        ):
            expected[f"features.{i}.{layer}.weight"] = shape
            expected[f"features.{i}.{layer}.bias"] = shape[:1]
    expected |= {"classifier.1.weight": (1000, 512, 1, 1), "classifier.1.bias": (1000,)}
    assert {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()} == expected


def test_scores_of_two_sizes_of_image(net):
    assert net(torch.zeros(2, 3, 224, 224)).shape == (2, 1000)
    assert net(torch.zeros(1, 3, 40, 60)).shape == (1, 1000)
    assert squeezenet.SqueezeNet(num_classes=7)(torch.zeros(3, 3, 32, 32)).shape == (3, 7)


def test_224_pixels_become_13_features(net):
    assert net.features(torch.zeros(1, 3, 224, 224)).shape == (1, 512, 13, 13)


def test_fire_joins_both_expansions_along_the_channels():
    torch.manual_seed(0)
    fire = squeezenet.Fire(5, 3, 4)
    x = torch.randn(2, 5, 6, 7)
    squeezed = fire.squeeze(x).clamp(min=0)
    out = fire(x)
    torch.testing.assert_close(out[:, :4], fire.expand1x1(squeezed).clamp(min=0))
    torch.testing.assert_close(out[:, 4:], fire.expand3x3(squeezed).clamp(min=0))


@pytest.mark.parametrize("suffix", [".npz", ".pth"])
def test_weights_come_from_a_file(net, tmp_path, suffix):
    path = tmp_path / f"weights{suffix}"
    state = net.state_dict()
    if suffix == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in state.items()})
    else:
        torch.save(state, path)
    loaded = squeezenet.load_squeezenet(path)
    x = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(loaded(x), net(x))
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())


@pytest.mark.parametrize("suffix", [".npz", ".pth"])
def test_weights_are_found_in_the_data_folder(net, tmp_path, monkeypatch, suffix):
    path, state = tmp_path / f"squeezenet1_1{suffix}", net.state_dict()
    if suffix == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in state.items()})
    else:
        torch.save(state, path)
    monkeypatch.setenv("NNDL_DATA", str(tmp_path))
    x = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(squeezenet.load_squeezenet()(x), net(x))


def test_half_precision_weights_are_computed_with_in_float32(net, tmp_path):
    path = tmp_path / "weights.npz"
    np.savez(path, **{name: tensor.numpy().astype(np.float16) for name, tensor in net.state_dict().items()})
    assert {p.dtype for p in squeezenet.load_squeezenet(path).parameters()} == {torch.float32}


def test_bad_files_are_named(net, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none at .*missing\.pth"):
        squeezenet.load_squeezenet(tmp_path / "missing.pth")
    other = tmp_path / "weights.bin"
    other.write_bytes(b"")
    with pytest.raises(ValueError, match=r"must end in \.pth or \.npz"):
        squeezenet.load_squeezenet(other)
    wrong = tmp_path / "wrong.npz"
    arrays: dict[str, Any] = {"features.0.weight": np.zeros((64, 3, 3, 3))}
    np.savez(wrong, **arrays)
    with pytest.raises(ValueError, match=r"(?s)does not hold the weights.*features\.3\.squeeze\.weight"):
        squeezenet.load_squeezenet(wrong)


class Payload:
    """Unpickling this would write a file."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


@pytest.mark.parametrize("suffix", [".npz", ".pth"])
def test_files_that_carry_code_are_refused_and_do_not_run_it(tmp_path, suffix):
    path, target = tmp_path / f"evil{suffix}", tmp_path / "ran"
    if suffix == ".npz":
        np.savez(path, weights=np.array([Payload(target)], dtype=object))
    else:
        torch.save({"weights": Payload(target)}, path)
    with pytest.raises(ValueError, match="does not hold the weights"):
        squeezenet.load_squeezenet(path)
    assert not target.exists()


def test_download_is_checked_by_its_digest(monkeypatch, tmp_path):
    asked: dict[str, Any] = {}

    def retrieve(url, known_hash, **options):
        asked.update(url=url, known_hash=known_hash)
        raise ValueError("hash differs")

    monkeypatch.setattr("pooch.retrieve", retrieve)
    monkeypatch.setenv("NNDL_CACHE", str(tmp_path))
    monkeypatch.setenv("NNDL_DATA", str(tmp_path))
    with pytest.raises(ConnectionError, match="could not be downloaded"):
        squeezenet.load_squeezenet()
    assert asked["known_hash"].startswith("sha256:b8a52dc0")
    assert asked["url"].endswith("squeezenet1_1-b8a52dc0.pth")


def test_accuracy_on_the_photographs():
    if not (WEIGHTS.is_file() and PHOTOGRAPHS.is_file()):
        pytest.skip(f"needs {WEIGHTS.name} and {PHOTOGRAPHS.name} in $NNDL_SHARED/data")
    X, y, _ = load_imagenet_val(path=PHOTOGRAPHS)
    model = squeezenet.load_squeezenet(WEIGHTS)
    with torch.no_grad():
        best = model(torch.cat([preprocess(image) for image in X])).topk(5).indices.numpy()
    assert np.mean(best[:, 0] == y) == pytest.approx(0.52)
    assert np.mean((best == y[:, None]).any(axis=1)) == pytest.approx(0.80)
