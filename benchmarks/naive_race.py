"""Measure the naive layers against the fast ones as the cnn notebook does: 100 images, forward and backward.

    python benchmarks/naive_race.py

Both run in turns in one process, on one thread; a factor is a ratio of the shortest times. The table is that of
docs/fast-convolution.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from nndl import fast_layers, layers

IMAGES, REPETITIONS = 100, 5


def shortest(actions: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the shortest seconds of each action."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(REPETITIONS):
        for name, action in actions.items():
            begin = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - begin)
    return {name: min(found) for name, found in times.items()}


def main() -> None:
    random = np.random.default_rng(231)
    x, w = random.normal(size=(IMAGES, 3, 31, 31)), random.normal(size=(25, 3, 3, 3))
    b, images = random.normal(size=25), random.normal(size=(IMAGES, 3, 32, 32))
    conv_param, pool_param = {"stride": 2, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
    print(f"{IMAGES} images, {fast_layers.backend()}: naive and fast in milliseconds, factor")
    for name, arguments in {"conv": (x, w, b, conv_param), "max_pool": (images, pool_param)}.items():
        naive, fast = (
            [getattr(module, f"{name}_{way}_{kind}") for way in ("forward", "backward")]
            for module, kind in ((layers, "naive"), (fast_layers, "fast"))
        )
        (out, cache), (_, fast_cache) = naive[0](*arguments), fast[0](*arguments)
        dout = random.normal(size=out.shape)
        rows: dict[str, dict[str, Callable[[], Any]]] = {
            "forward": {"naive": partial(naive[0], *arguments), "fast": partial(fast[0], *arguments)},
            "backward": {"naive": partial(naive[1], dout, cache), "fast": partial(fast[1], dout, fast_cache)},
        }
        for way, actions in rows.items():
            found = shortest(actions)
            factor = found["naive"] / found["fast"]
            print(
                f"{name:9} {way:9} {1000 * found['naive']:10.1f} {1000 * found['fast']:10.2f} {factor:8.0f}"
            )


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
