"""Which threads work while a convolutional network is trained."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, TypeVar

import numpy as np

try:
    from . import cython_layers
except ImportError:
    cython_layers = None  # type: ignore[assignment]


AnyTrain = TypeVar("AnyTrain", bound=Callable[..., Any])


def with_single_blas_thread(train: AnyTrain) -> AnyTrain:
    """Let a method that trains ``self.model`` run inside :func:`single_blas_thread`; a decorator."""

    @wraps(train)
    def undisturbed(self: Any, *args: Any, **kwargs: Any) -> Any:
        with single_blas_thread(self.model):
            return train(self, *args, **kwargs)

    return undisturbed  # type: ignore[return-value]


def single_blas_thread(model: Any) -> AbstractContextManager[Any]:
    """Return a context in which a convolutional network's threads do not disturb each other.

    The compiled layers have threads of their own, and so have NumPy's matrix products. Each waits for more work by
    spinning on the cores that the other wants, which can make a step several times slower. The convolutions are
    most of the work, so the products get by with one thread. Networks without convolutions keep theirs.
    """
    if cython_layers is None or not any(np.ndim(w) == 4 for w in model.params.values()):
        return nullcontext()
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # a sandbox with nothing but NumPy
        return nullcontext()
    return threadpool_limits(1, user_api="blas")
