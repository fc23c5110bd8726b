"""The checks of `ThreeLayerConvNet` and of the net that a student has trained.

The layers it is made of are given, apart from the data loss, which is judged against the student's own scores.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.course.nets import (
    DRAWN,
    Params,
    loss_and_grads,
    loss_of,
    params_unchanged,
    penalty_added,
    same_start,
    with_own_penalty,
)
from autograder.failures import StudentError
from autograder.judging.accuracy import accuracy_finding, accuracy_of, floats, stored_arrays
from autograder.judging.check import Draw, Finding, Findings, Trial, check
from autograder.judging.compare import close, dict_with_keys, keep
from autograder.judging.students_own_values import float_array, tells_rows_apart
from autograder.library.interface import Library
from nndl.checking.cnn import ACCURACY, MOST_FILTERS, MOST_HIDDEN_UNITS, WIDEST_FILTER
from nndl.layers import softmax_loss

NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")
WEIGHTS = ("W1", "W2", "W3")
ARTIFACT = "best_convnet.npz"
IMAGES = 2000
"""Unseen images that a stored net is measured on; the reference needs about a second for them."""
BATCH = 250

ONE_IMAGE, INPUTS = "a batch of one", "inputs unchanged"
NETS: tuple[dict[str, Any], ...] = (
    {"n": 4, "image": (3, 6, 8), "filters": 5, "size": 3, "hidden": 7, "classes": 10},
    {"n": 3, "image": (1, 5, 7), "filters": 2, "size": 5, "hidden": 6, "classes": 4},
    {"n": 6, "image": (2, 4, 10), "filters": 3, "size": 1, "hidden": 5, "classes": 7},
    {"n": 1, "image": (2, 7, 4), "filters": 3, "size": 3, "hidden": 5, "classes": 6, "demand": ONE_IMAGE},
)


LARGE = {"n": 3, "image": (2, 22, 26), "filters": 5, "size": 1, "hidden": 210, "classes": 4, "reg": 0.1}
"""So many parameters that differences of the loss, one call for each of them, take longer than the limit."""


def options(
    image: tuple[int, int, int], filters: int, size: int, hidden: int, classes: int
) -> dict[str, Any]:
    """Return the constructor's arguments for a small net."""
    return {
        "input_dim": image,
        "num_filters": filters,
        "filter_size": size,
        "hidden_dim": hidden,
        "num_classes": classes,
    }


def draw_params(
    draw: Draw, image: tuple[int, int, int], filters: int, size: int, hidden: int, classes: int
) -> Params:
    """Draw parameters that keep scores near 1, biases included."""
    channels, height, width = image
    pooled = filters * (height // 2) * (width // 2)
    return {
        "W1": draw.normal(filters, channels, size, size, scale=(channels * size * size) ** -0.5),
        "b1": draw.normal(filters, scale=0.5),
        "W2": draw.normal(pooled, hidden, scale=pooled**-0.5),
        "b2": draw.normal(hidden, scale=0.5),
        "W3": draw.normal(hidden, classes, scale=hidden**-0.5),
        "b3": draw.normal(classes, scale=0.5),
    }


def build(
    lib: Library,
    params: Params,
    reg: float,
    image: tuple[int, int, int],
    *,
    dtype: str = "float64",
    **sizes: Any,
) -> Any:
    """Make a net of the library with these parameters; ``reg`` is set afterwards."""
    lib.seed(0)  # should a mistake keep the initial weights in use, the same mistake is known by them
    net = lib.make("ThreeLayerConvNet", **options(image, **sizes), dtype=dtype)
    net.set("params", params)
    net.set("reg", reg)
    return net


def usable_scores(
    draw: Draw, net: Any, right: Any, X: np.ndarray, image: tuple[int, int, int], classes: int
) -> np.ndarray:
    """Return the net's own scores, fit to judge by: the same scores for all images make a constant loss right.

    Raises
    ------
    StudentError
        If they do not have the form of scores, or do not depend on the image.
    """
    many = draw.normal(20, *image)
    scores = float_array(net.loss(many), (len(many), classes), "what loss(X) returns")
    if not tells_rows_apart(scores, right.loss(many)):
        raise StudentError("ValueError", "loss(X) gives the same scores to every image: fix that first")
    return float_array(net.loss(X), (len(X), classes), "what loss(X) returns")


@check(
    points=2,
    parts=("weights", "biases"),
    basis=("weights", DRAWN),
    cases=(
        {"image": (3, 8, 6), "filters": 4, "size": 5, "hidden": 7, "classes": 10},
        {"image": (1, 8, 10), "filters": 2, "size": 3, "hidden": 6, "classes": 4},
        {"image": (2, 6, 8), "filters": 3, "size": 1, "hidden": 5, "classes": 4},
        {"image": (1, 5, 7), "filters": 2, "size": 3, "hidden": 6, "classes": 4, "demand": "odd sizes"},
        {"image": (2, 7, 9), "filters": 3, "size": 1, "hidden": 5, "classes": 4, "demand": "odd sizes"},
    ),
)
def initial_params(trial: Trial, *, image: tuple[int, int, int], **sizes: int) -> Findings:
    """A new `ThreeLayerConvNet` has small random weights, drawn in the order W1, W2, W3, and biases of 0."""

    def make(lib: Library, more: dict[str, Any]) -> Any:
        return lib.ThreeLayerConvNet(**options(image, **sizes), **more)

    yield from same_start(trial, make, NAMES, also={"dtype": "float64"}, context="for dtype float64")


@check(
    points=2,
    parts=("scores",),
    demands=(INPUTS, "float64 images as they are"),
    cases=NETS,
)
def convnet_scores(trial: Trial, *, n: int, image: tuple[int, int, int], **sizes: Any) -> Findings:
    """`loss(X)` sends images through all layers, with the parameters as they are now, and returns the scores."""
    params, X = draw_params(trial.draw, image, **sizes), trial.draw.normal(n, *image)
    mine, right = (build(lib, params, 0.5, image, **sizes) for lib in trial.libraries)
    kept, label = keep(trial.student, X=X), "the scores"
    yield from close({label: (mine.loss(*kept), right.loss(X))}, part="scores", scale=1.0, sizes={"N": n})
    other = trial.draw.normal(*params["W3"].shape)
    for net in (mine, right):
        net.set_item("params", "W3", other)
    context = "after params['W3'] was replaced"
    yield from close({label: (mine.loss(X), right.loss(X))}, part="scores", scale=1.0, context=context)

    if n != NETS[0]["n"]:
        return
    yield from kept.unchanged(INPUTS)
    part = "float64 images as they are"
    single = {name: value.astype(np.float32) for name, value in params.items()}
    mine, right = (build(lib, single, 0.5, image, dtype="float32", **sizes) for lib in trial.libraries)
    context = "for float32 parameters and float64 images"
    yield from close({label: (mine.loss(X), right.loss(X))}, part=part, scale=1.0, context=context)


@check(points=2, parts=("data loss", "penalty"), cases=NETS)
def convnet_loss(trial: Trial, *, n: int, image: tuple[int, int, int], **sizes: Any) -> Findings:
    """`loss(X, y)` is the mean softmax loss of the scores plus the L2 penalty on W1, W2 and W3."""
    params, X = draw_params(trial.draw, image, **sizes), trial.draw.normal(n, *image)
    y, reg = trial.draw.labels(n, sizes["classes"]), trial.draw.uniform(0.3, 2.0)
    net, right = (build(lib, params, 0.0, image, **sizes) for lib in trial.libraries)
    scores = usable_scores(trial.draw, net, right, X, image, sizes["classes"])
    want, _ = softmax_loss(scores.astype(np.float64), y)
    got = loss_of(net, X, y)
    label = "the loss without penalty, of your own scores,"
    yield from close({label: (got, want)}, part="data loss", scale=1.0, sizes={"N": n})
    net.set("reg", reg)
    yield from penalty_added(loss_of(net, X, y), got, reg, params)


@check(
    points=3,
    parts=NAMES,
    demands=("params unchanged", INPUTS),
    cases=(*({**net, "reg": reg} for net, reg in zip(NETS, (0.7, 0.0, 0.2, 0.4), strict=True)), LARGE),
)
def convnet_gradients(
    trial: Trial, *, n: int, image: tuple[int, int, int], reg: float, **sizes: Any
) -> Findings:
    """`loss(X, y)` returns the gradients of all six parameters, the penalty's share included."""
    params, X = draw_params(trial.draw, image, **sizes), trial.draw.normal(n, *image)
    y = trial.draw.labels(n, sizes["classes"])
    net, kept = build(trial.student, params, reg, image, **sizes), keep(trial.student, X=X)
    _, got = loss_and_grads(net, kept["X"], y, NAMES)
    _, want = build(trial.reference, params, reg, image, **sizes).loss(X, y)
    after = dict_with_keys(net.get("params"), NAMES, "params")

    def loss_at(strength: float) -> Any:
        return loss_of(build(trial.student, params, strength, image, **sizes), X, y)

    want = with_own_penalty(got, want, params, reg, scale=1.0, loss_at=loss_at)
    for name in NAMES:
        label = f"the gradient of {name}"
        yield from close({label: (got[name], want[name])}, part=name, scale=1.0, sizes={"N": n})
        if n == NETS[0]["n"]:
            yield params_unchanged("params unchanged", name, after, params)
    if n == NETS[0]["n"]:
        yield from kept.unchanged(INPUTS)


# --- the trained net -------------------------------------------------------------------------------------------


@check(points=3, parts=("accuracy",), wall=30.0, needs_images=True)
def trained_convnet(trial: Trial) -> Findings:
    """The net stored in best_convnet.npz classifies images it has never seen: 40 % earn full points."""
    stored = stored_arrays(trial.student, ARTIFACT, NAMES, "run the cell of the notebook that stores the net")
    if isinstance(stored, Finding):
        yield stored
        return
    net = _stored_net(trial.reference, stored)
    X, y = trial.images.unseen(trial.draw.seed())
    rows = np.random.default_rng(trial.draw.seed()).permutation(len(X))[:IMAGES]
    X = X[rows].reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).copy()
    yield accuracy_finding(ACCURACY, accuracy_of(net.loss, X, y[rows], BATCH), len(rows))


def _stored_net(reference: Library, stored: dict[str, Any]) -> Any:
    """Return the reference's net with stored parameters, once these fit together.

    Raises
    ------
    StudentError
        If they do not, or are more than what is accepted.
    """
    filters, channels, size, width = _sizes(stored["W1"], 4, "W1")
    _, hidden = _sizes(stored["W2"], 2, "W2")
    fits = channels == 3 and size == width and size % 2 == 1
    if not fits or size > WIDEST_FILTER or not 1 <= filters <= MOST_FILTERS:
        message = (
            f"W1 in {ARTIFACT} has shape {np.shape(stored['W1'])}, but at most {MOST_FILTERS} filters of 3 channels, "
            f"of an odd size up to {WIDEST_FILTER} x {WIDEST_FILTER}, are accepted"
        )
        raise StudentError("ValueError", message)
    if not 1 <= hidden <= MOST_HIDDEN_UNITS:
        message = f"W2 in {ARTIFACT} has {hidden} columns, but at most {MOST_HIDDEN_UNITS} hidden units are accepted"
        raise StudentError("ValueError", message)
    shapes = {
        "W1": (filters, 3, size, size),
        "b1": (filters,),
        "W2": (filters * 16 * 16, hidden),
        "b2": (hidden,),
        "W3": (hidden, 10),
        "b3": (10,),
    }
    why = f"there are {filters} filters and {hidden} hidden units"
    with np.errstate(over="ignore"):  # what is too large becomes infinite and is refused below
        params = {
            name: floats(stored, ARTIFACT, name, shape, why).astype(np.float32)
            for name, shape in shapes.items()
        }
    if not all(np.isfinite(value).all() for value in params.values()):
        raise StudentError("ValueError", f"{ARTIFACT} holds numbers that are too large for float32")
    net = reference.ThreeLayerConvNet(num_filters=filters, filter_size=size, hidden_dim=1)
    net.set("params", params)
    return net


def _sizes(array: Any, axes: int, name: str) -> tuple[int, ...]:
    shape = np.shape(array) if isinstance(array, np.ndarray) else ()
    if len(shape) != axes:
        raise StudentError(
            "ValueError", f"{name} in {ARTIFACT} has {len(shape)} axes, but it must have {axes}"
        )
    return shape
