"""``nndl.layer_utils``."""

import numpy as np

from ...layer_utils import *
from .layers import *
