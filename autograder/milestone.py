"""What a milestone is: its name, what it asks for and what it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PACKAGE = "nndl"
"""The package that students complete, unless a course says otherwise."""

Result = Literal["value", "pair", "handle"]
"""What a call gives: a value; a value and a reference to a cache; or a reference to an object."""


@dataclass(frozen=True)
class Public:
    """A name that a check may ask for.

    Attributes
    ----------
    module : str
        The module it is imported from.
    returns : {"value", "pair", "handle"}
        What a call gives the check: a value, e.g. a gradient; a pair of a value and a reference to a cache, as the
        forward pass of a layer does; or a reference to an object, as a class does. What is referred to stays on the
        library's side.
    cache : str
        The function whose cache this one makes or takes; empty if it has nothing to do with one.
    methods : tuple of str
        Of a class that can be lent: the methods that others call. What they keep from call to call must be arrays and
        numbers.
    """

    module: str
    returns: Result = "value"
    cache: str = ""
    methods: tuple[str, ...] = ()


def values(module: str, *names: str) -> dict[str, Public]:
    """Declare functions whose results are values, and constants."""
    return {name: Public(module) for name in names}


def classes(module: str, *names: str, methods: tuple[str, ...] = ()) -> dict[str, Public]:
    """Declare classes: a call gives a reference to an instance, whose methods give values.

    With ``methods`` the classes can be lent; see `Public`.
    """
    return {name: Public(module, "handle", methods=methods) for name in names}


def with_cache(module: str, forward: str, *backward: str) -> dict[str, Public]:
    """Declare a function that returns a value and a cache, and the functions that take this cache."""
    makes = {forward: Public(module, "pair", forward)}
    return makes | {name: Public(module, "value", forward) for name in backward}


def cache_owner(api: Mapping[str, Public], name: str) -> str:
    """Return the function whose cache ``name`` makes or takes, or ``name`` itself if it has none.

    Only its owner knows the layout of a cache, so functions with the same owner only work together.
    """
    return api[name].cache or name


@dataclass(frozen=True)
class Milestone:
    """One assignment.

    Attributes
    ----------
    name : str
        Identifier: the folder under ``assignments/`` and the tag of the fences.
    title : str
        What people read.
    api : mapping of str to Public
        The public names that a check may ask for; `values`, `classes` and `with_cache` declare them.
    artifacts : tuple of str
        Files besides code that a student hands in, e.g. a trained net.
    libraries : tuple of str
        Importable third-party packages besides NumPy that the sandbox shows.
    documents : tuple of str
        Files of the course that students get besides those of the assignment, because its notebook links to
        them: a page of ``docs`` and the pictures on it.
    extra_credit : mapping of str to float
        Checks and questions, by their grade ids, whose points come on top of the maximum, and how many these are. A
        course can name more of them in its settings.
    room : str
        The Python package with its checks, named bugs and alternatives; set where the milestone is found.
    package : str
        The package that students complete.
    reference : str
        The name under which the solution of that package is imported; set where the milestone is found.
    used_later : tuple of str
        Modules of its libraries that these import when something of them is first used, where that takes long. They are
        imported with them: once for many sandboxes, and not on a submission's time.
    """

    name: str
    title: str
    api: Mapping[str, Public] = field(default_factory=dict, hash=False)
    artifacts: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    extra_credit: Mapping[str, float] = field(default_factory=dict, hash=False)
    room: str = ""
    package: str = PACKAGE
    reference: str = ""
    used_later: tuple[str, ...] = ()

    @property
    def imported(self) -> tuple[str, ...]:
        """What is imported before anything of a submission runs."""
        return self.libraries + self.used_later

    def __post_init__(self) -> None:
        if not self.reference:
            object.__setattr__(self, "reference", self.package)
