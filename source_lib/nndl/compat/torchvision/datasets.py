"""``torchvision.datasets``: CIFAR-10."""

from __future__ import annotations

import importlib as _importlib
import os as _os
from collections.abc import Callable as _Callable
from typing import Any as _Any

import numpy as _np
from PIL import Image as _Image

from ... import data_utils as _data_utils
from ... import squeezenet as _squeezenet  # says how to install PyTorch, where it is missing
from ..shared.data_utils import folder_of as _folder_of
from .missing import missing_from as _missing_from

_torch = _importlib.import_module("torch")
__getattr__ = _missing_from("torchvision.datasets")


class CIFAR10(_torch.utils.data.Dataset):  # type: ignore[name-defined]
    """The images of the training or of the test file, with their labels.

    Parameters
    ----------
    root : path
        The folder that holds ``cifar-10-batches-py``; where there is none, the images come from where
        ``cs231n.data_utils.load_CIFAR10`` finds them.
    train : bool, default True
    transform : callable, optional
        Applied to each picture.
    target_transform : callable, optional
        Applied to each label.
    download : bool, default False
        Not needed: what is missing is downloaded.

    Attributes
    ----------
    data : uint8 array (N, 32, 32, 3)
    targets : list of int
    classes : list of str
    class_to_idx : dict of str to int
    train, transform, target_transform
        As given.
    """

    def __init__(
        self,
        root: str | _os.PathLike[str],
        train: bool = True,
        transform: _Callable[[_Any], _Any] | None = None,
        target_transform: _Callable[[int], _Any] | None = None,
        download: bool = False,
    ) -> None:
        folder = _folder_of(root)
        X_train, y_train, X_test, y_test = _data_utils.read_CIFAR10(folder)
        images, labels = (X_train, y_train) if train else (X_test, y_test)
        self.data = _np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        self.targets = labels.tolist()
        self.classes = _data_utils.load_class_names(folder)
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.train = train
        self.transform = transform
        self.target_transform = target_transform

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[_Any, _Any]:
        picture, label = _Image.fromarray(self.data[index]), self.targets[index]
        return (
            picture if self.transform is None else self.transform(picture),
            label if self.target_transform is None else self.target_transform(label),
        )
