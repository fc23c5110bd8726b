"""What the explorers share: controls whose moves redraw a picture at once, and a plain figure without a notebook."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from ..._support.figure_html import side_by_side
from ...notebook_helpers import in_words
from .ahead import Ahead
from .scene import Look, Scene

# Colours that colour-blind eyes can tell apart (Okabe and Ito), and a marker each for eyes that see none.
COLOURS, MARKERS = ("#0072B2", "#D55E00", "#009E73"), ("o", "s", "^")

Widgets = dict[str, Any]

WIDE = {"width": "100%", "max_width": "34em"}
"""Layout of a control: as wide as a narrow window, and not wider than the eye can follow."""


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this, so that widgets can be shown."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")


def sliders(
    options: Mapping[str, Sequence[Any]],
    start: Mapping[str, Any],
    names: Mapping[str, str] | None = None,
    *,
    label_width: str = "9em",
) -> Widgets:
    """Return a control for each setting: a slider that stops at the numbers given, or a button for each name.

    Parameters
    ----------
    options : mapping
        Setting → its values.
    start : mapping
        Setting → the value at the beginning.
    names : mapping, optional
        Setting → what the control is called, where that is not the setting's name.
    label_width : str, default "9em"
        Room for these names; a longer one is cut off.
    """
    import ipywidgets as widgets

    made: Widgets = {}
    for name, values in options.items():
        label = (names or {}).get(name, name.replace("_", " "))
        if all(isinstance(value, str) for value in values):
            made[name] = buttons(values, start[name], label, label_width=label_width)
            continue
        made[name] = widgets.SelectionSlider(
            options=[(f"{value:g}" if isinstance(value, float) else str(value), value) for value in values],
            value=start[name],
            description=label,
            continuous_update=True,
            style={"description_width": label_width},
            layout=WIDE,
        )
    return made


def buttons(options: Any, value: Any, label: str, *, label_width: str = "9em") -> Any:
    """Return a button for each of a few choices, all of them in sight."""
    import ipywidgets as widgets

    return widgets.ToggleButtons(
        options=options,
        value=value,
        description=label,
        style={"description_width": label_width, "button_width": "auto"},
        layout={"width": "100%"},
    )


def explore(
    scene: Scene,
    start: Mapping[str, Any],
    controls: Callable[[], Widgets],
    *,
    needs: str = "your code",
) -> Figure | None:
    """Show a scene with controls that redraw it while they are moved.

    Parameters
    ----------
    scene : Scene
        What is computed, drawn and said.
    start : mapping
        The settings at the beginning.
    controls : callable
        Makes the widgets, setting → widget; only called in a notebook.
    needs : str
        What of the student's code runs here, for the message when a part of it is not written yet.

    Returns
    -------
    figure : matplotlib figure or None
        Outside of a notebook, the figure for ``start``. In a notebook it is displayed instead, and remains as an
        ordinary picture where the notebook is read without a running kernel.
    """
    try:
        figure = scene.figure(scene.result(**start))
    except NotImplementedError as error:
        print(f"The explorer needs {needs}, and a part of it is not written yet: {error}")
        return None
    if not in_notebook():
        return figure
    import ipywidgets as widgets
    from IPython.display import display

    made = controls()
    ahead = Ahead(scene, made)
    first = scene.look(**start)
    # Room for two lines, so that what stands below does not move when a note gets longer.
    message = widgets.HTML(html.escape(first.note), layout={"min_height": "3.2em", "width": "100%"})
    words = widgets.HTML(in_words(first.words))
    drawn = dict(start)

    def update(_: Any) -> None:
        settings = {name: control.value for name, control in made.items()}
        if settings == drawn:  # one control has moved another, and both report it
            return
        before = dict(drawn)
        drawn.update(settings)
        try:
            look = scene.look(**settings)
            picture.update(_bundle(look), raw=True)
            words.value = in_words(look.words)
            message.value = html.escape(look.note)
            ahead.start(before)
        except Exception as error:  # the student's code runs here, and a callback has nobody to raise to
            message.value = html.escape(f"{type(error).__name__}: {error}")

    for control in made.values():
        control.observe(update, names="value")
    _forget_at_next_cell(scene, ahead)
    display(widgets.VBox([*made.values(), message]))
    bundle = _bundle(first) | {"image/png": _whole(figure)}
    picture = display(bundle, raw=True, metadata={"image/png": {"alt": first.words}}, display_id=True)
    display(words)
    ahead.start()
    return None


def _bundle(look: Look) -> dict[str, Any]:
    return {
        "text/html": side_by_side(look.pictures, look.words),
        "text/plain": f"(the figure in words: {look.words})",
    }


def _whole(figure: Figure) -> bytes:
    """Return a figure as one PNG: what is kept of the output where HTML is not."""
    import io

    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def _forget_at_next_cell(scene: Scene, ahead: Ahead) -> None:
    """Compute anew after a cell has run: until then the student's functions are those that have been used."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None or not hasattr(shell, "events"):
        return

    def forget(*_: Any) -> None:
        ahead.stop()
        scene.forget()  # waits for what is being prepared in another thread

    shell.events.register("pre_run_cell", forget)


def keep_at_end(slider: Any, most: int) -> None:
    """Let a slider of whole numbers end at ``most``; what stood at its end stands there again."""
    at_end = slider.value == slider.max
    slider.max = most  # pulls a larger value along
    if at_end:
        slider.value = most
