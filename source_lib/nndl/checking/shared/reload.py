"""Load what has changed on disk, so that a check judges the code that the student sees in the editor.

``%autoreload`` is not enough for that. After an edit that does not load it keeps the old code, which a check would
then call right. And it rebuilds single functions, whose lines are counted from their own first one.
"""

from __future__ import annotations

import gc
import importlib
import linecache
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .errors.explained import explain_import, short_name

Names = dict[str, Any]
Stamp = tuple[int, int] | None
"""Time of the last change and size of a file; None if there is none."""

_OF_THE_MODULE = {"__name__", "__package__", "__file__", "__path__", "__spec__", "__loader__", "__builtins__"}
_NONE = object()


class NotLoaded(Exception):
    """A changed file does not import; the message says in one line which, where, and why."""


class Reloader:
    """Keeps the modules of a package as their files are.

    A module that is loaded again stays the same object. Functions and classes that it held before get the new code,
    wherever they are referred to: under names that other modules or the notebook imported, as classes of
    instances that exist. Other values reach the modules that imported them because those are run again, too.

    Parameters
    ----------
    package : str
        Name of the package. It is not run again itself; the modules in it are.
    given : sequence of str
        Parts of the package that are never run again: what they remember would be lost.
    """

    def __init__(self, package: str, given: Sequence[str] = ()) -> None:
        self.package = package
        self.given = tuple(f"{package}.{name}" for name in given)
        modules = self.modules()
        self._seen = {name: _stamp(module) for name, module in modules.items()}
        self._held = _names(modules)
        self._looked = time.time_ns()

    def refresh(self) -> None:
        """Load every module again whose file has changed; without changes this takes about a millisecond.

        Raises
        ------
        NotLoaded
            If one does not import. Then all modules are as they were before, and the next call tries again.
        """
        modules, now = self.modules(), time.time_ns()
        stamps = {name: _stamp(module) for name, module in modules.items()}
        for name, stamp in stamps.items():
            if stamp is None:
                raise NotLoaded(
                    f"{short_name(modules[name].__file__)} is not there any more: put it back; if you do not need it, "
                    "restart the kernel"
                )
        changed = [name for name, stamp in stamps.items() if self._has_changed(name, stamp)]
        if changed:
            self._load([modules[name] for name in changed])
        self._seen.update(stamps)
        self._held = _names(modules)
        self._looked = now

    def _has_changed(self, name: str, stamp: Stamp) -> bool:
        if name in self._seen:
            return stamp != self._seen[name]
        # It was imported after the last look, so what it was loaded from may be older than a later change.
        return stamp is not None and stamp[0] > self._looked

    def modules(self) -> dict[str, ModuleType]:
        """Return the loaded modules that a student may have edited."""
        found = {}
        for name, module in list(sys.modules.items()):
            if not name.startswith(f"{self.package}.") or getattr(module, "__name__", None) != name:
                continue
            if any(name == part or name.startswith(f"{part}.") for part in self.given):
                continue
            if (getattr(module, "__file__", None) or "").endswith(".py"):
                found[name] = module
        return found

    def _load(self, modules: list[ModuleType]) -> None:
        before: dict[str, tuple[ModuleType, Names]] = {}
        finder = _SameModule()
        sys.meta_path.insert(0, finder)
        try:
            while modules:
                for module in modules:
                    finder.codes[module.__name__] = module, _compiled(module)
                for module in modules:
                    before[module.__name__] = module, dict(vars(module))
                    _empty(module)
                    del sys.modules[module.__name__]
                for module in modules:
                    # Python itself finds the order: what an import statement needs is run first.
                    importlib.import_module(module.__name__)
                modules = self._importers(before)
        except BaseException as error:
            for name, (module, names) in before.items():
                vars(module).clear()
                vars(module).update(names)
                sys.modules[name] = module
            if isinstance(error, Exception | SystemExit):
                raise NotLoaded(explain_import(error)) from None
            raise
        finally:
            sys.meta_path.remove(finder)
        notebook = sys.modules["__main__"]
        everywhere = [m for m in sys.modules.values() if _is_part(m, self.package)]
        _replace(before.values(), [*everywhere, notebook])

    def _importers(self, before: dict[str, tuple[ModuleType, Names]]) -> list[ModuleType]:
        """Return the modules that imported a name which has gone or now is another value, and must be run again."""
        lost = []
        for module, names in before.values():
            # What autoreload has removed or replaced already is known from the last look.
            for name, old in [*names.items(), *self._held.get(module.__name__, {}).items()]:
                new = vars(module).get(name, _NONE)
                if name.startswith("__") or isinstance(old, ModuleType) or new is old:
                    continue
                if not _same_kind(old, new) and self._is_ours(old):
                    lost.append((name, old))
        others = [module for name, module in self.modules().items() if name not in before]
        return [m for m in others if any(vars(m).get(name, _NONE) is old for name, old in lost)]

    def _is_ours(self, value: Any) -> bool:
        """Return whether a value may come from the package: any constant may, other libraries' functions do not."""
        origin = getattr(value, "__module__", None)
        if not isinstance(origin, str) or origin.partition(".")[0] == self.package:
            return True
        return not callable(value) and origin not in ("typing", "__future__")


class _SameModule(MetaPathFinder, Loader):
    """Lets an import statement run given code in a module that exists already."""

    def __init__(self) -> None:
        self.codes: dict[str, tuple[ModuleType, CodeType]] = {}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname not in self.codes:
            return None
        module, _ = self.codes[fullname]
        return ModuleSpec(fullname, self, origin=module.__file__, is_package=hasattr(module, "__path__"))

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module, _ = self.codes[spec.name]
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # its own one: this finder is gone in a moment
        exec(self.codes[module.__name__][1], vars(module))


def _names(modules: dict[str, ModuleType]) -> dict[str, Names]:
    return {name: dict(vars(module)) for name, module in modules.items()}


def _stamp(module: ModuleType) -> Stamp:
    try:
        found = Path(str(module.__file__)).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _compiled(module: ModuleType) -> CodeType:
    """Compile a module's file under its own name, so that the lines of errors are those of the file."""
    filename = str(module.__file__)
    linecache.checkcache(filename)
    try:
        return compile(Path(filename).read_bytes(), filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        if isinstance(error, SyntaxError) and error.filename:
            raise
        raise SyntaxError(str(error), (filename, 1, 0, "")) from None  # null bytes: no line is told


def _empty(module: ModuleType) -> None:
    """Remove what a module's code defined, but not what Python and its own parts put there."""
    for name, value in list(vars(module).items()):
        part = isinstance(value, ModuleType) and value.__name__ == f"{module.__name__}.{name}"
        if not part and name not in _OF_THE_MODULE:
            del vars(module)[name]


def _is_part(module: Any, package: str) -> bool:
    return isinstance(module, ModuleType) and module.__name__.partition(".")[0] == package


def _same_kind(old: Any, new: Any) -> bool:
    """Return whether ``new`` can take the place of ``old`` everywhere: both are functions, or both classes."""
    return any(isinstance(old, kind) and isinstance(new, kind) for kind in (FunctionType, type))


# What was defined before gets the code of what is defined now.


def _replace(loaded: Iterable[tuple[ModuleType, Names]], holders: list[ModuleType]) -> None:
    """Bring the new functions and classes to all places that know the old ones."""
    functions: dict[tuple[int, str], FunctionType | None] = {}
    classes: dict[tuple[str, str], type] = {}
    instead: dict[int, tuple[Any, Any]] = {}  # by identity: an old object and the new one
    for module, before in loaded:
        for name, old in before.items():
            new = vars(module).get(name, _NONE)
            if new is not old and _same_kind(old, new):
                instead[id(old)] = old, new
        for thing in _definitions(module, vars(module).values()):
            if isinstance(thing, type):
                classes[thing.__module__, thing.__qualname__] = thing
            else:
                key = id(thing.__globals__), thing.__qualname__
                functions[key] = (
                    thing if functions.get(key, thing) is thing else None
                )  # two of one name: which?
    for thing in gc.get_objects():
        if type(thing) is FunctionType:
            function = functions.get((id(thing.__globals__), thing.__qualname__))
            if function is not None and thing is not function:
                _update(thing, function)
        elif issubclass(type(thing), type):
            new = classes.get((vars(thing).get("__module__", ""), thing.__qualname__))
            if new is not None and thing is not new:
                instead[id(thing)] = thing, new
    _move_instances({key: pair for key, pair in instead.items() if isinstance(pair[0], type)})
    for module in holders:
        for name, value in list(vars(module).items()):
            if id(value) in instead:
                vars(module)[name] = instead[id(value)][1]


def _definitions(module: ModuleType, values: Iterable[Any]) -> Iterator[Any]:
    """Yield the functions and classes that a module defines, methods included."""
    for value in list(values):
        function = getattr(value, "__func__", value)  # of a class method or a static one
        while not isinstance(function, type) and hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        if isinstance(function, FunctionType) and function.__globals__ is vars(module):
            yield function
        elif isinstance(value, type) and value.__module__ == module.__name__:
            yield value
            yield from _definitions(module, vars(value).values())


def _update(old: FunctionType, new: FunctionType) -> None:
    try:
        old.__code__ = new.__code__
    except (
        ValueError
    ):  # the use of super() has come or gone; only old methods that somebody kept are concerned
        return
    old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
    old.__doc__, old.__annotations__ = new.__doc__, new.__annotations__


def _move_instances(classes: dict[int, tuple[Any, Any]]) -> None:
    """Make instances and subclasses of old classes those of the new ones, where their layout allows it."""
    if not classes:
        return
    for thing in gc.get_objects():
        pair = classes.get(id(type(thing)))
        if pair is not None:
            _try_to_set(thing, "__class__", pair[1])
    for old, _ in classes.values():
        for heir in type.__subclasses__(old):
            if id(heir) not in classes:
                bases = tuple(
                    classes[id(base)][1] if id(base) in classes else base for base in heir.__bases__
                )
                _try_to_set(heir, "__bases__", bases)


def _try_to_set(thing: Any, name: str, value: Any) -> None:
    with suppress(TypeError):  # e.g. __slots__ that differ: this one stays what it was
        (type if isinstance(thing, type) else object).__setattr__(thing, name, value)
