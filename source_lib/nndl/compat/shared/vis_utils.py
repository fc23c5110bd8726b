"""Grids of images."""

from math import ceil, sqrt

import numpy as np

from ...vis_utils import *
