"""From pictures to normalized tensors and back, and two operations on such tensors."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .torch_parts._torch import torch

Tensor = torch.Tensor

SQUEEZENET_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
"""Mean of the channels that SqueezeNet's inputs are normalized with, pixels scaled to [0, 1]."""

SQUEEZENET_STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)
"""Standard deviation of the channels, in the same units."""


def preprocess(img: Image.Image | np.ndarray, size: int = 224) -> Tensor:
    """Turn a picture into a batch of one normalized image.

    Parameters
    ----------
    img : PIL image, or uint8 array of shape (H, W, 3)
        The picture. Its shorter side is resized to ``size``, its proportions are kept.
    size : int, default 224
        Length of the shorter side of the result.

    Returns
    -------
    float32 Tensor of shape (1, 3, H', W')
        ``(pixel / 255 - mean) / std`` for each channel.
    """
    picture = img if isinstance(img, Image.Image) else Image.fromarray(img)
    picture = picture.convert("RGB")
    width, height = picture.size
    shorter = min(width, height)
    if shorter != size:
        new_size = (size * width // shorter, size * height // shorter)
        picture = picture.resize(new_size, Image.Resampling.BILINEAR)
    scaled = np.asarray(picture, dtype=np.float32) / 255
    normalized = (scaled - SQUEEZENET_MEAN) / SQUEEZENET_STD
    return torch.from_numpy(normalized.transpose(2, 0, 1)[None].copy())


def deprocess(img: Tensor, should_rescale: bool = True) -> Image.Image:
    """Turn the first of a batch of normalized images into a picture.

    Parameters
    ----------
    img : Tensor of shape (N, 3, H, W)
        Normalized images, as from `preprocess`.
    should_rescale : bool, default True
        Whether to stretch the values to the full range from black to white. Without it, values out
        of range are clamped, which a difference of two images has plenty of.

    Returns
    -------
    PIL.Image.Image
    """
    pixels = img[0].detach().cpu() * _per_channel(SQUEEZENET_STD) + _per_channel(SQUEEZENET_MEAN)
    if should_rescale:
        pixels = rescale(pixels)
    as_bytes = (255 * pixels.clamp(0, 1)).round().to(torch.uint8)
    return Image.fromarray(as_bytes.permute(1, 2, 0).numpy())


def rescale(x: Tensor) -> Tensor:
    """Map the smallest value of ``x`` to 0 and the largest to 1; a constant tensor becomes zeros."""
    low, high = x.min(), x.max()
    if low == high:
        return torch.zeros_like(x)
    return (x - low) / (high - low)


def blur_image(X: Tensor, sigma: float = 1) -> Tensor:
    """Blur images with a Gaussian, in place.

    Each row and column is averaged with weights ``exp(-d² / (2 sigma²))`` of the distance ``d`` up to
    four sigma; beyond the border the image continues as its mirror image.

    Parameters
    ----------
    X : Tensor of shape (N, C, H, W)
        Images; overwritten by the blurred ones.
    sigma : float, default 1
        Standard deviation of the Gaussian in pixels.

    Returns
    -------
    Tensor
        ``X`` itself.

    Raises
    ------
    ValueError
        If ``sigma`` is not positive.
    """
    if not sigma > 0:
        raise ValueError(f"sigma must be positive, but is {sigma}")
    for axis in (2, 3):
        weights = _gaussian_matrix(X.shape[axis], sigma).to(X)
        blurred = torch.tensordot(X, weights, dims=([axis], [1]))
        X.copy_(blurred.movedim(-1, axis))
    return X


def jitter(X: Tensor, ox: int, oy: int) -> Tensor:
    """Shift images cyclically, by ``ox`` to the right and ``oy`` downwards.

    Parameters
    ----------
    X : Tensor of shape (N, C, H, W)
        Images; left as they are.
    ox, oy : int
        Offsets along W and along H. ``jitter(jitter(X, ox, oy), -ox, -oy)`` is ``X`` again.

    Returns
    -------
    Tensor of shape (N, C, H, W)
    """
    return torch.roll(X, shifts=(oy, ox), dims=(2, 3))


def _per_channel(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values).view(3, 1, 1)


def _gaussian_matrix(length: int, sigma: float) -> Tensor:
    """Return the matrix that blurs one line: row i holds the weights of all pixels in pixel i."""
    reach = int(4 * sigma + 0.5)
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-(offsets**2) / (2 * sigma**2))
    weights /= weights.sum()
    positions = np.arange(length)[:, None] + offsets
    positions %= 2 * length  # the mirrored line has period 2 · length
    mirrored = np.minimum(positions, 2 * length - 1 - positions)
    matrix = np.zeros((length, length))
    np.add.at(matrix, (np.arange(length)[:, None], mirrored), weights)
    return torch.from_numpy(matrix)
