"""The checks of the fully connected nets and the optimizers, and of a net that a student has trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judging.accuracy import accuracy_finding, in_float32, refused, settled_early, stored_arrays
from autograder.judging.check import Finding, Findings, Trial, check
from autograder.judging.hidden_images import PIXELS
from autograder.library.interface import Library
from nndl.checking.fc_net import ACCURACY
from nndl.checking.fc_net.stored import Layout, layout

from . import checks_layers, checks_nets, checks_optim

FILE = "best_fc_net.npz"
CLASSES = 10


@check(points=5, parts=("accuracy",), wall=30.0, needs_images=True, forbidden=checks_layers.FINISHED_MODULES)
def best_fc_net(trial: Trial) -> Findings:
    """The net stored in best_fc_net.npz classifies images it has never seen: 50 % earn full points."""
    X, y = trial.images.unseen_in_turn(trial.draw.seed())
    stored = stored_arrays(trial.student, FILE, None, "run the cell of the notebook that stores your net")
    if isinstance(stored, Finding):
        yield stored
        return
    try:
        form = layout(stored, PIXELS, CLASSES)
    except ValueError as error:
        yield refused(FILE, f"{FILE}: {error}")
        return
    arrays = {name: stored[name].astype(np.float64) for name in (*form.params(), *form.statistics())}
    # The hidden images are flat rows in the order height, width, channel; these nets are trained on (C, H, W).
    side = int((PIXELS // 3) ** 0.5)
    arrays["W1"] = arrays["W1"].reshape(3, side, side, -1).transpose(1, 2, 0, 3).reshape(PIXELS, -1)
    net, rough = (_rebuilt(trial.reference, some, form) for some in (arrays, in_float32(arrays)))
    yield accuracy_finding(ACCURACY, *settled_early(ACCURACY, net.loss, X, y, roughly=rough.loss))


def _rebuilt(reference: Library, arrays: dict[str, Any], form: Layout) -> Any:
    """Make the stored net out of the reference's parts. Dropout does nothing at test time and leaves no array."""
    hidden = [1] * len(
        form.hidden_dims
    )  # to draw weights of the right sizes takes long, and all are replaced
    kind = str(arrays["W1"].dtype)
    net = reference.FullyConnectedNet(hidden, 1, CLASSES, normalization=form.normalization, dtype=kind)
    net.set("params", {name: arrays[name] for name in form.params()})
    if form.normalization == "batchnorm":
        statistics = [
            {
                "mode": "test",
                "running_mean": arrays[f"running_mean{i}"],
                "running_var": arrays[f"running_var{i}"],
            }
            for i in range(1, len(form.hidden_dims) + 1)
        ]
        net.set("bn_params", statistics)
    return net


CHECKS = (*checks_layers.CHECKS, *checks_nets.CHECKS, *checks_optim.CHECKS, best_fc_net)
