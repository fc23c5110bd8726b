"""Milestone cnn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nndl.cnn import ThreeLayerConvNet

from .base import Claim, Data, above, at_least, experiment, report
from .fully_connected import train


@experiment("cnn", "ConvNet overfits 100 images in 15 epochs", seeds=(231, 0, 1))
def convnet_overfit(data: Data, seed: int) -> Iterator[Claim]:
    np.random.seed(seed)
    net = ThreeLayerConvNet(weight_scale=1e-2)
    solver = train(net, data.subset(100), "adam", 1e-3, num_epochs=15, batch_size=50)
    yield at_least("highest training accuracy", max(solver.train_acc_history), 0.9)


@experiment("cnn", "ConvNet of 500 hidden units, one epoch on all images")
def convnet_one_epoch(data: Data, seed: int) -> Iterator[Claim]:
    np.random.seed(seed)
    images = data.images
    net = ThreeLayerConvNet(weight_scale=1e-3, hidden_dim=500, reg=1e-3)
    solver = train(net, images, "adam", 1e-3, num_epochs=1, batch_size=50)
    accuracy = solver.check_accuracy(images["X_train"], images["y_train"])
    yield above("accuracy on all training images", accuracy, 0.45)
    yield report("validation accuracy", solver.val_acc_history[-1])
