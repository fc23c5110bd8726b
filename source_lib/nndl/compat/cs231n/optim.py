"""``cs231n.optim``."""

import numpy as np

from ...optim import *
