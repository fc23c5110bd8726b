"""The checks of the fully connected nets and the optimizers, and of a net that a student has trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.accuracy import accuracy_finding
from autograder.judging.check import Findings, Trial, check
from autograder.judging.compare import claim
from autograder.library.interface import Library
from nndl.checking.fc_net import ACCURACY
from nndl.checking.fc_net.stored import Layout, layout

from . import checks_layers as fc_net_layers
from . import checks_nets as fc_net_nets
from . import checks_optim as fc_net_optim

FILE = "best_fc_net.npz"
CLASSES = 10
BATCH = 1000
"""Images that the reference classifies at once."""


@check(points=5, parts=("accuracy",), wall=30.0, needs_images=True, forbidden=fc_net_layers.FINISHED)
def best_fc_net(trial: Trial) -> Findings:
    """The net stored in best_fc_net.npz classifies images it has never seen: 50 % earn full points."""
    X, y = trial.images.unseen(trial.draw.seed())
    try:
        stored = trial.student.load_arrays(FILE)
        form = layout(stored, X.shape[1], CLASSES)
    except StudentError as error:
        missing = error.type_name == "FileNotFoundError"
        message = f"{FILE} was not handed in: run the cell of the notebook that stores your net"
        message = message if missing else f"{FILE} cannot be read: {error.message}"
        yield claim("accuracy", FILE, False, message, expected="a stored net", actual="none")
        return
    except ValueError as error:
        yield claim("accuracy", FILE, False, f"{FILE}: {error}", expected="a stored net", actual="none")
        return
    net = _rebuilt(trial.reference, stored, form, X.shape[1])
    # The hidden images are flat rows in the order height, width, channel; these nets are trained on (C, H, W).
    side = int((X.shape[1] // 3) ** 0.5)
    pictures = X.reshape(-1, side, side, 3).transpose(0, 3, 1, 2)
    labels = [net.loss(pictures[i : i + BATCH]).argmax(axis=1) for i in range(0, len(X), BATCH)]
    yield accuracy_finding(ACCURACY, float(np.mean(np.concatenate(labels) == y)), len(y))


def _rebuilt(reference: Library, stored: dict[str, Any], form: Layout, features: int) -> Any:
    """Make the stored net out of the reference's parts. Dropout does nothing at test time and leaves no array."""
    hidden = list(form.hidden_dims)
    net = reference.FullyConnectedNet(
        hidden, features, CLASSES, normalization=form.normalization, dtype="float64"
    )
    net.set("params", {name: stored[name].astype(np.float64) for name in form.params()})
    if form.normalization == "batchnorm":
        statistics = [
            {
                "mode": "test",
                "running_mean": stored[f"running_mean{i}"].astype(np.float64),
                "running_var": stored[f"running_var{i}"].astype(np.float64),
            }
            for i in range(1, len(hidden) + 1)
        ]
        net.set("bn_params", statistics)
    return net


CHECKS = (*fc_net_layers.CHECKS, *fc_net_nets.CHECKS, *fc_net_optim.CHECKS, best_fc_net)
