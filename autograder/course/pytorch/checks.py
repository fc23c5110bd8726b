"""The checks of the milestone pytorch: the same nets at three levels, their optimizers, and what was trained.

Values cross as arrays: the functions of ``nndl.as_arrays.nets`` run beside the student's code, make tensors of
what they are given and arrays of what comes back. No tensor, state dict or pickle leaves the sandbox.
"""

from __future__ import annotations

from .checks_nets import (
    barebones_convnet,
    barebones_params,
    module_convnet,
    module_params,
    sequential_convnet,
)
from .checks_training import (
    barebones_training,
    module_optimizer,
    module_training,
    open_ended_net,
    open_net,
    sequential_optimizer,
    sequential_training,
)

CHECKS = (
    barebones_convnet,
    barebones_params,
    barebones_training,
    module_params,
    module_convnet,
    module_optimizer,
    module_training,
    sequential_convnet,
    sequential_optimizer,
    sequential_training,
    open_ended_net,
    open_net,
)
