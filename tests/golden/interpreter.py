"""Runs the entries of golden.json: makes their inputs, calls what they name, and compares what comes out.

An entry is data; what its steps mean is here. `Names` says where a target such as ``nndl.layers.affine_forward`` is
found, so that the same entries can be run on other names of the library.
"""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Entry = Mapping[str, Any]
FILE = Path(__file__).with_name("golden.json")

# What the library calls the modules of a target, where it differs.
OWN_NAMES = {"HW_YourAnswer": ("nndl.linear_classifier", "nndl.modules")}


class TargetMissing(Exception):
    """The library has no such module, or the module no such name."""


def load_entries() -> list[Entry]:
    """Return all entries of the file."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    assert content["format"] == "nndl-golden/1"
    return content["entries"]


def rel_error(a: Any, b: Any) -> float:
    """Return the largest relative error, as the file defines it."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    assert a.shape == b.shape, f"shapes {a.shape} and {b.shape} differ"
    return float((np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))).max())


class Names:
    """Finds targets by their dotted names.

    Parameters
    ----------
    modules : mapping of str to tuple of str
        A target's module → the modules in which to look for its names, one after the other.
    """

    def __init__(self, modules: Mapping[str, tuple[str, ...]] = OWN_NAMES):
        self.modules = modules

    def find(self, target: str) -> Any:
        """Return the function or class called ``target``."""
        parts = target.split(".")
        for split in range(len(parts) - 1, 0, -1):
            prefix, attributes = ".".join(parts[:split]), parts[split:]
            for module_name in self.modules.get(prefix, (prefix,)):
                try:
                    found: Any = importlib.import_module(module_name)
                    for attribute in attributes:
                        found = getattr(found, attribute)
                except (ModuleNotFoundError, AttributeError):
                    continue
                return found
        raise TargetMissing(target)


class Interpreter:
    """Variables of one entry, and the steps that set them."""

    def __init__(self, names: Names):
        self.names = names
        self.variables: dict[str, Any] = {}

    def value(self, literal: Any) -> Any:
        """Return what an argument stands for: ``"$name"`` the variable itself, anything else a fresh literal."""
        if isinstance(literal, str) and literal.startswith("$"):
            return self.variables[literal[1:]]
        if isinstance(literal, dict):
            return {key: self.value(item) for key, item in literal.items()}
        return copy.deepcopy(literal)

    def arguments(self, args: list[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        keywords = {name: self.value(item) for name, item in kwargs.items()}
        if isinstance(keywords.get("dtype"), str):
            keywords["dtype"] = np.dtype(keywords["dtype"]).type
        return [self.value(item) for item in args], keywords

    def run(self, steps: list[Mapping[str, Any]]) -> None:
        for step in steps:
            result = getattr(self, f"_{step['op']}")(step)
            if "name" in step:
                self.variables[step["name"]] = result

    # Steps that make a variable: the result gets the step's `name`.

    def _linspace(self, step: Entry) -> np.ndarray:
        shape = step["shape"]
        array = np.linspace(step["start"], step["stop"], int(np.prod(shape))).reshape(shape)
        return array.T if step.get("transpose") else array

    def _randn(self, step: Entry) -> np.ndarray:
        return step.get("scale", 1) * np.random.randn(*step["shape"]) + step.get("shift", 0)

    def _randint(self, step: Entry) -> np.ndarray:
        return np.asarray(np.random.randint(step["high"], size=step["shape"]))

    def _ones(self, step: Entry) -> np.ndarray:
        return np.ones(step["shape"])

    def _zeros(self, step: Entry) -> np.ndarray:
        return np.zeros(step["shape"])

    def _array(self, step: Entry) -> np.ndarray:
        return np.array(step["value"], dtype=step.get("dtype"))

    def _dict(self, step: Entry) -> dict[str, Any]:
        return self.value(step["value"])

    def _relu_mlp(self, step: Entry) -> np.ndarray:
        x, w1, w2 = (self.variables[step[key]] for key in ("x", "w1", "w2"))
        return np.maximum(0, x @ w1) @ w2

    def _reshape(self, step: Entry) -> np.ndarray:
        return self.variables[step["x"]].reshape(step["shape"])

    def _one_hot(self, step: Entry) -> np.ndarray:
        return np.eye(step["classes"])[self.variables[step["x"]]]

    def _new(self, step: Entry) -> Any:
        args, kwargs = self.arguments(step.get("args", []), step.get("kwargs", {}))
        return self.names.find(step["cls"])(*args, **kwargs)

    # Steps with an effect.

    def _seed(self, step: Entry) -> None:
        np.random.seed(step["value"])

    def _set_item(self, step: Entry) -> None:
        self.variables[step["dict"]][step["key"]] = self.value(step["value"])

    def _set_param(self, step: Entry) -> None:
        self.variables[step["model"]].params[step["key"]] = self.variables[step["from"]]

    def _set_attr(self, step: Entry) -> None:
        setattr(self.variables[step["obj"]], step["attr"], self.value(step["value"]))

    def _repeat(self, step: Entry) -> None:
        for _ in range(step["times"]):
            self.run(step["body"])

    def _call(self, step: Entry) -> None:
        if "fn" in step:
            function = self.names.find(step["fn"])
        else:
            function = getattr(self.variables[step["obj"]], step["method"])
        args, kwargs = self.arguments(step.get("args", []), step.get("kwargs", {}))
        result, out = function(*args, **kwargs), step.get("out")
        if isinstance(out, list):
            assert len(out) == len(result), f"{len(out)} results expected, {len(result)} came"
            self.variables.update({name: item for name, item in zip(out, result, strict=True) if name})
        elif out is not None:
            self.variables[out] = result

    def observe(self, what: Mapping[str, Any]) -> Any:
        """Return what ``observe`` of an entry reads."""
        got = self.variables[what["var"]]
        if "key" in what:
            got = got[what["key"]]
        if "attr" in what:
            got = getattr(got, what["attr"])
        if "index" in what:
            got = got[what["index"]]
        if "stat" not in what:
            return got
        axis = tuple(what["axis"]) if isinstance(what.get("axis"), list) else what.get("axis")
        if what["stat"] == "frac_zero":
            return (got == 0).mean(axis=axis)
        return getattr(np, what["stat"])(got, axis=axis)


def numeric_gradient(f: Callable[[], Any], x: np.ndarray, h: float, dout: Any = 1.0) -> np.ndarray:
    """Return the gradient of ``sum(f() * dout)``, where f reads ``x``, by centred differences."""
    assert x.dtype == np.float64
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        original = x[index]
        x[index] = original + h
        above = np.array(f())
        x[index] = original - h
        below = np.array(f())
        x[index] = original
        gradient[index] = ((above - below) * dout).sum() / (2 * h)
    return gradient


def check_entry(entry: Entry, names: Names) -> None:
    """Run an entry and assert what it claims.

    Raises
    ------
    TargetMissing
        If the library does not have what it calls.
    """
    interpreter = Interpreter(names)
    interpreter.run(entry["inputs"])
    if entry["kind"] == "exact":
        _check_close(entry, interpreter.observe(entry["observe"]))
    elif entry["kind"] == "property":
        for check in entry["checks"]:
            _check_close(check, interpreter.observe(check["observe"]))
    elif entry["kind"] == "gradcheck":
        _check_gradients(entry, interpreter)
    elif entry["kind"] == "agreement":
        _check_agreement(entry, interpreter)
    else:
        raise NotImplementedError(entry["kind"])


def _check_close(claim: Entry, got: Any) -> None:
    expected = np.asarray(claim["expected"], dtype=np.float64)
    got = np.asarray(got, dtype=np.float64)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=claim.get("rtol", 0), atol=claim["atol"])
    if "sum_abs_tol" in claim:
        assert np.abs(got - expected).sum() < claim["sum_abs_tol"]


def _assert_errors(entry: Entry, errors: Mapping[str, float]) -> None:
    bound = entry["max_rel_error"]
    bounds = bound if isinstance(bound, dict) else dict.fromkeys(errors, bound)
    assert bounds.keys() == errors.keys()
    too_far = {name: error for name, error in errors.items() if not error <= bounds[name]}
    assert not too_far, f"relative errors {too_far}, allowed {bounds}"


def _check_gradients(entry: Entry, interpreter: Interpreter) -> None:
    check, find = entry["check"], interpreter.names.find
    h = check["h"]
    errors: dict[str, float] = {}
    if "model" in check:
        model = interpreter.variables[check["model"]]
        args, kwargs = interpreter.arguments(check["loss_args"], check["loss_kwargs"])
        _, grads = model.loss(*args, **kwargs)
        assert grads.keys() == model.params.keys()
        for name, analytic in grads.items():
            numeric = numeric_gradient(lambda: model.loss(*args, **kwargs)[0], model.params[name], h)
            errors[name] = rel_error(numeric, analytic)
    elif "scalar_loss" in check:
        function = find(check["scalar_loss"])
        args, _ = interpreter.arguments(check["args"], {})
        (name,) = check["wrt"]
        _, analytic = function(*args)
        numeric = numeric_gradient(lambda: function(*args)[0], interpreter.variables[name], h)
        errors[name] = rel_error(numeric, analytic)
    else:
        forward, backward = find(check["forward"]), find(check["backward"])
        args, _ = interpreter.arguments(check["args"], {})
        dout = interpreter.variables[check["dout"]]
        result = backward(dout, forward(*args)[1])
        analytic_grads = result if isinstance(result, tuple) else (result,)
        for name, analytic in zip(check["wrt"], analytic_grads, strict=True):
            numeric = numeric_gradient(lambda: forward(*args)[0], interpreter.variables[name], h, dout)
            errors[name] = rel_error(numeric, analytic)
    _assert_errors(entry, errors)


def _check_agreement(entry: Entry, interpreter: Interpreter) -> None:
    check, find = entry["check"], interpreter.names.find
    dout = interpreter.variables[check["dout"]]
    outcomes = []
    for side in ("a", "b"):
        names = check[side]
        forward, backward = (check["forward"], names) if isinstance(names, str) else names
        args, _ = interpreter.arguments(check["args"], {})
        out, cache = find(forward)(*args)
        assert list(out.shape) == check.get("output_shape", list(out.shape))
        grads = find(backward)(dout, cache)
        grads = grads if isinstance(grads, tuple) else (grads,)
        results = list(grads) if isinstance(names, str) else [out, *grads]
        outcomes.append(results)
    errors = {name: rel_error(a, b) for name, a, b in zip(entry["max_rel_error"], *outcomes, strict=True)}
    _assert_errors(entry, errors)
