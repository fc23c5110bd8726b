"""A milestone of layers and the nets that are built on them, and editions of the library with mistakes in it."""

from __future__ import annotations

from pathlib import Path

import nndl
from autograder.judging.edited_reference import EditedReference, TextEdit
from autograder.library.local import LocalLibrary
from autograder.milestone import Milestone, classes, values, with_cache

LAYERS = ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss")
NORMS = ("batchnorm_forward", "batchnorm_backward", "dropout_forward", "dropout_backward")
API = {
    **with_cache("nndl.layers", "affine_forward", "affine_backward"),
    **with_cache("nndl.layers", "relu_forward", "relu_backward"),
    **values("nndl.layers", "softmax_loss"),
    **with_cache("nndl.layers", "batchnorm_forward", "batchnorm_backward"),
    **with_cache("nndl.layers", "dropout_forward", "dropout_backward"),
    **with_cache("nndl.layer_utils", "affine_relu_forward"),
    **classes("nndl.fc_net", "TwoLayerNet", "FullyConnectedNet"),
    **values("nndl.optim", "adam"),
    **classes("nndl.modules", "Affine", methods=("forward", "backward")),
}
MILESTONE = Milestone("borrowed", "Borrowed", api=API)

WRONG_AFFINE = ("layers/affine.py", ("db = dout.sum(axis=0)", "db = dout.mean(axis=0)"))
WRONG_LAYER = ("modules.py", ("self.dW = self.x.T @ dout", "self.dW = dout.T @ self.x"))
WRONG_RELU = ("layers/activations.py", ("dx = np.where(x > 0, dout, 0)", "dx = np.where(x < 0, dout, 0)"))


def source(file, *edits, base=Path(nndl.__file__).parent):
    return changed(file, *edits).apply(file, (base / file).read_text())


def changed(file, *edits):
    return EditedReference("edit", tuple(TextEdit(file, old, new) for old, new in edits))


def edited_library(*mistakes):
    """Return an edited copy of the reference, in this process."""
    edits = tuple(edit for mistake in mistakes for edit in changed(*mistake).edits)
    return LocalLibrary(EditedReference("borrower", edits).load(), API)
