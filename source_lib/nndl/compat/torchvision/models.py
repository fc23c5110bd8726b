"""``torchvision.models``: SqueezeNet 1.1."""

from __future__ import annotations

from typing import Any as _Any

from ... import squeezenet as _squeezenet
from ..notices import not_in_stand_in as _not_in_stand_in
from .missing import missing_from as _missing_from

__getattr__ = _missing_from("torchvision.models")


def squeezenet1_1(
    pretrained: bool = False, progress: bool = True, *, weights: _Any = None, **others: _Any
) -> _Any:
    """Return SqueezeNet 1.1, trained on ImageNet where that is asked for, ready to be trained further.

    The weights come from where :func:`nndl.squeezenet.load_squeezenet` finds them.
    """
    if others:
        raise NotImplementedError(
            _not_in_stand_in(f"torchvision.models.squeezenet1_1({next(iter(others))}=…)")
        )
    if not pretrained and weights is None:
        return _squeezenet.SqueezeNet()
    return _squeezenet.load_squeezenet().requires_grad_(True).train()
