"""The optional look at every step of the batch normalization's backward pass."""

from __future__ import annotations

import pytest

from nndl import layers
from nndl.checking import CheckFailed
from nndl.checking import batchnorm as check


def test_all_steps_of_the_reference_are_right_and_nothing_counts(capsys: pytest.CaptureFixture[str]) -> None:
    check.progress.reset()
    check.backward_steps()
    said = capsys.readouterr().out
    assert "✓ backward_steps passes\n" in said
    assert "right: dbeta, dgamma, dx_hat, dstd, dcentred, dx\n" in said
    assert "backward_steps" not in str(check.progress).replace("check.backward_steps()", "")


def test_the_first_wrong_step_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def backward(dout, cache):
        x_hat, gamma, std = cache
        dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
        dxhat = dout * gamma
        dxmu = dxhat / std
        d_var = (dxhat * x_hat).sum(axis=0) / std / std / 2  # the minus is missing
        dmu = -dxmu.sum(axis=0)
        dx = dxmu + 2 * d_var * x_hat * std / len(dout) + dmu / len(dout)
        return dx, dgamma, dbeta

    monkeypatch.setattr(layers, "batchnorm_backward", backward)
    with pytest.raises(CheckFailed) as failed:
        check.backward_steps()
    text = " ".join(str(failed.value).split())
    assert "d_var, the gradient of var, has the wrong sign" in text
    assert (
        "right: dbeta, dgamma, dxhat, dxmu (its share through x_hat alone, to which that through std is added), dmu"
        in text
    )
    assert "no variable has this name: dstd" in text
