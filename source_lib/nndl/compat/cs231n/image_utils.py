"""``cs231n.image_utils``."""

import numpy as np

from ... import image_utils as _library

SQUEEZENET_MEAN = _library.SQUEEZENET_MEAN
SQUEEZENET_STD = _library.SQUEEZENET_STD
