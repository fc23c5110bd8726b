"""Every entry of golden.json that can be run, on what the import lines of existing courses' notebooks bring.

An entry's target, say ``nndl.layers.affine_forward``, is looked up by its name in the namespace of a notebook after
its own import lines, star imports included (`tests/existing_courses/names.json`): what the course's user calls.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import re
import warnings
from typing import Any

import numpy as np
import pytest

from nndl import compat
from nndl.data import cifar10

from ..existing_courses.notebooks import Notebook, load_notebooks
from .interpreter import OWN_NAMES, Names, TargetMissing, check_entry, load_entries

KINDS = ("exact", "property", "gradcheck", "agreement")
OWN_TEST = "000.two_layer.init"
ENTRIES = [
    entry
    for entry in load_entries()
    if entry["kind"] in KINDS and "inputs" in entry and entry["id"] != OWN_TEST
]

# Notebooks in which the entries are tried, in this order: course, year, name.
CS231N = [
    ("CS231n", 2022, name)
    for name in (
        "two_layer_net",
        "FullyConnectedNets",
        "BatchNormalization",
        "Dropout",
        "ConvolutionalNetworks",
    )
]
C147_WITH_UTILS = [
    ("C147", 2023, name)
    for name in (
        "two_layer_nn",
        "FC_nets",
        "Optimization",
        "Batch-Normalization",
        "Dropout",
        "CNN-Layers",
        "CNN-BatchNorm",
        "CNN",
    )
]
C147_WITH_CS231N = [("C147", 2018, name) for name in ("two_layer_nn", "FC_nets")]
HW1 = [("hw1", 2023, "HW1_1")]

# The systems, each with the seeds whose entries it must be able to run. C147's names meet the numbers of CS231n, too.
SYSTEMS = {
    "000": (C147_WITH_CS231N, {"000"}),
    "001": (C147_WITH_UTILS, {"001"}),
    "002": (CS231N, {"002", "derived"}),
    "003": (C147_WITH_UTILS, {"002", "derived"}),
    "004": (HW1, {"004"}),
}
# What C147 does not have: layer and group normalization, the one-formula gradient, `normalization=` and
# `dropout_keep_ratio=` of networks; and its optimizers keep their state under other keys.
NOT_IN_C147 = re.compile(r"\.(ln|fc_ln|gn|fc_bn|fc_dropout|bn\.backward_alt|optim\.(rmsprop|adam))")


# Gradient checks of a second and more.
SLOW = {
    *("002.cnn.gradcheck", "002.conv_relu_pool", "002.fast_conv_agreement", "002.fc_bn.gradcheck_reg0"),
    *("002.fc_bn.gradcheck_reg3.14", "derived.fc_ln.gradcheck_reg3.14"),
}


class NotebookNames(Names):
    """Finds targets by their last name in a notebook's namespace."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(OWN_NAMES)
        self.namespace = namespace

    def find(self, target: str) -> Any:
        name = target.rpartition(".")[2]
        if name not in self.namespace:
            raise TargetMissing(target)
        found = self.namespace[name]
        if inspect.isclass(found) and not issubclass(found, LIBRARY_CLASSES[target]):
            raise TargetMissing(f"{target}: another class has this name")
        return found


# Two courses have a TwoLayerNet in two modules: the one that is meant is this library's, or made from it.
LIBRARY_CLASSES = {
    step["cls"]: Names(OWN_NAMES).find(step["cls"])
    for entry in ENTRIES
    for step in entry["inputs"]
    if step["op"] == "new"
}


def functions_of(entry) -> set[str]:
    """Return every target in an entry's text."""
    text = json.dumps([entry["inputs"], entry.get("check")])
    return set(re.findall(r'"((?:nndl\.\w+|HW_YourAnswer)\.\w+)"', text))


def namespace_of(notebook: Notebook) -> dict[str, Any]:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore", UserWarning)  # another module called `utils` may be hidden meanwhile
        exec(notebook.install, {})
        namespace: dict[str, Any] = {}
        for module, names in notebook.imports.items():
            for name in names:
                exec(f"from {module} import {name}", namespace)
    return namespace


@pytest.fixture(scope="module")
def namespaces():
    """What each notebook's imports bring, by course, year and name."""
    all_notebooks = {(n.course, n.year, n.name): n for n in load_notebooks()}
    made = {}
    for keys, _ in SYSTEMS.values():
        compat.uninstall()
        for key in keys:
            if key not in made:
                made[key] = namespace_of(all_notebooks[key])
    yield made
    compat.uninstall()


def cases():
    for system, (_, seeds) in SYSTEMS.items():
        for entry in ENTRIES:
            wanted = seeds & set(entry["seed"])
            if wanted and functions_of(entry) and not (system == "003" and NOT_IN_C147.search(entry["id"])):
                yield pytest.param(system, entry, id=f"{system}-{entry['id']}", marks=marks(system, entry))


def marks(system, entry):
    # `test_golden.py` runs them quickly enough on the library, and the scripts of the systems some under course names
    slow = entry["id"] in SLOW or (system == "003" and entry["kind"] in ("gradcheck", "agreement"))
    return [pytest.mark.slow] * slow


CASES = list(cases())


@pytest.mark.parametrize(("system", "entry"), CASES)
def test_entry(system, entry, namespaces):
    notebooks, _ = SYSTEMS[system]
    for key in notebooks:
        names = NotebookNames(namespaces[key])
        try:
            for target in functions_of(entry):
                names.find(target)
        except TargetMissing:
            continue
        check_entry(entry, names)
        return
    raise AssertionError(f"no notebook of system {system} brings {functions_of(entry)}")


def test_every_entry_runs_in_the_system_of_each_of_its_seeds():
    run = {(case.values[0], case.values[1]["id"]) for case in CASES}
    for entry in ENTRIES:
        if not functions_of(entry):
            continue  # about its own inputs, such as their means
        for seed in entry["seed"]:
            assert ("002" if seed == "derived" else seed, entry["id"]) in run


def test_every_course_has_a_system():
    courses = {keys[0][0] for keys, _ in SYSTEMS.values()}
    assert courses == {notebook.course for notebook in load_notebooks()}
    assert importlib.import_module("nndl.compat").COURSES.keys() == {"c147", "cs231n", "hw1"}


@pytest.mark.parametrize("key", [C147_WITH_CS231N[1], C147_WITH_UTILS[1]], ids=str)
def test_initial_weights(key, namespaces):
    """000.two_layer.init."""
    entry = next(entry for entry in load_entries() if entry["id"] == OWN_TEST)
    seed, step = entry["inputs"]
    np.random.seed(seed["value"])
    params = namespaces[key]["TwoLayerNet"](**step["kwargs"]).params
    for name in ("W1", "W2"):
        assert list(params[name].shape) == entry["expected"][f"{name}_shape"]
        spread = abs(params[name].std() - step["kwargs"]["weight_scale"])
        assert spread < entry["expected"]["abs_std_minus_scale_below"]
    assert not params["b1"].any()
    assert not params["b2"].any()


@pytest.fixture
def blank_images(monkeypatch):
    """As many images as the official files hold, all black."""
    images, labels = np.zeros((50000, 3, 32, 32), np.uint8), np.zeros(50000, np.int64)
    monkeypatch.setattr(
        cifar10, "read_CIFAR10", lambda root: (images, labels, images[:10000], labels[:10000])
    )


@pytest.mark.slow
@pytest.mark.usefixtures("blank_images")
def test_shapes_of_the_data(namespaces):
    """000.cifar.shapes and 004.linear.shapes, prepared as the notebooks do."""
    expected = {entry["id"]: entry["expected"] for entry in load_entries() if "expected" in entry}
    X, y, X_test, y_test = namespaces[C147_WITH_CS231N[0]]["load_CIFAR10"]("cifar-10-batches-py")
    X, X_test = X.reshape(len(X), -1), X_test[:1000].reshape(1000, -1)
    arrays = {
        **{"X_train": X[:49000], "y_train": y[:49000], "X_val": X[49000:], "y_val": y[49000:]},
        **{"X_test": X_test, "y_test": y_test[:1000]},
    }
    assert {name: list(array.shape) for name, array in arrays.items()} == expected["000.cifar.shapes"]
    X, y, X_test, y_test, _ = namespaces[HW1[0]]["get_CIFAR10_data"]()
    onehot = np.eye(10)[y]
    arrays = {
        **{"x_batch": X[:20], "y_batch": onehot[:20], "train_X": X, "train_Y": onehot},
        **{"test_X": X_test, "test_Y": y_test},
    }
    assert {name: list(array.shape) for name, array in arrays.items()} == expected["004.linear.shapes"]
