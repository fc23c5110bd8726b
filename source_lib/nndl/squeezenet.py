"""SqueezeNet 1.1, the small ImageNet classifier of the network visualization milestone."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .data.cache import cache_folder
from .torch_parts._torch import nn, torch

WEIGHTS_URL = "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth"
"""Weights trained on ImageNet, as published with torchvision."""

WEIGHTS_SHA256 = "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b"


class Fire(nn.Module):
    """A 1 × 1 convolution that squeezes the channels, then 1 × 1 and 3 × 3 ones that expand them.

    The outputs of the two expanding convolutions are joined along the channels. Each of the three
    is followed by a ReLU.

    Parameters
    ----------
    channels_in : int
        Channels of the input.
    squeezed : int
        Channels between the two steps.
    expanded : int
        Channels that each expanding convolution gives; the output has twice as many.
    """

    def __init__(self, channels_in: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels_in, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(N, 2 * expanded, H, W)`` for ``x`` of shape ``(N, channels_in, H, W)``."""
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], dim=1)


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1: one convolution, eight `Fire` modules, and a convolution that gives the scores.

    The names in its ``state_dict`` are those of torchvision, so published weights fit.

    Parameters
    ----------
    num_classes : int, default 1000
        Scores per image.

    References
    ----------
    Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, 2016
    (arXiv 1602.07360).
    """

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()

        def halve() -> nn.Module:
            return nn.MaxPool2d(3, stride=2, ceil_mode=True)

        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2),
            nn.ReLU(),
            halve(),
            Fire(64, 16, 64),
            Fire(128, 16, 64),
            halve(),
            Fire(128, 32, 128),
            Fire(256, 32, 128),
            halve(),
            Fire(256, 48, 192),
            Fire(384, 48, 192),
            Fire(384, 64, 256),
            Fire(512, 64, 256),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Conv2d(512, num_classes, 1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores ``(N, num_classes)`` for normalized images ``(N, 3, H, W)`` of at least 17 × 17."""
        return self.classifier(self.features(x)).flatten(1)


def load_squeezenet(path: str | Path | None = None) -> SqueezeNet:
    """Return SqueezeNet 1.1 trained on ImageNet, frozen and in evaluation mode.

    Parameters
    ----------
    path : path, optional
        A file with the weights: torchvision's ``.pth``, or a ``.npz`` with the same names. By default
        ``squeezenet1_1.pth`` or ``squeezenet1_1.npz`` in the folder that the environment variable
        ``NNDL_DATA`` names, if it is there; otherwise torchvision's file is downloaded once (4.7 MB),
        checked by SHA-256 and kept in the user's cache folder.

    Returns
    -------
    SqueezeNet
        Its parameters do not require gradients, so a backward pass reaches the pixels only.

    Raises
    ------
    ConnectionError
        If the file cannot be downloaded.
    FileNotFoundError
        If there is no file at ``path``.
    ValueError
        If the file is of another kind, or its names or shapes are not those of SqueezeNet 1.1.
    """
    file = _find() if path is None else Path(path)
    model = SqueezeNet()
    try:
        model.load_state_dict(_read_weights(file))
    except (RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise ValueError(f"{file} does not hold the weights of SqueezeNet 1.1: {error}") from error
    return model.requires_grad_(False).eval()


def _find() -> Path:
    folder = os.environ.get("NNDL_DATA")
    for name in ("squeezenet1_1.pth", "squeezenet1_1.npz"):
        if folder and (Path(folder).expanduser() / name).is_file():
            return Path(folder).expanduser() / name
    return _download()


def _download() -> Path:
    import pooch

    try:
        file = pooch.retrieve(
            WEIGHTS_URL,
            known_hash=f"sha256:{WEIGHTS_SHA256}",
            fname="squeezenet1_1.pth",
            path=cache_folder(),
            progressbar=True,
        )
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"{WEIGHTS_URL} could not be downloaded: {error}. "
            "Pass a file with the weights as `path` where there is no network."
        ) from error
    return Path(file)


def _read_weights(path: Path) -> Mapping[str, Any]:
    """Read names and tensors; neither way of reading runs code that a file may carry."""
    if not path.is_file():
        raise FileNotFoundError(f"path must be a file with SqueezeNet's weights, but there is none at {path}")
    if path.suffix == ".pth":
        return torch.load(path, map_location="cpu", weights_only=True)
    if path.suffix != ".npz":
        raise ValueError(f"path must end in .pth or .npz, but is {path}")
    with np.load(path, allow_pickle=False) as arrays:
        try:
            return {name: torch.from_numpy(arrays[name].astype(np.float32)) for name in arrays}
        except ValueError as error:  # an array of objects
            raise pickle.UnpicklingError(str(error)) from error
