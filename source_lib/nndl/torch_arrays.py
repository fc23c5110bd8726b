"""The PyTorch milestones' functions with NumPy arrays in and out, for callers without PyTorch.

A grader in another process can send arrays only. Each function here turns them into tensors, calls
the function of the same purpose in `nndl.pytorch` or `nndl.net_visualization`, and turns the result
back. Where a classifier is needed, its weights come as arrays too; see `small_classifier`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import net_visualization, pytorch
from ._torch import functional, nn, torch

Tensor = torch.Tensor
Arrays = Sequence[np.ndarray]


def barebones_convnet_scores(x: np.ndarray, params: Arrays) -> np.ndarray:
    """Return the scores of `nndl.pytorch.three_layer_convnet`."""
    with torch.no_grad():
        return _array(pytorch.three_layer_convnet(_tensor(x), [_tensor(p) for p in params]))


def barebones_convnet_params(channel_1: int, channel_2: int, num_classes: int) -> list[np.ndarray]:
    """Return what `nndl.pytorch.three_layer_convnet_params` creates for images of 3 × 32 × 32."""
    return [_array(p) for p in pytorch.three_layer_convnet_params(channel_1, channel_2, num_classes)]


def barebones_convnet_gradients(x: np.ndarray, y: np.ndarray, params: Arrays) -> list[np.ndarray]:
    """Return the gradients of the cross entropy of `nndl.pytorch.three_layer_convnet` by autograd."""
    leaves = [_tensor(p).requires_grad_() for p in params]
    loss = functional.cross_entropy(pytorch.three_layer_convnet(_tensor(x), leaves), torch.from_numpy(y))
    return [_array(g) for g in torch.autograd.grad(loss, leaves)]


def module_convnet_scores(x: np.ndarray, params: Arrays, kind: str = "module") -> np.ndarray:
    """Return the scores of the ConvNet made of layers, with the parameters given.

    Parameters
    ----------
    x : array of shape (N, C, 32, 32)
        Images.
    params : six arrays
        As for `nndl.pytorch.three_layer_convnet`; the affine weight is ``(features, classes)``.
    kind : {"module", "sequential"}, default "module"
        Whether `nndl.pytorch.ThreeLayerConvNet` is meant, or `nndl.pytorch.sequential_convnet`.

    Raises
    ------
    ValueError
        If the net does not have two convolutions and one affine layer of these sizes.
    """
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = (_tensor(p).float() for p in params)
    channel_1, in_channel = conv_w1.shape[:2]
    channel_2, num_classes = len(conv_w2), fc_w.shape[1]
    net = _convnet(kind, in_channel, channel_1, channel_2, num_classes)
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    wanted = [(conv_w1, conv_b1), (conv_w2, conv_b2), (fc_w.T, fc_b)]
    # The order of definition is the student's own; the sizes tell the layers apart.
    layers.sort(key=lambda layer: (isinstance(layer, nn.Linear), -layer.weight.shape[-1]))
    if [tuple(layer.weight.shape) for layer in layers] != [tuple(w.shape) for w, _ in wanted]:
        came = ", ".join(str(tuple(layer.weight.shape)) for layer in layers) or "none"
        expected = ", ".join(str(tuple(w.shape)) for w, _ in wanted)
        raise ValueError(f"the net must have layers with weights {expected}, but has {came}")
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, wanted, strict=True):
            layer.weight.copy_(weight)
            if layer.bias is None:
                raise ValueError(f"the layer with weight {tuple(weight.shape)} must have a bias")
            layer.bias.copy_(bias)
        return _array(net(_tensor(x).float()))


def module_convnet_weights(
    channel_1: int, channel_2: int, num_classes: int, kind: str = "module"
) -> list[np.ndarray]:
    """Return the initial weights, without biases, in the order of the net's ``parameters()``."""
    net = _convnet(kind, 3, channel_1, channel_2, num_classes)
    return [_array(p) for p in net.parameters() if p.ndim > 1]


def small_classifier(weights: Arrays) -> nn.Module:
    """Build a classifier of images from arrays.

    Parameters
    ----------
    weights : sequence of arrays
        One array ``(C * H * W, classes)``: scores linear in the pixels. Or two, filters
        ``(F, C, HH, WW)`` and a matrix ``(F, classes)``: convolution, ReLU, mean over the positions,
        affine. There are no biases.

    Returns
    -------
    nn.Module
        In float64, frozen and in evaluation mode. In training mode it sees every other pixel only, so
        that the two modes can be told apart.
    """
    tensors = [_tensor(w).double() for w in weights]
    return _SmallClassifier(tensors).requires_grad_(False).eval()


def saliency_maps(X: np.ndarray, y: np.ndarray, weights: Arrays, calls: int = 1) -> dict[str, Any]:
    """Call `nndl.net_visualization.compute_saliency_maps` with a `small_classifier` in training mode.

    Parameters
    ----------
    X, y : arrays (N, C, H, W) and (N,)
        Images and labels.
    weights : sequence of arrays
        Of the classifier.
    calls : int, default 1
        How often, with the same tensors.

    Returns
    -------
    dict
        ``maps``: what the last call gave; ``X``: the images afterwards; ``grad``: whether they have a
        gradient afterwards.
    """
    images, labels, model = _tensor(X), torch.from_numpy(y), small_classifier(weights).train()
    maps = [net_visualization.compute_saliency_maps(images, labels, model) for _ in range(calls)][-1]
    return {
        "maps": _returned(maps, "compute_saliency_maps"),
        "X": _array(images),
        "grad": images.grad is not None,
    }


def fooling_image(X: np.ndarray, target_y: int, weights: Arrays) -> dict[str, Any]:
    """Call `nndl.net_visualization.make_fooling_image` with a `small_classifier` in training mode.

    Returns
    -------
    dict
        ``image``: what it gave; ``requires_grad``: whether that still requires a gradient; ``X``: the
        image it started from, afterwards.
    """
    start, model = _tensor(X), small_classifier(weights).train()
    image = net_visualization.make_fooling_image(start, target_y, model)
    return {
        "image": _returned(image, "make_fooling_image"),
        "requires_grad": image.requires_grad,
        "X": _array(start),
    }


def visualization_step(
    img: np.ndarray, target_y: int, l2_reg: float, learning_rate: float, weights: Arrays, steps: int = 1
) -> dict[str, Any]:
    """Call `nndl.net_visualization.class_visualization_update_step` with a `small_classifier`.

    Parameters
    ----------
    img : array (1, C, H, W)
        The image, which becomes a leaf that requires a gradient.
    target_y, l2_reg, learning_rate
        Passed on.
    weights : sequence of arrays
        Of the classifier.
    steps : int, default 1
        How many calls there are, one after the other, with the same tensor.

    Returns
    -------
    dict
        ``image``: the image afterwards; ``grad``: whether it has a gradient then that is not 0;
        ``requires_grad``: whether it can be used for another step; ``returned``: what the last call gave,
        if that is a tensor, otherwise None.
    """
    image, model = _tensor(img).requires_grad_(), small_classifier(weights)
    step: Callable[..., Any] = net_visualization.class_visualization_update_step
    result = None
    for _ in range(steps):
        result = step(image, model, target_y, l2_reg, learning_rate)
    return {
        "image": _array(image),
        "grad": image.grad is not None and bool(image.grad.any()),
        "requires_grad": image.requires_grad and image.is_leaf,
        "returned": _array(result) if isinstance(result, Tensor) else None,
    }


class _SmallClassifier(nn.Module):
    def __init__(self, weights: Sequence[Tensor]) -> None:
        super().__init__()
        self.weights = nn.ParameterList([nn.Parameter(w) for w in weights])

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            height, width = torch.arange(x.shape[2])[:, None], torch.arange(x.shape[3])
            x = x * ((height + width) % 2)
        if len(self.weights) == 2:
            x = functional.conv2d(x, self.weights[0]).relu().mean(dim=(2, 3))
        return x.flatten(1) @ self.weights[-1]


def _convnet(kind: str, in_channel: int, channel_1: int, channel_2: int, num_classes: int) -> nn.Module:
    if kind == "module":
        return pytorch.ThreeLayerConvNet(in_channel, channel_1, channel_2, num_classes)
    if kind == "sequential":
        return pytorch.sequential_convnet(channel_1, channel_2, num_classes)
    raise ValueError(f"kind must be 'module' or 'sequential', but is {kind!r}")


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array))  # a copy that PyTorch may write to


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy().copy()


def _returned(value: Any, function: str) -> np.ndarray:
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{function} must return a tensor, but it returned a value of type {type(value).__name__}"
        )
    return _array(value)
