"""``cs231n.classifiers.cnn``."""

from typing import Any as _Any

import numpy as np

from ... import cnn as _library
from ..shared.fast_layers import *
from ..tolerance import as_labels as _as_labels
from .layer_utils import *
from .layers import *


class ThreeLayerConvNet(_library.ThreeLayerConvNet):
    """As :class:`nndl.cnn.ThreeLayerConvNet`."""

    def loss(self, X: np.ndarray, y: _Any = None) -> _Any:
        """Scores, or loss and gradients."""
        return super().loss(X, None if y is None else _as_labels(y))
