"""Let update rules race down a surface over the plane, from a start and with learning rates of your choice.

In a notebook::

    from nndl.explore.fc_net.optimizers import explore
    explore()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ... import optim
from ..._support.validate import check_choice, check_integer, check_number
from ..shared import controls
from ..shared.scene import Scene, axes_in, panels


@dataclass(frozen=True)
class Surface:
    """A function of two numbers, its gradient, and what of it is shown.

    Attributes
    ----------
    height : callable
        ``height(x, y)``, for arrays too; the lowest value is 0.
    slope : callable
        ``slope(x, y)``, the two partial derivatives.
    reach : tuple of float
        The shown plane: left, right, bottom, top.
    start : tuple of float
        Where a race begins by default.
    difficulty : str
        What makes it hard, in a few words.
    """

    height: Callable[[Any, Any], Any]
    slope: Callable[[float, float], tuple[float, float]]
    reach: tuple[float, float, float, float]
    start: tuple[float, float]
    difficulty: str


SURFACES = {
    "valley": Surface(
        lambda x, y: 0.5 * (x**2 + 100 * y**2),
        lambda x, y: (x, 100 * y),
        (-3.5, 1.5, -1.5, 1.5),
        (-3.0, 1.0),
        "100 times as steep across as along",
    ),
    "bent valley": Surface(
        lambda x, y: (1 - x) ** 2 + 10 * (y - x**2) ** 2,
        lambda x, y: (-2 * (1 - x) - 40 * x * (y - x**2), 20 * (y - x**2)),
        (-2.0, 2.0, -1.0, 3.0),
        (-1.5, 2.0),
        "flat along a curved floor",
    ),
    "saddle": Surface(
        lambda x, y: (y**2 - 1) ** 2 + x**2,
        lambda x, y: (2 * x, 4 * y * (y**2 - 1)),
        (-2.0, 2.0, -1.8, 1.8),
        (-1.5, 0.02),
        "nearly level on the ridge between two hollows",
    ),
}
RULES = ("sgd", "sgd_momentum", "rmsprop", "adam")
RATES = (0.001, 0.003, 0.006, 0.01, 0.015, 0.018, 0.02, 0.021, 0.03, 0.05, 0.1, 0.2, 0.3, 1.0)
DEFAULT_RATES = {"sgd": 0.018, "sgd_momentum": 0.01, "rmsprop": 0.05, "adam": 0.1}
STEPS = (10, 20, 50, 100, 200, 500)

# Okabe and Ito's colours but for a darker purple, which a dotted line needs, each with a line style and a marker.
_LOOKS = {
    "sgd": ("#0072B2", "-", "o"),
    "sgd_momentum": ("#D55E00", "--", "s"),
    "rmsprop": ("#009E73", "-.", "^"),
    "adam": ("#AA3377", ":", "D"),
}
_FAR = 1e3  # a place further out than this has diverged
_LEVEL = 1e-12  # heights below this are drawn here: a logarithmic axis has no 0


@dataclass(frozen=True)
class Run:
    """How one rule fared.

    Attributes
    ----------
    rule : str
        Its name in `nndl.optim`.
    path : array (T + 1, 2)
        Where it was, the start included.
    heights : array (T + 1,)
        How high that is.
    problem : str
        Why it ended early; empty if it did not.
    """

    rule: str
    path: np.ndarray
    heights: np.ndarray
    problem: str = ""


def run_rule(rule: str, surface: str, start: Sequence[float], learning_rate: float, steps: int) -> Run:
    """Let one update rule walk down a surface.

    Parameters
    ----------
    rule : str
        Name of a rule registered in `nndl.optim`.
    surface : {"valley", "bent valley", "saddle"}
        See ``SURFACES``.
    start : two floats
        Where it begins.
    learning_rate : float
        The other hyperparameters have the rule's defaults.
    steps : int
        Number of steps; fewer are taken if the path leaves the picture for good.

    Raises
    ------
    TypeError, ValueError
        For an unknown rule or surface, or a number out of range.
    NotImplementedError
        If the rule is not written yet.
    """
    check_choice("surface", surface, SURFACES)
    check_number("learning_rate", learning_rate, minimum=0)
    step, place = optim.get_rule(rule), np.array(start, dtype=np.float64)
    if place.shape != (2,):
        raise ValueError(f"start must be two numbers, but got {start!r}")
    chosen, config, problem = SURFACES[surface], {"learning_rate": learning_rate}, ""
    path = [place.copy()]
    for taken in range(check_integer("steps", steps, minimum=0)):
        place, config = step(place, np.array(chosen.slope(*place)), config)
        if not np.isfinite(place).all() or np.abs(place).max() > _FAR:
            problem = f"{rule} has left the picture in step {taken + 1}"
            break
        path.append(np.array(place))
    walked = np.array(path)
    return Run(rule, walked, np.asarray(chosen.height(*walked.T)), problem)


def race(
    surface: str = "valley",
    start: Sequence[float] | None = None,
    rates: Mapping[str, float] | None = None,
    steps: int = 50,
) -> tuple[list[Run], list[str]]:
    """Let all rules walk; return their runs, and a sentence on each that is missing or has diverged."""
    runs, unwritten = [], []
    for rule in RULES:
        rate = (rates or DEFAULT_RATES)[rule]
        try:
            runs.append(run_rule(rule, surface, start or SURFACES[surface].start, rate, steps))
        except NotImplementedError:
            unwritten.append(f"{rule} is not written yet")
    return runs, [*unwritten, *(run.problem for run in runs if run.problem)]


def draw_surface(surface: str, ax: Axes) -> None:
    """Draw lines of equal height."""
    chosen = SURFACES[surface]
    left, right, bottom, top = chosen.reach
    x, y = np.meshgrid(np.linspace(left, right, 160), np.linspace(bottom, top, 160))
    heights = np.asarray(chosen.height(x, y))
    levels = heights.max() * np.linspace(0.02, 1, 16) ** 2
    ax.contour(x, y, heights, levels=levels, colors="0.75", linewidths=0.8)
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel="$w_1$", ylabel="$w_2$")
    ax.set_title(f"{surface}: {chosen.difficulty}", fontsize="medium")


def draw_runs(runs: Sequence[Run], ax: Axes) -> None:
    """Draw each path with a mark where it ends, and a cross where all begin."""
    for run in runs:
        colour, style, marker = _LOOKS[run.rule]
        ax.plot(*run.path.T, color=colour, linestyle=style, linewidth=1.5, label=run.rule)
        ax.plot(*run.path[-1], color=colour, marker=marker, markeredgecolor="white", markersize=9)
    if runs:
        ax.plot(*runs[0].path[0], color="black", marker="x", markersize=9)


def draw_paths(runs: Sequence[Run], surface: str, ax: Axes) -> None:
    """Draw lines of equal height, and each path with a mark where it ends."""
    draw_surface(surface, ax)
    draw_runs(runs, ax)


def _stage() -> Figure:
    figure = panels(2)
    axes_in(figure, 0)
    heights = axes_in(figure, 1)
    heights.set(ylim=(_LEVEL / 3, 1e4), yscale="log")
    heights.set(xlabel="step", ylabel="height (loss)", title="How far down")
    heights.title.set_fontsize("medium")
    for rule, (colour, style, _) in _LOOKS.items():
        heights.plot([], [], color=colour, linestyle=style, label=rule)
    heights.grid(alpha=0.3)
    heights.legend(fontsize="small", loc="lower left")
    return figure


def _fit(_: int, axes: list[Axes], frame: str | int) -> None:
    if isinstance(frame, str):
        draw_surface(frame, axes[0])
    else:
        axes[0].set_xlim(-0.02 * frame, 1.02 * frame)


Race = tuple[str, int, list[Run], list[str]]
"""Surface, number of steps, and what :func:`race` returns."""


def _act(axes: list[Axes], found: Race) -> None:
    paths, heights = axes
    _, _, runs, _ = found
    draw_runs(runs, paths)
    for run in runs:
        colour, style, _ = _LOOKS[run.rule]
        heights.plot(np.maximum(run.heights, _LEVEL), color=colour, linestyle=style)


def draw(runs: Sequence[Run], surface: str) -> Figure:
    """Draw the paths beside the height after each step.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    steps = max((len(run.path) - 1 for run in runs), default=1)
    return scene().figure((surface, max(steps, 1), list(runs), []))


def summary(runs: Sequence[Run], surface: str) -> str:
    """Return the alternative text of the figure: where each rule has come to."""
    ends = "; ".join(
        f"{run.rule} at height {run.heights[-1]:.2g} after {len(run.path) - 1} steps" for run in runs
    )
    return f"Left: paths of the update rules on the surface {surface}. Right: height after each step. {ends}."


START: dict[str, Any] = {
    "surface": "valley",
    "w1": SURFACES["valley"].start[0],
    "w2": SURFACES["valley"].start[1],
    "steps": 50,
    **DEFAULT_RATES,
}


def race_for(surface: str, w1: float, w2: float, steps: int, **rates: float) -> tuple[list[Run], list[str]]:
    """Return what `race` returns, for the settings of the controls."""
    return race(surface, (w1, w2), rates, steps)


def scene() -> Scene:
    """Return what the explorer computes, draws and says."""

    def compute(surface: str, steps: int, **settings: Any) -> Race:
        return (surface, steps, *race_for(surface, steps=steps, **settings))

    return Scene(
        compute=compute,
        stage=_stage,
        frames=lambda found: found[:2],
        fit=_fit,
        act=_act,
        words=lambda found: summary(found[2], found[0]),
        note=lambda found: "; ".join(found[3]),
    )


def explore() -> Figure | None:
    """Show the race with controls for the start, the number of steps and a learning rate for each rule.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it.
    """
    return controls.explore(scene(), START, _controls, needs="your update rules")


def _controls() -> dict[str, Any]:
    import ipywidgets as widgets

    wide: dict[str, Any] = {"style": {"description_width": "11em"}, "layout": controls.WIDE}
    surface = controls.buttons(list(SURFACES), START["surface"], "surface", label_width="11em")
    places = {
        name: widgets.FloatSlider(
            value=START[name], min=-3, max=3, step=0.02, description=f"start {name}", **wide
        )
        for name in ("w1", "w2")
    }
    options = {"steps": STEPS, **dict.fromkeys(RULES, RATES)}
    rest = controls.sliders(options, START, {rule: f"rate {rule}" for rule in RULES}, label_width="11em")

    def to_its_start(change: Any) -> None:
        for slider, value in zip(places.values(), SURFACES[change["new"]].start, strict=True):
            slider.value = value

    surface.observe(to_its_start, names="value")
    return {"surface": surface, **places, **rest}
