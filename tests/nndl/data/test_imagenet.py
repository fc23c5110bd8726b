"""Reading the ImageNet photographs, without running what a pickled dict could hold."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from nndl import data_utils

FILE = "imagenet_val_25.npz"


def write(folder, label_map, X=None):
    X = np.arange(3 * 224 * 224 * 3, dtype=np.uint8).reshape(3, 224, 224, 3) if X is None else X
    np.savez(folder / FILE, X=X, y=np.array([5, 7, 5]), label_map=np.array(label_map, dtype=object))


def test_images_labels_and_names(tmp_path):
    write(tmp_path, {5: "owl", 7: "cup"})
    for path in (tmp_path, tmp_path / FILE):
        X, y, class_names = data_utils.load_imagenet_val(num=2, path=path)
        assert (X.shape, X.dtype) == ((2, 224, 224, 3), np.uint8)
        assert (y.tolist(), y.dtype) == ([5, 7], np.int64)
        assert class_names == {5: "owl", 7: "cup"}
    assert len(data_utils.load_imagenet_val(path=tmp_path)[0]) == 3


def test_environment_and_cache(tmp_path, monkeypatch):
    for variable in ("NNDL_DATA", "NNDL_CACHE"):
        monkeypatch.setenv("NNDL_DATA", "offline")
        folder = tmp_path / variable
        folder.mkdir()
        write(folder, {5: variable})
        monkeypatch.setenv(variable, str(folder))
        assert data_utils.load_imagenet_val()[2] == {5: variable}


class Harmful:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (self.trace,)


def test_code_in_the_names_does_not_run(tmp_path):
    write(tmp_path, {5: Harmful(str(tmp_path / "trace"))})
    with pytest.raises(ValueError, match="damaged"):
        data_utils.load_imagenet_val(path=tmp_path)
    assert not (tmp_path / "trace").exists()
    np.load(tmp_path / FILE, allow_pickle=True)["label_map"]  # while it does run if NumPy unpickles
    assert (tmp_path / "trace").exists()


def test_what_goes_wrong_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"path must be {FILE}"):
        data_utils.load_imagenet_val(path=tmp_path)
    write(tmp_path, {5: "owl"})
    for num in (0, 4):
        with pytest.raises(ValueError, match=f"num must be from 1 to 3, but got {num}"):
            data_utils.load_imagenet_val(num, path=tmp_path)
    write(tmp_path, {5: "owl"}, X=np.zeros((2, 4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="does not hold images"):
        data_utils.load_imagenet_val(path=tmp_path)
    for content in (b"", b"nothing", pickle.dumps(1)):
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(ValueError, match="damaged; delete it"):
            data_utils.load_imagenet_val(path=tmp_path)
