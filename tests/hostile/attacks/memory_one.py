"""Fill the memory from one process, 3 GB at most."""

import time


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        blocks = []
        for _ in range(96):
            blocks.append(bytearray(b"x") * (32 << 20))
            time.sleep(0.01)
        return len(blocks)
