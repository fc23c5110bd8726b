"""Network visualization with NumPy arrays in and out, for callers without PyTorch.

A grader in another process can send arrays only. Each function here turns them into tensors, calls
the function of the same purpose in `nndl.net_visualization`, and turns the result back. The weights of
the classifier come as arrays too; see `small_classifier`. `as_arrays.nets` does the same for
`nndl.pytorch`.
"""

from __future__ import annotations

import contextlib
import dis
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .. import net_visualization
from ..torch_parts._torch import functional, nn, torch
from ..torch_parts.storage import to_array, to_tensor
from .nets import returned

Tensor = torch.Tensor
Arrays = Sequence[np.ndarray]

_LIBRARY = __name__.rpartition(".as_arrays.")[0]


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread: for images this small, several of them wait for each other more than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


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
        that the two modes can be distinguished.
    """
    tensors = [to_tensor(w).double() for w in weights]
    return _SmallClassifier(tensors).requires_grad_(False).eval()


@_one_thread()
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
        ``maps``: what the last call gave; ``X``: the images afterwards; ``grad`` and ``requires_grad``:
        whether they have one that is not 0, and whether they require a gradient, afterwards.
    """
    images, labels, model = to_tensor(X), torch.from_numpy(y), small_classifier(weights).train()
    maps = [net_visualization.compute_saliency_maps(images, labels, model) for _ in range(calls)][-1]
    return {
        "maps": returned(maps, "compute_saliency_maps"),
        "X": to_array(images),
        "grad": images.grad is not None and bool(images.grad.any()),
        "requires_grad": images.requires_grad,
    }


@_one_thread()
def fooling_image(
    X: np.ndarray, target_y: int, weights: Arrays, *, may_give_up: bool = False
) -> dict[str, Any]:
    """Call `nndl.net_visualization.make_fooling_image` with a `small_classifier` in training mode.

    Parameters
    ----------
    X : array (1, C, H, W)
        The image to start from.
    target_y : int
        Passed on.
    weights : sequence of arrays
        Of the classifier.
    may_give_up : bool, default False
        Whether a RuntimeError that the package's own code raises is an answer; PyTorch's own are not.

    Returns
    -------
    dict
        ``image``: what it gave; ``requires_grad``: whether that still requires a gradient; ``X``: the
        image it started from, afterwards; ``gave_up``: None, or the text of a RuntimeError, with no image;
        ``shown``: the last image that the model was asked about, None if there is none.
    """
    start, model = to_tensor(X), small_classifier(weights).train()
    shown: list[Any] = [None]

    def keep(_model: Any, given: tuple[Any, ...]) -> None:
        if given and isinstance(given[0], torch.Tensor) and given[0].shape == start.shape:
            shown[0] = to_array(given[0].detach().clone())

    model.register_forward_pre_hook(keep)
    try:
        image = net_visualization.make_fooling_image(start, target_y, model)
    except RuntimeError as error:
        if may_give_up and _is_raised_here(error):
            text = str(error)[:300]
            answer = {"image": None, "requires_grad": False, "X": to_array(start), "gave_up": text}
            return answer | {"shown": shown[0]}
        raise
    return {
        "image": returned(image, "make_fooling_image"),
        "requires_grad": image.requires_grad,
        "X": to_array(start),
        "gave_up": None,
        "shown": shown[0],
    }


@_one_thread()
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
    image, model = to_tensor(img).requires_grad_(), small_classifier(weights)
    step: Callable[..., Any] = net_visualization.class_visualization_update_step
    result = None
    for _ in range(steps):
        result = step(image, model, target_y, l2_reg, learning_rate)
    return {
        "image": to_array(image),
        "grad": image.grad is not None and bool(image.grad.any()),
        "requires_grad": image.requires_grad and image.is_leaf,
        "returned": to_array(result) if isinstance(result, Tensor) else None,
    }


def _is_raised_here(error: RuntimeError) -> bool:
    """Whether a ``raise`` statement of this package raised an error: PyTorch reports mistakes by RuntimeErrors too."""
    trace = error.__traceback__
    if trace is None or isinstance(error, NotImplementedError):
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace.tb_frame
    is_ours = frame.f_globals.get("__name__", "").startswith(f"{_LIBRARY}.")
    return is_ours and frame.f_code.co_code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"]


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
