"""A small computation graph with the value and the gradient of every node, computed by PyTorch's autograd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..._support.validate import check_choice, check_integer

Operation = tuple[str, str, tuple[str, ...]]
"""Name of a node, what computes it, and from which nodes."""

EXPRESSIONS: dict[str, tuple[Operation, ...]] = {
    "f = x·y + x": (("x·y", "times", ("x", "y")), ("f", "plus", ("x·y", "x"))),
    "f = max(0, x·y + 1)²": (
        ("x·y", "times", ("x", "y")),
        ("a", "plus one", ("x·y",)),
        ("z", "relu", ("a",)),
        ("f", "square", ("z",)),
    ),
    "f = x² + tanh(x·y)": (
        ("x²", "square", ("x",)),
        ("x·y", "times", ("x", "y")),
        ("t", "tanh", ("x·y",)),
        ("f", "plus", ("x²", "t")),
    ),
    "f = log(eˣ + eʸ) − x": (
        ("eˣ", "exp", ("x",)),
        ("eʸ", "exp", ("y",)),
        ("s", "plus", ("eˣ", "eʸ")),
        ("log s", "log", ("s",)),
        ("f", "minus", ("log s", "x")),
    ),
}
"""What can be explored. The last one is the cross entropy of two scores, the first that of the right class."""

INPUTS = ("x", "y")


@dataclass
class Node:
    """One number of the graph.

    Attributes
    ----------
    name, operation : str
        What it is called, and what computes it (``"input"`` for an input).
    value, grad : float
        Its value, and the derivative of the last node with respect to it, by autograd.
    parents : dict of str to float
        The nodes that it is computed from → its derivative with respect to each.
    """

    name: str
    operation: str
    value: float
    grad: float
    parents: dict[str, float] = field(default_factory=dict)


def operations() -> dict[str, Callable[..., Any]]:
    """Return what the operations do with tensors."""
    from ...torch_parts._torch import torch

    return {
        "plus": lambda a, b: a + b,
        "minus": lambda a, b: a - b,
        "times": lambda a, b: a * b,
        "plus one": lambda a: a + 1,
        "square": lambda a: a * a,
        "relu": torch.relu,
        "tanh": torch.tanh,
        "exp": torch.exp,
        "log": torch.log,
    }


def graph(expression: str, x: float, y: float) -> list[Node]:
    """Compute an expression and its gradients.

    Parameters
    ----------
    expression : str
        One of `EXPRESSIONS`.
    x, y : float
        The inputs.

    Returns
    -------
    list of Node
        Inputs first, every node behind those that it is computed from, the result last.

    Raises
    ------
    ValueError
        If there is no such expression.
    """
    from ...torch_parts._torch import torch

    check_choice("expression", expression, tuple(EXPRESSIONS))
    does = operations()
    tensors = {
        name: torch.tensor(float(value), dtype=torch.float64, requires_grad=True)
        for name, value in zip(INPUTS, (x, y), strict=True)
    }
    made: dict[str, tuple[str, tuple[str, ...]]]
    made = dict.fromkeys(INPUTS, ("input", ())) | {n: (op, of) for n, op, of in EXPRESSIONS[expression]}
    for name, operation, of in EXPRESSIONS[expression]:
        tensors[name] = does[operation](*(tensors[parent] for parent in of))
        tensors[name].retain_grad()  # autograd keeps the gradients of leaves only, unless it is asked
    tensors[EXPRESSIONS[expression][-1][0]].backward()
    nodes = []
    for name, (operation, of) in made.items():
        leaves = [tensors[parent].detach().requires_grad_() for parent in of]
        local = torch.autograd.grad(does[operation](*leaves), leaves) if leaves else ()
        parents = {parent: float(slope) for parent, slope in zip(of, local, strict=True)}
        # a node that the result does not depend on has no gradient at all
        gradient = tensors[name].grad
        nodes.append(
            Node(name, operation, tensors[name].item(), 0.0 if gradient is None else gradient.item(), parents)
        )
    return nodes


def walk_back(nodes: list[Node], steps: int) -> tuple[dict[str, float], str]:
    """Go back from the result, and add up what reaches every node.

    Parameters
    ----------
    nodes : list of Node
        From `graph`.
    steps : int
        How many nodes have passed their gradient on, last node first; 0 before the start.

    Returns
    -------
    reached : dict of str to float
        The gradient of each node as far as it is known; nodes that nothing has reached are missing.
    last : str
        Name of the node that has passed its gradient on last; empty if none has.
    """
    check_integer("steps", steps, minimum=0)
    reached = {nodes[-1].name: 1.0}
    last = ""
    for node in senders(nodes)[:steps]:
        last = node.name
        for parent, slope in node.parents.items():
            reached[parent] = reached.get(parent, 0.0) + reached[node.name] * slope
    return reached, last


def senders(nodes: list[Node]) -> list[Node]:
    """Return the nodes that pass a gradient on, in the order in which they do."""
    return [node for node in reversed(nodes) if node.parents]


def depths(nodes: list[Node]) -> dict[str, int]:
    """Return how many operations lie at most between each node and an input."""
    found: dict[str, int] = {}
    for node in nodes:
        found[node.name] = 1 + max((found[parent] for parent in node.parents), default=-1)
    return found
