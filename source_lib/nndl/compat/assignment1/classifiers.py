"""``cs231n.classifiers``: the classes that the package itself offers."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULES = {
    "KNearestNeighbor": "cs231n.classifiers.k_nearest_neighbor",
    "LinearClassifier": "cs231n.classifiers.linear_classifier",
    "LinearSVM": "cs231n.classifiers.linear_classifier",
    "Softmax": "cs231n.classifiers.linear_classifier",
}


def __getattr__(name: str) -> Any:
    # on demand, and under the course's names: not every release has every module, and the import says so
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
