"""Raise an exception that lies about itself."""


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        class Zero(Exception):
            def __str__(self):
                return "\x1b[2J\x1b]0;owned\x07" + "A" * 10_000_000

        Zero.__name__ = "passed\x1b[31m" * 1000
        Zero.__module__ = 7
        raise Zero
