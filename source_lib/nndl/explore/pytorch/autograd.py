"""Watch autograd at work: values go forward through a small graph, gradients come back and add up.

In a notebook::

    from nndl.explore.pytorch.autograd import explore
    explore()
"""

from __future__ import annotations

from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, TextArea, VPacker

from ..shared import controls
from ..shared.scene import Scene, axes_in, heading, panels
from .autograd_graph import EXPRESSIONS, Node, depths, graph, senders, walk_back

_VALUE, _GRADIENT = controls.COLOURS[:2]
_FIRST = next(iter(EXPRESSIONS))
START: dict[str, Any] = {"expression": _FIRST, "x": 2.0, "y": 1.5, "steps": len(EXPRESSIONS[_FIRST])}


def draw(nodes: list[Node], steps: int) -> Figure:
    """Draw the graph with the gradients that are known after some steps back.

    Parameters
    ----------
    nodes : list of Node
        From `autograd_graph.graph`.
    steps : int
        See `autograd_graph.walk_back`.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    return scene().figure((nodes, steps))


def _stage() -> Figure:
    figure = panels(1, height=3.8, width=8.6)
    ax = axes_in(figure, 0, left=0.01, right=0.99, bottom=0.02, top=0.92)
    ax.set_ylim(-0.5, 2.1)
    ax.axis("off")
    return figure


def _fit(_: int, axes: list[Axes], columns: int) -> None:
    axes[0].set_xlim(-0.5, columns - 0.5)


def _columns(nodes: list[Node]) -> int:
    return 1 + int(max(x for x, _ in _places(nodes).values()))


def _act(axes: list[Axes], found: tuple[list[Node], int]) -> None:
    (nodes, steps), (ax,) = found, axes
    reached, last = walk_back(nodes, steps)
    places = _places(nodes)
    gap = 0.055 * _columns(nodes)  # from the middle of a box to where its arrows begin and end
    heading(ax, describe(nodes, steps), 12)
    for node in nodes:
        for parent, slope in node.parents.items():
            (x0, y0), (x1, y1) = places[parent], places[node.name]
            passed = node.name == last
            arrow = {"arrowstyle": "->", "color": "black", "linewidth": 2.2 if passed else 0.9}
            ax.annotate("", (x1 - gap, y1), (x0 + gap, y0), arrowprops=arrow)
            # nearer to the start of the arrow: two arrows that end in one node lie apart there
            at = 0.45
            ax.text(
                x0 + at * (x1 - x0),
                y0 + at * (y1 - y0),
                f"×{slope:.3g}",
                ha="center",
                va="center",
                color=_GRADIENT,
                size=9,
                bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"},
            )
    for node in nodes:
        x, y = places[node.name]
        operation = "" if node.operation == "input" else f"  ({node.operation})"
        # packed, so that the box is as wide as the longer of the two
        lines: list[Artist] = [
            TextArea(f"{node.name}{operation}", textprops={"size": 11}),
            TextArea(f"{node.value:.4g}", textprops={"size": 11, "color": _VALUE}),
        ]
        frame = {"boxstyle": "round,pad=0.3", "facecolor": "#ffe9a8" if node.name == last else "white"}
        ax.add_artist(
            AnnotationBbox(VPacker(children=lines, align="center", pad=3, sep=3), (x, y), bboxprops=frame)
        )
        if node.name in reached:
            ax.text(
                x,
                y - 0.3,
                f"gradient {reached[node.name]:.4g}",
                ha="center",
                va="center",
                color=_GRADIENT,
                weight="bold",
                size=10,
            )


def _places(nodes: list[Node]) -> dict[str, tuple[float, float]]:
    """Return where each node is drawn: a column for each depth, the nodes of a column below each other."""
    column = depths(nodes)
    places = {}
    for depth in sorted(set(column.values())):
        names = [node.name for node in nodes if column[node.name] == depth]
        for row, name in enumerate(names):
            # low for a single node, so that an arrow from x to the far right passes above it
            height = 1.4 - 1.4 * row + 0.35 * (row == 0 and depth > 0) if len(names) > 1 else 0.2
            places[name] = (float(depth), height)
    return places


def describe(nodes: list[Node], steps: int) -> str:
    """Return one line on the step taken last."""
    order = senders(nodes)
    steps = min(steps, len(order))
    reached, last = walk_back(nodes, steps)
    if not last:
        result = nodes[-1]
        return f"{result.name} = {result.value:.4g}; its own gradient is 1"
    node = order[steps - 1]
    passed = " and ".join(
        f"{reached[last]:.3g} · {slope:.3g} to {parent}" for parent, slope in node.parents.items()
    )
    return f"Step {steps} of {len(order)}: {last} passes on {passed}"


def explore() -> Figure | None:
    """Show the graph with a choice of expression and sliders for the inputs and the step.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it; at the beginning all steps are taken.
    """
    return controls.explore(scene(), START, _widgets)


def scene() -> Scene:
    """Return what the explorer computes, draws and says."""

    def compute(expression: str, x: float, y: float, steps: int) -> tuple[list[Node], int]:
        return graph(expression, x, y), steps

    return Scene(
        compute=compute,
        stage=_stage,
        frames=lambda found: (_columns(found[0]),),
        fit=_fit,
        act=_act,
        words=lambda found: alt_text(*found),
        note=lambda found: describe(*found),
    )


def _widgets() -> controls.Widgets:
    import ipywidgets as widgets

    style = {"description_width": "6em"}
    expression = controls.buttons(list(EXPRESSIONS), START["expression"], "expression", label_width="6em")
    inputs = {
        name: widgets.FloatSlider(
            value=START[name],
            min=-3,
            max=3,
            step=0.25,
            description=name,
            style=style,
            layout=controls.WIDE,
        )
        for name in ("x", "y")
    }
    steps = widgets.IntSlider(
        value=START["steps"],
        min=0,
        max=START["steps"],
        description="steps back",
        style=style,
        layout=controls.WIDE,
    )
    expression.observe(
        lambda change: controls.keep_at_end(steps, len(EXPRESSIONS[change["new"]])), names="value"
    )
    return {"expression": expression, **inputs, "steps": steps}


def alt_text(nodes: list[Node], steps: int) -> str:
    """Say what the figure shows."""
    reached, _ = walk_back(nodes, steps)
    said = "; ".join(
        f"{node.name} = {node.value:.3g}"
        + (f", gradient {reached[node.name]:.3g}" if node.name in reached else "")
        for node in nodes
    )
    return f"A computation graph, drawn from left to right. {said}. {describe(nodes, steps)}."
