"""``nndl`` as homework 2 imports from it: ``from nndl import KNN, Softmax``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Classes that the course's package offers itself, and the module of each.
CLASSES = {"KNN": "nndl.knn", "SVM": "nndl.svm", "Softmax": "nndl.softmax"}


def __getattr__(name: str) -> Any:
    if name in CLASSES:
        return getattr(import_module(CLASSES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
