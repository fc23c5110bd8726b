"""Choose an image and a class, and see where the model looks and what it would like to see.

In a notebook::

    from nndl.explore.network_visualization.look_inside import explore
    from nndl.explore.network_visualization.pixels import Subject
    explore(Subject(model, images, labels, class_names, "SqueezeNet 1.1"))
"""

from __future__ import annotations

import html
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

from ...notebook_helpers import in_words
from ..shared.controls import in_notebook
from .pixels import Subject, alt_text, class_picture, look_figure, offered_classes


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
        first = class_picture(subject, target, num_iterations)
        figure = look_figure(subject, 0, target, first)
    except NotImplementedError as error:
        print(f"The explorer needs your functions, and a part of them is not written yet: {error}")
        return None
    if not in_notebook():
        return figure
    _show_controls(subject, figure, num_iterations, {target: first})
    return None


def _show_controls(
    subject: Subject, figure: Figure, num_iterations: int, pictures: dict[int, Image.Image]
) -> None:
    import ipywidgets as widgets
    from IPython.display import display

    names = [
        (f"{i}: {subject.title(label, 40)}", i)
        for i, label in enumerate(subject.labels[: len(subject.images)])
    ]
    image = widgets.Dropdown(options=names, value=0, description="image")
    target = widgets.Dropdown(
        options=offered_classes(subject), value=int(subject.labels[0]), description="class"
    )
    button = widgets.Button(description="Draw this class")
    bar = widgets.IntProgress(min=0, max=num_iterations, description="drawing")
    message = widgets.HTML()

    def text() -> dict[str, dict[str, str]]:
        return alt_text(subject, image.value, target.value)

    words = widgets.HTML(in_words(text()["image/png"]["alt"]))

    def update(_: Any) -> None:
        try:
            now = look_figure(subject, image.value, target.value, pictures.get(target.value))
            shown.update(now, metadata=text())
            words.value = in_words(text()["image/png"]["alt"])
            message.value = ""
        except Exception as error:  # the student's code runs here, and a callback has nobody to raise to
            message.value = html.escape(f"{type(error).__name__}: {error}")

    def draw(_: Any) -> None:
        def tick(iteration: int, picture: Image.Image) -> None:
            bar.value = iteration

        try:
            pictures[target.value] = class_picture(subject, target.value, num_iterations, tick)
        except Exception as error:
            message.value = html.escape(f"{type(error).__name__}: {error}")
            return
        update(None)

    for control in (image, target):
        control.observe(update, names="value")
    button.on_click(draw)
    display(widgets.VBox([image, target, widgets.HBox([button, bar]), message]))
    shown = display(figure, metadata=text(), display_id=True)
    display(words)
