"""``nndl`` as homework 2 imports from it: ``from nndl import KNN, Softmax``."""

from __future__ import annotations

from ..offering import offering

#: Classes that the course's package offers itself, and the module of each.
CLASSES = {"KNN": "nndl.knn", "SVM": "nndl.svm", "Softmax": "nndl.softmax"}

__getattr__ = offering("nndl", CLASSES)
