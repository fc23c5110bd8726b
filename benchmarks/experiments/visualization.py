"""Milestone network_visualization."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from nndl import net_visualization as nv
from nndl.data_utils import load_imagenet_val
from nndl.squeezenet import load_squeezenet

from .base import Claim, Data, at_least, below, experiment


def photographs(data: Data) -> tuple[torch.Tensor, np.ndarray]:
    X, y, _ = load_imagenet_val(path=data.imagenet)
    return torch.cat([nv.preprocess(image) for image in X]), y


@experiment("network_visualization", "SqueezeNet 1.1 on 25 ImageNet photographs")
def squeezenet_accuracy(data: Data, seed: int) -> Iterator[Claim]:
    X, y = photographs(data)
    with torch.no_grad():
        best = load_squeezenet(data.weights)(X).topk(5).indices.numpy()
    yield at_least("top-1 accuracy", (best[:, 0] == y).mean(), 0.52)
    yield at_least("top-5 accuracy", (best == y[:, None]).any(axis=1).mean(), 0.80)
    source = Path(data.weights).name if data.weights else "torchvision's"
    yield Claim("weights", source)


@experiment("network_visualization", "Five photographs made into class 6")
def fooling_images(data: Data, seed: int) -> Iterator[Claim]:
    X, _ = photographs(data)
    model = load_squeezenet(data.weights)
    fooled = [nv.make_fooling_image(X[i : i + 1], 6, model) for i in range(5)]
    yield at_least("share taken for class 6 within 100 steps", _share_of(model, fooled, 6), 1.0)
    length = max((image - X[i]).norm().item() for i, image in enumerate(fooled))
    yield below("longest change, in normalized units (an image has about 400)", length, 20)


def _share_of(model: torch.nn.Module, images: list[torch.Tensor], target: int) -> float:
    with torch.no_grad():
        return (model(torch.cat(images)).argmax(dim=1) == target).float().mean().item()


@experiment("network_visualization", "Class visualization of a tarantula and a gorilla")
def class_visualization(data: Data, seed: int) -> Iterator[Claim]:
    model = load_squeezenet(data.weights)
    for target, name in ((76, "tarantula"), (366, "gorilla")):
        torch.manual_seed(seed)
        random.seed(seed)
        picture = nv.create_class_visualization(target, model, show=None)
        with torch.no_grad():
            rank = (
                int((model(nv.preprocess(picture)).argsort(descending=True)[0] == target).nonzero()[0, 0]) + 1
            )
        yield below(f"rank of the {name}'s score in the final picture", rank, 6)
