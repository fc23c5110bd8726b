"""Where submissions lie, and hidden images that need no drawing."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.judging import hidden_images
from autograder.library import made_ahead


@pytest.fixture(autouse=True)
def few_hidden_images(monkeypatch):
    """Hidden images that need no drawing: class k is bright in the k-th block of features."""

    def drawn(seed):
        y = np.random.default_rng(seed).integers(10, size=500)
        X = np.zeros((500, 3072), np.float32)
        for row, label in enumerate(y):
            X[row, 300 * label : 300 * (label + 1)] = 1
        return X, y

    monkeypatch.setattr(hidden_images, "_drawn_set", drawn)
    monkeypatch.setattr(made_ahead, "order", lambda *_: None)  # no other process draws real ones


@pytest.fixture
def submitted(tmp_path):
    return tmp_path / "submitted"
