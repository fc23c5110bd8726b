"""The functions of the milestone pytorch with NumPy arrays in and out, for callers without PyTorch.

A grader in another process can send and receive arrays only: a tensor would have to be pickled. Each
function here turns arrays into tensors, calls the function of the same purpose in `nndl.pytorch`, and
turns the result back. A ``seed`` makes its draws repeatable and leaves PyTorch's generator as it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from .. import pytorch
from ..torch_parts._torch import device, functional, nn, torch
from ..torch_parts.data import ImageDataset
from ..torch_parts.storage import (
    CONVNET_NAMES,
    convnet_parameters,
    model_arrays,
    put_arrays,
    to_array,
    to_tensor,
)

Tensor: TypeAlias = torch.Tensor
Arrays = Sequence[np.ndarray]


def normalized(pixels: np.ndarray) -> np.ndarray:
    """Return images as the loaders give them: bytes ``(N, 3, 32, 32)`` in, float32 out."""
    data = ImageDataset(pixels, np.zeros(len(pixels), np.int64), train=False)
    return to_array(data[:][0])


# Part II


def barebones_convnet_scores(x: np.ndarray, params: Arrays) -> np.ndarray:
    """Return the scores of `nndl.pytorch.three_layer_convnet`."""
    with torch.no_grad():
        return returned(pytorch.three_layer_convnet(to_tensor(x), _tensors(params)), "three_layer_convnet")


def barebones_convnet_inputs(x: np.ndarray, params: Arrays) -> list[np.ndarray]:
    """Return ``x`` and the parameters as they are after a call of `nndl.pytorch.three_layer_convnet`."""
    tensors = [to_tensor(x), *_tensors(params)]
    with torch.no_grad():
        pytorch.three_layer_convnet(tensors[0], tensors[1:])
    return [to_array(t) for t in tensors]


def barebones_convnet_gradients(x: np.ndarray, y: np.ndarray, params: Arrays) -> list[np.ndarray]:
    """Return the gradients of the cross entropy of `nndl.pytorch.three_layer_convnet` by autograd."""
    leaves = [p.requires_grad_() for p in _tensors(params)]
    return _gradients(pytorch.three_layer_convnet(to_tensor(x), leaves), y, leaves, "three_layer_convnet")


def barebones_convnet_params(
    channel_1: int,
    channel_2: int,
    num_classes: int,
    image: Sequence[int] = (3, 32, 32),
    seed: int | None = None,
) -> list[np.ndarray]:
    """Return what `nndl.pytorch.three_layer_convnet_params` creates."""
    return [to_array(p) for p in _created(channel_1, channel_2, num_classes, image, seed)]


def barebones_convnet_leaves(channel_1: int, channel_2: int, num_classes: int) -> list[str]:
    """Say of each of these parameters whether it is fit to train: ``""``, or what is wrong with it."""
    params = _created(channel_1, channel_2, num_classes, (3, 32, 32), 0)
    return [_fault(p) for p in params]


# Parts III and IV; ``kind`` is "module" for ThreeLayerConvNet and "sequential" for sequential_convnet.


def module_convnet_scores(x: np.ndarray, params: Arrays, kind: str = "module") -> np.ndarray:
    """Return the scores of a ConvNet made of layers, with the parameters given, in float32.

    Parameters
    ----------
    x : array of shape (N, C, 32, 32)
        Images.
    params : six arrays
        As for `nndl.pytorch.three_layer_convnet`; the affine weight is ``(features, classes)``.
    kind : {"module", "sequential"}, default "module"
        Whether `nndl.pytorch.ThreeLayerConvNet` is meant, or `nndl.pytorch.sequential_convnet`.

    Raises
    ------
    ValueError
        If the net does not have two convolutions and one affine layer of these sizes.
    """
    net = _with_parameters(params, kind)
    with torch.no_grad():
        return returned(net(to_tensor(x).float()), "the net")


def module_convnet_gradients(
    x: np.ndarray, y: np.ndarray, params: Arrays, kind: str = "module"
) -> list[np.ndarray]:
    """Return the gradients of the cross entropy of that net for its six parameters, by autograd."""
    net = _with_parameters(params, kind)
    scores = net(to_tensor(x).float())
    gradients = _gradients(scores, y, list(net.parameters()), "the net")
    for p, gradient in zip(net.parameters(), gradients, strict=True):
        with torch.no_grad():
            p.copy_(torch.from_numpy(gradient))  # so that they are sorted as the parameters are
    return [to_array(p) for p in convnet_parameters(net, any_size=True).values()]


def module_convnet_params(
    in_channel: int,
    channel_1: int,
    channel_2: int,
    num_classes: int,
    kind: str = "module",
    seed: int | None = None,
) -> list[np.ndarray]:
    """Return the initial parameters of that net, in the order of `nndl.pytorch.three_layer_convnet`."""
    with _seeded(seed):
        net = _convnet(kind, in_channel, channel_1, channel_2, num_classes)
    return [to_array(p) for p in convnet_parameters(net, any_size=True).values()]


def is_sequential(channel_1: int, channel_2: int, num_classes: int) -> bool:
    """Say whether `nndl.pytorch.sequential_convnet` gives an ``nn.Sequential``."""
    return isinstance(pytorch.sequential_convnet(channel_1, channel_2, num_classes), nn.Sequential)


def optimizer_path(name: str, start: Arrays, gradients: Sequence[Arrays]) -> list[list[np.ndarray]]:
    """Follow the steps of an optimizer under given gradients.

    Parameters
    ----------
    name : {"module_optimizer", "sequential_optimizer"}
        The function of `nndl.pytorch` that makes it.
    start : sequence of arrays
        Parameters of a model before the first step.
    gradients : sequence of sequences of arrays
        For each step, the gradient of each parameter.

    Returns
    -------
    list of list of arrays
        The parameters after each step.
    """
    model = nn.Module()
    for number, value in enumerate(start):
        model.register_parameter(f"p{number}", nn.Parameter(to_tensor(value)))
    optimizer = getattr(pytorch, name)(model)
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"{name} must return an optimizer, but it returned {type(optimizer).__name__}")
    path = []
    for step in gradients:
        for p, gradient in zip(model.parameters(), step, strict=True):
            p.grad = to_tensor(gradient)
        optimizer.step()
        path.append([to_array(p) for p in model.parameters()])
    return path


# Part V


def _kind(value: object) -> str:
    """Return in words what a value is."""
    kinds = ((nn.Module, "a module"), (torch.optim.Optimizer, "an optimizer"), (type(None), "None"))
    return next((words for kind, words in kinds if isinstance(value, kind)), f"a {type(value).__name__}")


class OpenEndedNet:
    """What `nndl.pytorch.open_ended_net` gives, with arrays in and out.

    Parameters
    ----------
    epochs : int, default 10
        Passed on.
    seed : int, optional
        Of the initial weights.

    Raises
    ------
    TypeError
        If it does not give a module and an optimizer.
    """

    def __init__(self, epochs: int = 10, seed: int | None = None) -> None:
        with _seeded(seed):
            result = pytorch.open_ended_net(epochs)
        model, optimizer = result if isinstance(result, tuple | list) and len(result) == 2 else (None, None)
        if not isinstance(model, nn.Module) or not isinstance(optimizer, torch.optim.Optimizer):
            found = result if isinstance(result, tuple | list) else [result]
            kinds = " and ".join(map(_kind, found)) or "nothing"
            raise TypeError(
                f"open_ended_net must return a module and an optimizer, in this order, but it returned {kinds}"
            )
        self._model, self._optimizer = model, optimizer
        self._model.cpu()

    def scores(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """Return the scores of images ``(N, 3, 32, 32)`` in evaluation mode."""
        self._model.eval()
        with torch.no_grad(), _seeded(seed):
            return returned(self._model(to_tensor(x).float()), "the net")

    def training_scores(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """Return the scores of images ``(N, 3, 32, 32)`` in training mode, with all that is drawn in it."""
        self._model.train()
        with torch.no_grad(), _seeded(seed):
            return returned(self._model(to_tensor(x).float()), "the net")

    def train(self, x: np.ndarray, y: np.ndarray, steps: int, seed: int = 0) -> list[float]:
        """Take steps of the optimizer on one batch, in training mode; return the loss before each of them.

        Every step draws the same numbers, for dropout and the like, so that losses differ by what was learned.
        """
        losses = []
        for _ in range(steps):
            with _seeded(seed):
                self._model.train()
                loss = functional.cross_entropy(self._model(to_tensor(x).float()), torch.from_numpy(y))
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            losses.append(loss.item())
        return losses

    def forgotten(self) -> list[str]:
        """Return the names of the parameters that require a gradient and that the optimizer does not have."""
        known = {id(p) for group in self._optimizer.param_groups for p in group["params"]}
        return [n for n, p in self._model.named_parameters() if p.requires_grad and id(p) not in known]

    def parameters(self) -> int:
        """Return the number of parameters."""
        return sum(p.numel() for p in self._model.parameters())

    def arrays(self) -> dict[str, np.ndarray]:
        """Return parameters and running statistics by name."""
        return model_arrays(self._model)

    def put(self, arrays: dict[str, np.ndarray]) -> None:
        """Replace them."""
        put_arrays(self._model, arrays)


def returned(value: Any, function: str) -> np.ndarray:
    """Return the array of a returned tensor.

    Raises
    ------
    TypeError
        If it is not one.
    """
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{function} must return a tensor, but it returned "
            + (
                "None: is a return statement missing?"
                if value is None
                else f"a value of type {type(value).__name__}"
            )
        )
    return to_array(value)


@contextlib.contextmanager
def _seeded(seed: int | None) -> Iterator[None]:
    """Draw from a generator of this seed inside of the block, and go on with the old one after it."""
    if seed is None:
        yield
        return
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _tensors(arrays: Arrays) -> list[Tensor]:
    return [to_tensor(array) for array in arrays]


def _created(
    channel_1: int, channel_2: int, num_classes: int, image: Sequence[int], seed: int | None
) -> list[Tensor]:
    with _seeded(seed):
        params = pytorch.three_layer_convnet_params(channel_1, channel_2, num_classes, tuple(image))  # type: ignore[arg-type]
    if not isinstance(params, tuple | list) or not all(isinstance(p, Tensor) for p in params):
        raise TypeError("three_layer_convnet_params must return a list of tensors")
    return list(params)


def _fault(p: Tensor) -> str:
    if not p.requires_grad:
        return "does not require a gradient"
    if not p.is_leaf:
        return "is not a leaf: it was computed from another tensor, so its grad stays empty"
    return "" if p.dtype == torch.float32 else f"is of type {p.dtype}, not torch.float32"


def _gradients(scores: Any, y: np.ndarray, leaves: Sequence[Tensor], function: str) -> list[np.ndarray]:
    returned(scores, function)
    if not scores.requires_grad:
        raise ValueError(
            f"the scores of {function} are cut off from its parameters: no gradient can be taken. "
            "Is there a detach, a .data or a no_grad on the way?"
        )
    loss = functional.cross_entropy(scores, torch.from_numpy(y))
    found = torch.autograd.grad(loss, leaves, allow_unused=True)
    return [to_array(torch.zeros_like(p) if g is None else g) for p, g in zip(leaves, found, strict=True)]


def _convnet(kind: str, in_channel: int, channel_1: int, channel_2: int, num_classes: int) -> nn.Module:
    net: nn.Module
    if kind == "module":
        net = pytorch.ThreeLayerConvNet(in_channel, channel_1, channel_2, num_classes)
    elif kind == "sequential":
        net = pytorch.sequential_convnet(channel_1, channel_2, num_classes)
    else:
        raise ValueError(f"kind must be 'module' or 'sequential', but is {kind!r}")
    if not isinstance(net, nn.Module):
        raise TypeError(f"sequential_convnet must return a module, but it returned a {type(net).__name__}")
    return net.cpu()


def _with_parameters(params: Arrays, kind: str) -> nn.Module:
    """Build a ConvNet and put these parameters into it.

    How the scores of a module follow from its parameters can be told apart from which ones it registers, and of
    what shape: `module_convnet_params` shows that.
    """
    wanted = dict(zip(CONVNET_NAMES, (p.float() for p in _tensors(params)), strict=True))
    channel_1, in_channel = wanted["conv_w1"].shape[:2]
    net = _convnet(kind, in_channel, channel_1, len(wanted["conv_w2"]), wanted["fc_w"].shape[1])
    if kind == "module":
        _register_what_is_kept(net)
    own = {p.data_ptr(): p for p in net.parameters()}
    linear = [m.weight for m in net.modules() if isinstance(m, nn.Linear)]  # (classes, features)
    for name, found in convnet_parameters(net, any_size=True).items():
        p = own[found.data_ptr()]
        if kind != "module" and found.shape != wanted[name].shape:
            came, right = tuple(found.shape), tuple(wanted[name].shape)
            raise ValueError(f"{name} of the net must have shape {right}, but has {came}")
        transposed = p.ndim == 2 and (any(p is w for w in linear) or p.shape[0] < p.shape[1])
        p.data = (wanted[name].T if transposed else wanted[name]).clone()
    return net


def _register_what_is_kept(net: nn.Module) -> None:
    """Register tensors, and layers in plain lists and dicts, which PyTorch does not see as attributes of a module."""
    known = set(net.modules())
    for name, value in list(vars(net).items()):
        if name in vars(nn.Module()):
            continue
        if isinstance(value, Tensor) and value.is_leaf and value.is_floating_point():
            delattr(net, name)
            net.register_parameter(name, nn.Parameter(value.detach()))
            continue
        items = (
            value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
        )
        for number, item in enumerate(items):
            if isinstance(item, nn.Module) and item not in known:
                net.add_module(f"{name}_{number}", item)
