"""Checks of the ConvNet made of tensors, as a module and as a sequence of layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import claim, close, is_array, is_finite, unchanged
from nndl.diagnosis import agree

NAMES = ("conv_w1", "conv_b1", "conv_w2", "conv_b2", "fc_w", "fc_b")
WEIGHTS = NAMES[::2]
STANDARD_ERRORS = 6.0
"""How far off a statistic of right weights may be: farther in fewer than 1 of 10⁸ draws."""

Arrays = list[np.ndarray]


def draw_params(
    draw: Draw, channels: Sequence[int], kernels: Sequence[int], features: int, classes: int
) -> Arrays:
    """Draw parameters that keep scores near 1, biases included, in float64."""
    c0, c1, c2 = channels
    k1, k2 = kernels
    return [
        draw.normal(c1, c0, k1, k1, scale=(c0 * k1 * k1) ** -0.5),
        draw.normal(c1, scale=0.3),
        draw.normal(c2, c1, k2, k2, scale=(c1 * k2 * k2) ** -0.5),
        draw.normal(c2, scale=0.3),
        draw.normal(features, classes, scale=features**-0.5),
        draw.normal(classes),
    ]


@check(
    points=5,
    tests=("three_layer_convnet", "flatten"),
    parts=("scores", "gradients"),
    demands=("one image", "inputs unchanged"),
    cases=(
        {"part": "scores", "n": 4, "image": (3, 8, 6), "channels": (5, 4), "kernels": (5, 3), "c": 7},
        {"part": "one image", "n": 1, "image": (3, 7, 7), "channels": (4, 6), "kernels": (5, 3), "c": 3},
        # paddings made from the sizes of the filters are right for those of the task
        {
            "part": "scores",
            "n": 2,
            "image": (2, 6, 9),
            "channels": (3, 5),
            "kernels": (3, 3),
            "c": 4,
            "demand": "other filters",
        },
    ),
)
def barebones_convnet(
    trial: Trial,
    *,
    part: str,
    n: int,
    image: tuple[int, int, int],
    channels: tuple[int, int],
    kernels: tuple[int, int],
    c: int,
) -> Findings:
    """`three_layer_convnet` computes the scores of two convolutions and an affine layer, open to autograd."""
    c0, height, width = image
    c1, c2 = channels
    k1, k2 = kernels
    # paddings 2 and 1: what each convolution adds to the size of the image
    higher, wider = (size + 4 - (k1 - 1) + 2 - (k2 - 1) for size in (height, width))
    params = draw_params(trial.draw, (c0, c1, c2), kernels, c2 * higher * wider, c)
    x, y = trial.draw.normal(n, *image), trial.draw.labels(n, c)
    got, want = (lib.barebones_convnet_scores(x, params) for lib in trial.libraries)
    yield from close({"the scores": (got, want)}, part=part, scale=3.0, sizes={"N": n})
    after = _arrays(trial.student.barebones_convnet_inputs(x, params), 7)
    for name, before, now in zip(("x", *NAMES), (x, *params), after, strict=True):
        message = f"{name} was modified: a forward pass must leave images and parameters as they are"
        yield unchanged("inputs unchanged", name, now, before, message)
    gradients, right = (lib.barebones_convnet_gradients(x, y, params) for lib in trial.libraries)
    yield from _flow(gradients, right, scores_are_right=agree(got, want, scale=3.0))


def _flow(gradients: Any, right: Arrays, *, scores_are_right: bool) -> Findings:
    """Yield whether autograd reaches every parameter; where the scores are right, with the right gradient.

    There is one way from the scores to a parameter, so what cuts it leaves a gradient of 0.
    """
    for name, gradient, want in zip(NAMES, _arrays(gradients, 6), right, strict=True):
        if scores_are_right:
            pair = {f"the gradient of {name}": (gradient, want)}
            yield from close(pair, part="gradients", scale=float(np.abs(want).max()) + 0.1)
            continue
        reached = is_array(gradient) and bool(np.any(gradient))
        message = f"no gradient reaches {name}: is there a detach, a .data or a no_grad on the way?"
        yield claim(
            "gradients", f"a gradient for {name}", reached, message, expected="not 0", actual=gradient
        )


def _arrays(value: Any, number: int) -> list[Any]:
    """Return the entries of a list of ``number`` values."""
    if not isinstance(value, (list, tuple)) or len(value) != number:
        count = len(value) if isinstance(value, (list, tuple)) else type(value).__name__
        raise StudentError("ValueError", f"there must be {number} arrays, but what came back is {count}")
    return list(value)


# --- initial parameters ----------------------------------------------------------------------------------------


def _weights(part: str, first: Arrays, second: Arrays, gain: float, *, normal: bool, advice: str) -> Findings:
    """Yield whether the weights of two nets look drawn as `_fault` says, each anew; one claim for each weight.

    Zeros have the right mean, and any random numbers are drawn anew: such claims count only together.
    """
    for name, a, b in zip(NAMES, first, second, strict=True):
        if name not in WEIGHTS:
            continue
        # the shape that was made decides what its fan-in is: a wrong shape costs its part only
        shape = np.shape(a)
        fan_in = max(shape[0] if len(shape) == 2 else math.prod(shape[1:]), 1)
        message, expected, actual = _fault(name, a, math.sqrt(gain / fan_in), normal=normal, advice=advice)
        if not message and np.array_equal(a, b):
            message = f"{name} is the same in two nets: initial weights must be drawn anew each time"
            expected, actual = "another draw", "the same"
        yield claim(part, f"{name} as it is drawn", not message, message, expected=expected, actual=actual)


def _fault(name: str, got: Any, want: float, *, normal: bool, advice: str) -> tuple[str, Any, Any]:
    """Say why weights do not look drawn with mean 0 and standard deviation ``want``, and what was compared.

    The message is empty if they do.

    The shape of the distribution shows in its fourth moment: 3 times the squared variance for a normal one, 1.8
    times for a uniform one.
    """
    if not is_finite(got, kinds="f") or not got.size:
        return f"{name} must be an array of finite floating-point numbers", "numbers", got
    n, values = got.size, got.astype(np.float64).ravel()
    deviation, mean = float(values.std()), float(values.mean())
    if abs(deviation - want) > STANDARD_ERRORS * want / math.sqrt(2 * n):
        times = f"{deviation / want:.3g} times what it should be"
        return f"the standard deviation of {name} is {deviation:.3g}, {times}: {advice}", want, deviation
    if abs(mean) > STANDARD_ERRORS * want / math.sqrt(n):
        return f"the mean of {name} is {mean:.3g}, but it should be drawn around 0", 0.0, mean
    kind, other = ("normal", "uniform") if normal else ("uniform", "normal")
    squares = (values - mean) ** 2
    fourth = float((squares**2).mean()) / deviation**4
    if (fourth > 2.4) != normal:
        looks = (
            f"{name} does not look like draws from a {kind} distribution, more like {other} ones: {advice}"
        )
        return looks, 3.0 if normal else 1.8, fourth
    return "", want, deviation


def _shapes(
    part: str,
    got: list[Any],
    channels: Sequence[int],
    image: Sequence[int],
    classes: int,
    features_fit: Callable[[], bool] = lambda: False,
) -> Findings:
    """Yield whether the parameters have the right shapes.

    ``features_fit`` says whether the affine layer takes what comes out of the convolutions as they were made: where
    that has another size, it is their mistake, and is judged there.
    """
    c0, c1, c2 = channels
    features = c2 * image[0] * image[1]
    want = ((c1, c0, 5, 5), (c1,), (c2, c1, 3, 3), (c2,), (features, classes), (classes,))
    for name, array, shape in zip(NAMES, got, want, strict=True):
        came = array.shape if isinstance(array, np.ndarray) else type(array).__name__
        message = (
            f"{name} has shape {came}, but {shape} is right for {c1} and then {c2} filters and {classes} classes, "
            f"and images of {tuple(image)} with {c0} channels"
        )
        fits = came == shape or (name == "fc_w" and came[-1:] == shape[-1:] and features_fit())
        yield claim(part, f"shape of {name}", fits, message, expected=str(shape), actual=str(came))


@check(
    points=3,
    tests=("three_layer_convnet_params",),
    parts=("shapes", "weights", "biases", "trainable"),
    basis=("weights",),
    cases=(
        {"channels": (3, 40, 30), "image": (32, 32), "c": 10},
        {"channels": (2, 30, 20), "image": (12, 8), "c": 40},
    ),
)
def barebones_params(
    trial: Trial, *, channels: tuple[int, int, int], image: tuple[int, int], c: int
) -> Findings:
    """`three_layer_convnet_params` creates six tensors to train: Kaiming normal weights, biases of 0."""
    c0, c1, c2 = channels
    first, second = (
        _arrays(trial.student.barebones_convnet_params(c1, c2, c, [c0, *image], seed), 6)
        for seed in (trial.draw.seed(), trial.draw.seed())
    )
    yield from _shapes("shapes", first, channels, image, c)
    advice = "draw every weight with `random_weight` and its own shape"
    yield from _weights("weights", first, second, 2.0, normal=True, advice=advice)
    for name, bias in zip(NAMES, first, strict=True):
        if name not in WEIGHTS:
            zero = is_array(bias) and not np.any(bias)
            message = f"{name} must be 0 at the start: `zero_weight` makes it so"
            yield claim("biases", name, zero, message, expected="zeros", actual=bias)
    faults = _arrays(trial.student.barebones_convnet_leaves(c1, c2, c), 6)
    for name, fault in zip(NAMES, faults, strict=True):
        said = fault if isinstance(fault, str) else "is not a parameter"
        message = f"{name} {said}, so training would not change it"
        yield claim("trainable", name, said == "", message, expected="can be trained", actual=fault)


# --- as layers -------------------------------------------------------------------------------------------------


def _layered(trial: Trial, kind: str, part: str, n: int, channels: Sequence[int], c: int) -> Findings:
    """Yield findings about the scores and the gradients of a ConvNet that is made of layers."""
    channels = (channels[0], *_filters_that_run(trial, kind, channels, c))
    params = draw_params(trial.draw, channels, (5, 3), channels[2] * 32 * 32, c)
    x, y = trial.draw.normal(n, channels[0], 32, 32), trial.draw.labels(n, c)
    own = _with_own_sizes(trial, kind, channels, c, x)
    if own is not None:
        params, want = own
        got = trial.student.module_convnet_scores(x, params, kind)
        yield from close({"the scores": (got, want)}, part=part, scale=3.0, sizes={"N": n})
        y %= want.shape[1]
        yield from _flow(
            trial.student.module_convnet_gradients(x, y, params, kind), params, scores_are_right=False
        )
        return
    got, want = (lib.module_convnet_scores(x, params, kind) for lib in trial.libraries)
    yield from close({"the scores": (got, want)}, part=part, scale=3.0, sizes={"N": n})
    gradients, right = (lib.module_convnet_gradients(x, y, params, kind) for lib in trial.libraries)
    yield from _flow(gradients, right, scores_are_right=agree(got, want, scale=3.0))


_FILTERS = (32, 16)
"""The numbers of filters of the task's own net."""


def _filters_that_run(trial: Trial, kind: str, channels: Sequence[int], c: int) -> Sequence[int]:
    """Return how many filters to ask for: the task's, where the affine layer is made for these whatever is asked.

    What that costs is judged with the parameters.
    """
    try:
        made = _arrays(trial.student.module_convnet_params(*channels, c, kind, 0), 6)
    except StudentError:
        return channels[1:]
    shapes = [array.shape if is_array(array) else () for array in made]
    filters, features = [shapes[0][:1], shapes[2][:1]], shapes[4][:1]
    as_asked = filters == [(n,) for n in channels[1:]]
    return _FILTERS if as_asked and features == (_FILTERS[1] * 32 * 32,) else channels[1:]


_LARGEST_FILTER = 7
_MOST_OWN = 64
"""Filters or classes of a net whose sizes are not the ones that were asked for: more are not computed here."""


def _with_own_sizes(
    trial: Trial, kind: str, channels: Sequence[int], c: int, x: np.ndarray
) -> tuple[Arrays, np.ndarray] | None:
    """Return parameters for a net whose filters or numbers of them or of classes are others, and its right scores.

    These cost points where the parameters are judged; here they need the right padding only: as it is asked for, or
    so that the size of the image stays. None for any other net.
    """
    try:
        made = _arrays(trial.student.module_convnet_params(*channels, c, kind, 0), 6)
    except StudentError:
        return None
    if [np.ndim(array) for array in made] != [4, 1, 4, 1, 2, 1]:
        return None
    sizes = [np.shape(w)[-1] for w in (made[0], made[2])]
    own = (np.shape(made[0])[1], np.shape(made[0])[0], np.shape(made[2])[0])
    features, classes = np.shape(made[4])
    # channels in another order are made in that order again
    as_asked = sorted(own) == sorted(channels) and classes == c
    if (sizes == [5, 3] and as_asked) or own[0] != x.shape[1]:
        return None
    # These sizes come from the student, and what follows is computed here.
    if not all(1 <= size <= _LARGEST_FILTER for size in sizes):
        return None
    if not all(2 <= number <= _MOST_OWN for number in (*own[1:], classes)):
        return None
    for paddings in ((2, 1), tuple((size - 1) // 2 for size in sizes)):
        side = x.shape[-1] + sum(2 * pad - size + 1 for size, pad in zip(sizes, paddings, strict=True))
        if features == own[2] * side**2:
            break
    else:
        return None
    params = draw_params(trial.draw, own, sizes, features, classes)
    if [w.shape for w in params] != [np.shape(w) for w in made]:
        return None
    hidden = x
    for w, b, pad in zip(params[0:4:2], params[1:4:2], paddings, strict=True):
        hidden = np.maximum(_convolved(hidden, w, b, pad), 0)
    want = hidden.reshape(len(x), -1) @ params[4] + params[5]
    return params, want.astype(np.float32)


def _convolved(x: np.ndarray, w: np.ndarray, b: np.ndarray, pad: int) -> np.ndarray:
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    return np.einsum("nchwkl,fckl->nfhw", windows, w, optimize=True) + b[:, None, None]


def _features_fit(trial: Trial, kind: str, channels: Sequence[int], made: list[Any]) -> Callable[[], bool]:
    """Return what tells whether a net runs with the parameters that it was made with."""

    def runs() -> bool:
        try:
            trial.student.module_convnet_scores(np.zeros((1, channels[0], 32, 32)), made, kind)
        except StudentError:
            return False
        return True

    return runs


def _layers_params(trial: Trial, kind: str, channels: Sequence[int], c: int) -> tuple[list[Any], list[Any]]:
    first, second = (
        _arrays(trial.student.module_convnet_params(*channels, c, kind, seed), 6)
        for seed in (trial.draw.seed(), trial.draw.seed())
    )
    return first, second


@check(
    points=4,
    tests=("ThreeLayerConvNet", "flatten"),
    parts=("scores", "gradients"),
    demands=("one image",),
    cases=(
        {"part": "scores", "n": 3, "channels": (3, 5, 4), "c": 7},
        {"part": "one image", "n": 1, "channels": (1, 4, 6), "c": 3},
    ),
)
def module_convnet(trial: Trial, *, part: str, n: int, channels: tuple[int, int, int], c: int) -> Findings:
    """`ThreeLayerConvNet` gives the scores that the same parameters give as bare tensors."""
    yield from _layered(trial, "module", part, n, channels, c)


@check(
    points=3,
    tests=("ThreeLayerConvNet.__init__",),
    parts=("shapes", "weights"),
    cases=({"channels": (3, 40, 30), "c": 10}, {"channels": (5, 30, 40), "c": 12}),
)
def module_params(trial: Trial, *, channels: tuple[int, int, int], c: int) -> Findings:
    """`ThreeLayerConvNet` registers the parameters of three layers, with Kaiming normal weights."""
    first, second = _layers_params(trial, "module", channels, c)
    fit = _features_fit(trial, "module", channels, first)
    yield from _shapes("shapes", first, channels, (32, 32), c, fit)
    advice = "`nn.init.kaiming_normal_` fits all three weights"
    yield from _weights("weights", first, second, 2.0, normal=True, advice=advice)


@check(
    points=3,
    tests=("sequential_convnet", "flatten", "Flatten"),
    parts=("scores", "gradients", "kind", "shapes", "weights"),
    demands=("one image",),
    basis=("scores",),
    cases=(
        {"part": "scores", "n": 3, "channels": (5, 4), "c": 7},
        {"part": "one image", "n": 1, "channels": (4, 6), "c": 3},
    ),
)
def sequential_convnet(trial: Trial, *, part: str, n: int, channels: tuple[int, int], c: int) -> Findings:
    """`sequential_convnet` builds the same net as an `nn.Sequential`, initialized as PyTorch does."""
    message = "sequential_convnet must return an nn.Sequential"
    sequential = trial.student.is_sequential(*channels, c) is True
    yield claim("kind", "nn.Sequential", sequential, message, expected="nn.Sequential", actual=sequential)
    first, second = _layers_params(trial, "sequential", (3, 40, 30), c)
    fit = _features_fit(trial, "sequential", (3, 40, 30), first)
    yield from _shapes("shapes", first, (3, 40, 30), (32, 32), c, fit)
    advice = "leave the weights as `nn.Conv2d` and `nn.Linear` make them"
    yield from _weights("weights", first, second, 1 / 3, normal=False, advice=advice)
    yield from _layered(trial, "sequential", part, n, (3, *channels), c)
