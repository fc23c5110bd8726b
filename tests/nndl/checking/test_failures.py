"""Which line of a student's an exception is laid to: never one of the package's own."""

import numpy as np
import pytest

from nndl import fc_net, layers
from nndl.checking.shared.failures import explain_exception


def explained(call):
    with pytest.raises(Exception) as caught:  # noqa: PT011  whatever it is
        call()
    return explain_exception(caught.value)


def test_what_a_layer_refuses_is_laid_to_who_called_it():
    net = fc_net.FullyConnectedNet([4], 3, 2, normalization="batchnorm")
    net.params["gamma1"] = np.ones(5, np.float32)
    unwritten, lines = explained(lambda: net.loss(np.zeros((2, 3))))
    assert not unwritten
    assert lines[0] == "ValueError: gamma must have shape (4,), but its shape is (5,)"
    assert "`batchnorm_forward`, nndl/layers/batchnorm.py, line " in lines[1].replace("\\", "/")


@pytest.mark.parametrize(
    "call",
    [
        lambda: layers.conv_forward_naive(np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 3, 3)), np.zeros(1), {}),
        lambda: layers.spatial_groupnorm_forward(
            np.zeros((1, 3, 1, 1)), np.ones((1, 3, 1, 1)), np.ones((1, 3, 1, 1)), 2, {}
        ),
        lambda: layers.dropout_forward(np.zeros(3), {"p": 2, "mode": "train"}),
    ],
)
def test_no_file_with_an_underscore_is_named(call):
    _, lines = explained(call)
    assert "nndl" in lines[1]
    assert "/_" not in lines[1].replace("\\", "/")


def test_a_stub_is_named_with_its_file(monkeypatch):
    def unwritten(*args):
        raise NotImplementedError("write this part")

    monkeypatch.setattr(layers, "affine_forward", unwritten)
    is_stub, lines = explained(lambda: layers.affine_forward(1))  # type: ignore[call-arg, arg-type]
    assert is_stub
    assert "still raises NotImplementedError: write it first" in lines[0]
    assert "test_failures.py" in lines[0]
