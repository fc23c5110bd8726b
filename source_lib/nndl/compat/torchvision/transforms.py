"""``torchvision.transforms``: the six that CS231n's notebooks use, and ``Scale``, as Resize was called in 2017."""

from __future__ import annotations

import importlib as _importlib
from collections.abc import Callable as _Callable
from collections.abc import Sequence as _Sequence
from typing import Any as _Any

import numpy as _np
from PIL import Image as _Image

from ... import squeezenet as _squeezenet  # says how to install PyTorch, where it is missing
from ..notices import not_in_stand_in as _not_in_stand_in
from .missing import missing_from as _missing_from

_torch = _importlib.import_module("torch")
__getattr__ = _missing_from("torchvision.transforms")


class Compose:
    """Apply transforms one after the other."""

    def __init__(self, transforms: _Sequence[_Callable[[_Any], _Any]]) -> None:
        self.transforms = transforms

    def __call__(self, value: _Any) -> _Any:
        """Return what the last transform makes of it."""
        for transform in self.transforms:
            value = transform(value)
        return value


class Lambda:
    """Apply a function."""

    def __init__(self, lambd: _Callable[[_Any], _Any]) -> None:
        self.lambd = lambd

    def __call__(self, value: _Any) -> _Any:
        """Return the function's value."""
        return self.lambd(value)


class ToTensor:
    """Turn a picture, or an array (H, W, C), into a float32 tensor (C, H, W); bytes are scaled to [0, 1]."""

    def __call__(self, picture: _Any) -> _Any:
        """Return the picture as a tensor."""
        pixels = _np.array(picture)
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        tensor = _torch.from_numpy(pixels).permute(2, 0, 1).contiguous()
        return tensor.float() / 255 if tensor.dtype == _torch.uint8 else tensor


class ToPILImage:
    """Turn a float tensor (C, H, W) with values in [0, 1] into a picture."""

    def __init__(self, mode: str | None = None) -> None:
        if mode not in (None, "RGB"):
            raise NotImplementedError(_not_in_stand_in(f"torchvision.transforms.ToPILImage({mode!r})"))
        self.mode = mode

    def __call__(self, tensor: _Any) -> _Any:
        """Return the tensor as a picture."""
        pixels = (tensor * 255).to(_torch.uint8).permute(1, 2, 0).cpu().numpy()
        return _Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


class Normalize:
    """Subtract ``mean`` from each channel of a tensor (C, H, W), divide it by ``std``; in the tensor if ``inplace``."""

    def __init__(self, mean: _Sequence[float], std: _Sequence[float], inplace: bool = False) -> None:
        self.mean, self.std, self.inplace = mean, std, inplace

    def __call__(self, tensor: _Any) -> _Any:
        """Return the normalized tensor."""
        mean, std = (_torch.as_tensor(values, dtype=tensor.dtype) for values in (self.mean, self.std))
        result = tensor if self.inplace else tensor.clone()
        return result.sub_(mean[:, None, None]).div_(std[:, None, None])


class Resize:
    """Resize a picture: its shorter side to ``size`` pixels, keeping the proportions, or to ``(height, width)``.

    ``interpolation`` is one of Pillow's numbers; ``antialias`` changes nothing, as a picture is always smoothed.
    """

    def __init__(
        self,
        size: int | _Sequence[int],
        interpolation: int = _Image.Resampling.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        if max_size is not None:
            raise NotImplementedError(_not_in_stand_in("torchvision.transforms.Resize(max_size=…)"))
        self.size = size[0] if not isinstance(size, int) and len(size) == 1 else size
        self.interpolation = _Image.Resampling(interpolation)

    def __call__(self, picture: _Any) -> _Any:
        """Return the resized picture."""
        width, height = picture.size
        if isinstance(self.size, int):
            shorter = min(width, height)
            width, height = (int(self.size * side / shorter) for side in (width, height))
        else:
            height, width = self.size
        return picture.resize((width, height), self.interpolation)


Scale = Resize
