"""Draw the picture at the head of the convolutional nets' notebook: ``python tools/draw_cnn_goal.py``.

It shows what a student will have made, and no result of an experiment that is still to come. The script is not in
``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from head_picture import STYLE, save
from matplotlib.colors import to_rgb

from nndl.data_utils import load_photographs
from nndl.explore.cnn.receptive_field import paths, stages
from nndl.layers import conv_forward_naive

TARGET = Path(__file__).parents[1] / "assignments" / "cnn" / "images" / "goal.png"


def main() -> None:
    """Filter the portrait, count the paths, and write the picture."""
    pictures, _ = load_photographs()
    edges = np.zeros((1, 3, 3, 3))
    edges[0, :] = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 3
    padded = np.pad(pictures[:1].astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    answer, _ = conv_forward_naive(padded, edges, np.zeros(1), {"stride": 1, "pad": 0})

    plt.rcParams.update(STYLE)
    figure, (photograph, response, field) = plt.subplots(1, 3, figsize=(11, 4.6), layout="constrained")
    photograph.imshow(pictures[0].transpose(1, 2, 0))
    photograph.set_title("A photograph\n")
    response.imshow(answer[0, 0], cmap="gray", vmin=-200, vmax=200)
    response.set_title("What a filter\nanswers")
    reached = paths(stages(3, 3, 1, "2 x 2, stride 2")) > 0
    field.imshow(np.dstack([*(np.full(reached.shape, part) for part in to_rgb("#0072B2")), reached]))
    field.set_title("The pixels that\none output depends on")
    for ax in (photograph, response, field):
        ax.set(xticks=[], yticks=[])
    TARGET.parent.mkdir(exist_ok=True)
    save(figure, TARGET)


if __name__ == "__main__":
    main()
