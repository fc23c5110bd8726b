"""``cs231n.classifiers``: the classes that the package itself offers."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULES = {
    "KNearestNeighbor": ".k_nearest_neighbor",
    "LinearClassifier": ".linear_classifier",
    "LinearSVM": ".linear_classifier",
    "Softmax": ".linear_classifier",
}


def __getattr__(name: str) -> Any:
    # on demand: not every release has every module
    if name in _MODULES:
        return getattr(import_module(_MODULES[name], __package__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
