"""The stand-in for torchvision: what the notebooks call, and a word about the rest."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
import sys

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        importlib.util.find_spec("torchvision") is not None, reason="torchvision is installed"
    ),
]


@pytest.fixture(autouse=True)
def cs231n(install):
    install("cs231n")


@pytest.fixture
def T():
    import torchvision.transforms as T

    return T


def test_is_there_after_install_and_gone_afterwards():
    import torchvision

    from nndl import compat

    assert callable(
        torchvision.transforms.ToTensor
    )  # without an import of its own, as with torchvision itself
    compat.uninstall()
    assert importlib.util.find_spec("torchvision") is None
    assert not [name for name in sys.modules if name.startswith("torchvision")]


def test_cifar10(T, tmp_path, monkeypatch):
    import torchvision.datasets as dset

    monkeypatch.delenv("NNDL_DATA", raising=False)
    folder = tmp_path / "cs231n/datasets/cifar-10-batches-py"
    folder.mkdir(parents=True)
    images = np.random.default_rng(0).integers(0, 256, size=(4, 3072), dtype=np.uint8)
    for i, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        (folder / name).write_bytes(pickle.dumps({"data": images, "labels": [i] * 4}, protocol=2))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abcdefghij")}, protocol=2))
    monkeypatch.chdir(tmp_path)
    mean, std = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
    transform = T.Compose([T.ToTensor(), T.Normalize(mean, std)])
    train = dset.CIFAR10("./cs231n/datasets", train=True, download=True, transform=transform)
    test = dset.CIFAR10("./cs231n/datasets", train=False, download=True, transform=transform)
    assert (len(train), len(test), train.train, test.train) == (20, 4, True, False)
    loader = torch.utils.data.DataLoader(
        train, batch_size=5, sampler=torch.utils.data.sampler.SubsetRandomSampler(range(20))
    )
    x, y = next(iter(loader))
    assert (x.shape, x.dtype, y.dtype) == ((5, 3, 32, 32), torch.float32, torch.int64)
    x, y = test[1]
    want = (images[1].reshape(3, 32, 32) / 255 - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    np.testing.assert_allclose(x.numpy(), want, rtol=1e-4, atol=1e-6)
    assert y == 5
    assert isinstance(dset.CIFAR10("cs231n/datasets")[0][0], Image.Image)
    assert train.classes == list("abcdefghij")
    assert train.class_to_idx == {name: i for i, name in enumerate("abcdefghij")}
    shifted = dset.CIFAR10(".", True, None, lambda label: label + 10, True)
    assert shifted[0][1] == train[0][1] + 10


def test_preprocessing_of_the_visualization_notebook_and_back(T):
    from cs231n.image_utils import SQUEEZENET_MEAN, SQUEEZENET_STD

    from nndl.image_utils import preprocess

    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, size=(250, 300, 3), dtype=np.uint8))
    transform = T.Compose(
        [
            T.Resize(224),
            T.ToTensor(),
            T.Normalize(mean=SQUEEZENET_MEAN.tolist(), std=SQUEEZENET_STD.tolist()),
            T.Lambda(lambda x: x[None]),
        ]
    )
    batch = transform(picture)
    np.testing.assert_allclose(batch.numpy(), preprocess(picture).numpy(), atol=1e-5)
    back = T.Compose(
        [
            T.Lambda(lambda x: x[0]),
            T.Normalize(mean=[0, 0, 0], std=(1.0 / SQUEEZENET_STD).tolist()),
            T.Normalize(mean=(-SQUEEZENET_MEAN).tolist(), std=[1, 1, 1]),
            T.Lambda(lambda x: x.clamp(0, 1)),
            T.ToPILImage(),
        ]
    )(batch)
    resized = np.asarray(T.Resize(224)(picture), dtype=int)
    assert np.abs(np.asarray(back, dtype=int) - resized).max() <= 1
    assert T.Resize((10, 20))(picture).size == (20, 10)


def test_squeezenet(monkeypatch):
    import torchvision

    from nndl import squeezenet

    trained = squeezenet.SqueezeNet().requires_grad_(False).eval()
    monkeypatch.setattr(squeezenet, "load_squeezenet", lambda: trained)
    models = importlib.import_module("torchvision.models")
    assert torchvision.models is models
    net = torchvision.models.squeezenet1_1(pretrained=True)
    assert net is trained
    assert net.training
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert models.squeezenet1_1() is not trained


@pytest.mark.parametrize(
    "line",
    [
        "import torchvision.transforms as T; T.RandomCrop(32)",
        "from torchvision.transforms import RandomHorizontalFlip",
        "import torchvision.datasets as dset; dset.CIFAR100('.')",
        "import torchvision; torchvision.utils",
        "import torchvision; torchvision.models.resnet18()",
        "import torchvision; torchvision.models.squeezenet1_1(num_classes=5)",
        "import torchvision.utils",
        "from torchvision import io",
        "import torchvision.transforms.functional",
        "from torchvision.transforms.functional import resize",
        "from torchvision.transforms import functional",
        "import torchvision.transforms as T; T.Resize(3, max_size=5)",
        "import torchvision.transforms as T; T.ToPILImage('HSV')",
    ],
)
def test_any_other_call_says_what_to_install(line):
    with pytest.raises(
        (ImportError, AttributeError, NotImplementedError),
        match=r"torchvision.* is not in the stand-in .*pip install torchvision",
    ):
        exec(line, {})


def test_what_is_missing_can_be_asked_for():
    import torchvision
    import torchvision.transforms

    assert not hasattr(torchvision, "io")
    assert not hasattr(torchvision.transforms, "functional")
    assert int(torchvision.__version__.partition("+")[0]) == 0


def test_arguments_of_the_transforms(T):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, size=(6, 9, 3), dtype=np.uint8))
    want = picture.resize((6, 4), Image.Resampling.BILINEAR)
    for resize in (T.Scale(4), T.Resize(size=4, interpolation=2), T.Resize([4]), T.Resize(4, antialias=True)):
        np.testing.assert_array_equal(np.asarray(resize(picture)), np.asarray(want))
    nearest = np.asarray(T.Resize((4, 6), interpolation=0)(picture))
    np.testing.assert_array_equal(nearest, np.asarray(picture.resize((6, 4), Image.Resampling.NEAREST)))
    tensor = torch.ones(1, 2, 2)
    assert T.Normalize([3], [2])(tensor) is not tensor
    assert tensor[0, 0, 0] == 1
    assert T.Normalize([3], [2], inplace=True)(tensor) is tensor
    assert tensor[0, 0, 0] == -1
    assert T.ToPILImage("RGB")(torch.ones(3, 2, 2)).mode == "RGB"
