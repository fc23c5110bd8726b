"""Choose an image and a class, and see where the model looks and what it would like to see.

In a notebook::

    from nndl.explore.network_visualization.look_inside import explore
    from nndl.explore.network_visualization.pixels import Subject
    explore(Subject(model, images, labels, class_names, "SqueezeNet 1.1"))
"""

from __future__ import annotations

import html
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ..shared import controls
from ..shared.scene import Scene, axes_in, heading, panels
from .pixels import Subject, alt_text, class_picture, offered_classes, saliency


@dataclass(frozen=True)
class Look:
    """What is seen of one image and one class.

    Attributes
    ----------
    index, target : int
        Numbers of the image and of the class.
    saliency : array (H, W)
        Which pixels matter for the score of the class.
    score, highest : float
        The class's score, and the highest one.
    picture : PIL.Image.Image or None
        The picture of the class, if it has been drawn.
    """

    index: int
    target: int
    saliency: np.ndarray
    score: float
    highest: float
    picture: Image.Image | None


def explore(subject: Subject, num_iterations: int = 60) -> Figure | None:
    """Choose an image and a class: see the map at once, and draw the class's picture at the push of a button.

    Parameters
    ----------
    subject : Subject
        What to look into.
    num_iterations : int, default 60
        Steps for a picture.

    Returns
    -------
    figure : matplotlib figure or None
        Outside of a notebook, the first image with the map and a picture of its own class. In a notebook it
        is displayed instead, and remains as an ordinary picture where the notebook is read without a kernel.
    """
    target = int(subject.labels[0])
    try:
        pictures = {target: class_picture(subject, target, num_iterations)}
    except NotImplementedError as error:
        print(f"The explorer needs your functions, and a part of them is not written yet: {error}")
        return None
    made = scene(subject, pictures)
    return controls.explore(
        made,
        {"index": 0, "target": target, "drawn": 0},
        lambda: _controls(subject, pictures, num_iterations, made.forget),
        needs="your functions",
    )


def scene(subject: Subject, pictures: dict[int, Image.Image]) -> Scene:
    """Return what the explorer computes, draws and says; ``pictures`` are those drawn so far, by class."""

    def compute(index: int, target: int, drawn: int) -> Look:
        # ``drawn`` counts the pictures: a new one is a new look
        scores = subject.scores(subject.batch(index))[0]
        found = saliency(subject, index, target)
        return Look(index, target, found, float(scores[target]), float(scores.max()), pictures.get(target))

    def stage() -> Figure:
        figure = panels(3, height=3.9, width=3.4)
        for panel in range(3):
            ax = axes_in(figure, panel, left=0.04, right=0.96, bottom=0.02, top=0.84)
            ax.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1))
            ax.set_frame_on(False)
        return figure

    def act(axes: list[Axes], look: Look) -> None:
        image, found, picture = axes
        whole: dict[str, Any] = {"extent": (0, 1, 0, 1), "aspect": "auto", "interpolation": "nearest"}
        name = subject.title(look.target)
        image.imshow(subject.images[look.index], **whole)
        heading(image, f"image: {subject.title(subject.labels[look.index])}")
        found.imshow(look.saliency, cmap="hot", **whole)
        heading(found, f"map: {name}\nscore {look.score:.1f}, highest {look.highest:.1f}")
        if look.picture is not None:
            picture.imshow(np.asarray(look.picture), **whole)
        heading(picture, f"picture: {name}" if look.picture is not None else f"{name}: not drawn yet")

    return Scene(
        compute=compute,
        stage=stage,
        act=act,
        words=lambda look: alt_text(subject, look.index, look.target),
        note=lambda look: f"{subject.name} looks for: {subject.title(look.target, 40)}",
    )


def _controls(
    subject: Subject, pictures: dict[int, Image.Image], num_iterations: int, forget: Callable[[], None]
) -> controls.Widgets:
    import ipywidgets as widgets
    import traitlets

    names = [
        (f"{i}: {subject.title(label, 40)}", i)
        for i, label in enumerate(subject.labels[: len(subject.images)])
    ]
    image = widgets.Dropdown(options=names, value=0, description="image", layout=controls.WIDE)
    target = widgets.Dropdown(
        options=offered_classes(subject),
        value=int(subject.labels[0]),
        description="class",
        layout=controls.WIDE,
    )
    by_lot = widgets.Button(description="A class by lot")
    button = widgets.Button(description="Draw this class")
    bar = widgets.IntProgress(min=0, max=num_iterations, description="drawing")
    message = widgets.HTML()
    row = widgets.HBox([by_lot, button, bar, message], layout={"flex_flow": "row wrap"})
    row.add_traits(value=traitlets.Int(0))

    def draw(_: Any) -> None:
        def tick(iteration: int, picture: Image.Image) -> None:
            bar.value = iteration

        try:
            pictures[target.value] = class_picture(subject, target.value, num_iterations, tick)
        except Exception as error:  # the student's code runs here, and a callback has nobody to raise to
            message.value = html.escape(f"{type(error).__name__}: {error}")
            return
        message.value = ""
        forget()
        row.value += 1

    def draw_lots(_: Any) -> None:
        number = random.choice([n for n in subject.class_names if n != target.value])
        if number not in dict(map(reversed, target.options)):
            target.options = sorted([*target.options, (subject.title(number, 40), number)])
        target.value = number

    button.on_click(draw)
    by_lot.on_click(draw_lots)
    return {"index": image, "target": target, "drawn": row}
