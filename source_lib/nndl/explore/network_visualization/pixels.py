"""What a classifier looks at in an image, and what it would like to see: pictures made of gradients of pixels."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from ... import net_visualization  # through the module, so that a reloaded function is the one that is used
from ...torch_parts._torch import device, nn, torch

MOST_CLASSES = 50
"""With more classes than this, the explorer offers the images' own and some that give good pictures."""

GOOD_CLASSES = (76, 78, 187, 366, 604, 683)
"""Of ImageNet: tarantula, tick, Yorkshire terrier, gorilla, hourglass, oboe."""

Tensor = torch.Tensor


@dataclass(frozen=True)
class Subject:
    """A model to look into, and images to show it.

    Attributes
    ----------
    model : nn.Module
        Maps normalized images to scores; on the device of `nndl.net_visualization`.
    images : uint8 array (N, H, W, 3)
        Square pictures of the size that the model is used to.
    labels : integer array (N,)
        Their classes.
    class_names : mapping of int to str
        What the classes are called.
    name : str
        What the model is, and on which images it was trained; it stands in every title.
    """

    model: nn.Module
    images: np.ndarray
    labels: np.ndarray
    class_names: Mapping[int, str]
    name: str

    @property
    def size(self) -> int:
        """Height and width of the images."""
        return int(self.images.shape[1])

    def batch(self, *indices: int) -> Tensor:
        """Return the images of these numbers, or all of them, normalized."""
        chosen = self.images[list(indices)] if indices else self.images
        return torch.cat([net_visualization.preprocess(image, size=self.size) for image in chosen]).to(device)

    def scores(self, batch: Tensor) -> np.ndarray:
        """Return the scores (N, C) of normalized images."""
        self.model.eval()
        with torch.no_grad():
            return self.model(batch).cpu().numpy()

    def title(self, label: int, width: int = 18) -> str:
        """Return a class's name, or its beginning: ImageNet gives up to ten synonyms."""
        name = self.class_names.get(int(label), f"class {label}").partition(",")[0]
        return name if len(name) <= width else name[: width - 1] + "…"

    def settings(self) -> dict[str, float | int]:
        """Return step length and jitter of a class visualization: those of 224 pixels, in proportion."""
        return {
            "size": self.size,
            "learning_rate": 25 * self.size / 224,
            "max_jitter": max(1, round(16 * self.size / 224)),
        }


def class_picture(
    subject: Subject,
    target: int,
    num_iterations: int = 100,
    tick: Callable[[int, Image.Image], None] | None = None,
    **options: Any,
) -> Image.Image:
    """Draw a picture of a class with `nndl.net_visualization.create_class_visualization`.

    Parameters
    ----------
    subject : Subject
        Model and size.
    target : int
        The class.
    num_iterations : int, default 100
        Steps.
    tick : callable, optional
        Called as ``tick(iteration, picture)`` after every iteration.
    **options
        Passed on, in place of the settings for the size.

    Returns
    -------
    PIL.Image.Image
        The same for the same arguments; random numbers drawn elsewhere are not disturbed.
    """
    seen = 0

    def show(picture: Image.Image, title: str) -> None:
        nonlocal seen
        seen += 1
        if tick is not None:
            tick(seen, picture)

    state = random.getstate()
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(0)
            random.seed(0)
            return net_visualization.create_class_visualization(
                target,
                subject.model,
                show=show,
                show_every=1,
                num_iterations=num_iterations,
                **{**subject.settings(), **options},
            )
    finally:
        random.setstate(state)


def draw_rows(rows: Sequence[Sequence[tuple[Any, str]]], heading: str, left: Sequence[str] = ()) -> Figure:
    """Draw rows of pictures with titles.

    Parameters
    ----------
    rows : sequence of sequences
        ``(picture, title)`` pairs; a picture of two axes is a map, drawn from black over red to white.
        None in place of a picture leaves a gap.
    heading : str
        Above all of them.
    left : sequence of str, optional
        What the rows are, written at their left.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    columns = max(len(row) for row in rows)
    figure = Figure(figsize=(max(2.1 * columns, 5.5), 2.5 * len(rows) + 0.4), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.set_frame_on(False)
    for line, row in zip(axes, rows, strict=True):
        for ax, (picture, title) in zip(line, row, strict=False):
            ax.set_title(title, fontsize=10)
            if picture is not None:
                ax.imshow(picture, cmap="hot" if np.ndim(picture) == 2 else None, interpolation="nearest")
    for line, text in zip(axes, left, strict=False):
        line[0].set_ylabel(text)
    figure.suptitle(heading)
    return figure


def saliency_figure(subject: Subject, indices: Sequence[int], target: int | None = None) -> Figure:
    """Draw images above their saliency maps, for their own classes or for one and the same class."""
    labels = [int(subject.labels[i]) if target is None else target for i in indices]
    batch = subject.batch(*indices)
    y = torch.tensor(labels, device=batch.device)
    maps = net_visualization.compute_saliency_maps(batch, y, subject.model).detach().cpu().numpy()
    rows = [
        [(subject.images[i], subject.title(subject.labels[i])) for i in indices],
        [(m, f"map: {subject.title(c, 13)}") for m, c in zip(maps, labels, strict=True)],
    ]
    return draw_rows(rows, f"Saliency maps of {subject.name}", ("image", "saliency"))


def fooling_figure(subject: Subject, original: Tensor, fooled: Tensor, label: int, target: int) -> Figure:
    """Draw an image, the one that fools the model, their difference and ten times the difference."""
    shown = [net_visualization.deprocess(image, should_rescale=False) for image in (original, fooled)]
    change = (fooled - original).detach()
    # A change of 0 becomes the mean colour, a middle grey.
    near, far = (net_visualization.deprocess(factor * change, should_rescale=False) for factor in (1, 10))
    row = [
        (shown[0], subject.title(label)),
        (shown[1], f"taken for {subject.title(target, 13)}"),
        (near, "difference"),
        (far, "10 × difference"),
    ]
    return draw_rows([row], f"A fooling image for {subject.name}")


def saliency(subject: Subject, index: int, target: int) -> np.ndarray:
    """Return the saliency map of one image for a class."""
    batch = subject.batch(index)
    y = torch.tensor([target], device=batch.device)
    found: np.ndarray = (
        net_visualization.compute_saliency_maps(batch, y, subject.model)[0].detach().cpu().numpy()
    )
    return found


def offered_classes(subject: Subject) -> list[tuple[str, int]]:
    """Return the names and numbers of the classes to choose from, in alphabetical order."""
    numbers = set(subject.class_names)
    if len(numbers) > MOST_CLASSES:
        numbers &= {*map(int, subject.labels), *GOOD_CLASSES}
    return sorted((subject.title(number, 40), number) for number in numbers)


def alt_text(subject: Subject, index: int, target: int) -> str:
    """Return what the explorer shows, for those who cannot see it."""
    return (
        f"Three panels for {subject.name}: image {index} ({subject.title(subject.labels[index])}), its saliency "
        f"map for the class {subject.title(target)}, and a picture drawn to raise the score of that class."
    )
