"""The shapes that ``conv.py`` measures, and all implementations that compute them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import conv_designs
import numpy as np

from nndl import fast_layers
from nndl.fast import numpy_layers

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

Actions = dict[str, Callable[[], Any]]

# The other implementation, and our largest allowed time relative to it: for every shape, and in the geometric mean.
TIMES_OF_TORCH = ("torch", 1.05, 0.5)
TIMES_OF_CS231N = ("cs231n", 0.65, 0.45)


class Case(NamedTuple):
    """A convolution, or a max pooling if it has no filters."""

    name: str
    x: tuple[int, ...]
    w: tuple[int, ...] | None
    param: dict[str, int]

    def arrays(self, dtype: Any) -> tuple[np.ndarray, ...]:
        """Return input, filters, biases (for a convolution) and an upstream gradient."""
        rng = np.random.default_rng(0)
        shapes = [self.x]
        window: tuple[int, ...] = (self.param.get("pool_height", 0), self.param.get("pool_width", 0))
        channels = self.x[1]
        if self.w is not None:
            shapes += [self.w, self.w[:1]]
            window, channels = self.w[2:], self.w[0]
        pad, stride = self.param.get("pad", 0), self.param["stride"]
        sizes = [1 + (size + 2 * pad - k) // stride for size, k in zip(self.x[2:], window, strict=True)]
        shapes.append((self.x[0], channels, *sizes))
        return tuple(rng.standard_normal(shape, dtype=dtype) for shape in shapes)

    def one_pass(self, name: str, *arrays: np.ndarray) -> None:
        """Run one forward and backward pass, keeping everything between them."""
        *inputs, dout = arrays
        if name == "torch":
            tensors = [torch.from_numpy(a).requires_grad_() for a in inputs]
            out = self.torch_forward(*tensors)
            gradients = torch.autograd.grad(out, tensors, torch.from_numpy(dout))
        else:
            forward, backward = self.functions(implementations()[name])
            out, cache = forward(*inputs, self.param)
            gradients = backward(dout, cache)
        del out, gradients

    def functions(self, module: Any) -> tuple[Any, Any]:
        """Return the forward and backward function of a set of fast layers."""
        if self.w is None:
            return module.max_pool_forward_fast, module.max_pool_backward_fast
        return module.conv_forward_fast, module.conv_backward_fast

    def torch_forward(self, x: Any, w: Any = None, b: Any = None) -> Any:
        """Compute the same in PyTorch."""
        if w is None:
            window = self.param["pool_height"], self.param["pool_width"]
            return torch.nn.functional.max_pool2d(x, window, self.param["stride"])
        return torch.nn.functional.conv2d(x, w, b, self.param["stride"], self.param["pad"])


def _pool(size: int, stride: int) -> dict[str, int]:
    return {"pool_height": size, "pool_width": size, "stride": stride}


CASES = [
    Case("notebook 3×3/2", (100, 3, 31, 31), (25, 3, 3, 3), {"stride": 2, "pad": 1}),
    Case("training 7×7", (50, 3, 32, 32), (32, 3, 7, 7), {"stride": 1, "pad": 3}),
    Case("deep 32", (64, 32, 32, 32), (32, 32, 3, 3), {"stride": 1, "pad": 1}),
    Case("deep 64", (64, 64, 16, 16), (64, 64, 3, 3), {"stride": 1, "pad": 1}),
    Case("pool 2×2/2", (128, 32, 32, 32), None, _pool(2, 2)),
    Case("pool 3×3/2", (128, 32, 32, 32), None, _pool(3, 2)),
]


def implementations() -> dict[str, Any]:
    """Return the implementations that can run here; PyTorch is handled separately."""
    found: dict[str, Any] = {"fast": fast_layers, "numpy": numpy_layers}
    try:
        conv_designs.compiled()
        found["cs231n"] = conv_designs.CS231n
    except ImportError as error:
        print(f"(without CS231n's design: {error})")
    return found


def competitors(case: Case, dtype: Any, only: str | None = None) -> tuple[Actions, Actions]:
    """Return what computes the forward pass of a case, and what the backward pass."""
    *inputs, dout = case.arrays(dtype)
    forwards: Actions = {}
    backwards: Actions = {}
    for name, module in implementations().items():
        if only not in (None, name):
            continue
        forward, backward = case.functions(module)
        forwards[name] = partial(forward, *inputs, case.param)
        backwards[name] = partial(backward, dout, forwards[name]()[1])
    if torch is not None and only in (None, "torch"):
        tensors = [torch.from_numpy(a.copy()).requires_grad_() for a in inputs]
        upstream, out = torch.from_numpy(dout), case.torch_forward(*tensors)
        forwards["torch"] = partial(_without_graph, case, tensors)
        backwards["torch"] = partial(torch.autograd.grad, out, tensors, upstream, retain_graph=True)
    return forwards, backwards


def _without_graph(case: Case, tensors: list[Any]) -> None:
    with torch.no_grad():
        case.torch_forward(*tensors)
