"""Whether a function leaves everything outside of it as it is, so that it may run often, and otherwise than written."""

from __future__ import annotations

import dis
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

_REACHES_OUT = re.compile(
    r"_*(?:save|load|dump|write|remove|unlink|rename|rmdir|rmtree|mkdir|imsave|imwrite|tofile)"
    r"|(?:open|fdopen|memmap|Path|pathlib|os|shutil|subprocess|socket|system|Popen)$"
)
"""Names of functions and modules that concern files and other programs."""
_STORES = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
_ONLY_READ = frozenset({"DICT_MERGE", "DICT_UPDATE", "CONTAINS_OP"})
"""What follows on a name that is read and not kept, as in ``f(**NAMES)``."""
_STORES_FREE = frozenset({"STORE_DEREF", "DELETE_DEREF"})


def harmless(function: FunctionType) -> bool:
    """Return whether changes of a function can be tried out, and calls of it."""
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    return keeps_to_itself(function.__code__, function.__globals__) and not any(
        map(_REACHES_OUT.match, names)
    )


def keeps_to_itself(code: CodeType, known: Mapping[str, Any]) -> bool:
    """Return whether some code gives no names outside of it values, and names nothing there that can be changed.

    Parameters
    ----------
    code : CodeType
    known : mapping
        The names that its file knows.
    """
    for one in _codes(code):
        free = set(code.co_freevars)
        for step, after in pairwise(dis.get_instructions(one)):
            if step.opname in _STORES or (step.opname in _STORES_FREE and step.argval in free):
                return False
            named = step.opname == "LOAD_GLOBAL" and after.opname not in _ONLY_READ
            if named and _can_change(known.get(step.argval)):
                return False
    return True


@contextmanager
def locked_arrays(function: FunctionType) -> Iterator[None]:
    """Let nothing be written inside the block into the arrays of its file that a function names."""
    named = {name for code in _codes(function.__code__) for name in code.co_names}
    values = [function.__globals__.get(name) for name in named]
    arrays = [value for value in values if isinstance(value, np.ndarray) and value.flags.writeable]
    for array in arrays:
        array.flags.writeable = False
    try:
        yield
    finally:
        for array in arrays:
            array.flags.writeable = True


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code and those of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _can_change(value: Any) -> bool:
    """Return whether a value is one that code can change in place, as lists and objects are: arrays can be locked."""
    if callable(value) or isinstance(
        value, ModuleType | np.ndarray | str | bytes | int | float | complex | range | frozenset
    ):
        return False
    return not isinstance(value, tuple) and value is not None and not _is_setting(value)


def _is_setting(value: Any) -> bool:
    """Return whether a value is one of PyTorch's or NumPy's constants: a type of numbers, a device."""
    return type(value).__name__ in ("dtype", "device", "ellipsis", "memory_format") or isinstance(value, type)
