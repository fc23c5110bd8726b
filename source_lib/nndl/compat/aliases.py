"""Which module of this library stands behind which name of a course."""

from __future__ import annotations

from collections.abc import Mapping

#: Modules that a course has as ``<package>.<name>`` and this library as ``nndl.<name>``.
_HELPERS = ("data_utils", "gradient_check", "optim", "solver", "vis_utils")
_LAYERS = ("fast_layers", "layer_utils", "layers")

_CS231N = {
    "cs231n": ".compat.package",
    "cs231n.classifiers": ".compat.package",
    "cs231n.classifiers.cnn": ".cnn",
    "cs231n.classifiers.fc_net": ".fc_net",
    "cs231n.classifiers.squeezenet": ".squeezenet",
    "cs231n.im2col": ".compat.im2col",
    "cs231n.im2col_cython": ".compat.im2col",
    "cs231n.image_utils": ".image_utils",
    "cs231n.net_visualization_pytorch": ".net_visualization",
} | {f"cs231n.{name}": f".{name}" for name in _HELPERS + _LAYERS}

# The same in every course that has it, so that two courses can be installed side by side.
_UTILS = {"utils": ".compat.hw1_utils"}

_C147 = _UTILS | _CS231N | {f"utils.{name}": f".{name}" for name in _HELPERS + _LAYERS}

_HW1 = _UTILS | {"HW_YourAnswer": ".compat.hw1_answers"}

#: For each course that :func:`nndl.compat.install` knows: its module names, and the module of this library
#: that each means, relative to the library's package.
COURSES: Mapping[str, Mapping[str, str]] = {"c147": _C147, "cs231n": _CS231N, "hw1": _HW1}
