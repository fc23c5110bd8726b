"""Placeholders: what stands where a student's file failed to define a name, and raises the reason at every use.

This file is shown in the sandbox: it imports the standard library, and must hold no secret.
"""

from __future__ import annotations

from typing import Any, NoReturn


class Placeholder:
    """Stands where a name could not be defined; every use raises the error that is the reason.

    Parameters
    ----------
    error : BaseException
        That error.
    """

    def __init__(self, error: BaseException):
        self.__dict__["_error"] = error
        self.__dict__["_trace"] = error.__traceback__

    def fail(self) -> NoReturn:
        """Raise the error, with the place where it first came up."""
        raise self.__dict__["_error"].with_traceback(self.__dict__["_trace"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        self.fail()

    def __mro_entries__(self, bases: tuple) -> tuple[type, ...]:
        """Give a base class, so that what a class defines itself can be used without what it inherits."""
        placeholder = self

        class Base:
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                placeholder.fail()

            def __getattr__(self, name: str) -> Any:
                return placeholder.__getattr__(name)

        return (Base,)


def _fail(self: Placeholder, *args: Any, **kwargs: Any) -> NoReturn:
    self.fail()


for _use in (
    *("call", "setattr", "getitem", "setitem", "delitem", "contains", "iter", "next", "len", "bool", "enter"),
    *("int", "float", "index", "neg", "pos", "abs", "invert", "array", "lt", "le", "gt", "ge"),
    *(
        f"{side}{operation}"
        for operation in (
            "add",
            "sub",
            "mul",
            "matmul",
            "truediv",
            "floordiv",
            "mod",
            "pow",
            "and",
            "or",
            "xor",
        )
        for side in ("", "r", "i")
    ),
):
    setattr(Placeholder, f"__{_use}__", _fail)
