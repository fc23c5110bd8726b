"""``cs231n.classifiers.fc_net``."""

from typing import Any as _Any

import numpy as np

from ... import fc_net as _library
from .. import settings as _settings
from ..saving import SavedParams as _SavedParams
from ..tolerance import as_labels as _as_labels
from .layer_utils import *
from .layers import *
from .layers import _hint_at_zero


class TwoLayerNet(_SavedParams, _library.TwoLayerNet):
    """As :class:`nndl.fc_net.TwoLayerNet`, with the arguments in CS231n's order."""

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
    ) -> None:
        super().__init__(input_dim, hidden_dim, num_classes, weight_scale=weight_scale, reg=reg)

    def loss(self, X: np.ndarray, y: _Any = None) -> _Any:
        """Scores, or loss and gradients."""
        return super().loss(X, None if y is None else _as_labels(y))


class FullyConnectedNet(_SavedParams, _library.FullyConnectedNet):
    """As :class:`nndl.fc_net.FullyConnectedNet`.

    ``dropout`` is the name of ``dropout_keep_ratio`` until 2020, and until 2017 the probability of *dropping*;
    ``use_batchnorm=True`` is that of ``normalization="batchnorm"`` until 2017. In those years the two stand in the
    same places of the argument list as their successors.
    """

    def __init__(
        self,
        hidden_dims: _Any,
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout_keep_ratio: float | None = None,
        normalization: _Any = None,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: _Any = np.float32,
        seed: int | None = None,
        *,
        dropout: float | None = None,
        use_batchnorm: bool | None = None,
    ) -> None:
        for name, value in (("dropout=", dropout), ("use_batchnorm=", use_batchnorm)):
            if value is not None:
                _settings.older_name(f"FullyConnectedNet({name})")
        if isinstance(normalization, bool):
            normalization, use_batchnorm = None, normalization
        if _settings.drops_with_p():
            dropped = dropout_keep_ratio if dropout is None else dropout
            dropout_keep_ratio, dropout = None if dropped is None else 1 - dropped, None
        else:
            _hint_at_zero("dropout_keep_ratio", dropout_keep_ratio)
        super().__init__(
            hidden_dims,
            input_dim,
            num_classes,
            dropout_keep_ratio,
            normalization,
            reg,
            weight_scale,
            dtype,
            seed,
            dropout=dropout,
            use_batchnorm=use_batchnorm,
        )

    def loss(self, X: np.ndarray, y: _Any = None) -> _Any:
        """Scores, or loss and gradients."""
        return super().loss(X, None if y is None else _as_labels(y))
