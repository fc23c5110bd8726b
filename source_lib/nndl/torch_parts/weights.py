"""Initial weights of the nets that are made of bare tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ._torch import device, dtype, torch

Tensor = torch.Tensor


def random_weight(shape: Sequence[int]) -> Tensor:
    """Draw a weight from a normal distribution of mean 0 and standard deviation ``sqrt(2 / fan_in)``.

    Parameters
    ----------
    shape : sequence of int
        ``(D, M)`` for a matrix that multiplies rows from the right, ``fan_in = D``; or
        ``(F, C, HH, WW)`` for the filters of a convolution, ``fan_in = C * HH * WW``.

    Returns
    -------
    Tensor
        On `device`, of type `dtype`, with ``requires_grad`` on.

    Raises
    ------
    ValueError
        If ``shape`` has neither two nor four entries.

    References
    ----------
    He et al., Delving Deep into Rectifiers, ICCV 2015 (arXiv 1502.01852).
    """
    if len(shape) not in (2, 4):
        raise ValueError(f"shape must have two or four entries, but is {tuple(shape)}")
    fan_in = shape[0] if len(shape) == 2 else math.prod(shape[1:])
    weight = math.sqrt(2 / fan_in) * torch.randn(*shape, device=device, dtype=dtype)
    return weight.requires_grad_()


def zero_weight(shape: Sequence[int] | int) -> Tensor:
    """Return zeros of ``shape``, or so many of them, on `device`, of type `dtype`, with ``requires_grad`` on."""
    return torch.zeros(shape, device=device, dtype=dtype, requires_grad=True)
