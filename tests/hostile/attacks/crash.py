"""Make the interpreter itself crash."""

import ctypes


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        ctypes.string_at(0)
