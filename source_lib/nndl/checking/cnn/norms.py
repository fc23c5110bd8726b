"""Visible checks of the normalization of images: means and spreads, known numbers, numeric gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import layers  # looked up through the package, so that reloaded code is what is checked
from ..shared.code.handed_on import HandedOn
from ..shared.common import Results, copies, first_the_cache, unchanged
from ..shared.known_mistakes import compare, evidence_of
from .common import differences, keeps_float32, progress

_NORMALIZATION = "nndl/layers/spatial_norm.py"


@progress.check(points=2, where=f"`spatial_batchnorm_forward` in {_NORMALIZATION}")
def spatial_batchnorm_forward() -> Results:
    """Look at mean and spread of each channel, then compare fifty training calls and a test call with known numbers."""
    random = np.random.RandomState(231)
    x = 4 * random.randn(2, 3, 4, 5) + 10
    gamma, beta = np.ones(3), np.zeros(3)
    before = copies({}, x=x, gamma=gamma, beta=beta)
    out, _ = layers.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
    yield from unchanged(before, {"x": x, "gamma": gamma, "beta": beta})
    if np.shape(out) != x.shape:
        yield compare(out, x, "the output")
        return
    yield from _moments(out, (0, 2, 3), np.zeros(3), np.ones(3), "each channel of the output", 1e-5)
    gamma, beta = np.array([3.0, 4, 5]), np.array([6.0, 7, 8])
    out, _ = layers.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
    yield from _moments(
        out, (0, 2, 3), beta, gamma, "each channel, with gamma 3, 4, 5 and beta 6, 7, 8", 1e-5
    )
    rows = [
        [7.98172963, 2.48066747, 5.37917564, 10.39678894, 9.43917561],
        [6.70697096, 10.08617404, 7.26105431, 12.04100093, 6.7923692],
    ]
    yield compare(
        out[1, 2, :2], np.array(rows), "two rows of the last channel of the second image", rtol=1e-7
    )
    out, _ = layers.spatial_batchnorm_forward(x[:1], gamma, beta, {"mode": "train"})
    yield from _moments(out, (0, 2, 3), beta, gamma, "each channel of one image alone", 1e-5)
    small = [value.astype(np.float32) for value in (x, gamma, beta)]
    yield from keeps_float32(["the output"], layers.spatial_batchnorm_forward, *small, {"mode": "train"})

    random = np.random.RandomState(231)
    bn_param: dict[str, Any] = {"mode": "train"}
    gamma, beta = np.ones(4), np.zeros(4)
    for _ in range(50):
        layers.spatial_batchnorm_forward(2.3 * random.randn(10, 4, 11, 12) + 13, gamma, beta, bn_param)
    bn_param["mode"] = "test"
    x = 2.3 * random.randn(10, 4, 11, 12) + 13
    statistics = copies({key: value for key, value in bn_param.items() if key.startswith("running")})
    kept = {key: bn_param[key] for key in statistics}
    out, _ = layers.spatial_batchnorm_forward(x, gamma, beta, bn_param)
    for name, array in kept.items():
        now = bn_param.get(name)
        if now is not array and not np.array_equal(np.asarray(now, dtype=float), statistics[name]):
            yield f"{name} gets another value in test mode: store nothing then"
    yield from unchanged(statistics, kept)
    known = np.array([-0.08034406, 0.07562881, 0.05716371, 0.04378383])
    yield compare(
        np.mean(out, axis=(0, 2, 3)),
        known,
        "the channels' means in test mode after 50 training calls",
        rtol=1e-6,
    )


def _moments(
    out: np.ndarray, axes: tuple[int, ...], mean: np.ndarray, std: np.ndarray, what: str, rtol: float
) -> Results:
    """Compare mean and standard deviation over some axes."""
    yield compare(out.mean(axis=axes), mean, f"the mean of {what}", rtol=rtol, scale=1.0)
    yield compare(out.std(axis=axes), std, f"the standard deviation of {what}", rtol=rtol)


@progress.check(
    points=3, where=f"`spatial_batchnorm_backward` in {_NORMALIZATION}", needs=["spatial_batchnorm_forward"]
)
def spatial_batchnorm_backward() -> Results:
    """Compare all three gradients with centred differences of your own forward pass."""
    random = np.random.RandomState(231)
    x, gamma, beta, dout = (
        5 * random.randn(2, 3, 4, 5) + 12,
        random.randn(3),
        random.randn(3),
        random.randn(2, 3, 4, 5),
    )
    _, cache = layers.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
    before = copies({}, dout=dout)
    dx, dgamma, dbeta = layers.spatial_batchnorm_backward(dout, cache)
    yield from unchanged(before, {"dout": dout})
    pairs = {"dx": (dx, x), "dgamma": (dgamma, gamma), "dbeta": (dbeta, beta)}
    forward = layers.spatial_batchnorm_forward
    yield from differences(forward, ({"mode": "train"},), dout, pairs, "compared with differences")
    x, dout = x[:1].copy(), dout[:1].copy()
    _, cache = forward(x, gamma, beta, {"mode": "train"})
    found = zip(("dx", "dgamma", "dbeta"), layers.spatial_batchnorm_backward(dout, cache), strict=True)
    pairs = {name: (value, of) for (name, value), of in zip(found, (x, gamma, beta), strict=True)}
    yield from differences(forward, ({"mode": "train"},), dout, pairs, "for one image alone")


@progress.check(points=2, where=f"`spatial_groupnorm_forward` in {_NORMALIZATION}")
def spatial_groupnorm_forward() -> Results:
    """Compare with the notebook's example, then look at mean and spread of the groups, for several G."""
    x = np.array([1.0, 3, 10, 14]).reshape(1, 4, 1, 1)
    for eps, expected in ((0.0, (-1, 1, -1, 1)), (3.0, (-0.5, 0.5, -0.75592895, 0.75592895))):
        out, _ = layers.spatial_groupnorm_forward(x, np.ones_like(x), np.zeros_like(x), 2, {"eps": eps})
        label = f"the output of the notebook's example, with eps = {eps:g}"
        problem = compare(out, np.array(expected, dtype=float).reshape(x.shape), label, rtol=1e-8)
        yield problem
        if problem is not None:
            evidence_of("a larger output", _larger_groupnorm)
            return
    random = np.random.RandomState(231)
    x = 4 * random.randn(2, 6, 4, 5) + 10 + 3 * np.arange(6).reshape(1, 6, 1, 1)
    one, zero = np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1))
    before, gn_param = copies({}, x=x, gamma=one, beta=zero), {"eps": 1e-5, "mode": "test"}
    for groups in (2, 1, 6):
        out, _ = layers.spatial_groupnorm_forward(x, one, zero, groups, gn_param)
        if np.shape(out) != x.shape:
            yield compare(out, x, "the output")
            return
        for image in range(2):
            for g in range(groups):
                part = slice(g * 6 // groups, (g + 1) * 6 // groups)
                what = f"image {image}, channels {part.start} to {part.stop - 1}, for G = {groups}"
                entries = out[image, part]
                yield from _moments(entries, (0, 1, 2), np.array(0.0), np.array(1.0), what, 1e-5)
    yield from unchanged(before, {"x": x, "gamma": one, "beta": zero})
    if gn_param != {"eps": 1e-5, "mode": "test"}:
        yield "gn_param was changed: its settings belong to the caller"
    gamma, beta = 2 * one, one.copy()
    gamma[0, 3] = 0.0
    plain, _ = layers.spatial_groupnorm_forward(x, one, zero, 3, {"eps": 0.5})
    out, _ = layers.spatial_groupnorm_forward(x, gamma, beta, 3, {"eps": 0.5})
    yield compare(out, gamma * plain + beta, "the output with gamma and beta")
    alone, _ = layers.spatial_groupnorm_forward(x[:1], gamma, beta, 3, {"eps": 0.5})
    yield compare(alone, out[:1], "the output for the first image alone")
    small = [value.astype(np.float32) for value in (x, one, zero)]
    yield from keeps_float32(["the output"], layers.spatial_groupnorm_forward, *small, 2, {})


def _larger_groupnorm() -> np.ndarray:
    """Return what group normalization gives for images that tell more mistakes apart than the example does."""
    x, one = np.random.RandomState(0).randn(2, 6, 3, 4), np.ones((1, 6, 1, 1))
    return np.asarray(layers.spatial_groupnorm_forward(x, one, 0 * one, 2, {"eps": 0.5})[0])


@progress.check(
    points=3, where=f"`spatial_groupnorm_backward` in {_NORMALIZATION}", needs=["spatial_groupnorm_forward"]
)
def spatial_groupnorm_backward() -> Results:
    """Compare all three gradients with centred differences of your own forward pass."""
    yield from first_the_cache(_groupnorm_gradients(), _groupnorm_cache)


def _groupnorm_cache() -> HandedOn:
    """Return what a forward pass that is right should hand on: what it makes of x tells mean and deviation."""
    random = np.random.RandomState(231)
    x, dout = 5 * random.randn(2, 6, 3, 4) + 12, random.randn(2, 6, 3, 4)
    gamma, beta, one = random.randn(1, 6, 1, 1), random.randn(1, 6, 1, 1), np.ones((1, 6, 1, 1))
    shape = (2, 2, 36)
    x_hat = layers.spatial_groupnorm_forward(x, one, 0 * one, 2, {})[0]
    std = np.ptp(x.reshape(shape), axis=2) / np.ptp(x_hat.reshape(shape), axis=2)
    std = std[..., None]

    def right(cache: Any) -> bool:
        found = zip(
            ("dx", "dgamma", "dbeta"), layers.spatial_groupnorm_backward(dout.copy(), cache), strict=True
        )
        pairs = {name: (value, of) for (name, value), of in zip(found, (x, gamma, beta), strict=True)}
        told = differences(layers.spatial_groupnorm_forward, (2, {}), dout, pairs, "")
        return all(problem is None for problem in told)

    others = {
        "x": x,
        "x - mean": (x_hat.reshape(shape) * std).reshape(x.shape),
        "the variance": std**2 - 1e-5,
        "the variance plus eps": std**2,
        "1 / std": 1 / std,
        "the output": gamma * x_hat + beta,
        "the shape of x": x.shape,
    }
    parts = {"x_hat": x_hat, "gamma": gamma, "std": std, "groups": shape}
    made = lambda: layers.spatial_groupnorm_forward(x.copy(), gamma.copy(), beta.copy(), 2, {})[1]  # noqa: E731
    return HandedOn("spatial_groupnorm_forward", "spatial_groupnorm_backward", made, parts, right, others)


def _groupnorm_gradients() -> Results:
    random = np.random.RandomState(231)
    x, dout = 5 * random.randn(2, 6, 3, 4) + 12, random.randn(2, 6, 3, 4)
    gamma, beta = random.randn(1, 6, 1, 1), random.randn(1, 6, 1, 1)
    _, cache = layers.spatial_groupnorm_forward(x, gamma, beta, 2, {})
    before = copies({}, dout=dout)
    dx, dgamma, dbeta = layers.spatial_groupnorm_backward(dout, cache)
    yield from unchanged(before, {"dout": dout})
    pairs = {"dx": (dx, x), "dgamma": (dgamma, gamma), "dbeta": (dbeta, beta)}
    forward = layers.spatial_groupnorm_forward
    yield from differences(forward, (2, {}), dout, pairs, "compared with differences")
    _, cache = forward(x[:1], gamma, beta, 2, {})
    alone = layers.spatial_groupnorm_backward(dout[:1], cache)[0]
    yield compare(alone, dx[:1], "dx of the first image alone (no image depends on another one)")
