"""The checks of the neural network modules: four layers, the net made of them, and a trained net."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.accuracy import accuracy_finding, accuracy_of, floats, stored_arrays
from autograder.judging.check import Finding, Findings, Trial, check
from nndl.checking.nn_modules import ACCURACY

from . import checks_layers, checks_net
from .checks_by_own_forward import NAMES, build

MOST_HIDDEN_UNITS = 1024
"""The largest net that is accepted; it bounds what is read and computed."""


@check(points=6, parts=("accuracy",), wall=30.0, needs_images=True)
def trained_net(trial: Trial) -> Findings:
    """The net stored in trained_net.npz classifies images it has never seen: 42 % earn full points."""
    stored = stored_arrays(
        trial.student, "trained_net.npz", NAMES, "run the cell of the notebook that stores the net"
    )
    if isinstance(stored, Finding):
        yield stored
        return
    X, y = trial.images.unseen_scaled(trial.draw.seed())
    net = build(trial.reference, _stored_params(stored, X.shape[1]))
    yield accuracy_finding(ACCURACY, accuracy_of(net.predict, X, y), len(y))


def _stored_params(stored: dict[str, Any], features: int) -> dict[str, np.ndarray]:
    """Return a stored net's arrays once they fit together."""
    first = np.shape(stored["W1"])
    units = first[-1] if len(first) == 2 else 0
    if not 1 <= units <= MOST_HIDDEN_UNITS:
        message = f"W1 in trained_net.npz has shape {first}, but it must be ({features}, H)"
        raise StudentError("ValueError", f"{message}, with at most {MOST_HIDDEN_UNITS} hidden units H")
    shapes = {"W1": (features, units), "b1": (units,), "W2": (units, 10), "b2": (10,)}
    return {name: floats(stored, "trained_net.npz", name, shape) for name, shape in shapes.items()}


CHECKS = (*checks_layers.CHECKS, *checks_net.CHECKS, trained_net)
