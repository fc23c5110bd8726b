"""Loading images: CIFAR-10, the drawn set that stands in for it without a network, and some ImageNet photographs.

CIFAR-10 is read from the folder given as ``root`` or by the environment variable ``NNDL_DATA``, and otherwise
downloaded once. ``NNDL_DATA=offline`` selects the drawn set, which needs no network and is **not** CIFAR-10.
Downloads and drawn images are kept in a cache, which ``NNDL_CACHE`` moves.
"""

from .data.cifar10 import (
    get_CIFAR10_data,
    get_flat_CIFAR10_data,
    load_CIFAR10,
    load_CIFAR_batch,
    load_class_names,
    read_CIFAR10,
)
from .data.imagenet import load_imagenet_val
from .data.offline import draw_offline_images, offline_blocks
from .data.photographs import load_photographs
from .data.sources import find_CIFAR10
from .data.unpickle import load_pickle

__all__ = [
    "draw_offline_images",
    "find_CIFAR10",
    "get_CIFAR10_data",
    "get_flat_CIFAR10_data",
    "load_CIFAR10",
    "load_CIFAR_batch",
    "load_class_names",
    "load_imagenet_val",
    "load_photographs",
    "load_pickle",
    "offline_blocks",
    "read_CIFAR10",
]
