"""``nndl.conv_layer_utils``."""

import numpy as np

from ...layer_utils import (
    conv_relu_backward,
    conv_relu_forward,
    conv_relu_pool_backward,
    conv_relu_pool_forward,
)
from ..shared.fast_layers import *
from .layers import *
