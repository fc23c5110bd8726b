"""Start threads as fast as possible, 200 at most."""

import threading
import time


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        made = 0
        for _ in range(200):
            try:
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            except RuntimeError:
                break
            made += 1
        return made
