"""Options that two courses named differently: either name is understood, and a contradiction is refused."""

import numpy as np
import pytest

from nndl._support.fc_options import float_dtype, keep_ratio, normalization_kind, one_of_two_names


@pytest.mark.parametrize(
    ("normalization", "use_batchnorm", "kind"),
    [
        (None, None, None),
        (None, False, None),
        (None, True, "batchnorm"),
        ("batchnorm", None, "batchnorm"),
        ("batchnorm", True, "batchnorm"),
        ("layernorm", None, "layernorm"),
        ("layernorm", False, "layernorm"),
    ],
)
def test_normalization(normalization, use_batchnorm, kind):
    assert normalization_kind(normalization, use_batchnorm) == kind


@pytest.mark.parametrize(("normalization", "use_batchnorm"), [("batchnorm", False), ("layernorm", True)])
def test_normalization_that_disagrees(normalization, use_batchnorm):
    with pytest.raises(
        ValueError, match=f"use_batchnorm={use_batchnorm} and normalization='{normalization}'"
    ):
        normalization_kind(normalization, use_batchnorm)


@pytest.mark.parametrize(
    ("ratio", "dropout", "kept"),
    [(None, None, 1), (0.5, None, 0.5), (None, 0.25, 0.25), (None, 0, 1), (1, 0, 1)],
)
def test_keep_ratio(ratio, dropout, kept):
    assert keep_ratio(ratio, dropout) == kept


def test_two_names_must_agree():
    assert one_of_two_names("a", None, "b", None, 7) == 7
    assert one_of_two_names("a", 3, "b", 3, 7) == 3
    assert one_of_two_names("a", 0, "b", None, 7) == 0
    with pytest.raises(ValueError, match="a and b are two names for one setting, but they disagree: 1 and 2"):
        one_of_two_names("a", 1, "b", 2, 7)


def test_only_floating_point_types():
    assert float_dtype("float32") == np.float32
    with pytest.raises(
        ValueError, match=r"dtype must be a floating-point type such as np\.float32, but got <class"
    ):
        float_dtype(int)
