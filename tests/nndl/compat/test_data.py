"""Data where the courses put it: found beside the notebook or above it, before anything is downloaded."""

from __future__ import annotations

import importlib
import pickle

import numpy as np
import pytest

from nndl.compat.shared import data_utils as shared
from nndl.data import sources


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def no_download(url, sha256):
        raise ConnectionError(f"{url} was asked for")

    monkeypatch.setattr(sources, "fetch", no_download)
    monkeypatch.setattr(sources, "_downloaded_CIFAR10", lambda: no_download("CIFAR-10", ""))
    monkeypatch.delenv("NNDL_DATA", raising=False)
    # every batch is small, so there are fewer images than the defaults ask for
    return no_download


def write_batches(folder, label=0):
    """Write six batches of five images each; the label tells whose they are."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(label)
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        batch = {"data": rng.integers(0, 256, size=(5, 3072), dtype=np.uint8), "labels": [label] * 5}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    return folder


@pytest.fixture(params=["cs231n", "c147"])
def course_data(request, install):
    install(request.param)
    return importlib.import_module({"cs231n": "cs231n.data_utils", "c147": "utils.data_utils"}[request.param])


@pytest.mark.parametrize(
    ("place", "depth"),
    [
        ("cs231n/datasets", ""),
        ("cs231n/datasets", "a/b"),
        ("utils/datasets", "hw5"),
        ("datasets", ""),
        (".", "hw5"),
    ],
)
def test_found_beside_the_notebook_and_above_it(course_data, tmp_path, monkeypatch, place, depth):
    write_batches(tmp_path / place / "cifar-10-batches-py", label=3)
    notebook = tmp_path / depth
    notebook.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(notebook)
    data = course_data.get_CIFAR10_data(num_training=20, num_validation=3, num_test=4)
    assert list(data) == ["X_train", "y_train", "X_val", "y_val", "X_test", "y_test"]  # in the courses' order
    assert [len(array) for array in data.values()] == [20, 20, 3, 3, 4, 4]
    assert set(data["y_train"]) == {3}
    X_train, y_train, _, _ = course_data.load_CIFAR10()
    assert X_train.shape == (25, 32, 32, 3)
    assert X_train.dtype == np.float64
    assert set(y_train) == {3}


def test_a_path_that_the_notebook_gives_comes_first(course_data, tmp_path, monkeypatch):
    write_batches(tmp_path / "cs231n/datasets/cifar-10-batches-py", label=1)
    own = write_batches(tmp_path / "elsewhere/cifar-10-batches-py", label=2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNDL_DATA", "offline")
    for path in (own, str(own), own.parent, "elsewhere/cifar-10-batches-py"):
        assert set(course_data.load_CIFAR10(path)[1]) == {2}


def test_a_path_of_another_machine_is_said_and_replaced(course_data, tmp_path, monkeypatch, capsys):
    here = write_batches(tmp_path / "cs231n/datasets/cifar-10-batches-py", label=1)
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert set(course_data.load_CIFAR10("/Users/me/cifar-10-batches-py")[1]) == {1}
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"no CIFAR-10 batches at '/Users/me/cifar-10-batches-py': they are read from {here}")


def test_the_environment_comes_before_what_lies_beside(course_data, tmp_path, monkeypatch):
    write_batches(tmp_path / "cs231n/datasets/cifar-10-batches-py", label=1)
    monkeypatch.setenv("NNDL_DATA", str(write_batches(tmp_path / "set/cifar-10-batches-py", label=2).parent))
    monkeypatch.chdir(tmp_path)
    assert set(course_data.load_CIFAR10()[1]) == {2}


def test_nothing_found_is_the_librarys_affair(course_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shared, "_find_data", lambda name: None)  # nothing above the test's folder either
    with pytest.raises(ConnectionError, match="was asked for"):
        course_data.load_CIFAR10()


def test_photographs(course_data, tmp_path, monkeypatch):
    folder = tmp_path / "cs231n/datasets"
    folder.mkdir(parents=True)
    names = np.array({0: "tench"}, dtype=object)
    np.savez(
        folder / "imagenet_val_25.npz", X=np.zeros((2, 224, 224, 3), np.uint8), y=np.zeros(2), label_map=names
    )
    (tmp_path / "hw").mkdir()
    monkeypatch.chdir(tmp_path / "hw")
    X, y, class_names = course_data.load_imagenet_val(num=1)
    assert (X.shape, y.tolist(), class_names) == ((1, 224, 224, 3), [0], {0: "tench"})


def test_the_homework_finds_its_images_too(install, tmp_path, monkeypatch):
    install("hw1")
    utils = importlib.import_module("utils")
    write_batches(tmp_path / "cifar-10-batches-py", label=4)
    monkeypatch.chdir(tmp_path)
    X_tr, Y, *_ = utils.prepare_data(20, 5)
    assert X_tr.shape == (20, 3072)
    assert Y.argmax(axis=1).tolist() == [4] * 20
