"""Answer every request with another kind of junk, so that a check which trusts a type stumbles over it."""

import itertools

import numpy as np

JUNK = itertools.cycle(
    [
        None,
        "24",
        b"24",
        True,
        24,
        -1,
        float("nan"),
        float("inf"),
        10**18,
        [],
        {},
        (),
        [1, 2],
        (1, 2),
        (1, 2, 3),
        (None, None),
        ("a", "b"),
        (float("nan"), {}),
        (0.0, {"W1": "a", "b1": None, "W2": [], "b2": {}}),
        (0.0, {"W1": np.zeros((0, 2**30)), "b1": np.zeros(0), "W2": np.zeros(()), "b2": np.array(True)}),
        {"W1": None},
        {1: 2},
        {"loss_history": None, "train_acc_history": "x", "val_acc_history": {}},
        {"loss_history": [None], "train_acc_history": ["x"], "val_acc_history": [{}]},
        {"loss_history": np.zeros((3, 3)), "train_acc_history": [np.nan], "val_acc_history": [[1]]},
        np.zeros(0),
        np.array(3.0),
        np.full((3, 3), np.nan),
        np.full((5, 3), np.inf),
        np.zeros((2, 2, 2, 2)),
        np.zeros((1, 10**6), dtype=np.float16),
        np.array([True, False]),
        np.array([1 + 2j]),
        np.array([2**63], dtype=np.uint64),
        np.float32(1),
        np.int8(-1),
        np.bool_(True),
        np.complex128(1j),
    ]
)


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        pass

    @property
    def params(self):
        return next(JUNK)

    @params.setter
    def params(self, value):
        pass

    def loss(self, *args, **kwargs):
        return next(JUNK)

    train = predict = save = load = loss
