"""The same nets at three levels of PyTorch: tensors with autograd, `nn.Module`, `nn.Sequential`.

| level | flexibility | convenience |
|---|---|---|
| tensors and autograd | high | low |
| ``nn.Module`` | high | medium |
| ``nn.Sequential`` | low | high |

Data loaders and training loops are given, in `torch_parts.data` and `torch_parts.training`, and can be imported
from here. ``loader_train``, ``loader_val`` and ``loader_test`` load CIFAR-10 when first asked for.
Scores are what the nets return: the softmax is part of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .torch_parts._torch import USE_GPU, device, dtype, functional, nn, torch
from .torch_parts.data import NUM_TRAIN, cifar10_loaders, default_loaders, make_loaders
from .torch_parts.training import (
    check_accuracy_part2,
    check_accuracy_part34,
    print_every,
    train_part2,
    train_part34,
)
from .torch_parts.weights import random_weight, zero_weight

__all__ = [
    "NUM_TRAIN",
    "USE_GPU",
    "Flatten",
    "ThreeLayerConvNet",
    "TwoLayerFC",
    "check_accuracy_part2",
    "check_accuracy_part34",
    "cifar10_loaders",
    "default_loaders",
    "device",
    "dtype",
    "flatten",
    "make_loaders",
    "module_optimizer",
    "open_ended_net",
    "print_every",
    "random_weight",
    "sequential_convnet",
    "sequential_optimizer",
    "three_layer_convnet",
    "three_layer_convnet_params",
    "train_part2",
    "train_part34",
    "two_layer_fc",
    "zero_weight",
]

Tensor = torch.Tensor


def __getattr__(name: str) -> Any:
    loaders = ("loader_train", "loader_val", "loader_test")
    if name in loaders:
        return default_loaders()[loaders.index(name)]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# Part II: tensors and autograd


def flatten(x: Tensor) -> Tensor:
    """Return ``x`` of shape ``(N, ...)`` as rows ``(N, D)``, a view where its layout allows one."""
    return x.reshape(x.shape[0], -1)


def two_layer_fc(x: Tensor, params: Sequence[Tensor]) -> Tensor:
    """Return the scores of a net with one hidden layer and no biases: ``max(0, x w1) w2``.

    Parameters
    ----------
    x : Tensor of shape (N, d1, ..., dk)
        Inputs, flattened to ``(N, D)``.
    params : sequence of two tensors
        ``w1`` of shape ``(D, H)`` and ``w2`` of shape ``(H, C)``.

    Returns
    -------
    Tensor of shape (N, C)
    """
    w1, w2 = params
    return functional.relu(flatten(x) @ w1) @ w2


def three_layer_convnet(x: Tensor, params: Sequence[Tensor]) -> Tensor:
    """Return the scores of a net of two convolutions and an affine layer.

    Convolution with padding 2, ReLU, convolution with padding 1, ReLU, affine. Both convolutions
    have stride 1. No softmax follows. Images and parameters stay as they are, and gradients can be
    taken through all of it.

    Parameters
    ----------
    x : Tensor of shape (N, C, H, W)
        Images.
    params : sequence of six tensors
        ``conv_w1 (F1, C, HH1, WW1)``, ``conv_b1 (F1,)``, ``conv_w2 (F2, F1, HH2, WW2)``,
        ``conv_b2 (F2,)``, ``fc_w (F2 * H' * W', classes)`` and ``fc_b (classes,)``, with ``H'`` and
        ``W'`` the size of what the second convolution gives: that of the image for 5 × 5 and then
        3 × 3 filters.

    Returns
    -------
    Tensor of shape (N, classes)
    """
    ### BEGIN SOLUTION pytorch
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    hidden = functional.relu(functional.conv2d(x, conv_w1, conv_b1, padding=2))
    hidden = functional.relu(functional.conv2d(hidden, conv_w2, conv_b2, padding=1))
    return flatten(hidden) @ fc_w + fc_b
    ### END SOLUTION


def three_layer_convnet_params(
    channel_1: int = 32, channel_2: int = 16, num_classes: int = 10, image: tuple[int, int, int] = (3, 32, 32)
) -> list[Tensor]:
    """Create the parameters of `three_layer_convnet` for 5 × 5 and then 3 × 3 filters.

    Parameters
    ----------
    channel_1, channel_2 : int
        Filters of the two convolutions.
    num_classes : int, default 10
        Scores per image.
    image : tuple of int, default (3, 32, 32)
        Channels, height and width of an image.

    Returns
    -------
    list of six tensors
        In the order in which `three_layer_convnet` takes them: weights from `random_weight`, biases
        from `zero_weight`, all of them leaves that require a gradient.
    """
    ### BEGIN SOLUTION pytorch
    channels, height, width = image
    return [
        random_weight((channel_1, channels, 5, 5)),
        zero_weight((channel_1,)),
        random_weight((channel_2, channel_1, 3, 3)),
        zero_weight((channel_2,)),
        random_weight((channel_2 * height * width, num_classes)),
        zero_weight((num_classes,)),
    ]
    ### END SOLUTION


# Part III: nn.Module


class TwoLayerFC(nn.Module):
    """Affine, ReLU, affine, with Kaiming normal weights and PyTorch's default biases.

    Parameters
    ----------
    input_size, hidden_size, num_classes : int
        Numbers of input features, of hidden units and of scores.
    """

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(input_size, hidden_size)
        self.fc2 = nn.Linear(hidden_size, num_classes)
        nn.init.kaiming_normal_(self.fc1.weight)
        nn.init.kaiming_normal_(self.fc2.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores ``(N, num_classes)`` for inputs ``(N, ...)``, which are flattened."""
        return self.fc2(functional.relu(self.fc1(flatten(x))))


class ThreeLayerConvNet(nn.Module):
    """Convolution 5 × 5, ReLU, convolution 3 × 3, ReLU, affine, for images of 32 × 32.

    The paddings, 2 and 1, keep the size of the image. Convolution and affine weights are drawn by
    ``nn.init.kaiming_normal_``; biases may stay as PyTorch draws them. These six are all parameters
    that the module registers; their names are up to you.

    Parameters
    ----------
    in_channel : int
        Channels of the image.
    channel_1, channel_2 : int
        Filters of the two convolutions.
    num_classes : int
        Scores per image.
    """

    def __init__(self, in_channel: int, channel_1: int, channel_2: int, num_classes: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION pytorch
        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)
        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)
        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)
        for layer in (self.conv1, self.conv2, self.fc):
            nn.init.kaiming_normal_(layer.weight)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Return scores ``(N, num_classes)`` for images ``(N, in_channel, 32, 32)``."""
        ### BEGIN SOLUTION pytorch
        hidden = functional.relu(self.conv1(x))
        hidden = functional.relu(self.conv2(hidden))
        return self.fc(flatten(hidden))
        ### END SOLUTION


def module_optimizer(model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer of part III: plain gradient descent on all parameters, learning rate 3e-3, no momentum.

    Parameters
    ----------
    model : nn.Module
        The net that is going to be trained.

    Returns
    -------
    torch.optim.Optimizer
    """
    ### BEGIN SOLUTION pytorch
    return torch.optim.SGD(model.parameters(), lr=3e-3)
    ### END SOLUTION


# Part IV and V: nn.Sequential


class Flatten(nn.Module):
    """`flatten` as a layer of ``nn.Sequential``."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` of shape ``(N, ...)`` as rows ``(N, D)``."""
        return flatten(x)


def sequential_convnet(channel_1: int = 32, channel_2: int = 16, num_classes: int = 10) -> nn.Sequential:
    """Build the net of `ThreeLayerConvNet` as ``nn.Sequential``, initialized as PyTorch does by default.

    Parameters
    ----------
    channel_1, channel_2 : int
        Filters of the two convolutions.
    num_classes : int, default 10
        Scores per image.

    Returns
    -------
    nn.Sequential
        Takes images ``(N, 3, 32, 32)``, gives scores ``(N, num_classes)``.
    """
    ### BEGIN SOLUTION pytorch
    return nn.Sequential(
        nn.Conv2d(3, channel_1, 5, padding=2),
        nn.ReLU(),
        nn.Conv2d(channel_1, channel_2, 3, padding=1),
        nn.ReLU(),
        Flatten(),
        nn.Linear(channel_2 * 32 * 32, num_classes),
    )
    ### END SOLUTION


def sequential_optimizer(model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer of part IV: all parameters, learning rate 1e-2, Nesterov momentum of 0.9.

    Momentum keeps a velocity, ``v ← 0.9 v + dL/dw``, which begins at 0. Nesterov's form steps by
    ``w ← w - 1e-2 (dL/dw + 0.9 v)`` with the new ``v``.

    Parameters
    ----------
    model : nn.Module
        The net that is going to be trained.

    Returns
    -------
    torch.optim.Optimizer
    """
    ### BEGIN SOLUTION pytorch
    return torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, nesterov=True)
    ### END SOLUTION


def open_ended_net(epochs: int = 10) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Build the net of your choice and its optimizer, to reach 70 % validation accuracy in ten epochs at most.

    Parameters
    ----------
    epochs : int, default 10
        How long it is going to be trained, in epochs of 766 batches, for an optimizer; it need not be read.

    Any layers of PyTorch will do, and layers of your own, written beside this function in the same file.

    Returns
    -------
    model : nn.Module
        Takes images ``(N, 3, 32, 32)``, gives scores ``(N, 10)``; at most five million parameters. In
        evaluation mode its answer to an image depends on nothing else, not on the rest of the batch.
    optimizer : torch.optim.Optimizer
        Optimizer of all of its parameters that require a gradient, for `train_part34`. Twenty steps on
        one and the same batch must lower the loss.
    """
    ### BEGIN SOLUTION pytorch
    # Pooling after every convolution leaves little work for the wider ones: an epoch takes 75 s on one core.
    stages: list[nn.Module] = []
    for channels_in, channels_out in ((3, 32), (32, 64), (64, 128)):
        stages += [
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    model = nn.Sequential(*stages, Flatten(), nn.Dropout(0.3), nn.Linear(128 * 4 * 4, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=2e-2, momentum=0.9, nesterov=True, weight_decay=5e-4)
    # Falling to zero, the learning rate lets the net settle: some points of accuracy more than a constant one.
    schedule = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1.0, end_factor=0.0, total_iters=epochs * 766
    )
    optimizer.register_step_post_hook(lambda *_: schedule.step())
    return model, optimizer
    ### END SOLUTION
