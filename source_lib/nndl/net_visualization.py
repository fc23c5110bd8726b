"""Gradients with respect to pixels: saliency maps, fooling images, pictures of a class.

Everything here takes a trained model that maps images ``(N, 3, H, W)`` to unnormalized scores
``(N, C)``. The model's parameters are never changed and do not have to require gradients.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from .image_utils import (
    SQUEEZENET_MEAN,
    SQUEEZENET_STD,
    blur_image,
    deprocess,
    jitter,
    preprocess,
    rescale,
)
from .torch_parts._torch import device, torch

__all__ = [
    "SQUEEZENET_MEAN",
    "SQUEEZENET_STD",
    "blur_image",
    "class_visualization_update_step",
    "compute_saliency_maps",
    "create_class_visualization",
    "deprocess",
    "gather_example",
    "jitter",
    "make_fooling_image",
    "preprocess",
    "rescale",
    "show_saliency_maps",
]

Tensor = torch.Tensor


def gather_example(s: Tensor, y: Tensor) -> Tensor:
    """Select one entry of each row: ``s[i, y[i]]``.

    Parameters
    ----------
    s : Tensor of shape (N, C)
        For example scores.
    y : int64 Tensor of shape (N,)
        Column to take from each row.

    Returns
    -------
    Tensor of shape (N,)
    """
    return s.gather(1, y.view(-1, 1)).squeeze(1)


def compute_saliency_maps(X: Tensor, y: Tensor, model: torch.nn.Module) -> Tensor:
    """Say how strongly each pixel acts on the score of the image's true class.

    For image ``x`` with label ``c`` the map is ``max over channels of |d s_c(x) / d x|``, with the
    unnormalized score ``s_c``. The rows of a batch do not depend on each other in evaluation mode, so
    one backward pass from the sum of all true-class scores gives every image's gradient.

    Parameters
    ----------
    X : Tensor of shape (N, 3, H, W)
        Images that require no gradient. They are left as they are: their values, their ``grad`` (``None``, or
        zeros) and their ``requires_grad``, so a second call gives the same maps.
    y : int64 Tensor of shape (N,)
        Their labels.
    model : nn.Module
        The classifier; it is put into evaluation mode.

    Returns
    -------
    Tensor of shape (N, H, W)
        Nonnegative; also for ``N = 1`` with all three axes.

    References
    ----------
    Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, ICLR workshop 2014
    (arXiv 1312.6034).
    """
    model.eval()
    ### BEGIN SOLUTION network_visualization
    X = X.detach().requires_grad_()
    scores = gather_example(model(X), y)
    (gradient,) = torch.autograd.grad(scores.sum(), X)
    return gradient.abs().amax(dim=1)
    ### END SOLUTION


def make_fooling_image(X: Tensor, target_y: int, model: torch.nn.Module) -> Tensor:
    """Change an image until the model takes it for class ``target_y``.

    Gradient ascent on the target's score ``s``, on a copy of the image, with steps of length 1:
    ``x ← x + g / ||g||_2``, ``g = ds/dx``. It stops when the target has the highest score, which is
    looked at before the first step and after every one: an image of the target's class needs none, and
    one that gets there with the 100th step is returned. There is no 101st step.

    So that nothing is divided by 0, a tiny number (1e-6 at most) may be added to the length of the
    gradient, or be the least that it counts as.

    Parameters
    ----------
    X : Tensor of shape (1, 3, H, W)
        The image to start from; it is left as it is.
    target_y : int
        The class to be mistaken for.
    model : nn.Module
        The classifier; it is put into evaluation mode.

    Returns
    -------
    Tensor of shape (1, 3, H, W)
        An image that the model assigns to ``target_y``; it does not require a gradient.

    Raises
    ------
    RuntimeError
        If the image is not taken for the target after 100 steps either.

    References
    ----------
    Szegedy et al., Intriguing properties of neural networks, ICLR 2014 (arXiv 1312.6199).
    """
    model.eval()
    learning_rate, max_steps = 1, 100
    ### BEGIN SOLUTION network_visualization
    X_fooling = X.clone().requires_grad_()
    for _ in range(max_steps + 1):
        scores = model(X_fooling)
        if scores[0].argmax() == target_y:
            return X_fooling.detach()
        (gradient,) = torch.autograd.grad(scores[0, target_y], X_fooling)
        with torch.no_grad():
            X_fooling += learning_rate * gradient / gradient.norm().clamp_min(1e-12)
    raise RuntimeError(f"the image was not taken for class {target_y} within {max_steps} steps")
    ### END SOLUTION


def class_visualization_update_step(
    img: Tensor, model: torch.nn.Module, target_y: int, l2_reg: float, learning_rate: float
) -> None:
    """Make one step of gradient ascent on a class score, less a penalty on the size of the image.

    ``x ← x + learning_rate * g / ||g||_2`` with ``g`` the gradient of
    ``s_target(x) - l2_reg * ||x||_2^2``. The length of a step is therefore always ``learning_rate``;
    an image whose gradient is exactly zero stays where it is. To that end a tiny number (1e-6 at most) may
    be added to the length of the gradient, or be the least that it counts as.

    Parameters
    ----------
    img : Tensor of shape (1, 3, H, W)
        The image, a leaf with ``requires_grad`` and a clear ``grad`` (``None``, or zeros); changed in
        place. Its ``grad`` is clear afterwards, too.
    model : nn.Module
        The classifier.
    target_y : int
        The class whose score is to rise.
    l2_reg : float
        Strength of the penalty.
    learning_rate : float
        Length of the step.
    """
    ### BEGIN SOLUTION network_visualization
    objective = model(img)[0, target_y] - l2_reg * img.square().sum()
    (gradient,) = torch.autograd.grad(objective, img)
    with torch.no_grad():
        img += learning_rate * gradient / gradient.norm().clamp_min(1e-12)
    ### END SOLUTION


def show_picture(picture: Image.Image, title: str) -> None:
    """Show one picture with a title, as `create_class_visualization` does by default."""
    import matplotlib.pyplot as plt  # imported here: slow to import, and not needed for gradients

    plt.figure(figsize=(4, 4))
    plt.imshow(picture)
    plt.title(title)
    plt.axis("off")
    plt.show()


def create_class_visualization(
    target_y: int,
    model: torch.nn.Module,
    dtype: Any = torch.float32,
    *,
    l2_reg: float = 1e-3,
    learning_rate: float = 25,
    num_iterations: int = 100,
    blur_every: int = 10,
    max_jitter: int = 16,
    show_every: int = 25,
    size: int = 224,
    class_names: dict[int, str] | None = None,
    show: Callable[[Image.Image, str], None] | None = show_picture,
) -> Image.Image:
    """Draw an image that the model scores highly as class ``target_y``, beginning with noise.

    Every iteration shifts the image a little and back (jitter), makes one
    `class_visualization_update_step` in between, and limits the pixels to values that a picture can
    have; every ``blur_every``-th one also blurs. These are regularizers: without them the result is
    noise with a high score. The seeds of `random` and `torch` decide the outcome.

    Parameters
    ----------
    target_y : int
        The class.
    model : nn.Module
        The classifier; it is put into evaluation mode.
    dtype : torch.dtype or tensor type, default torch.float32
        Type of the image.
    l2_reg : float, default 1e-3
        Strength of the penalty on the squared length of the image.
    learning_rate : float, default 25
        Length of a step.
    num_iterations : int, default 100
        Number of steps.
    blur_every : int, default 10
        The image is blurred in iterations 0, ``blur_every``, …
    max_jitter : int, default 16
        Largest shift along each axis, in pixels.
    show_every : int, default 25
        The image is shown after iteration 1, every ``show_every``-th and the last.
    size : int, default 224
        Height and width.
    class_names : dict of int to str, optional
        Names for the titles.
    show : callable, optional
        Called as ``show(picture, title)``; by default it plots. None shows nothing.

    Returns
    -------
    PIL.Image.Image
        The final image.

    References
    ----------
    Simonyan et al. as above; Yosinski et al., Understanding Neural Networks Through Deep
    Visualization, ICML workshop 2015 (arXiv 1506.06579).
    """
    model.eval()
    name = (class_names or {}).get(target_y, f"class {target_y}")
    darkest = torch.tensor(-SQUEEZENET_MEAN / SQUEEZENET_STD, device=device).view(1, 3, 1, 1)
    brightest = torch.tensor((1 - SQUEEZENET_MEAN) / SQUEEZENET_STD, device=device).view(1, 3, 1, 1)
    img = torch.randn(1, 3, size, size, device=device).type(dtype).requires_grad_()
    for t in range(num_iterations):
        ox, oy = random.randint(0, max_jitter), random.randint(0, max_jitter)
        img.data.copy_(jitter(img.data, ox, oy))
        class_visualization_update_step(img, model, target_y, l2_reg, learning_rate)
        img.data.copy_(jitter(img.data, -ox, -oy))
        img.data.clamp_(darkest, brightest)
        if t % blur_every == 0:
            blur_image(img.data, sigma=0.5)
        done = t + 1
        if show is not None and (t == 0 or done % show_every == 0 or done == num_iterations):
            show(deprocess(img.detach()), f"{name}, iteration {done} of {num_iterations}")
    return deprocess(img.detach())


def show_saliency_maps(
    X: np.ndarray, y: np.ndarray, model: torch.nn.Module, class_names: dict[int, str] | None = None
) -> None:
    """Plot images ``(N, H, W, 3)`` of pixel values 0 to 255 above their saliency maps."""
    import matplotlib.pyplot as plt

    batch = torch.cat([preprocess(image) for image in X]).to(device)
    maps = compute_saliency_maps(batch, torch.as_tensor(y, device=device), model)
    figure, axes = plt.subplots(2, len(X), figsize=(2.4 * len(X), 5), squeeze=False)
    for image, label, saliency, (above, below) in zip(X, y, maps.cpu().numpy(), axes.T, strict=True):
        above.imshow(image)
        above.set_title((class_names or {}).get(int(label), f"class {label}"))
        below.imshow(saliency, cmap="hot")
        above.axis("off")
        below.axis("off")
    figure.tight_layout()
    plt.show()
