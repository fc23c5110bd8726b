"""``cs231n.classifiers``: the classes that the package itself offers."""

from __future__ import annotations

from ..offering import offering

#: Classes that the course's package offers itself, and the module of each.
CLASSES = {
    "KNearestNeighbor": "cs231n.classifiers.k_nearest_neighbor",
    "LinearClassifier": "cs231n.classifiers.linear_classifier",
    "LinearSVM": "cs231n.classifiers.linear_classifier",
    "Softmax": "cs231n.classifiers.linear_classifier",
}

__getattr__ = offering("cs231n.classifiers", CLASSES)
