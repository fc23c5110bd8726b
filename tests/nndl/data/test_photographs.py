"""The two photographs to look at: their form, where they come from, and what stands in where the file is missing."""

from __future__ import annotations

import numpy as np
import pytest

from nndl.data import photographs
from nndl.data_utils import load_photographs


def test_two_photographs_in_the_public_domain():
    pictures, credit = load_photographs()
    assert pictures.shape == (2, 3, 200, 200)
    assert pictures.dtype == np.uint8
    assert "public domain" in credit or credit == photographs.DRAWN
    assert (pictures.std(axis=(2, 3)) > 20).all()


def test_drawn_pictures_where_the_file_is_missing(monkeypatch: pytest.MonkeyPatch):
    def missing(name: str, **options: object) -> None:
        raise FileNotFoundError(name)

    monkeypatch.setattr("matplotlib.cbook.get_sample_data", missing)
    pictures, credit = load_photographs()
    assert pictures.shape == (2, 3, 200, 200)
    assert pictures.dtype == np.uint8
    assert credit == photographs.DRAWN
