"""Milestone pytorch: six prescribed training runs of one epoch, and the open-ended net."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from nndl import pytorch as pt

from .base import Claim, Data, above, at_least, experiment, report

loaders = functools.cache(pt.cifar10_loaders)
HIDDEN = 4000


def barebones(
    data: Data, seed: int, net: Callable, params: Callable, rate: float, bound: float
) -> Iterator[Claim]:
    train, val, _ = loaders(data.root)
    torch.manual_seed(seed)
    history = pt.train_part2(net, params(), rate, loader_train=train, loader_val=val, verbose=False)
    yield above("validation accuracy after the epoch", history["val_acc_history"][-1], bound)


def module(data: Data, seed: int, make: Callable[[], nn.Module], bound: float, **sgd: Any) -> Iterator[Claim]:
    train, val, _ = loaders(data.root)
    torch.manual_seed(seed)
    net = make()
    optimizer = torch.optim.SGD(net.parameters(), **sgd)
    history = pt.train_part34(net, optimizer, loader_train=train, loader_val=val, verbose=False)
    yield above("validation accuracy after the epoch", history["val_acc_history"][-1], bound)


@experiment("pytorch", "II: two-layer net of tensors")
def torch_barebones_fc(data: Data, seed: int) -> Iterator[Claim]:
    def params() -> list[torch.Tensor]:
        return [pt.random_weight((3072, HIDDEN)), pt.random_weight((HIDDEN, 10))]

    yield from barebones(data, seed, pt.two_layer_fc, params, 1e-2, 0.40)


@experiment("pytorch", "II: ConvNet of tensors")
def torch_barebones_convnet(data: Data, seed: int) -> Iterator[Claim]:
    yield from barebones(data, seed, pt.three_layer_convnet, pt.three_layer_convnet_params, 3e-3, 0.42)


@experiment("pytorch", "III: two-layer nn.Module")
def torch_module_fc(data: Data, seed: int) -> Iterator[Claim]:
    yield from module(data, seed, lambda: pt.TwoLayerFC(3072, HIDDEN, 10), 0.40, lr=1e-2)


@experiment("pytorch", "III: ConvNet as nn.Module")
def torch_module_convnet(data: Data, seed: int) -> Iterator[Claim]:
    yield from module(data, seed, lambda: pt.ThreeLayerConvNet(3, 32, 16, 10), 0.45, lr=3e-3)


@experiment("pytorch", "IV: two-layer nn.Sequential, Nesterov momentum")
def torch_sequential_fc(data: Data, seed: int) -> Iterator[Claim]:
    def make() -> nn.Module:
        return nn.Sequential(pt.Flatten(), nn.Linear(3072, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 10))

    yield from module(data, seed, make, 0.40, lr=1e-2, momentum=0.9, nesterov=True)


@experiment("pytorch", "IV: ConvNet as nn.Sequential, Nesterov momentum")
def torch_sequential_convnet(data: Data, seed: int) -> Iterator[Claim]:
    yield from module(data, seed, pt.sequential_convnet, 0.55, lr=1e-2, momentum=0.9, nesterov=True)


@experiment("pytorch", "V: open-ended net, 6 epochs")
def torch_open_ended(data: Data, seed: int) -> Iterator[Claim]:
    train, val, test = loaders(data.root)
    torch.manual_seed(seed)
    net, optimizer = pt.open_ended_net(epochs=6)
    history = pt.train_part34(
        net, optimizer, epochs=6, loader_train=train, loader_val=val, print_every=len(train), verbose=False
    )
    yield at_least("validation accuracy after the last epoch", history["val_acc_history"][-1], 0.75)
    yield report("test accuracy", pt.check_accuracy_part34(test, net, verbose=False))
