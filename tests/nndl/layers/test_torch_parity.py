"""Fifty random cases of every layer and loss agree with PyTorch in float64, outputs and gradients alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nndl import fast_layers, layers
from nndl.fast import numpy_layers

torch = pytest.importorskip("torch")
functional = torch.nn.functional

pytestmark = pytest.mark.torch
fifty_cases = pytest.mark.parametrize("seed", range(50))


@pytest.fixture
def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng([2147, seed])


def check(ours: tuple[Any, Any], backward: Any, theirs: Any, arrays: list[np.ndarray]) -> None:
    """Compare ``ours``, an output and its cache, and the gradients with what PyTorch says for the same arrays."""
    out, cache = ours
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    expected = theirs(*tensors)
    close(out, expected)
    dout = np.random.default_rng(1).normal(size=out.shape)
    expected.backward(torch.tensor(dout))
    gradients = backward(dout, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for got, tensor in zip(gradients, tensors, strict=True):
        close(got, tensor.grad)


def close(got: Any, expected: Any) -> None:
    """Agreement to 1e-10, relative to the largest entry where that is above 1."""
    want = expected.detach().numpy()
    assert np.shape(got) == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-10 * max(1.0, np.abs(want).max(initial=0)))


@fifty_cases
def test_affine(rng: np.random.Generator) -> None:
    n, m, *features = rng.integers(1, 6, size=rng.integers(3, 6))
    arrays = [rng.normal(size=(n, *features)), rng.normal(size=(np.prod(features), m)), rng.normal(size=m)]
    check(
        layers.affine_forward(*arrays),
        layers.affine_backward,
        lambda x, w, b: functional.linear(x.flatten(1), w.T, b),
        arrays,
    )


@fifty_cases
def test_relu(rng: np.random.Generator) -> None:
    x = rng.integers(-3, 4, size=rng.integers(1, 6, size=rng.integers(1, 5))).astype(
        float
    )  # zeros are frequent
    check(layers.relu_forward(x), layers.relu_backward, functional.relu, [x])


@fifty_cases
@pytest.mark.parametrize(
    ("loss", "theirs"),
    [(layers.softmax_loss, functional.cross_entropy), (layers.svm_loss, functional.multi_margin_loss)],
)
def test_losses(rng: np.random.Generator, loss: Any, theirs: Any) -> None:
    n, classes = rng.integers(1, 8, size=2)
    x, y = rng.normal(size=(n, classes)) * 10.0 ** rng.integers(-3, 5), rng.integers(classes, size=n)
    # theirs divides the hinge loss of a row by the number of classes
    scale = classes if loss is layers.svm_loss else 1
    got, dx = loss(x, y)
    tensor = torch.tensor(x, requires_grad=True)
    expected = scale * theirs(tensor, torch.tensor(y))
    expected.backward()
    close(got, expected)
    close(dx, tensor.grad)


@fifty_cases
@pytest.mark.parametrize("backward", [layers.batchnorm_backward, layers.batchnorm_backward_alt])
def test_batchnorm(rng: np.random.Generator, backward: Any) -> None:
    n, d = rng.integers(2, 9), rng.integers(1, 6)  # theirs refuses a batch of one
    compare_batchnorm(rng, (n, d), layers.batchnorm_forward, backward)


@fifty_cases
def test_spatial_batchnorm(rng: np.random.Generator) -> None:
    shape = rng.integers(2, 6), *rng.integers(1, 6, size=3)
    compare_batchnorm(rng, shape, layers.spatial_batchnorm_forward, layers.spatial_batchnorm_backward)


def compare_batchnorm(rng: np.random.Generator, shape: Any, forward: Any, backward: Any) -> None:
    """Two training calls, then one in test mode."""
    features, per_feature = shape[1], np.prod(shape) // shape[1]
    momentum, eps = rng.uniform(0.5, 1), 10 ** rng.uniform(-5, -1)
    gamma, beta = rng.normal(size=(2, features))
    bn_param: dict[str, Any] = {"mode": "train", "momentum": momentum, "eps": eps}
    mean, var = torch.zeros(features, dtype=torch.float64), torch.zeros(features, dtype=torch.float64)

    def theirs(x: Any, gamma: Any, beta: Any) -> Any:
        # their momentum is the weight of the new value: the complement of ours
        return functional.batch_norm(x, mean, var, gamma, beta, training, 1 - momentum, eps)

    training = True
    for _ in range(2):
        x = rng.normal(size=shape) * rng.uniform(0.5, 5) + rng.normal()
        check(forward(x, gamma, beta, bn_param), backward, theirs, [x, gamma, beta])
    # their running variance averages the unbiased variance
    var *= (per_feature - 1) / per_feature
    close(bn_param["running_mean"], mean)
    close(bn_param["running_var"], var)

    training = False
    bn_param["mode"] = "test"
    x = rng.normal(size=shape)
    out, _ = forward(x, gamma, beta, bn_param)
    close(out, theirs(*map(torch.tensor, (x, gamma, beta))))


@fifty_cases
def test_layernorm(rng: np.random.Generator) -> None:
    n, d = rng.integers(1, 8), rng.integers(2, 8)
    eps = 10 ** rng.uniform(-5, -1)
    arrays = [rng.normal(size=(n, d)) * rng.uniform(0.5, 5), rng.normal(size=d), rng.normal(size=d)]
    check(
        layers.layernorm_forward(arrays[0], arrays[1], arrays[2], {"eps": eps}),
        layers.layernorm_backward,
        lambda x, gamma, beta: functional.layer_norm(x, (d,), gamma, beta, eps),
        arrays,
    )


@fifty_cases
def test_spatial_groupnorm(rng: np.random.Generator) -> None:
    n, height, width, groups, per_group = (int(size) for size in rng.integers(1, 5, size=5))
    height += 1  # theirs refuses groups of one entry
    eps, channels = 10 ** rng.uniform(-5, -1), groups * per_group
    x = rng.normal(size=(n, channels, height, width)) * rng.uniform(0.5, 5)
    arrays = [x, *rng.normal(size=(2, 1, channels, 1, 1))]
    check(
        layers.spatial_groupnorm_forward(arrays[0], arrays[1], arrays[2], groups, {"eps": eps}),
        layers.spatial_groupnorm_backward,
        lambda x, gamma, beta: functional.group_norm(x, groups, gamma.flatten(), beta.flatten(), eps),
        arrays,
    )


@fifty_cases
def test_dropout(rng: np.random.Generator, seed: int) -> None:
    """The draws differ, so theirs gets our mask; only the rule is compared."""
    x, p = rng.normal(size=rng.integers(1, 6, size=3)), rng.uniform(0.05, 1)
    np.random.seed(seed)
    kept = torch.tensor(np.random.rand(*x.shape) < p)
    param = {"mode": "train", "p": p, "seed": seed}
    check(layers.dropout_forward(x, param), layers.dropout_backward, lambda x: x * kept / p, [x])
    param["mode"] = "test"
    check(
        layers.dropout_forward(x, param),
        layers.dropout_backward,
        lambda x: functional.dropout(x, 1 - p, training=False),
        [x],
    )


@fifty_cases
@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (layers.conv_forward_naive, layers.conv_backward_naive),
        (numpy_layers.conv_forward_fast, numpy_layers.conv_backward_fast),
        (fast_layers.conv_forward_fast, fast_layers.conv_backward_fast),
    ],
    ids=["naive", "numpy", "fast"],
)
def test_convolution(rng: np.random.Generator, forward: Any, backward: Any) -> None:
    n, channels, filters, *kernel = rng.integers(1, 5, size=5)
    stride, pad = int(rng.integers(1, 4)), int(rng.integers(0, 3))
    image = [max(1, size - 2 * pad) + rng.integers(0, 5) for size in kernel]
    arrays = [
        rng.normal(size=(n, channels, *image)),
        rng.normal(size=(filters, channels, *kernel)),
        rng.normal(size=filters),
    ]
    check(
        forward(*arrays, {"stride": stride, "pad": pad}),
        backward,
        lambda x, w, b: functional.conv2d(x, w, b, stride=stride, padding=pad),
        arrays,
    )


@fifty_cases
@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (layers.max_pool_forward_naive, layers.max_pool_backward_naive),
        (numpy_layers.max_pool_forward_fast, numpy_layers.max_pool_backward_fast),
        (fast_layers.max_pool_forward_fast, fast_layers.max_pool_backward_fast),
    ],
    ids=["naive", "numpy", "fast"],
)
@pytest.mark.parametrize("ties", [False, True])
def test_max_pooling(rng: np.random.Generator, forward: Any, backward: Any, ties: bool) -> None:
    n, channels, stride, height, width = (int(size) for size in rng.integers(1, 5, size=5))
    x = rng.normal(size=(n, channels, height + rng.integers(0, 5), width + rng.integers(0, 5)))
    if ties:
        x = np.round(x)
    check(
        forward(x, {"pool_height": height, "pool_width": width, "stride": stride}),
        backward,
        lambda x: functional.max_pool2d(x, (height, width), stride),
        [x],
    )
