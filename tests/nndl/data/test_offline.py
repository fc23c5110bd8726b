"""The offline image set: deterministic, balanced, in the official layout, and worth learning from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nndl import data_utils
from nndl.data import offline
from nndl.neural_net import TwoLayerNet


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("NNDL_DATA", raising=False)
    monkeypatch.setenv("NNDL_CACHE", str(tmp_path / "cache"))


def test_images_look_like_images():
    X, y = data_utils.draw_offline_images(1200, seed=3)
    assert (X.shape, X.dtype) == ((1200, 32, 32, 3), np.uint8)
    assert (y.shape, y.dtype) == ((1200,), np.int64)
    assert np.bincount(y).tolist() == [120] * 10
    assert 60 < X.mean() < 190
    assert X.std() > 40
    assert len({image.tobytes() for image in X}) == 1200


def test_the_seed_decides():
    X, y = data_utils.draw_offline_images(700, seed=3)
    again, labels = data_utils.draw_offline_images(700, seed=3)
    np.testing.assert_array_equal(X, again)
    np.testing.assert_array_equal(y, labels)
    other, others = data_utils.draw_offline_images(700, seed=4)
    assert (y != others).any()
    assert not {image.tobytes() for image in X} & {image.tobytes() for image in other}


def test_global_generator_is_not_used():
    state = np.random.get_state(legacy=False)["state"]["key"].copy()
    data_utils.draw_offline_images(20, seed=1)
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], state)


@pytest.mark.parametrize("n", [0, 1, 499, 501])
def test_any_number(n):
    X, y = data_utils.draw_offline_images(n, seed=0)
    assert len(X) == len(y) == n


@pytest.mark.parametrize(("n", "seed"), [(-1, 0), (1, -1)])
def test_negative_numbers_are_refused(n, seed):
    with pytest.raises(ValueError, match="must not be negative"):
        data_utils.draw_offline_images(n, seed)


def test_a_few_images_of_every_class_even_if_few():
    labels = np.concatenate([data_utils.draw_offline_images(3, seed=seed)[1] for seed in range(40)])
    assert set(labels) == set(range(10))


@pytest.mark.parametrize("by_environment", [False, True])
def test_set_is_drawn_once_in_the_official_layout(monkeypatch, capsys, tmp_path, by_environment):
    monkeypatch.setattr(offline, "BATCH", 100)
    if by_environment:
        monkeypatch.setenv("NNDL_DATA", "offline")
    root = None if by_environment else "offline"
    X_train, y_train, X_test, y_test = data_utils.load_CIFAR10(root, dtype=np.uint8)
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 1
    assert "NOT CIFAR-10" in said
    assert "being drawn" in said
    X, y = data_utils.draw_offline_images(600, seed=offline.SEED)
    np.testing.assert_array_equal(np.concatenate([X_train, X_test]), X)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), y)

    (folder,) = (tmp_path / "cache").iterdir()
    written = (folder / "data_batch_1").stat().st_mtime_ns
    assert data_utils.load_class_names(root)[:3] == ["disc", "square", "triangle"]
    assert capsys.readouterr().out == "", "said once, and no more"
    assert (folder / "data_batch_1").stat().st_mtime_ns == written


def test_a_new_process_is_told_even_if_the_set_is_there(monkeypatch, capsys):
    monkeypatch.setattr(offline, "BATCH", 10)
    data_utils.find_CIFAR10("offline")
    capsys.readouterr()
    monkeypatch.setattr(offline, "_announced", set())  # as a new process has it
    for said in (["This is NOT CIFAR-10, but the offline image set: ten classes of drawn figures."], []):
        data_utils.find_CIFAR10("offline")
        assert capsys.readouterr().out.splitlines() == said


def test_drawing_again_takes_the_place_of_an_older_version(monkeypatch):
    monkeypatch.setattr(offline, "BATCH", 10)
    first = data_utils.find_CIFAR10("offline")
    monkeypatch.setattr(offline, "VERSION", offline.VERSION + 1)
    assert data_utils.find_CIFAR10("offline") != first


@pytest.mark.slow
def test_lessons_hold():
    """A short baseline is poor, a tuned two-layer net much better: benchmarks/offline_set.py measures the rest."""
    images, y = data_utils.draw_offline_images(22000, seed=1)
    X = images.reshape(len(images), -1).astype(np.float32)
    X -= X[:20000].mean(axis=0)
    accuracy = []
    trainings: tuple[dict[str, Any], ...] = (
        {"num_iters": 1000, "learning_rate": 1e-4, "reg": 0.25},
        {"num_iters": 1500, "learning_rate": 1e-3, "reg": 0.35},
    )
    for settings in trainings:
        np.random.seed(0)
        net = TwoLayerNet(3072, 50, 10)
        net.params = {name: array.astype(np.float32) for name, array in net.params.items()}
        net.train(X[:20000], y[:20000], X[20000:], y[20000:], **settings)
        accuracy.append((net.predict(X[20000:]) == y[20000:]).mean())
    assert 0.2 < accuracy[0] < 0.33
    assert accuracy[1] > 0.45
