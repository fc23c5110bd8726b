"""The library meets every number of the specification that can be run: golden.json, entry by entry."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest

from nndl import data_utils
from nndl.compat import COURSES, install, uninstall
from nndl.compat.hw1.utils import prepare_data
from nndl.data import cifar10

from .interpreter import OWN_NAMES, Entry, Names, check_entry, load_entries

ENTRIES = {entry["id"]: entry for entry in load_entries()}
RUNNABLE = ("exact", "exact_literal", "property", "gradcheck", "agreement", "shape")

# Entries that no steps describe; each has a test of its own below.
OWN_TEST = {
    "000.cifar.shapes",
    "000.two_layer.init",
    "002.nv.gather",
    "002.pt.shapes",
    "004.linear.shapes",
}
STEPPED = [entry for entry in ENTRIES.values() if entry["kind"] in RUNNABLE and entry["id"] not in OWN_TEST]

# What a course's notebooks call the modules in a target. Which seeds belong to which course: API.md, marks.
COURSE_NAMES = {
    "cs231n": {
        "nndl.fc_net": ("cs231n.classifiers.fc_net",),
        "nndl.cnn": ("cs231n.classifiers.cnn",),
        **{
            f"nndl.{name}": (f"cs231n.{name}",)
            for name in ("layers", "layer_utils", "optim", "solver", "fast_layers")
        },
    },
    "c147": {"nndl.optim": ("utils.optim",), "nndl.solver": ("utils.solver",)},
    "hw1": {"HW_YourAnswer": ("HW_YourAnswer",)},
}
COURSE_SEEDS = {"cs231n": {"002"}, "c147": {"000", "001", "003"}, "hw1": {"004"}}


def id_of(entry: Entry) -> str:
    return entry["id"]


@pytest.mark.parametrize("entry", STEPPED, ids=id_of)
def test_entry(entry):
    check_entry(entry, Names(OWN_NAMES))


@pytest.fixture
def course_names(request) -> Iterator[Names]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that another module called `utils` is hidden meanwhile
        install(request.param)
    yield Names(COURSE_NAMES[request.param])
    uninstall()


@pytest.mark.parametrize(
    ("course_names", "entry"),
    [
        pytest.param(course, entry, id=f"{course}-{entry['id']}")
        for course, seeds in COURSE_SEEDS.items()
        for entry in STEPPED
        # The library's modules stand behind these names too, so the values alone are run again.
        if entry["kind"] in ("exact", "property") and seeds & set(entry["seed"])
    ],
    indirect=["course_names"],
)
def test_entry_under_the_names_of_a_course(entry, course_names):
    check_entry(entry, course_names)


def test_every_course_is_covered():
    assert COURSE_NAMES.keys() == COURSE_SEEDS.keys() == COURSES.keys()


def test_every_runnable_entry_has_a_test():
    runnable = {entry["id"] for entry in ENTRIES.values() if entry["kind"] in RUNNABLE}
    assert runnable >= OWN_TEST
    assert {entry["id"] for entry in STEPPED} | OWN_TEST == runnable
    assert len(runnable) == 132


def test_two_layer_init():
    """000.two_layer.init."""
    entry = ENTRIES["000.two_layer.init"]
    expected = entry["expected"]
    np.random.seed(entry["inputs"][0]["value"])
    step = entry["inputs"][1]
    params = Names().find(step["cls"])(**step["kwargs"]).params
    for name in ("W1", "W2"):
        assert list(params[name].shape) == expected[f"{name}_shape"]
        scale = step["kwargs"]["weight_scale"]
        assert abs(params[name].std() - scale) < expected["abs_std_minus_scale_below"]
    assert not params["b1"].any()
    assert not params["b2"].any()


@pytest.fixture
def blank_images(monkeypatch):
    """As many images as the official files hold, all black."""
    images, labels = np.zeros((50000, 3, 32, 32), np.uint8), np.zeros(50000, np.int64)
    blank = (images, labels, images[:10000], labels[:10000])
    monkeypatch.setattr(cifar10, "read_CIFAR10", lambda root: blank)


@pytest.mark.slow
@pytest.mark.usefixtures("blank_images")
def test_flat_cifar_shapes():
    """000.cifar.shapes."""
    names = ("X_train", "y_train", "X_val", "y_val", "X_test", "y_test")
    arrays = data_utils.get_flat_CIFAR10_data(dtype=np.float32)
    shapes = {name: list(array.shape) for name, array in zip(names, arrays, strict=True)}
    assert shapes == ENTRIES["000.cifar.shapes"]["expected"]


@pytest.mark.slow
@pytest.mark.usefixtures("blank_images")
def test_linear_classifier_shapes():
    """004.linear.shapes; its batch is the first 20 training rows."""
    X, Y, X_test, y_test, Y_test = prepare_data()
    arrays = {
        "x_batch": X[:20],
        "y_batch": Y[:20],
        "train_X": X,
        "train_Y": Y,
        "test_X": X_test,
        "test_Y": y_test,
    }
    shapes = {name: list(array.shape) for name, array in arrays.items()}
    assert shapes == ENTRIES["004.linear.shapes"]["expected"]
    assert Y_test.shape == (1000, 10)


@pytest.mark.torch
def test_gather():
    """002.nv.gather."""
    torch = pytest.importorskip("torch")
    from nndl.net_visualization import gather_example

    expected = ENTRIES["002.nv.gather"]["expected"]
    out = gather_example(torch.tensor(expected["s"]), torch.tensor(expected["y"]))
    np.testing.assert_allclose(out.numpy(), expected["out"], rtol=1e-6)


@pytest.mark.torch
def test_pytorch_shapes():
    """002.pt.shapes."""
    torch = pytest.importorskip("torch")
    from nndl import pytorch

    expected = ENTRIES["002.pt.shapes"]["expected"]
    flat = pytorch.flatten(torch.arange(12).view(2, 1, 3, 2))
    assert flat.tolist() == expected["flatten"]["output"]

    for name in ("two_layer_fc", "three_layer_convnet"):
        x, *params = (torch.zeros(shape) for key, shape in expected[name].items() if key != "out")
        assert list(getattr(pytorch, name)(x, params).shape) == expected[name]["out"]

    net = pytorch.TwoLayerFC(*expected["TwoLayerFC"]["args"])
    assert list(net(torch.zeros(64, 50)).shape) == expected["TwoLayerFC"]["out"]
    convnet = pytorch.ThreeLayerConvNet(**expected["ThreeLayerConvNet"]["args"])
    assert list(convnet(torch.zeros(64, 3, 32, 32)).shape) == expected["ThreeLayerConvNet"]["out"]
