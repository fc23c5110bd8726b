"""``nndl.neural_net``."""

from typing import Any as _Any

import numpy as np

from ..shared.training import CourseTraining as _CourseTraining
from ..tolerance import as_labels as _as_labels


class TwoLayerNet(_CourseTraining):
    """As :class:`nndl.neural_net.TwoLayerNet`; ``train`` prints the course's lines, without a progress bar."""

    def loss(self, X: np.ndarray, y: _Any = None, reg: float = 0.0) -> _Any:
        """Scores, or loss and gradients."""
        return super().loss(X, None if y is None else _as_labels(y), reg)
