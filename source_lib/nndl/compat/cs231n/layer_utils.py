"""``cs231n.layer_utils``."""

import numpy as np

from ...layer_utils import *
from ..shared.fast_layers import *
from .layers import *
