"""Print without end."""

import sys


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        while True:
            sys.stdout.write("x" * 65536)
