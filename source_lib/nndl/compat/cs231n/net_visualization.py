"""``cs231n.net_visualization_pytorch``."""

import importlib as _importlib
import random

import numpy as np

from ...net_visualization import *

torch = _importlib.import_module(
    "torch"
)  # the library, imported first, says what to install where it is missing
