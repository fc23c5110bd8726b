"""The course's experiments: what each one trains, and which results are required.

A module per part of the course registers its experiments with `base.experiment`; importing this
package registers all of them, those that need PyTorch only where it is installed.
"""

import importlib.util

from . import convolution, fully_connected, linear, normalization
from .base import EXPERIMENTS, Claim, Data, Experiment

if importlib.util.find_spec("torch") is not None:
    from . import torch_nets, visualization

__all__ = [
    "EXPERIMENTS",
    "Claim",
    "Data",
    "Experiment",
    "convolution",
    "fully_connected",
    "linear",
    "normalization",
    "torch_nets",
    "visualization",
]
