"""The checks of the two-layer net, and of a net that a student has trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judging.accuracy import accuracy_finding, floats, in_float32, settled_early, stored_arrays
from autograder.judging.check import Finding, Findings, Trial, check
from autograder.judging.hidden_images import PIXELS
from nndl.checking.two_layer_net import ACCURACY

from .checks_training import training_history, training_step
from .checks_values import NAMES, build, gradients, loss, prediction, scores

HIDDEN_UNITS = 50
"""The milestone fixes the hidden size, so that everybody searches the same space."""


@check(points=12, parts=("accuracy",), wall=30.0, needs_images=True)
def best_net(trial: Trial) -> Findings:
    """The net stored in best_net.npz classifies images it has never seen: 50 % earn full points."""
    stored = stored_arrays(
        trial.student, "best_net.npz", NAMES, "store the best net with net.save('best_net.npz')"
    )
    if isinstance(stored, Finding):
        yield stored
        return
    X, y = trial.images.unseen_in_turn(trial.draw.seed())
    params = _stored_params(stored, PIXELS)
    net, rough = (build(trial.reference, some) for some in (params, in_float32(params)))
    yield accuracy_finding(ACCURACY, *settled_early(ACCURACY, net.loss, X, y, roughly=rough.loss))


def _stored_params(stored: dict[str, Any], features: int) -> dict[str, np.ndarray]:
    shapes = {
        "W1": (HIDDEN_UNITS, features),
        "b1": (HIDDEN_UNITS,),
        "W2": (10, HIDDEN_UNITS),
        "b2": (10,),
    }
    why = f"the hidden size is {HIDDEN_UNITS} for everybody"
    return {name: floats(stored, "best_net.npz", name, shape, why) for name, shape in shapes.items()}


CHECKS = (scores, loss, gradients, training_step, training_history, prediction, best_net)
