"""What the explorers share: sliders that redraw a figure, and a plain figure where there is no notebook."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from ...notebook_helpers import in_words

# Colours that colour-blind eyes can tell apart (Okabe and Ito), and a marker each for eyes that see none.
COLOURS, MARKERS = ("#0072B2", "#D55E00", "#009E73"), ("o", "s", "^")

Widgets = dict[str, Any]


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
    """Return a slider for each setting that stops at the values given.

    Parameters
    ----------
    options : mapping
        Setting → its values.
    start : mapping
        Setting → the value at the beginning.
    names : mapping, optional
        Setting → what the slider is called, where that is not the setting's name.
    label_width : str, default "9em"
        Room for these names; a longer one is cut off.
    """
    import ipywidgets as widgets

    return {
        name: widgets.SelectionSlider(
            options=[(f"{value:g}" if isinstance(value, float) else str(value), value) for value in values],
            value=start[name],
            description=(names or {}).get(name, name.replace("_", " ")),
            continuous_update=False,
            style={"description_width": label_width},
            layout={"width": f"calc({label_width} + 21em)"},
        )
        for name, values in options.items()
    }


def explore(
    draw: Callable[..., Figure],
    start: Mapping[str, Any],
    controls: Callable[[], Widgets],
    alt: Callable[..., str],
    *,
    needs: str = "your code",
    note: Callable[..., str] | None = None,
) -> Figure | None:
    """Show a figure with controls that redraw it.

    Parameters
    ----------
    draw : callable
        Takes the settings as keywords, returns a figure that pyplot does not know.
    start : mapping
        The settings at the beginning.
    controls : callable
        Makes the widgets, setting → widget; only called in a notebook.
    alt : callable
        Takes the settings, returns the text for those who cannot see the figure.
    needs : str
        What of the student's code runs here, for the message when a part of it is not written yet.
    note : callable, optional
        Takes the settings, returns a line to stand under the controls after each change.

    Returns
    -------
    figure : matplotlib figure or None
        Outside of a notebook, the figure for ``start``. In a notebook it is displayed instead, and remains as an
        ordinary picture where the notebook is read without a running kernel.
    """
    try:
        figure = draw(**start)
    except NotImplementedError as error:
        print(f"The explorer needs {needs}, and a part of it is not written yet: {error}")
        return None
    if not in_notebook():
        return figure
    import ipywidgets as widgets
    from IPython.display import display

    made = controls()
    message, words = widgets.HTML(), widgets.HTML(in_words(alt(**start)))
    drawn = dict(start)

    def update(_: Any) -> None:
        settings = {name: control.value for name, control in made.items()}
        if settings == drawn:  # one control has moved another, and both report it
            return
        drawn.update(settings)
        try:
            text = alt(**settings)
            picture.update(draw(**settings), metadata=_texts(text))
            words.value = in_words(text)
            message.value = html.escape(note(**settings)) if note else ""
        except Exception as error:  # the student's code runs here, and a callback has nobody to raise to
            message.value = html.escape(f"{type(error).__name__}: {error}")

    for control in made.values():
        control.observe(update, names="value")
    display(widgets.VBox([*made.values(), message]))
    picture = display(figure, metadata=_texts(alt(**start)), display_id=True)
    display(words)
    return None


def keep_at_end(slider: Any, most: int) -> None:
    """Let a slider of whole numbers end at ``most``; what stood at its end stands there again."""
    at_end = slider.value == slider.max
    slider.max = most  # pulls a larger value along
    if at_end:
        slider.value = most


def _texts(alt: str) -> dict[str, dict[str, str]]:
    return {"image/png": {"alt": alt}}
