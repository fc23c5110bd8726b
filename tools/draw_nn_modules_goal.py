"""Draw the picture at the head of the notebook on modules: ``python tools/draw_nn_modules_goal.py``.

It shows what a student will have made, and no result of an experiment that is still to come. The script is not in
``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from nndl.explore.nn_modules import STEPS, draw_stack, example_net, record

TARGET = Path(__file__).parents[1] / "assignments" / "nn_modules" / "images" / "goal.png"


def main() -> None:
    """Walk through the example net and write the picture."""
    figure, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
    draw_stack(record(example_net(), np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]])), STEPS, ax)
    ax.set_title("Values go forward above, gradients come back below")
    TARGET.parent.mkdir(exist_ok=True)
    figure.savefig(TARGET, dpi=90)


if __name__ == "__main__":
    main()
