"""Numeric gradients: right values, arrays restored, arguments refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nndl.gradient_check import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    grad_check_sparse,
    rel_error,
)


def cubes(x):
    return (x**3).sum()


def test_rel_error_is_the_largest():
    assert rel_error([1.0, 2.0], [1.0, 2.0]) == 0
    assert rel_error([1.0, 3.0], [1.0, 1.0]) == 0.5
    assert rel_error(0.0, 1e-9) == pytest.approx(0.1)
    assert rel_error(1.0, -1.0) == 1.0
    assert math.isnan(rel_error([np.nan, 1.0], [1.0, 1.0]))


def test_rel_error_refuses_what_it_would_broadcast():
    with pytest.raises(ValueError, match="same shape"):
        rel_error(np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(ValueError, match="empty"):
        rel_error([], [])


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_gradient_of_a_number(shape):
    x = np.random.default_rng(0).normal(size=shape)
    x = np.asarray(x)
    before = x.copy()
    grad = eval_numerical_gradient(cubes, x, verbose=False)
    assert rel_error(grad, 3 * x**2) < 1e-8
    np.testing.assert_array_equal(x, before)


def test_gradient_is_centred():
    x = np.array([2.0])
    grad = eval_numerical_gradient(lambda x: float(x[0] ** 2), x, verbose=False, h=0.5)
    assert grad == pytest.approx(4.0, rel=1e-12)  # a one-sided difference gives 4.5 or 3.5


def test_gradient_of_an_array():
    rng = np.random.default_rng(1)
    x, df = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    grad = eval_numerical_gradient_array(np.sin, x, df)
    assert rel_error(grad, np.cos(x) * df) < 1e-8


def test_array_function_may_reuse_its_output():
    x, out = np.array([1.0, 2.0]), np.empty(2)

    def f(x):
        np.square(x, out=out)
        return out

    assert rel_error(eval_numerical_gradient_array(f, x, np.ones(2)), 2 * x) < 1e-8


def test_function_may_ignore_its_argument():
    params = {"W": np.array([1.0, -2.0])}
    grad = eval_numerical_gradient(lambda _: cubes(params["W"]), params["W"], verbose=False)
    assert rel_error(grad, [3.0, 12.0]) < 1e-8
    copied = eval_numerical_gradient(lambda _: cubes(params["W"]), params["W"].copy(), verbose=False)
    assert not copied.any()


def test_verbose_prints_index_and_value(capsys):
    eval_numerical_gradient(lambda x: 2 * x.sum(), np.zeros((1, 2)))
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(")")[0] for line in lines] == ["(0, 0", "(0, 1"]
    assert float(lines[1].split()[-1]) == pytest.approx(2)


def test_x_is_restored_when_the_function_fails():
    x = np.array([1.0, 2.0])
    calls = []

    def failing(x):
        calls.append(x.copy())
        if len(calls) == 3:
            raise RuntimeError("stop")
        return x.sum()

    for check in (
        lambda: eval_numerical_gradient(failing, x, verbose=False),
        lambda: eval_numerical_gradient_array(failing, x, 1.0),
    ):
        calls.clear()
        with pytest.raises(RuntimeError, match="stop"):
            check()
        np.testing.assert_array_equal(x, [1.0, 2.0])


def test_x_is_restored_when_the_value_is_no_number():
    x = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="one number") as caught:
        eval_numerical_gradient(lambda x: x, x, verbose=False)  # type: ignore[arg-type, return-value]
    np.testing.assert_array_equal(x, [1.0, 2.0])
    assert caught.value is not None


@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.float16])
def test_other_dtypes_are_refused(dtype):
    x = np.ones(3, dtype=dtype)
    for check in (
        lambda: eval_numerical_gradient(cubes, x),
        lambda: eval_numerical_gradient_array(np.sin, x, x),
        lambda: grad_check_sparse(cubes, x, x),
    ):
        with pytest.raises(TypeError, match=f"x must be float64, but its dtype is {np.dtype(dtype)}"):
            check()


def test_other_wrong_arguments_are_refused():
    x = np.ones(3)
    with pytest.raises(TypeError, match="x must be a NumPy array"):
        eval_numerical_gradient(cubes, [1.0])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="h must be positive"):
        eval_numerical_gradient(cubes, x, h=0)
    with pytest.raises(ValueError, match="df must have the shape"):
        eval_numerical_gradient_array(np.sin, x, np.ones((3, 1)))
    with pytest.raises(ValueError, match="analytic_grad must have shape"):
        grad_check_sparse(cubes, x, np.ones(4))
    with pytest.raises(ValueError, match="at least 1"):
        grad_check_sparse(cubes, x, x, num_checks=0)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        eval_numerical_gradient(cubes, x)


def test_sparse_check_prints_and_returns_the_worst(capsys):
    x = np.random.default_rng(2).normal(size=(3, 2))
    np.random.seed(0)
    assert grad_check_sparse(cubes, x, 3 * x**2, num_checks=4) < 1e-7
    assert capsys.readouterr().out.count("relative error") == 4
    assert grad_check_sparse(cubes, x, -3 * x**2, num_checks=4) > 0.9
    assert math.isnan(grad_check_sparse(cubes, x, np.full(x.shape, np.nan), num_checks=4))
