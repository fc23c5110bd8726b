"""The autograd explorer: its gradients, the way back step by step, its drawing, and its controls."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox

pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl.explore.pytorch import autograd
from nndl.explore.pytorch.autograd_graph import EXPRESSIONS, depths, graph, senders, walk_back

pytestmark = pytest.mark.torch
FUNCTIONS = {
    "f = x·y + x": lambda x, y: x * y + x,
    "f = max(0, x·y + 1)²": lambda x, y: max(0.0, x * y + 1) ** 2,
    "f = x² + tanh(x·y)": lambda x, y: x * x + np.tanh(x * y),
    "f = log(eˣ + eʸ) − x": lambda x, y: np.log(np.exp(x) + np.exp(y)) - x,
}


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize(("x", "y"), [(2.0, 1.5), (-0.7, 0.4), (1.0, -3.0)])
def test_gradients_are_those_of_the_function(expression, x, y):
    f, h = FUNCTIONS[expression], 1e-6
    nodes = {node.name: node for node in graph(expression, x, y)}
    assert nodes["f"].value == pytest.approx(f(x, y))
    assert nodes["x"].grad == pytest.approx((f(x + h, y) - f(x - h, y)) / (2 * h), abs=1e-7)
    assert nodes["y"].grad == pytest.approx((f(x, y + h) - f(x, y - h)) / (2 * h), abs=1e-7)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_walking_back_ends_with_what_autograd_says(expression):
    nodes = graph(expression, 0.5, 1.25)
    reached, last = walk_back(nodes, len(senders(nodes)))
    assert last == senders(nodes)[-1].name
    for node in nodes:
        assert reached[node.name] == pytest.approx(node.grad)
    assert walk_back(nodes, 0) == ({"f": 1.0}, "")


def test_contributions_to_an_input_that_is_used_twice_add_up():
    nodes = graph("f = x·y + x", 2.0, 1.5)
    assert [walk_back(nodes, steps)[0].get("x") for steps in range(3)] == [None, 1.0, 2.5]


def test_every_node_stands_right_of_what_it_is_computed_from():
    for expression in EXPRESSIONS:
        nodes = graph(expression, 1.0, 1.0)
        column = depths(nodes)
        assert all(column[parent] < column[node.name] for node in nodes for parent in node.parents)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_drawing_tells_more_with_each_step(expression):
    nodes = graph(expression, 0.5, 1.5)
    texts = [
        [text.get_text() for text in autograd.draw(nodes, steps).axes[0].texts]
        for steps in range(len(senders(nodes)) + 1)
    ]
    known = [sum(text.startswith("gradient") for text in told) for told in texts]
    assert known == sorted(known)
    assert known[0] == 1
    assert known[-1] == len(nodes)
    assert "Step 1 of" in autograd.describe(nodes, 1)
    assert autograd.describe(nodes, 99) == autograd.describe(nodes, len(senders(nodes)))


def test_an_unknown_expression_is_refused():
    with pytest.raises(ValueError, match="expression"):
        graph("x + y", 0, 0)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_slider_ends_with_the_last_step_and_each_place_on_it_is_another(expression):
    made = autograd._widgets()
    made["steps"].value = 1
    made["expression"].value = expression
    most = made["steps"].max
    assert made["steps"].value == 1
    nodes = graph(expression, 0.5, 1.5)
    assert most == len(senders(nodes))
    assert len({autograd.describe(nodes, steps) for steps in range(most + 1)}) == most + 1


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize(("x", "y"), [(-2.75, -2.75), (3.0, -3.0), (0.25, 2.25)])
def test_names_and_numbers_lie_within_their_boxes(expression, x, y):
    figure = autograd.draw(graph(expression, x, y), 99)
    figure.draw_without_rendering()
    boxes = [child for child in figure.axes[0].get_children() if isinstance(child, AnnotationBbox)]
    assert len(boxes) == len(graph(expression, x, y))
    extents = [box.patch.get_window_extent() for box in boxes]
    for box, outer in zip(boxes, extents, strict=True):
        for line in box.offsetbox.get_children():
            inner = line.get_window_extent()
            assert outer.x0 < inner.x0 < inner.x1 < outer.x1
            assert outer.y0 < inner.y0 < inner.y1 < outer.y1
    for one, other in itertools.combinations(extents, 2):
        assert not one.overlaps(other)


def test_without_a_notebook_it_is_a_figure():
    assert isinstance(autograd.explore(), Figure)


def test_in_a_notebook_the_controls_redraw_the_figure(notebook):
    shown, updates = notebook
    assert autograd.explore() is None
    (controls, _), (figure, settings), _ = shown
    assert "<img" in figure["text/html"]
    assert "x = 2, gradient 2.5" in settings["metadata"]["image/png"]["alt"]
    expression, x, _y, steps, message = controls.children
    assert (steps.value, steps.max) == (2, 2)
    x.value = -1.0
    expression.value = "f = log(eˣ + eʸ) − x"
    assert (steps.value, steps.max) == (5, 5), "all steps remain all steps"
    steps.value = 1
    assert len(updates) == 3
    assert "x = -1, gradient -1" in updates[-1][0]["text/plain"]
    assert message.value.startswith("Step 1 of 5")
