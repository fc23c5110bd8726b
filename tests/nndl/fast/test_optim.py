"""The fused Adam takes the steps of the formula, on the kernels and without them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from nndl import optim
from nndl.fast import optim as fast_optim
from nndl.fast.optim import fused_adam

kernels = pytest.mark.skipif(fast_optim.cython_layers is None, reason="the kernels are not built")
RTOL = {"f4": 1e-5, "f8": 1e-12}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.fixture(params=["kernels", "formula"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "formula":
        monkeypatch.setattr(fast_optim, "cython_layers", None)
    elif fast_optim.cython_layers is None:
        pytest.skip("the kernels are not built")
    return request.param


def close(got: np.ndarray, want: np.ndarray, dtype: str) -> None:
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=RTOL[dtype], atol=RTOL[dtype] * np.abs(want).max(initial=0))


@pytest.mark.usefixtures("backend")
class TestStep:
    @pytest.mark.parametrize("dtype", ["f4", "f8"])
    @pytest.mark.parametrize("shape", [(0,), (1,), (7,), (3, 5), (4, 3, 2, 2), (129, 257)])
    def test_steps_are_those_of_the_formula(self, dtype: str, shape: tuple[int, ...], rng: Any) -> None:
        given = {"learning_rate": 0.02, "beta1": 0.7, "beta2": 0.95, "epsilon": 1e-3}
        config: dict[str, Any] = dict(given)
        want_config: dict[str, Any] = dict(given)
        w = want = rng.normal(size=shape).astype(dtype)
        for _ in range(4):
            dw = rng.normal(size=shape).astype(dtype)
            w, returned = fused_adam(w, dw, config)
            want, _ = optim.adam(want, dw, want_config)
            assert returned is config
            close(w, want, dtype)
        assert config.keys() == want_config.keys()
        assert config["t"] == 4
        for key in ("m", "v"):
            close(config[key], want_config[key], dtype)

    def test_defaults_are_those_of_adam(self, rng: Any) -> None:
        w, dw = rng.normal(size=(2, 5))
        got, config = fused_adam(w, dw)
        want, want_config = optim.adam(w, dw)
        close(got, want, "f8")
        simple = ("learning_rate", "beta1", "beta2", "epsilon", "t")
        assert [config[key] for key in simple] == [want_config[key] for key in simple]

    def test_arguments_stay(self, rng: Any) -> None:
        w, dw = rng.normal(size=(2, 6, 5))
        old_w, old_dw = w.copy(), dw.copy()
        next_w, config = fused_adam(w, dw, {"m": w, "v": dw**2})
        np.testing.assert_array_equal(w, old_w)
        np.testing.assert_array_equal(dw, old_dw)
        assert not np.shares_memory(next_w, w)
        assert not np.shares_memory(config["m"], w)

    def test_arrays_in_any_order_and_states_that_are_one_array(self, rng: Any) -> None:
        w, dw, zeros = rng.normal(size=(6, 4)), rng.normal(size=(4, 6)).T, np.zeros((6, 4))
        want, want_config = optim.adam(w[::-1], dw, {"m": zeros, "v": zeros})
        read_only = np.zeros((6, 4))
        read_only.flags.writeable = False
        for shared in (zeros, read_only):
            got, config = fused_adam(w[::-1], dw, {"m": shared, "v": shared})
            close(got, want, "f8")
            close(config["m"], want_config["m"], "f8")
            close(config["v"], want_config["v"], "f8")

    @pytest.mark.parametrize(
        ("w_type", "dw_type"), [("f4", "f8"), ("f8", "f4"), ("f2", "f2"), (">f8", ">f8")]
    )
    def test_other_dtypes_are_promoted_as_by_the_formula(self, w_type: str, dw_type: str, rng: Any) -> None:
        w, dw = rng.normal(size=5).astype(w_type), rng.normal(size=5).astype(dw_type)
        got, config = fused_adam(w, dw, {"epsilon": 1e-3})
        want, want_config = optim.adam(w, dw, {"epsilon": 1e-3})
        np.testing.assert_array_equal(got, want, strict=True)
        np.testing.assert_array_equal(config["m"], want_config["m"], strict=True)

    def test_infinities_and_nan_stay_where_they_are(self) -> None:
        w, dw = np.zeros(40), np.ones(40)
        dw[3], dw[17] = np.nan, np.inf
        with np.errstate(invalid="ignore"):
            got, _ = fused_adam(w, dw)
            want, _ = optim.adam(w, dw)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
        assert np.flatnonzero(np.isnan(got)).tolist() == [3, 17]

    def test_errors_are_those_of_adam(self) -> None:
        with pytest.raises(ValueError, match=r"dw must have shape \(3,\)"):
            fused_adam(np.zeros(3), np.zeros(4))
        with pytest.raises(ValueError, match=r"config\['beta2'\] must be below 1"):
            fused_adam(np.zeros(3), np.zeros(3), {"beta2": 1})
        with pytest.raises(TypeError, match="w must hold"):
            fused_adam(np.zeros(3, dtype=int), np.zeros(3))


@kernels
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bit_identical_for_any_number_of_threads_and_again(dtype: str, rng: Any) -> None:
    w, dw = rng.normal(size=(2, 5 * fast_optim.cython_layers.ADAM_BLOCK + 13)).astype(dtype)
    runs = set()
    for threads in (1, 2, 3, 1):
        with threadpool_limits(threads, user_api="openmp"):
            next_w, config = fused_adam(w, dw)
        runs.add(next_w.tobytes() + config["m"].tobytes() + config["v"].tobytes())
    assert len(runs) == 1


def test_the_solver_knows_the_rule() -> None:
    ask = "import nndl.solver as s; print(s.get_rule('fused_adam').__name__)"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["fused_adam"]
