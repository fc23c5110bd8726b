"""Trivial implementations: everything that students write gives back the right form with no work in it.

None of them may earn a point: a claim that holds without any work, such as "nothing was drawn" or "the input is as it
was", counts only where a value of the same function is right (`Check.basis`).
"""

from __future__ import annotations

import copy
import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from ..judging.check import CheckResult
from ..judging.edited_reference import EditedReference
from ..library.local import LocalLibrary
from ..milestone import Milestone
from ..release import fences
from ..slips.mutation import fenced_files
from ..sources import Sources
from . import strength

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Makes an array in place of a right one; the second argument is the first array that the function was given."""

KINDS: dict[str, Fill] = {
    "zeros": lambda right, given: np.zeros_like(right),
    "ones": lambda right, given: np.ones_like(right),
    "constant": lambda right, given: np.full_like(right, 0.3),
    "random": lambda right, given: np.random.standard_normal(right.shape).astype(right.dtype),
    "nan": lambda right, given: np.full(
        right.shape, np.nan, right.dtype if right.dtype.kind == "f" else float
    ),
    "empty": lambda right, given: np.zeros(0, right.dtype),
    "input": lambda right, given: np.resize(given, right.shape).astype(right.dtype),
}
"""What stands in the place of every right array or number."""


def score(milestone: Milestone, kind: str, seed: int = 1) -> dict[str, CheckResult]:
    """Grade a milestone of which every function that students write is trivial."""
    name = f"trivial_{kind}"
    # An edit that changes nothing but the name under which the package is loaded.
    edited = EditedReference(name, (), milestone.reference)
    try:
        package = edited.load()
        replace_written_functions(package, milestone, KINDS[kind])
        return strength.grade_in_process(
            LocalLibrary(package, milestone.api), milestone, seed, name_bugs=False
        )
    finally:
        edited.forget()


def earned(results: dict[str, CheckResult]) -> dict[str, dict[str, float]]:
    """Return the parts that have earned something, by the names of their checks; empty if none has."""
    found = {
        name: {part: credit for part, credit in result.credits.items() if credit and result.score}
        for name, result in results.items()
    }
    return {name: parts for name, parts in found.items() if parts}


def written_functions(milestone: Milestone) -> Iterator[tuple[str, str]]:
    """Yield module and name, ``function`` or ``Class.method``, of what has a fence of the milestone."""
    names = (*Sources().milestone_names, milestone.name)  # it may be a course's own
    for file, source in fenced_files(milestone):
        module = file.removesuffix(".py").replace("/", ".")
        regions = (fence for fence in fences.parse(source, file, names) if fence.milestone == milestone.name)
        yield from dict.fromkeys((module, fence.function) for fence in regions)


def replace_written_functions(package: ModuleType, milestone: Milestone, fill: Fill) -> None:
    """Put a trivial function in the place of each that students write, wherever the package has imported it."""
    for public in milestone.api.values():  # what the checks ask for is there before anything is replaced
        importlib.import_module(package.__name__ + public.module.removeprefix(milestone.package))
    for module_name, function in written_functions(milestone):
        module = importlib.import_module(f"{package.__name__}.{module_name}")
        if "." in function:
            owner, _, method = function.partition(".")
            written = vars(module)[owner]
            setattr(written, method, _trivial(vars(written)[method], fill))
            continue
        right = vars(module)[function]
        made_up = _trivial(right, fill)
        for name, other in list(sys.modules.items()):
            if name == package.__name__ or name.startswith(package.__name__ + "."):
                for word in [word for word, value in vars(other).items() if value is right]:
                    setattr(other, word, made_up)


def _trivial(right: Any, fill: Fill) -> Any:
    """Return a function that gives what ``right`` gives, with other numbers in it, and has no effect."""
    if isinstance(right, (staticmethod, classmethod)):
        return type(right)(_trivial(right.__func__, fill))
    name = getattr(right, "__name__", "")

    @functools.wraps(right)
    def made_up(*args: Any, **kwargs: Any) -> Any:
        given = next((a for a in _arrays((args, kwargs)) if a.size), np.zeros(1))
        if name == "__init__":
            right(*args, **kwargs)
            for key, value in vars(args[0]).items():
                if isinstance(value, (dict, np.ndarray)):
                    setattr(args[0], key, _filled(value, given, fill))
            return None
        state = np.random.get_state()
        try:
            value = right(*_copied(args), **_copied(kwargs))
        except RuntimeError:  # code without work in it does not know when to give up
            return _filled(args[0], given, fill)
        finally:
            np.random.set_state(state)
        if name.endswith("forward") and isinstance(value, tuple) and len(value) == 2:
            return _filled(value[0], given, fill), value[
                1
            ]  # the cache only shows later calls what form is right
        return _filled(value, given, fill)

    return made_up


def _copied(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception:  # a tensor in the middle of a graph, a generator: used as it is
        return value


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        yield value
    elif _is_tensor(value):
        yield value.detach().numpy()
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _arrays(item)
    elif isinstance(value, dict):
        yield from _arrays(list(value.values()))


def _filled(value: Any, given: np.ndarray, fill: Fill) -> Any:
    """Return a value with other numbers in every array of it, a net without layers, or another net's optimizer."""
    if isinstance(value, np.ndarray):
        return fill(value, given)
    if _is_tensor(value):
        return sys.modules["torch"].from_numpy(fill(value.detach().numpy(), given))
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.nn.Module):
        return torch.nn.Sequential()  # no numbers to fill: a net that has no layers gives back its input
    if torch is not None and isinstance(value, torch.optim.Optimizer):
        return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1e-3)  # of another net's parameters
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return type(value)(_filled(item, given, fill) for item in value)
    if isinstance(value, dict):
        return {key: _filled(item, given, fill) for key, item in value.items()}
    if isinstance(value, (float, np.floating)):
        filled = fill(np.asarray(value), given)
        return float(filled) if filled.size else filled
    return value


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor) and value.is_floating_point()
