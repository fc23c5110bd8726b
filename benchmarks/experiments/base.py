"""What an experiment is, what it claims, and the data it runs on."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nndl.data_utils import find_CIFAR10, get_CIFAR10_data, get_flat_CIFAR10_data

OFFICIAL_MD5 = "c99cafc152244af753f735de768cd75f"
"""MD5 of the official file data_batch_1."""


@dataclass(frozen=True)
class Claim:
    """One line of the table.

    Attributes
    ----------
    what : str
        The quantity.
    measured, required : str
        As they are printed; `required` is empty where the figure is only reported.
    holds : bool or None
        Whether the requirement is met; None where there is none.
    """

    what: str
    measured: str
    required: str = ""
    holds: bool | None = None


def _text(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:.2e}"


def at_least(what: str, value: float, bound: float) -> Claim:
    return Claim(what, _text(value), f"≥ {bound:g}", bool(value >= bound))


def above(what: str, value: float, bound: float) -> Claim:
    return Claim(what, _text(value), f"> {bound:g}", bool(value > bound))


def below(what: str, value: float, bound: float) -> Claim:
    return Claim(what, f"{value:.3g}", f"< {bound:g}", bool(value < bound))


def between(what: str, value: float, low: float, high: float) -> Claim:
    return Claim(what, f"{value:.3f}", f"{low:g} to {high:g}", bool(low <= value <= high))


def greater(what: str, first: tuple[str, float], second: tuple[str, float]) -> Claim:
    """Claim that the first of two named values is greater than the second."""
    (name, value), (other, other_value) = first, second
    measured = f"{value:.3f} against {other_value:.3f}"
    return Claim(what, measured, f"{name} > {other}", bool(value > other_value))


def report(what: str, value: float) -> Claim:
    return Claim(what, _text(value))


@dataclass(frozen=True)
class Experiment:
    """A training run that can be repeated.

    Attributes
    ----------
    name, milestone, title : str
    seeds : tuple of int
        The seeds on the results page.
    run : callable
        Takes the data and a seed, yields claims.
    lesson : bool
        Whether a notebook teaches this result, so that it must also hold on the offline image set.
    """

    name: str
    milestone: str
    title: str
    seeds: tuple[int, ...]
    run: Callable[[Data, int], Iterator[Claim]]
    lesson: bool = False


EXPERIMENTS: dict[str, Experiment] = {}
"""All experiments by name, in teaching order within a module."""


def experiment(
    milestone: str, title: str, seeds: tuple[int, ...] = (0,), *, lesson: bool = False
) -> Callable[[Any], Any]:
    """Register a function ``(data, seed) -> claims`` under its name, with ``_`` as ``-``."""

    def register(run: Any) -> Any:
        name = run.__name__.replace("_", "-")
        EXPERIMENTS[name] = Experiment(name, milestone, title, seeds, run, lesson)
        return run

    return register


class Data:
    """CIFAR-10 in the forms that the experiments need, each loaded at its first use."""

    def __init__(
        self, root: str | None = None, imagenet: str | None = None, weights: str | None = None
    ) -> None:
        self.root = root
        self.imagenet = imagenet
        self.weights = weights

    @functools.cached_property
    def images(self) -> dict[str, np.ndarray]:
        """49000 training, 1000 validation and 1000 test images, mean image subtracted, float32."""
        return get_CIFAR10_data(root=self.root, dtype=np.float32)

    @functools.cached_property
    def rows(self) -> tuple[np.ndarray, ...]:
        """The same as flat rows: ``X_train, y_train, X_val, y_val, X_test, y_test``."""
        return get_flat_CIFAR10_data(root=self.root, dtype=np.float32)

    @functools.cached_property
    def scaled(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """10000 training and 1000 test rows in [0, 1], mean training row subtracted, labels one-hot."""
        X, y, _, _, X_test, y_test = get_flat_CIFAR10_data(
            num_training=10000, num_validation=0, subtract_mean=True, root=self.root
        )
        identity = np.eye(10)
        return X / 255, identity[y], X_test / 255, identity[y_test]

    def subset(self, count: int, dtype: Any = np.float32) -> dict[str, np.ndarray]:
        """Return the first ``count`` training images with all validation images."""
        images = self.images
        return {
            "X_train": images["X_train"][:count].astype(dtype),
            "y_train": images["y_train"][:count],
            "X_val": images["X_val"].astype(dtype),
            "y_val": images["y_val"],
        }

    def describe(self) -> str:
        """Say whether these are the official files."""
        digest = hashlib.md5(Path(find_CIFAR10(self.root), "data_batch_1").read_bytes()).hexdigest()
        if digest == OFFICIAL_MD5:
            return "the official CIFAR-10 files"
        if self.root == "offline":
            return "the drawn image set, which is **not** CIFAR-10"
        return (
            "files in CIFAR-10's layout that are not the official ones: the photographs may have been "
            "compressed once more, or stand in another order"
        )
