"""Borrowed functions and classes, on the borrower's side and on the lender's.

A *stand-in* replaces one of the student's functions wherever the package names it. When it is called, it asks the
grader for the result of the course's own function on the same arguments, while the grader waits for the reply to a
request of its own. The lender calls the function with the borrower's random state and sends back how the dicts
among the arguments changed, so that a borrowed function changes in the borrower's process what it would change in
its own.

This file is shown in the sandbox: it imports `protocol`, NumPy and the standard library, and must hold no secret.
"""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.sandbox.inside.protocol import Handle, Limits, ProtocolError, decode, encode


class StandIns:
    """The borrowed functions of one package.

    Parameters
    ----------
    package : str
        Its name.
    limits : Limits
        What one message to the lender may hold.
    borrow : callable or None
        Sends a message to the other side, which is waiting for a reply, and returns its answer; None if nothing can
        be borrowed.

    Attributes
    ----------
    request : int
        Number of the request that is being answered; 0 if there is none.
    """

    def __init__(self, package: str, limits: Limits, borrow: Callable[[bytes], bytes] | None):
        self.request = 0
        self._package = package
        self._limits = limits
        self._borrow = borrow
        self._pairs: list[tuple[Any, Any]] = []
        self._given_back: list[int] = []
        self._modules_seen = 0
        self._module_names: list[str] = []
        self._one_at_a_time = threading.Lock()

    def put(self, lent: Mapping[str, Any], methods: Mapping[str, Sequence[str]]) -> None:
        """Replace functions and classes by stand-ins; ``methods`` has the names of the classes among them."""
        for name, own in lent.items():
            made = self._stand_in_class(name, methods[name]) if name in methods else self._stand_in(name)
            self._pairs.append((own, made))
        self.swap()

    def swap_in_new_modules(self) -> None:
        """Do so again if a module was imported since; to look at all of them takes time."""
        if self._pairs and len(sys.modules) != self._modules_seen:
            self.swap()

    def swap(self, *, back: bool = False) -> None:
        """Put the stand-ins wherever the package names the functions, or remove them again.

        That is in its modules and in dicts of its modules; a module that is imported later finds the stand-ins there.
        """
        if not self._pairs:
            return
        new = {id(b if back else a): a if back else b for a, b in self._pairs}
        for module in self._modules():
            own = vars(module)
            dicts = [value for key, value in own.items() if type(value) is dict and not key.startswith("__")]
            for names in (own, *dicts):
                for key, value in list(names.items()):
                    if id(value) in new:
                        names[key] = new[id(value)]

    def _modules(self) -> list[Any]:
        """Return the package's modules. Thousands of others are looked at once for each import."""
        if len(sys.modules) != self._modules_seen:
            self._modules_seen = len(sys.modules)
            within = f"{self._package}."
            self._module_names = [name for name in list(sys.modules) if f"{name}.".startswith(within)]
        return [sys.modules[name] for name in self._module_names if name in sys.modules]

    def _stand_in(self, name: str) -> Callable[..., Any]:
        def borrowed(*args: Any, **kwargs: Any) -> Any:
            return self._ask(name, args, kwargs)

        borrowed.__name__ = borrowed.__qualname__ = name
        return borrowed

    def _stand_in_class(self, name: str, methods: Sequence[str]) -> type:
        """Return a class whose instances keep their attributes here and have each method called by the lender."""

        def borrowed(method: str) -> Callable[..., Any]:
            def call(instance: Any, *args: Any, **kwargs: Any) -> Any:
                values = {key: value for key, value in vars(instance).items() if isinstance(value, _VALUES)}
                result = self._ask(name, (values, method, *args), kwargs)
                arrays = [arg for arg in (*args, *kwargs.values()) if isinstance(arg, np.ndarray)]
                for key, value in values.items():  # an array that is kept is the very array that was passed
                    kept = next((array for array in arrays if _is_copy(value, array)), value)
                    setattr(instance, key, kept)
                return result

            return call

        return type(name, (), {method: borrowed(method) for method in ("__init__", *methods)})

    def _ask(self, name: str, args: tuple, kwargs: dict) -> Any:
        if self._borrow is None or not self.request:
            raise RuntimeError(f"{name} is borrowed, but nobody waits for an answer now")
        given_back, self._given_back[:] = self._given_back[:], []
        random = np.random.get_state(legacy=False)
        message = {
            **{"id": self.request, "borrow": name, "args": list(args), "kwargs": kwargs, "drop": given_back},
            "random": random if random["bit_generator"] == "MT19937" else None,
        }
        try:
            data = encode(message, self._limits, convert=_handle)
        except ProtocolError as error:
            raise TypeError(f"an argument of {name}: {error}") from None
        with self._one_at_a_time:
            reply = decode(self._borrow(data))
        if "error" in reply:
            kind = getattr(builtins, reply["error"]["type"], None)
            known = isinstance(kind, type) and issubclass(kind, Exception)
            raise (kind if known else RuntimeError)(reply["error"]["message"])  # type: ignore[misc]
        if message["random"] is not None:
            np.random.set_state(reply["random"])
        for at, changes in reply["changed"].items():
            (args[at] if isinstance(at, int) else kwargs[at]).update(changes)
        if "cache" in reply:
            return reply["value"], reply["cache"]
        if "handle" in reply:
            return reply["value"], _LentCache(name, reply["handle"], self._given_back.append)
        return reply["value"]


class _LentCache:
    """The cache of a borrowed function; it stays with the lender, who alone knows its layout."""

    def __init__(self, name: str, number: int, give_back: Callable[[int], None]):
        self.number = number
        self._name = name
        self._give_back = give_back

    def __repr__(self) -> str:
        return f"<the cache of {self._name}, borrowed>"

    def __del__(self) -> None:
        self._give_back(self.number)


def _handle(thing: Any) -> Any:
    return Handle(thing.number) if isinstance(thing, _LentCache) else NotImplemented


_VALUES = (np.ndarray, np.generic, bool, int, float, str, type(None))
"""What is kept of an instance whose class is borrowed."""


def _is_copy(value: Any, array: np.ndarray) -> bool:
    return (
        isinstance(value, np.ndarray)
        and (value.dtype, value.shape) == (array.dtype, array.shape)
        and value.tobytes() == array.tobytes()
    )


def _method_of(lent: type) -> Callable[..., Any]:
    """Return a function that calls a method of an instance with these attributes, and brings them up to date."""

    def call(attributes: dict[str, Any], method: str, /, *args: Any, **kwargs: Any) -> Any:
        instance: Any = object.__new__(lent)
        vars(instance).update(attributes)
        result = getattr(instance, method)(*args, **kwargs)
        attributes.update(vars(instance))
        return result

    return call


def lend(
    function: Callable[..., Any], args: list, kwargs: dict, random: dict[str, Any] | None
) -> tuple[Any, dict[str, Any]]:
    """Call a function for a borrower.

    Parameters
    ----------
    function : callable
        The function that is lent; or a class, one of whose methods is called: ``args`` begins with the attributes of
        its instance and the name of the method.
    args : list
    kwargs : dict
        Its arguments.
    random : dict or None
        State of the borrower's global generator, as `numpy.random.get_state` has it; None to leave ours alone.

    Returns
    -------
    result : object
        What the function returned.
    circumstances : dict
        ``random``, the state afterwards, and ``changed``: place of an argument that is a dict → its new entries.
    """
    if isinstance(function, type):
        function = _method_of(function)
    dicts = {at: value for at, value in (*enumerate(args), *kwargs.items()) if isinstance(value, dict)}
    before = {at: dict(value) for at, value in dicts.items()}
    if random is not None:
        np.random.set_state(random)
    result = function(*args, **kwargs)
    changed = {
        at: {key: new for key, new in value.items() if key not in before[at] or before[at][key] is not new}
        for at, value in dicts.items()
    }
    return result, {"changed": changed, "random": np.random.get_state(legacy=False)}
