"""Nets of PyTorch as named arrays in a file: NumPy's ``.npz`` format, never pickle.

``torch.save`` writes pickles, and whoever opens a pickle runs what it says. Plain arrays are enough to
hand a net on: whoever knows the architecture can put them back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from .._support.storage import load_arrays, save_arrays
from ._torch import nn, torch

CONVNET_NAMES = ("conv_w1", "conv_b1", "conv_w2", "conv_b2", "fc_w", "fc_b")
"""What a ConvNet of two convolutions and an affine layer is stored as, in this order."""

Tensor: TypeAlias = torch.Tensor


def convnet_parameters(net: nn.Module, any_size: bool = False) -> dict[str, Tensor]:
    """Find the six parameters of a ConvNet of 5 × 5 filters, 3 × 3 filters and an affine layer.

    Parameters
    ----------
    net : nn.Module
        Whatever its layers are called; they are recognised by the shapes of their parameters.
    any_size : bool, default False
        Whether filters of other sizes will do, the first that is registered before the second.

    Returns
    -------
    dict of str to Tensor
        By `CONVNET_NAMES`, shaped as `nndl.pytorch.three_layer_convnet` takes them: ``fc_w`` is
        ``(features, classes)``. They share memory with the net's own.

    Raises
    ------
    ValueError
        If the net's parameters are not these six.
    """
    left = [p.detach() for p in net.parameters()]
    came = ", ".join(str(tuple(p.shape)) for p in left) or "none"
    found: dict[str, Tensor] = {}

    def take(name: str, fits: list[Tensor]) -> None:
        if not fits:
            raise ValueError(
                "the net must have the parameters of a 5 × 5 convolution, a 3 × 3 convolution and an affine "
                f"layer, weights and biases, but those registered have the shapes: {came}"
            )
        found[name] = fits[0]
        left[:] = [p for p in left if p is not fits[0]]

    filters = [p for p in left if p.ndim == 4]
    for name, size in (("conv_w1", 5), ("conv_w2", 3)):
        fits = [p for p in left if p.ndim == 4 and p.shape[2:] == (size, size)]
        if any_size and len(filters) == 2 and {p.shape[2:] for p in filters} != {(5, 5), (3, 3)}:
            fits = [p for p in filters if p is not found.get("conv_w1")]
        take(name, fits)
    take("fc_w", [p for p in left if p.ndim == 2])
    weight = found["fc_w"]
    linear = {m.weight.data_ptr() for m in net.modules() if isinstance(m, nn.Linear)}
    # nn.Linear keeps (classes, features)
    if weight.data_ptr() in linear or weight.shape[0] < weight.shape[1]:
        found["fc_w"] = weight.T
    lengths = (found["conv_w1"].shape[0], found["conv_w2"].shape[0], found["fc_w"].shape[1])
    for name, length in zip(("conv_b1", "conv_b2", "fc_b"), lengths, strict=True):
        take(name, [p for p in left if tuple(p.shape) == (length,)])
    if left:
        take("more", [])
    return {name: found[name] for name in CONVNET_NAMES}


def save_convnet(path: str | os.PathLike[str], net: nn.Module | Sequence[Tensor]) -> None:
    """Store the parameters of a ConvNet under `CONVNET_NAMES`.

    Parameters
    ----------
    path : path
        The file, written under exactly this name.
    net : nn.Module or sequence of six tensors
        What `convnet_parameters` understands, or the list that `nndl.pytorch.three_layer_convnet` takes.

    Raises
    ------
    ValueError
        If these are not the parameters of such a net.
    """
    if isinstance(net, nn.Module):
        tensors = convnet_parameters(net)
    else:
        tensors = dict(zip(CONVNET_NAMES, net, strict=True))
    save_arrays(path, {name: to_array(p) for name, p in tensors.items()})


def load_convnet(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read what `save_convnet` wrote; for errors see `nndl._support.storage.load_arrays`."""
    return load_arrays(path, dict(zip(CONVNET_NAMES, (4, 1, 4, 1, 2, 1), strict=True)))


def model_arrays(model: nn.Module) -> dict[str, np.ndarray]:
    """Return everything that ``model.state_dict()`` holds, parameters and running statistics, as arrays."""
    return {name: to_array(value) for name, value in model.state_dict().items()}


def put_arrays(model: nn.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Copy arrays, named as by `model_arrays`, into a model of the same architecture.

    Raises
    ------
    ValueError
        If names or shapes are not those of the model.
    """
    state = model.state_dict()
    if set(arrays) != set(state):
        odd = sorted(set(arrays) ^ set(state))
        raise ValueError(
            f"the arrays are not those of this net; only on one side: {', '.join(odd[:6])}"
            + (f" and {len(odd) - 6} more" if len(odd) > 6 else "")
        )
    for name, value in state.items():
        if arrays[name].shape != tuple(value.shape):
            raise ValueError(f"{name} has shape {arrays[name].shape}, but {tuple(value.shape)} in this net")
        with torch.no_grad():
            value.copy_(torch.from_numpy(np.array(arrays[name])))


def save_model(path: str | os.PathLike[str], model: nn.Module) -> None:
    """Store `model_arrays` of a model as exactly ``path``."""
    save_arrays(path, model_arrays(model))


def load_model(path: str | os.PathLike[str], model: nn.Module) -> None:
    """Read what `save_model` wrote into a model of the same architecture.

    Raises
    ------
    ValueError
        If the file holds anything but arrays, or not those of this model.
    """
    with np.load(path, allow_pickle=False) as stored:
        put_arrays(model, {name: stored[name] for name in stored.files})


def to_tensor(array: np.ndarray) -> Tensor:
    """Return a tensor with a copy of ``array``."""
    return torch.from_numpy(np.array(array))


def to_array(tensor: Tensor) -> np.ndarray:
    """Return an array with a copy of ``tensor``, without its graph."""
    return np.array(tensor.detach().cpu().numpy())
