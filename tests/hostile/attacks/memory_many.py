"""Fill the memory from many processes, each within its own limit; 8 times 200 MB at most."""

import os
import time


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        for _ in range(8):
            if os.fork() == 0:
                block = bytearray(b"x") * (200 << 20)
                time.sleep(60)
                os._exit(len(block) & 1)
        time.sleep(60)
