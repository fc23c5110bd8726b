"""``nndl.layers``."""

import numpy as np

from ...layers import dropout_forward
from ..shared.layers import *
