"""``nndl.fc_net``."""

from typing import Any as _Any

import numpy as np

from ... import fc_net as _library
from ..tolerance import as_labels as _as_labels
from .layer_utils import *
from .layers import *


class TwoLayerNet(_library.TwoLayerNet):
    """As :class:`nndl.fc_net.TwoLayerNet`."""

    def loss(self, X: np.ndarray, y: _Any = None) -> _Any:
        """Scores, or loss and gradients."""
        return super().loss(X, None if y is None else _as_labels(y))


class FullyConnectedNet(_library.FullyConnectedNet):
    """As :class:`nndl.fc_net.FullyConnectedNet`, with C147's names in C147's order.

    ``dropout`` is the probability of keeping a unit; 0 means no dropout, as 1 does.
    """

    def __init__(
        self,
        hidden_dims: _Any,
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout: float = 0,
        use_batchnorm: bool = False,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: _Any = np.float32,
        seed: int | None = None,
    ) -> None:
        super().__init__(
            hidden_dims,
            input_dim,
            num_classes,
            dropout=dropout,
            use_batchnorm=use_batchnorm,
            reg=reg,
            weight_scale=weight_scale,
            dtype=dtype,
            seed=seed,
        )

    def loss(self, X: np.ndarray, y: _Any = None) -> _Any:
        """Scores, or loss and gradients."""
        return super().loss(X, None if y is None else _as_labels(y))
