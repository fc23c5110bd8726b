"""What is said of a function's variables: true of what they hold, and no finding on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nndl.checking.shared.model import Remark
from nndl.checking.shared.progress import CheckFailed, Progress
from nndl.checking.shared.steps import remark_on_float64, remarks_on_borders, remarks_on_variables


def one_hot_of_float64(x: Any) -> Any:
    one_hot = np.zeros(x.shape)
    return x - one_hot


def of_float32(x: Any) -> Any:
    one_hot = np.zeros_like(x)
    return x - one_hot


def test_the_first_variable_of_float64_is_named() -> None:
    x = np.ones(3, np.float32)
    assert "is `one_hot`" in str(remark_on_float64(one_hot_of_float64, x))
    assert remark_on_float64(of_float32, x) is None


def normalized(x: Any) -> Any:
    mu = x.mean(axis=1)
    spread = x.var(axis=0)
    raise ValueError(mu, spread)


def test_variables_are_told_by_what_they_hold_also_where_a_function_fails() -> None:
    x = np.random.RandomState(0).randn(4, 3)
    meanings = {
        "the mean of each row": x.mean(axis=1),
        "the mean of each column": x.mean(axis=0),
        "the mean": x.mean(),
    }
    assert [str(r) for r in remarks_on_variables(meanings, normalized, x)] == [
        "your variable `mu` holds the mean of each row"
    ]


def padded_on_all_axes(x: Any) -> Any:
    around = np.pad(x, 1)
    inside = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return around, inside


def test_a_border_on_other_axes_is_told() -> None:
    (remark,) = remarks_on_borders(np.ones((1, 2, 3, 3)), 1, padded_on_all_axes, np.ones((1, 2, 3, 3)))
    assert "`around` has a border along axis 0, 1, 2, 3" in remark


@pytest.mark.parametrize("fails", [True, False])
def test_a_remark_is_no_finding(fails: bool) -> None:
    progress = Progress("x")

    @progress.check(points=1, where="x")
    def body() -> Any:
        """Do something."""
        yield Remark("your variable is wrong")
        yield "it is wrong" if fails else None

    if fails:
        with pytest.raises(CheckFailed, match=r"(?s)it is wrong.*your variable is wrong"):
            body()
    else:
        body()
