"""How well nets learn on the offline image set, and on CIFAR-10 for comparison.

    python benchmarks/offline_set.py                          # the offline set alone
    NNDL_DATA=FOLDER python benchmarks/offline_set.py         # and CIFAR-10 from FOLDER
    python benchmarks/offline_set.py --rows 20000 --convnet   # quicker, and with a small convolutional net (PyTorch)

The lessons need: a baseline between 25 and 31 %, a tuned two-layer net above 50 % and well above a linear classifier,
and a convolutional net above 70 %. About three minutes on one core, ten with --convnet.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np

from nndl.data_utils import draw_offline_images, get_flat_CIFAR10_data
from nndl.neural_net import TwoLayerNet

Data = tuple[np.ndarray, ...]


def accuracy(predict: Callable[[np.ndarray], np.ndarray], X: np.ndarray, y: np.ndarray) -> float:
    return float((predict(X) == y).mean())


def two_layer_net(data: Data, seed: int, **settings: float) -> float:
    X, y, X_val, y_val = data[:4]
    np.random.seed(seed)
    net = TwoLayerNet(X.shape[1], 50, 10)
    net.params = {name: value.astype(np.float32) for name, value in net.params.items()}
    net.train(X, y, X_val, y_val, batch_size=200, learning_rate_decay=0.95, **settings)  # type: ignore[arg-type]
    return accuracy(net.predict, X_val, y_val)


def linear(data: Data, seed: int, learning_rate: float, reg: float, num_iters: int = 3000) -> float:
    """Train softmax regression with a step that shrinks linearly to zero."""
    X, y, X_val, y_val = data[:4]
    rng = np.random.default_rng(seed)
    W, b = np.zeros((X.shape[1], 10), np.float32), np.zeros(10, np.float32)
    for it in range(num_iters):
        rows = rng.integers(len(X), size=200)
        scores = X[rows] @ W + b
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
        scores[np.arange(200), y[rows]] -= 1
        step = learning_rate * (1 - it / num_iters)
        W -= step * (X[rows].T @ scores / 200 + reg * W)
        b -= 1000 * step * scores.mean(axis=0)
    return accuracy(lambda x: (x @ W + b).argmax(axis=1), X_val, y_val)


def convnet(data: Data, seed: int, epochs: int) -> float:
    """Train three blocks of convolution, batch normalization, ReLU and max pooling with Adam."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    torch.set_num_threads(1)

    def images(rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(rows.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2) / 60)

    X, X_val = images(data[0]), images(data[2])
    y, y_val = torch.from_numpy(data[1]), torch.from_numpy(data[3])
    layers: list[nn.Module] = []
    for channels_in, channels_out in ((3, 32), (32, 48), (48, 64)):
        layers += [nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out)]
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 16, 10))
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(epochs):
        net.train()
        for rows in torch.randperm(len(X)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(X[rows]), y[rows]).backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        return torch.cat([net(part).argmax(1) for part in X_val.split(500)]).eq(y_val).double().mean().item()


def report(name: str, data: Data, args: argparse.Namespace) -> None:
    print(f"{name}: {len(data[0])} training rows, {len(data[2])} validation rows")

    def show(what: str, run: Callable[[int], float]) -> None:
        start = time.perf_counter()
        results = ", ".join(f"{run(seed):.3f}" for seed in range(args.seeds))
        print(f"  {what:<60} {results}   ({time.perf_counter() - start:.0f} s)", flush=True)

    def net(num_iters: int, learning_rate: float, reg: float) -> Callable[[int], float]:
        return lambda seed: two_layer_net(
            data, seed, num_iters=num_iters, learning_rate=learning_rate, reg=reg
        )

    show("baseline: 1000 iterations, rate 1e-4, reg 0.25", net(1000, 1e-4, 0.25))
    show(
        "linear softmax classifier, tuned",
        lambda s: max(linear(data, s, *lr) for lr in ((1e-6, 0.01), (3e-7, 1))),
    )
    show("shorter: 1500 iterations, rate 1e-3, reg 0.35", net(1500, 1e-3, 0.35))
    show("tuned: 5000 iterations, rate 1e-3, reg 0.35", net(5000, 1e-3, 0.35))
    if args.convnet:
        show("convolutional net, 3 epochs", lambda s: convnet(data, s, epochs=3))


def offline(rows: int) -> Data:
    start = time.perf_counter()
    images, y = draw_offline_images(rows + 3000, seed=1)
    print(f"{len(y)} offline images drawn in {time.perf_counter() - start:.1f} s")
    X = images.reshape(len(images), -1).astype(np.float32)
    X -= X[:rows].mean(axis=0)
    return X[:rows], y[:rows], X[rows:], y[rows:]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=49000, help="training rows (default: 49000)")
    parser.add_argument("--seeds", type=int, default=1, help="runs with different seeds (default: 1)")
    parser.add_argument(
        "--convnet", action="store_true", help="also train a convolutional net (needs PyTorch)"
    )
    arguments = parser.parse_args()
    report("Offline image set", offline(arguments.rows), arguments)
    if os.environ.get("NNDL_DATA", "offline") != "offline":
        report("CIFAR-10", get_flat_CIFAR10_data(arguments.rows, 1000, 0, dtype=np.float32), arguments)
