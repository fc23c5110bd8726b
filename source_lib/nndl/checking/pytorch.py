"""Visible checks of the milestone pytorch: known numbers, shapes and statistics, no solution.

A notebook imports this module as ``check``, calls ``check.barebones_convnet()`` and shows ``check.progress``.
It imports without PyTorch; the checks themselves need it.
"""

from __future__ import annotations

import inspect
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..diagnosis import describe
from .shared.accuracy import AccuracyRule
from .shared.common import CHANGED, Results, left_behind
from .shared.known_mistakes import compare, evidence
from .shared.model import LONG_LIMIT, Remark
from .shared.progress import Progress

NAMES = ("conv_w1", "conv_b1", "conv_w2", "conv_b2", "fc_w", "fc_b")
LARGEST_NET = 5_000_000
"""Most parameters of the open-ended net."""

CONVNET_RULES = {
    "barebones_convnet": AccuracyRule(none=27, full=42),
    "module_convnet": AccuracyRule(none=30, full=45),
    "sequential_convnet": AccuracyRule(none=40, full=55),
}
OPEN_RULE = AccuracyRule(none=55, full=70)

_FILE = "nndl/pytorch.py"
_NORMAL, _UNIFORM = math.sqrt(2.0), math.sqrt(1 / 3)  # times 1 / sqrt(fan_in): the standard deviation

progress = Progress("PyTorch")


def _arrays() -> Any:
    """Return the module that calls the student's functions with arrays."""
    from ..as_arrays import nets

    return nets


def by_hand() -> tuple[np.ndarray, list[np.ndarray]]:
    """Return image and parameters of the notebook's worked example."""
    middle = np.zeros((1, 1, 5, 5))
    middle[0, 0, 2, 2] = 1
    fc_w = np.array([[1.0, 0], [1, 0], [1, 0], [1, -1]])
    params = [middle, np.array([-2.0]), np.ones((1, 1, 3, 3)), np.zeros(1), fc_w, np.array([0.0, 1])]
    return np.array([[[[1.0, 2], [3, 4]]]]), params


@progress.check(points=5, where=f"`three_layer_convnet` in {_FILE}")
def barebones_convnet() -> Results:
    """Compare scores with numbers that can be followed by hand, and see whether gradients come through."""
    ta = _arrays()
    x, params = by_hand()
    got = ta.barebones_convnet_scores(x, params)
    yield compare(got, np.array([[12.0, -2.0]]), "the scores of the example")
    x, params, y = _small()
    scores = ta.barebones_convnet_scores(x, params)
    yield compare(scores, np.array(_SMALL_SCORES), "the scores of two random images", rtol=1e-6)
    yield compare(ta.barebones_convnet_scores(x[:1], params), scores[:1], "the scores of the first one alone")
    for name, before, after in zip(
        ("x", *NAMES), (x, *params), ta.barebones_convnet_inputs(x, params), strict=True
    ):
        if not np.array_equal(before, after):
            yield f"{name} {CHANGED}: leave out what works in place (names with _ at the end)"
    for name, gradient in zip(NAMES, ta.barebones_convnet_gradients(x, y, params), strict=True):
        if not gradient.any():
            yield f"the gradient of {name} is 0 everywhere: is it used, without a detach or a no_grad on the way?"


@progress.check(points=3, where=f"`three_layer_convnet_params` in {_FILE}")
def barebones_params() -> Results:
    """Look at shapes, spread and kind of the six tensors."""
    ta = _arrays()
    params = ta.barebones_convnet_params(20, 15, 10, (3, 16, 12), 0)
    rule = "`random_weight` draws with the right one"
    problems = list(_look_at(params, (20, 15, 10), 15 * 16 * 12, _NORMAL, rule))
    yield from problems
    if not problems:
        yield _channels(ta.barebones_convnet_params(4, 5, 6, (2, 6, 7), 0)[0], 2, "images of shape (2, 6, 7)")
    if len(params) == len(NAMES):
        for name, bias in zip(NAMES[1::2], params[1::2], strict=True):
            if bias.any():
                yield f"{name} is not 0 at the start, but {describe(bias)}: `zero_weight` makes it so"
        for name, fault in zip(NAMES, ta.barebones_convnet_leaves(3, 2, 4), strict=False):
            if fault:
                yield f"{name} {fault}, so training would not change it"


@progress.check(
    points=3,
    where="the training of part II, stored as barebones_convnet.npz",
    needs=["barebones_convnet"],
    limit=LONG_LIMIT,
)
def barebones_training(loader: Any, path: str | os.PathLike[str] = "barebones_convnet.npz") -> Results:
    """Measure the stored net on the images of a loader."""
    yield from _measure("barebones_convnet", loader, path)


@progress.check(points=3, where=f"`__init__` of `ThreeLayerConvNet` in {_FILE}")
def module_params() -> Results:
    """Look at the parameters that the module has registered, and at their spread."""
    params = _arrays().module_convnet_params(3, 20, 15, 10, "module", 0)
    problems = list(_look_at(params, (20, 15, 10), 15 * 1024, _NORMAL, "use `nn.init.kaiming_normal_`"))
    yield from problems
    if not problems:
        filters = _arrays().module_convnet_params(2, 4, 5, 6, "module", 0)[0]
        yield _channels(filters, 2, "in_channel = 2")


@progress.check(points=4, where=f"`forward` of `ThreeLayerConvNet` in {_FILE}")
def module_convnet() -> Results:
    """Compare the scores of the module with those of bare tensors, for the same parameters."""
    yield from _layers("module")


@progress.check(points=2, where=f"`module_optimizer` in {_FILE}")
def module_optimizer() -> Results:
    """Follow two steps with gradients that are known."""
    yield from _two_steps("module_optimizer", [-3e-3, -6e-3])


@progress.check(
    points=3,
    where="the training of part III, stored as module_convnet.npz",
    needs=["module_convnet"],
    limit=LONG_LIMIT,
)
def module_training(loader: Any, path: str | os.PathLike[str] = "module_convnet.npz") -> Results:
    """Measure the stored net on the images of a loader."""
    yield from _measure("module_convnet", loader, path)


@progress.check(points=3, where=f"`sequential_convnet` in {_FILE}")
def sequential_convnet() -> Results:
    """Compare scores and the spread of the weights, and look at the type."""
    ta = _arrays()
    if not ta.is_sequential(3, 2, 4):
        yield "sequential_convnet must return an nn.Sequential"
    yield from _layers("sequential")
    params = ta.module_convnet_params(3, 20, 15, 10, "sequential", 0)
    yield from _look_at(params, (20, 15, 10), 15 * 1024, _UNIFORM, "leave the weights as PyTorch draws them")


@progress.check(points=2, where=f"`sequential_optimizer` in {_FILE}")
def sequential_optimizer() -> Results:
    """Follow two steps with gradients that are known."""
    # v = 1, then 0.9 + 1; each step is 1e-2 (1 + 0.9 v)
    yield from _two_steps("sequential_optimizer", [-0.019, -0.0461])


@progress.check(
    points=3,
    where="the training of part IV, stored as sequential_convnet.npz",
    needs=["sequential_convnet"],
    limit=LONG_LIMIT,
)
def sequential_training(loader: Any, path: str | os.PathLike[str] = "sequential_convnet.npz") -> Results:
    """Measure the stored net on the images of a loader."""
    yield from _measure("sequential_convnet", loader, path)


@progress.check(points=3, where=f"`open_ended_net` in {_FILE}", limit=LONG_LIMIT)
def open_ended_net() -> Results:
    """Look at scores, at what the optimizer knows, and at twenty steps on one batch."""
    net = _arrays().OpenEndedNet(seed=0)
    if net.parameters() > LARGEST_NET:
        yield f"the net has {net.parameters()} parameters, but at most {LARGEST_NET} are allowed"
    random = np.random.RandomState(0)
    x, y = random.normal(size=(30, 3, 32, 32)).astype(np.float32), np.arange(30) % 10
    scores = net.scores(x)
    if scores.shape != (30, 10):
        yield f"the scores of 30 images have shape {scores.shape}, but it should be (30, 10)"
        return
    context = "in evaluation mode an answer depends on its image only"
    problem = compare(net.scores(x[:1]), scores[:1], "the scores of an image shown alone", rtol=1e-3)
    yield f"{problem.message} ({context})" if problem else None
    forgotten = net.forgotten()
    if forgotten:
        yield f"the optimizer does not have these parameters: {', '.join(forgotten[:5])}"
    for k in range(10):
        x[k::10, k % 3, 3 * k : 3 * k + 3] += 2  # a stripe that gives the class away
    losses = np.array(net.train(x, y, 20))
    first, last = losses[:5].mean(), losses[-5:].mean()
    if not last < first:
        yield f"20 steps on one batch take the loss from {first:.4g} to {last:.4g}: it must fall"


@progress.check(
    points=6,
    where="the training of part V, stored as open_net.npz",
    needs=["open_ended_net"],
    limit=LONG_LIMIT,
)
def open_net(loader: Any, path: str | os.PathLike[str] = "open_net.npz") -> Results:
    """Measure the stored net on the images of a loader."""
    if (problem := _missing(path)) is not None:
        yield problem
        return
    from .. import pytorch
    from ..torch_parts import storage

    model, _ = pytorch.open_ended_net()
    storage.load_model(path, model)
    accuracy = pytorch.check_accuracy_part34(loader, model.to(pytorch.device), verbose=False)
    yield OPEN_RULE.note(accuracy, _rows(loader), 6)


def _measure(name: str, loader: Any, path: str | os.PathLike[str]) -> Results:
    if (problem := _missing(path)) is not None:
        yield problem
        return
    from .. import pytorch
    from ..torch_parts import storage

    stored = storage.load_convnet(path)
    params = [storage.to_tensor(array).to(pytorch.device) for array in stored.values()]
    accuracy = pytorch.check_accuracy_part2(loader, pytorch.three_layer_convnet, params, verbose=False)
    yield CONVNET_RULES[name].note(accuracy, _rows(loader), 3)


def _missing(path: str | os.PathLike[str]) -> str | None:
    if Path(path).is_file():
        return None
    return f"there is no file {os.fspath(path)}: run the cell that trains and stores this net"


def _rows(loader: Any) -> int:
    return len(loader.sampler)


def _layers(kind: str) -> Results:
    ta = _arrays()
    random = np.random.RandomState(1)
    shapes = ((5, 3, 5, 5), (5,), (4, 5, 3, 3), (4,), (4096, 6), (6,))
    params = [random.normal(0, 0.1 if len(shape) > 2 else 0.02, shape).astype(np.float32) for shape in shapes]
    x, y = random.normal(size=(2, 3, 32, 32)).astype(np.float32), np.array([4, 1])
    try:
        got = ta.module_convnet_scores(x, params, kind)
    except RuntimeError:
        if kind == "sequential":
            yield from _sizes_on_the_way(x)
        raise
    yield compare(got, np.array(_LAYERED_SCORES), "the scores of two random images", rtol=1e-4)
    for name, gradient in zip(NAMES, ta.module_convnet_gradients(x, y, params, kind), strict=True):
        if not gradient.any():
            yield f"the gradient of {name} is 0 everywhere: is it used, without a detach or a no_grad on the way?"


def _sizes_on_the_way(x: np.ndarray) -> Results:
    """Say which layers of the sequential net make pictures of another size; its convolutions should not."""
    from .. import pytorch
    from ..torch_parts import storage

    out = storage.to_tensor(x)
    for layer in pytorch.sequential_convnet(5, 4, 6):
        before, out = out, layer(out)
        if out.ndim == 4 and out.shape[2:] != before.shape[2:]:
            sizes = [" x ".join(map(str, shape[2:])) for shape in (before.shape, out.shape)]
            yield f"{type(layer).__name__} makes pictures of {sizes[1]} out of {sizes[0]}: is it asked for, and padded?"


def _look_at(
    params: list[np.ndarray], sizes: tuple[int, int, int], features: int, gain: float, rule: str
) -> Results:
    """Compare shapes, and the standard deviation of every weight with ``gain / sqrt(fan_in)``."""
    c1, c2, classes = sizes
    shapes = ((c1, 3, 5, 5), (c1,), (c2, c1, 3, 3), (c2,), (features, classes), (classes,))
    came = [tuple(p.shape) for p in params]
    if len(came) != len(shapes):
        missing = [name for name, shape in zip(NAMES, shapes, strict=True) if shape not in came]
        none = f"; none of them has the right shape for {', '.join(missing)}" if missing else ""
        yield (
            f"six tensors are wanted, {', '.join(NAMES)}, but there are {len(came)}: "
            f"{', '.join(map(str, came)) or 'none'}{none}"
        )
        return
    if came != list(shapes):
        yield f"the six shapes should be {', '.join(map(str, shapes))}, but are {', '.join(map(str, came))}"
        for name, got, want in zip(NAMES, came, shapes, strict=False):
            if len(got) > 1 and got != want and got == (want[1], want[0], *want[2:]):
                yield f"{name}: the numbers that go in and come out are exchanged"
            elif len(got) == len(want) == 4 and got[2:] != want[2:]:
                yield f"{name}: its filters are {got[2]} x {got[3]}, but {want[2]} x {want[3]} are asked for"
        return
    for name, weight in zip(NAMES[::2], params[::2], strict=True):
        fan_in = weight.shape[0] if weight.ndim == 2 else math.prod(weight.shape[1:])
        ratio = float(weight.std()) * math.sqrt(fan_in) / gain
        if not 0.88 < ratio < 1.12:
            yield f"the standard deviation of {name} is {ratio:.3g} times what it should be: {rule}"


def _channels(filters: np.ndarray, channels: int, context: str) -> str | None:
    """Return what is wrong if the first filters are not made for as many channels as the images have."""
    if filters.ndim == 4 and filters.shape[1] == channels:
        return None
    return (
        f"with {context}, conv_w1 has the shape {filters.shape}, but it must be made for {channels} channels"
    )


def _two_steps(name: str, changes: list[float]) -> Results:
    start = [np.array([[1.0, -2.0]]), np.array([0.5])]
    path = _arrays().optimizer_path(name, start, [[np.ones((1, 2)), np.ones(1)]] * 2)
    for number, (step, change) in enumerate(zip(path, changes, strict=True), start=1):
        for what, before, after in zip(("weights", "biases"), start, step, strict=True):
            label = f"the change of the {what} after {number} step{'s' * (number > 1)} with gradient 1"
            yield compare(after - before, np.full(before.shape, change), label, rtol=1e-9)
    yield left_behind({"the weights": path[0][0] - start[0], "the biases": path[0][1] - start[1]})
    yield _settings(name)


def _settings(name: str) -> Remark | None:
    """Tell what an optimizer is, and those of its settings that are not PyTorch's own."""
    from .. import pytorch
    from ..torch_parts._torch import nn, torch

    optimizer = getattr(pytorch, name)(nn.Linear(1, 1))
    if not isinstance(optimizer, torch.optim.Optimizer):
        return None
    usual = {
        key: parameter.default for key, parameter in inspect.signature(type(optimizer)).parameters.items()
    }
    own = {key: v for key, v in optimizer.defaults.items() if key == "lr" or v != usual.get(key)}
    kind = type(optimizer).__name__
    # after two steps with one gradient several optimizers stand in one place
    evidence(f"an optimizer {kind} with {', '.join(own)}", None)
    return Remark(
        f"your optimizer is {kind} with {', '.join(f'{key} {value}' for key, value in own.items())}"
    )


def _small() -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    random = np.random.RandomState(0)
    shapes = ((4, 3, 5, 5), (4,), (2, 4, 3, 3), (2,), (2 * 6 * 5, 3), (3,))
    params = [random.normal(0, 0.2, shape) for shape in shapes]
    return random.normal(size=(2, 3, 6, 5)), params, np.array([2, 0])


_SMALL_SCORES = [
    [-0.153089060198, -0.682404910652, -0.401107025831],
    [-0.252640875337, -0.593847611136, -0.121067720012],
]
_LAYERED_SCORES = [
    [0.1855998, 0.3692999, 0.0940781, -0.1876374, 0.05674566, -0.257163],
    [0.1531277, -0.007795174, 0.01383036, -0.338137, 0.6147429, -0.00140934],
]
