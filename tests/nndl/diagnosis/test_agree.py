"""Whether two values agree is decided as by `compare`, which also looks for the reason."""

from __future__ import annotations

import numpy as np
import pytest

from nndl.diagnosis import agree, compare

X = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (X, X), (X + 1e-12, X), (2 * X, X), (X.T, X), (X[::-1], X), (None, X), ("text", X), (X.astype(np.float32), X),
        (np.array([1, 2]), np.array([1, 2])), (np.array([1, 3]), np.array([1, 2])), (np.nan, 1.0), (1.0, np.nan),
        (np.nan, np.nan), (np.inf, np.inf), (np.zeros((0, 3)), np.zeros((0, 3))), (0.0, 1e-30), (True, 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("options", [{}, {"rtol": 2.0}, {"scale": 1e12}], ids=["plain", "coarse", "large"])
def test_two_values_agree_if_comparing_finds_nothing(got, want, options):
    assert agree(got, want, **options) == (compare(got, want, **options) is None)
