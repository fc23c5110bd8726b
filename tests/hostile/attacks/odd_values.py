"""Return objects that are not values, or values that are too large."""

import numpy as np


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        deep = []
        for _ in range(10_000):
            deep = [deep]
        cyclic = {}
        cyclic["self"] = cyclic
        values = {
            "deep": deep,
            "cyclic": cyclic,
            "object": object(),
            "class": type,
            "function": len,
            "generator": iter([1]),
            "objects": np.array([object()], dtype=object),
            "strings": np.array(["a"]),
            "record": np.zeros(2, dtype=[("a", int)]),
            "dates": np.zeros(2, dtype="datetime64[s]"),
            "big integer": 2**70,
            "many": [0] * 200_000,
            "large": np.zeros((65 << 20,), dtype=np.uint8),
            "keys": {(1, 2): 3},
            "surrogate": "\ud800",
            "set": {1, 2},
        }
        return values[y]
