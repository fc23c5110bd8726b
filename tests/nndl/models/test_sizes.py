"""The three nets called TwoLayerNet refuse the same wrong sizes in the same words."""

from typing import Any

import numpy as np
import pytest

from nndl import fc_net, modules, neural_net

NETS = {
    "neural_net": (neural_net.TwoLayerNet, ("input_size", "hidden_size", "output_size")),
    "modules": (modules.TwoLayerNet, ("input_size", "hidden_size", "output_size")),
    "fc_net": (fc_net.TwoLayerNet, ("input_dim", "hidden_dims", "num_classes")),
}


@pytest.mark.parametrize("position", range(3))
@pytest.mark.parametrize("net", NETS)
def test_wrong_sizes_are_refused_in_the_same_words(net, position):
    make, names = NETS[net]
    for size, error, words in (
        (0, ValueError, "must be at least 1, but got 0"),
        (-3, ValueError, "must be at least 1, but got -3"),
        (2.5, TypeError, "must be an integer, but got 2.5"),
        ("3", TypeError, "must be an integer, but got '3'"),
        (True, TypeError, "must be an integer, but got True"),
        ([4], TypeError, r"must be an integer, but got \[4\]"),
    ):
        sizes: list[Any] = [5, 4, 3]
        sizes[position] = size
        with pytest.raises(error, match=f"^{names[position]} {words}$"):
            make(*sizes)


@pytest.mark.parametrize("net", NETS)
def test_integers_of_numpy_are_integers(net):
    make, _ = NETS[net]
    assert len(make(np.int64(5), np.int32(4), 3).params) == 4
