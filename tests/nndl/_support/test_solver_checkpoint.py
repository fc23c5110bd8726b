"""The two files of a checkpoint: what they hold, and that no half of one is taken for a whole."""

import os

import numpy as np
import pytest

from nndl._support import solver_checkpoint


def test_values_come_back_with_their_types(tmp_path):
    state = {
        "plain": [None, True, 3, 0.1, float("inf"), "text"],
        "scalars": {"lr": np.float32(0.1), "n": np.int64(7)},
        "array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "pair": (1, np.zeros(0)),
    }
    solver_checkpoint.save(tmp_path / "c", state)
    back = solver_checkpoint.load(tmp_path / "c")
    assert back["plain"] == state["plain"]
    assert back["scalars"] == state["scalars"]
    assert type(back["scalars"]["lr"]) is np.float32
    np.testing.assert_array_equal(back["array"], state["array"], strict=True)
    assert back["pair"][0] == 1
    assert back["pair"][1].shape == (0,)


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, np.array([object()]), {"__array__": 1}, print, {1, 2}],
    ids=["object", "integer key", "object array", "reserved key", "function", "set"],
)
def test_what_it_cannot_hold_is_refused_before_anything_is_written(tmp_path, value):
    with pytest.raises(TypeError, match="a checkpoint cannot hold"):
        solver_checkpoint.save(tmp_path / "c", {"config": value})
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_replacement_leaves_no_checkpoint_that_does_not_fit_together(tmp_path, monkeypatch):
    solver_checkpoint.save(tmp_path / "run_epoch_1", {"a": np.arange(2)})
    solver_checkpoint.save(tmp_path / "run_epoch_2", {"a": np.arange(3)})
    real = os.replace

    def interrupted(old, new):
        if str(new).endswith(".json"):
            raise KeyboardInterrupt
        real(old, new)

    monkeypatch.setattr(solver_checkpoint.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        solver_checkpoint.save(tmp_path / "run_epoch_2", {"a": np.arange(4)})
    assert solver_checkpoint.find(tmp_path / "run") == tmp_path / "run_epoch_1"


def test_a_failed_write_leaves_no_half_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError("no space left")

    monkeypatch.setattr(solver_checkpoint.os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        solver_checkpoint.save(tmp_path / "c", {"a": 1})
    assert list(tmp_path.iterdir()) == []
