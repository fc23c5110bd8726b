"""Draw the picture at the head of the PyTorch notebook: ``python tools/draw_pytorch_goal.py``.

It shows what a student will have made, and no result of an experiment that is still to come. The script is not in
``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

from nndl.explore.pytorch.autograd import draw
from nndl.explore.pytorch.autograd_graph import EXPRESSIONS, graph

TARGET = Path(__file__).parents[1] / "assignments" / "pytorch" / "images" / "goal.png"


def main() -> None:
    """Let autograd compute the example, and write the picture."""
    expression = "f = log(eˣ + eʸ) − x"
    nodes = graph(expression, 2.0, 1.5)
    figure = draw(nodes, len(EXPRESSIONS[expression]))
    figure.axes[0].set_title(f"{expression}: what autograd keeps, and what comes back")
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=80)


if __name__ == "__main__":
    main()
