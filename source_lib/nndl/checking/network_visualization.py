"""Visible checks of the milestone network_visualization: examples by hand and differences, no solution.

A notebook imports this module as ``check``, calls ``check.saliency_maps()`` and shows ``check.progress``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import (
    net_visualization,
)  # looked up through the module, so that a reloaded function is the one checked
from ..torch_parts._torch import nn, torch
from .shared.common import CHANGED, Results, numeric_gradient
from .shared.known_mistakes import compare
from .shared.model import Remark
from .shared.progress import Progress

_FILE = "nndl/net_visualization.py"
_MOST_CALLS = 400
Tensor = torch.Tensor

progress = Progress("Network visualization")


class TooManySteps(Exception):
    """The model was called so often that the loop does not seem to count its steps."""


class LinearModel(nn.Module):
    """Scores that are linear in the pixels, one tensor of weights per class; after very many calls it gives up.

    Parameters
    ----------
    weights : sequence
        One array (3, H, W) for each class.
    """

    def __init__(self, weights: Any) -> None:
        super().__init__()
        self.weights = torch.as_tensor(np.asarray(weights, dtype=np.float64)).flatten(1)
        self.calls = 0
        self.shown: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        """Return scores (N, C)."""
        self.calls += 1
        if self.calls > _MOST_CALLS:
            raise TooManySteps(
                f"the model was called more than {_MOST_CALLS} times: where does the loop end?"
            )
        self.shown = [*self.shown[:1], x.detach().clone()]  # the first one and the last one
        return x.flatten(1) @ self.weights.T


class SquaresModel(LinearModel):
    """Scores that are linear in the squares of the pixels: each step has a direction of its own."""

    def forward(self, x: Tensor) -> Tensor:
        """Return scores (N, C)."""
        return super().forward(x * x)


class ConvModel(nn.Module):
    """Six filters of 2 × 2 with ReLU, averaged over the positions, and a matrix that makes three scores of them."""

    def __init__(self) -> None:
        super().__init__()
        random = np.random.RandomState(3)
        self.filters = torch.as_tensor(random.normal(size=(6, 3, 2, 2)))
        self.matrix = torch.as_tensor(random.normal(size=(6, 3)) + 2 * np.eye(3)[[0, 1, 2, 0, 1, 2]])

    def forward(self, x: Tensor) -> Tensor:
        """Return scores (N, 3)."""
        return nn.functional.conv2d(x, self.filters).relu().mean(dim=(2, 3)) @ self.matrix


@progress.check(points=12, where=f"`compute_saliency_maps` in {_FILE}")
def saliency_maps() -> Results:
    """Compare maps with the example by hand and with differences of the score."""
    weights = [[[[1.0, -2.0]], [[-3.0, 0.0]], [[2.0, 1.0]]], np.zeros((3, 1, 2))]
    x, y = torch.ones(1, 3, 1, 2, dtype=torch.float64), torch.tensor([0])
    maps = net_visualization.compute_saliency_maps(x, y, LinearModel(weights))
    yield compare(_array(maps), np.array([[[3.0, 2.0]]]), "the map of the example, a batch of one image,")

    model, images, labels = ConvModel(), _images(4), torch.tensor([2, 0, 1, 2])
    before = images.clone()
    gradients = [
        _differences(_score(model, int(c)), image) for image, c in zip(images.split(1), labels, strict=True)
    ]
    want = np.abs(np.concatenate(gradients)).max(axis=1)
    maps = net_visualization.compute_saliency_maps(images, labels, model)
    yield compare(_array(maps), want, "the maps of four images", rtol=1e-5, sizes={"N": 4})
    if model.training:
        yield _TRAINING
    again = net_visualization.compute_saliency_maps(images, labels, model)
    yield compare(_array(again), want, "the maps in a second call with the same images", rtol=1e-5)
    if not torch.equal(images.detach(), before):
        yield f"X {CHANGED}: work on a copy"
    if images.grad is not None and bool(images.grad.any()):
        yield "X has a gradient after the call, and the next backward pass would add to it: work on a copy"
    if images.requires_grad:
        yield "X requires a gradient after the call, which it did not before: work on a copy"


@progress.check(points=10, where=f"`make_fooling_image` in {_FILE}")
def fooling_image() -> Results:
    """Follow the example by hand, and see that an image of the target's class stays as it is."""
    model, x = LinearModel(_BY_HAND), _pixel(1, 2, -1)
    try:
        image = net_visualization.make_fooling_image(x, 0, model)
    except NotImplementedError:
        raise
    except RuntimeError as error:
        if "require grad" in str(error):  # it is not the one that says that the target was not reached
            raise
        yield f"a RuntimeError was raised, after the model was asked {model.calls} times"
        yield _last_shown(model, 0)
        yield Remark(f"RuntimeError: {error}")
        return
    moved = _array(image)
    if not torch.equal(x.detach(), _pixel(1, 2, -1)):
        yield f"X {CHANGED}: work on a copy"
        x = _pixel(1, 2, -1)
    if np.array_equal(moved, x.numpy()):
        yield "the image comes back as it was, although the model does not take it for the target"
        return
    yield compare(moved, _pixel(7 / 3, 8 / 3, 1 / 3).numpy(), "the fooling image of the example", rtol=1e-5)
    if model.training:
        yield _TRAINING
    image = net_visualization.make_fooling_image(x, 1, LinearModel(_BY_HAND))
    yield compare(_array(image), x.numpy(), "an image that is taken for the target from the start", rtol=1e-5)
    weights = np.random.RandomState(4).normal(size=(4, 3, 5, 4))
    for i, start in enumerate(_images(3).split(1)):
        other = LinearModel(weights)
        target, before = int(other(start)[0].argmin()), start.clone()
        moved = _array(net_visualization.make_fooling_image(start, target, other))
        if not torch.equal(start.detach(), before):
            yield f"X {CHANGED}: work on a copy"
            start = before
        found = (
            int(other(torch.as_tensor(moved))[0].topk(1).indices) if np.shape(moved) == start.shape else None
        )
        if found != target:
            yield f"image {i} should be taken for class {target}, but the model says {found}"
            continue
        # The gradient is the same everywhere, so all steps have one direction.
        direction = weights[target] / np.linalg.norm(weights[target])
        change = (moved - start.numpy())[0]
        number = max(1, round(float((change * direction).sum())))
        label = f"the way of image {i}, in steps of length 1,"
        yield compare(change, number * direction, label, rtol=1e-5)
    squares = SquaresModel(np.array([[2.0, 1, 0], [0, 2, 1]]).reshape(2, 3, 1, 1))
    moved = _array(net_visualization.make_fooling_image(_pixel(1, 2, -1), 0, squares))
    wanted = _pixel(2.49068465, 3.32840036, -1).numpy()
    yield compare(moved, wanted, "the image after three steps that turn", rtol=1e-5)


@progress.check(points=4, where=f"`make_fooling_image` in {_FILE}", needs=["fooling_image"])
def fooling_limit() -> Results:
    """See that the image handed over stays as it is, and what happens when the target is out of reach."""
    x = _pixel(1, 2, -1)
    before = x.clone()
    image = net_visualization.make_fooling_image(x, 0, LinearModel(_BY_HAND))
    if not torch.equal(x.detach(), before):
        yield f"X {CHANGED}: work on a copy"
    if image.requires_grad:
        yield "the returned image still requires a gradient: detach it"
    one_each = np.eye(3).reshape(
        3, 3, 1, 1
    )  # each step adds 1 to the target's score and nothing to the others
    try:
        moved = _array(net_visualization.make_fooling_image(_pixel(0, 99.5, 0), 0, LinearModel(one_each)))
    except NotImplementedError:
        raise
    except RuntimeError:
        yield (
            "an image that needs 100 steps, all that are allowed, must come back, but a RuntimeError was raised: do "
            "you look once more after the last step, and does the loop make all of them?"
        )
        return
    if not np.ravel(moved)[0] > np.ravel(moved)[1]:
        yield "100 steps are enough here, but the image that came back does not fool the model"
    ahead = np.stack([np.ones((3, 1, 1)), 2 * np.ones((3, 1, 1))])  # class 1 is ahead whatever happens
    for weights, start, why in (
        (ahead, _pixel(1, 1, 1), "the target cannot be reached"),
        (one_each, _pixel(0, 100.5, 0), "the target is 101 steps away"),
    ):
        try:
            net_visualization.make_fooling_image(start, 0, LinearModel(weights))
        except NotImplementedError:
            raise
        except RuntimeError:
            continue
        except TooManySteps as error:
            yield f"{error} After 100 steps it should raise a RuntimeError"
            return
        yield f"no RuntimeError was raised, although {why}"


@progress.check(points=10, where=f"`class_visualization_update_step` in {_FILE}")
def visualization_step() -> Results:
    """Compare a step with the example by hand, and others with differences of score less penalty."""
    moved = _step(_pixel(0, 1, 2), LinearModel(_BY_HAND), 0, 0.5, 0.5)
    yield compare(moved, _pixel(0.5, 1, 2).numpy(), "the image of the example after a step", rtol=1e-5)
    model, start = ConvModel(), _images(1)
    target = int(model(start)[0].argmin())
    for l2_reg, rate in ((0.0, 0.7), (0.2, 2.0)):
        gradient = _differences(_score(model, target, l2_reg), start)
        want = rate * gradient / np.linalg.norm(gradient)
        moved = _step(start, model, target, l2_reg, rate)
        change = moved - start.numpy() if np.shape(moved) == start.shape else moved
        yield compare(change, want, f"the step for l2_reg {l2_reg} and learning rate {rate}", rtol=1e-5)


@progress.check(points=4, where=f"`class_visualization_update_step` in {_FILE}", needs=["visualization_step"])
def visualization_in_place() -> Results:
    """See that the image itself has moved, that nothing is left behind, and that a zero gradient does no harm."""
    model, start = ConvModel(), _images(1)
    image = start.clone().requires_grad_()
    single = start
    for number in (1, 2, 3):
        net_visualization.class_visualization_update_step(image, model, 1, 0.1, 0.5)
        single = torch.as_tensor(_step(single, model, 1, 0.1, 0.5))
        if image.grad is not None and bool(image.grad.any()):
            yield "img.grad is not clear after the step: the next backward pass would add to it"
        if not (image.requires_grad and image.is_leaf):
            yield "img must stay a leaf that requires a gradient"
            return
        yield compare(_array(image), single.numpy(), f"the image after {number} steps with the same tensor")
    flat = start.clone().requires_grad_()
    net_visualization.class_visualization_update_step(flat, LinearModel(np.zeros((2, 3, 5, 4))), 0, 0.0, 0.5)
    if not torch.equal(flat.detach(), start):
        yield "an image whose gradient is exactly zero must stay where it is: what is 0 divided by 0?"


def _last_shown(model: LinearModel, target: int) -> str | None:
    """Say what had become of the image when the search for a fooling one was given up."""
    if len(model.shown) < 2:
        return None
    with torch.no_grad():
        first, last = ((image.flatten(1) @ model.weights.T)[0] for image in model.shown)
    if torch.equal(*model.shown):
        return "the image that the model was shown last is still the one that it was shown first"
    if int(last.argmax()) == target:
        return "the image that the model was shown last is taken for the target, but the search went on"
    ways = [
        f"{'the target' if number == target else f'class {number}'} from {float(before):.4g} to {float(after):.4g}"
        for number, (before, after) in enumerate(zip(first, last, strict=True))
    ]
    return f"on the way the scores went, of {' and of '.join(ways)}"


_TRAINING = "the model is in training mode after the call, but it must be in evaluation mode: leave model.eval() alone"
_BY_HAND = np.array([[2.0, 1.0, 2.0], [1.0, 2.0, -2.0]]).reshape(2, 3, 1, 1)


def _pixel(red: float, green: float, blue: float) -> Tensor:
    """Return an image of one pixel."""
    return torch.tensor([red, green, blue], dtype=torch.float64).view(1, 3, 1, 1)


def _images(n: int) -> Tensor:
    return torch.as_tensor(np.random.RandomState(5).normal(size=(n, 3, 5, 4)))


def _array(value: Any) -> Any:
    """Return a tensor's numbers, and anything else as it is: `compare` says what is wrong with it."""
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else value


def _step(start: Tensor, model: nn.Module, target: int, l2_reg: float, rate: float) -> Any:
    """Return where one step leads from ``start``."""
    image = start.clone().requires_grad_()
    result: Any = _update(image, model, target, l2_reg, rate)
    if torch.equal(image.detach(), start) and isinstance(result, Tensor):
        raise ValueError("a new image was returned; change img itself, in place, and return nothing")
    return _array(image)


def _update(*arguments: Any) -> Any:
    step: Callable[..., Any] = net_visualization.class_visualization_update_step
    return step(*arguments)


def _score(model: nn.Module, target: int, l2_reg: float = 0.0) -> Callable[[Tensor], Tensor]:
    """Return the function of an image that is climbed: the score of a class, less the penalty."""
    return lambda image: model(image)[0, target] - l2_reg * (image**2).sum()


def _differences(f: Callable[[Tensor], Tensor], image: Tensor) -> np.ndarray:
    """Return the centred differences of a function for every number of an image."""
    pixels = image.detach().numpy().copy()
    with torch.no_grad():
        return numeric_gradient(lambda: float(f(torch.from_numpy(pixels))), pixels)
