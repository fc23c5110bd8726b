"""A small convolutional net that learns in a minute or two on a processor, for looking at what it has learned.

Where the weights of SqueezeNet are not available, the network visualization looks into this net instead.
It is a different model trained on different images; its pictures tell you nothing about SqueezeNet.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._support.validate import check_array, check_integer
from .image_utils import SQUEEZENET_MEAN, SQUEEZENET_STD
from .torch_parts._torch import functional, nn, torch

SIDE = 32
"""Height and width of its images."""

BATCH_SIZE = 64

Tensor = torch.Tensor


def small_convnet(num_classes: int = 10) -> nn.Sequential:
    """Return an untrained net for normalized images ``(N, 3, 32, 32)``.

    Three times convolution 3 × 3, batch normalization, ReLU and maximum over 2 × 2, with 16, 32 and 64
    channels, and an affine layer that gives the scores ``(N, num_classes)``.
    """
    check_integer("num_classes", num_classes, minimum=2)
    layers: list[nn.Module] = []
    for channels_in, channels_out in ((3, 16), (16, 32), (32, 64)):
        layers += [
            nn.Conv2d(channels_in, channels_out, 3, padding=1),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * (SIDE // 8) ** 2, num_classes))


def normalized(images: np.ndarray) -> Tensor:
    """Turn bytes ``(N, 3, 32, 32)`` into a normalized float32 tensor, as `nndl.net_visualization.preprocess` does."""
    check_array("images", images, shape=(None, 3, SIDE, SIDE))
    mean, std = (values.reshape(3, 1, 1) for values in (SQUEEZENET_MEAN, SQUEEZENET_STD))
    return torch.from_numpy((images.astype(np.float32) / 255 - mean) / std)


def training_steps(
    model: nn.Module, X: Tensor, y: Tensor, epochs: int = 3, learning_rate: float = 6e-3
) -> Iterator[float]:
    """Train a classifier, and yield the loss of the minibatch after every step.

    AdamW with a learning rate that first rises and then falls to 0 (one cycle); every batch is mirrored
    with probability one half. The seed of `torch` decides the order.

    Parameters
    ----------
    model : nn.Module
        Gives scores ``(N, C)``; it is in training mode afterwards.
    X : float32 Tensor of shape (N, 3, H, W)
        Images; at least 64.
    y : int64 Tensor of shape (N,)
        Labels.
    epochs : int, default 3
        Passes through the images.
    learning_rate : float, default 6e-3
        The highest of the cycle.

    Yields
    ------
    float
        ``steps(len(X), epochs)`` times.
    """
    check_integer("epochs", epochs, minimum=1)
    total = steps(len(X), epochs)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=1e-2)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=total)
    for _ in range(epochs):
        model.train()
        order = torch.randperm(len(X))
        for rows in order[: total // epochs * BATCH_SIZE].split(BATCH_SIZE):
            batch = X[rows].flip(3) if torch.rand(()) < 0.5 else X[rows]
            loss = functional.cross_entropy(model(batch), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            cycle.step()
            yield loss.item()


def steps(images: int, epochs: int = 3) -> int:
    """Return how many steps `training_steps` makes.

    Raises
    ------
    ValueError
        If there are fewer images than one batch has.
    """
    check_integer("images", images, minimum=BATCH_SIZE)
    return epochs * (images // BATCH_SIZE)
