"""``cs231n.layers``."""

from typing import Any as _Any

import numpy as np

from ... import layers as _strict
from .. import settings as _settings
from ..shared.layers import *
from ..tolerance import as_floats as _as_floats


def dropout_forward(x: _Any, dropout_param: dict) -> tuple[np.ndarray, _Any]:
    """As :func:`nndl.layers.dropout_forward`; until 2017 ``p`` is the probability of *dropping*, and may be 0."""
    (x,) = _as_floats(x)
    if not _settings.drops_with_p():
        _hint_at_zero("dropout_param['p']", dropout_param.get("p"))
        return _strict.dropout_forward(x, dropout_param)
    out, (_, mask) = _strict.dropout_forward(x, {**dropout_param, "p": 1 - dropout_param["p"]})
    return out, (dropout_param, mask)


def _hint_at_zero(name: str, p: _Any) -> None:
    """Refuse a probability of keeping that is 0, and say what it may have meant."""
    if not isinstance(p, bool | np.ndarray) and p == 0:
        raise ValueError(
            f"{name} is 0, and is the probability of keeping since 2018. In a notebook of 2017 or before, "
            'where it is the probability of dropping: nndl.compat.install("cs231n", year=2017)'
        )
