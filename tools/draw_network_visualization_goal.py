"""Draw the picture at the head of the visualization notebook: ``python tools/draw_network_visualization_goal.py``.

It shows what a student will have made. The script is not in ``assignments/``, because that folder is handed out.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from head_picture import STYLE, save

from nndl.data_utils import load_class_names, read_CIFAR10
from nndl.explore.network_visualization.pixels import Subject, class_picture, draw_rows
from nndl.small_convnet import normalized, small_convnet, training_steps

TARGET = Path(__file__).parents[1] / "assignments" / "network_visualization" / "images" / "goal.png"
CLASSES = (3, 4, 5, 8, 9)  # ring, plus, star, checked disc, striped square


def main() -> None:
    """Train the small net on the drawn set and write the picture."""
    torch.manual_seed(0)
    X, y, X_test, y_test = read_CIFAR10("offline")
    net = small_convnet()
    for _ in training_steps(net, normalized(X[:8000]), torch.from_numpy(y[:8000]).long()):
        pass
    net.requires_grad_(False).eval()
    with torch.no_grad():
        right = net(normalized(X_test[:1000])).argmax(dim=1).numpy() == y_test[:1000]
    chosen = [int(np.argmax(right & (y_test[:1000] == c))) for c in CLASSES]
    images = X_test[chosen].transpose(0, 2, 3, 1)
    names = dict(enumerate(load_class_names("offline")))
    subject = Subject(net, images, y_test[chosen], names, "the small net")
    rows = [
        [(image, names[c].replace(" ", "\n")) for image, c in zip(images, CLASSES, strict=True)],
        [(class_picture(subject, c), "") for c in CLASSES],
    ]
    plt.rcParams.update(STYLE)
    figure = draw_rows(
        rows, "A small net, trained on drawn figures", ("an image", "pictures with\nhigh scores")
    )
    for ax in figure.axes:
        ax.title.set_fontsize(17)
    figure.set_size_inches(12, 5.6)
    TARGET.parent.mkdir(exist_ok=True)
    save(figure, TARGET)


if __name__ == "__main__":
    main()
