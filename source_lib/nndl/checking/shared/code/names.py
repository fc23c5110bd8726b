"""Names: an f that is missing, a word that is misspelt, an attribute or a value that nothing reads."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterator

from .fact import Fact, Function, arguments, assignments, is_start

_CLOSE = 0.75


def f_is_missing(function: Function) -> Iterator[Fact]:
    """See a text with a variable in braces that is no f-string."""
    known = {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name)} | set(arguments(function.node))
    inside = {
        id(part) for n in ast.walk(function.node) if isinstance(n, ast.JoinedStr) for part in ast.walk(n)
    }
    formatted = {
        id(n.func.value) for n in ast.walk(function.node)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "format"
    }  # fmt: skip
    if any(getattr(n, "attr", "") in ("format", "format_map") for n in ast.walk(function.node)):
        formatted |= {id(node.value) for node, _ in assignments(function.node)}
    for node, text in _strings(function.node):
        found = re.search(r"\{(\w+)[^{}]*\}", text)
        if found and found[1] in known and id(node) not in inside | formatted:
            yield Fact(node.lineno, f"the text {text!r} has no f in front, so {{{found[1]}}} stays as it is")


def no_power(function: Function) -> Iterator[Fact]:
    """See ^ where a power is meant."""
    for node in ast.walk(function.node):
        operator = getattr(node, "op", None)
        if not isinstance(node, ast.BinOp | ast.AugAssign) or not isinstance(operator, ast.BitXor):
            continue
        sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.target, node.value]
        if not any(isinstance(side, ast.Compare) or "mask" in ast.dump(side) for side in sides):
            yield Fact(node.lineno, "^ is no power in Python; ** is")


def misspelt_word(function: Function) -> Iterator[Fact]:
    """See a key or a word in a comparison that no description in the file has, and one that looks like it does.

    The keys of a dict that the function makes itself, and keeps to itself, are its own business.
    """
    described = set(re.findall(r"``([\w.]+)``|[\"']([\w.]+)[\"']", _descriptions(function)))
    words = {word for pair in described for word in pair if word}
    elsewhere = set(re.findall(r"\w+", _descriptions(function)))
    own = _own_keys(function.node)
    for node, text in _strings(function.node):
        if not re.fullmatch(r"\w+", text) or text in elsewhere | own or not _is_key(function.node, node):
            continue
        if sum(text == other for _, other in _strings(function.node)) > 1:
            continue  # stored and read under one name
        near = [w for w in words if difflib.SequenceMatcher(None, text.lower(), w.lower()).ratio() >= _CLOSE]
        if len(near) == 1:
            yield Fact(
                node.lineno,
                f"the word {text!r} stands in no description here: did you mean {near[0]!r}?",
            )


def attribute_that_nothing_reads(function: Function) -> Iterator[Fact]:
    """See an attribute that is set and read nowhere in the class, where one that looks like it is read."""
    if function.owner is None:
        return
    read: set[str] = set()
    stored: set[str] = set()
    for node in ast.walk(function.owner):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            (read if isinstance(node.ctx, ast.Load) else stored).add(node.attr)
    for node in ast.walk(function.node):
        own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
        if not own or not isinstance(node.ctx, ast.Store) or node.attr in read:  # type: ignore[attr-defined]
            continue
        near = difflib.get_close_matches(node.attr, sorted(read - stored), 1, _CLOSE)  # type: ignore[attr-defined]
        if near:
            name, line = node.attr, node.lineno  # type: ignore[attr-defined]
            yield Fact(
                line, f"self.{name} is set here and read nowhere in this class; self.{near[0]} is read"
            )


def value_that_nothing_reads(function: Function) -> Iterator[Fact]:
    """See a name that gets a value which nothing reads."""
    read = {
        n.id for n in ast.walk(function.node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)
    }
    kept = {n.attr for n in ast.walk(function.owner or function.node) if isinstance(n, ast.Attribute)}
    for node, name in assignments(function.node):
        if name in read or name.startswith("_") or is_start(node.value) or _is_size(node.value):
            continue
        own = f"; self.{name} is another one" if name in kept and function.owner is not None else ""
        yield Fact(node.lineno, f"`{name}` gets a value here that nothing reads{own}")


def argument_that_nothing_reads(function: Function) -> Iterator[Fact]:
    """See an argument that is never read, unless its description says so."""
    node = function.node
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    read |= {getattr(n.target, "id", "") for n in ast.walk(node) if isinstance(n, ast.AugAssign)}
    described = f"{ast.get_docstring(node) or ''}\n{ast.get_docstring(function.owner) or '' if function.owner else ''}"
    for name in arguments(node):
        unused = re.search(
            rf"^\s*{name}\b.*\n.*\b(?:not used|ignored|need not be read)\b", described, re.MULTILINE
        )
        if name not in read and not unused:
            yield Fact(node.lineno, f"the argument `{name}` is never read")


def another_small_number(function: Function) -> Iterator[Fact]:
    """See a very small number that stands in no description, where the function's own has one."""
    own = _small_numbers(ast.get_docstring(function.node) or "")
    described = own | _small_numbers(_descriptions(function))
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Constant):
            continue
        number = node.value if isinstance(node.value, float) else 0.0
        if 0 < number < _VERY_SMALL and number not in described and len(own) == 1:
            yield Fact(node.lineno, f"{number:g} stands here; the description above has {min(own):g}")


RULES: tuple[Callable[[Function], Iterator[Fact]], ...] = (
    f_is_missing,
    no_power,
    another_small_number,
    misspelt_word,
    attribute_that_nothing_reads,
    argument_that_nothing_reads,
    value_that_nothing_reads,
)


_SMALL = re.compile(r"(?<![\w.])(?:(\d+(?:\.\d+)?e-\d+)|10\^\{-(\d+)\})(?! at most)")
_VERY_SMALL = 1e-3


def _small_numbers(text: str) -> set[float]:
    return {float(written or f"1e-{power}") for written, power in _SMALL.findall(text)}


def _is_size(node: ast.expr) -> bool:
    """Return whether a value is a length or a number of a shape: many are read off that are not needed."""
    owner = node.value if isinstance(node, ast.Subscript) else node
    return (
        getattr(owner, "attr", "") in ("shape", "size")
        or getattr(getattr(node, "func", None), "id", "") == "len"
    )


def _strings(node: ast.AST) -> list[tuple[ast.Constant, str]]:
    """Return the texts of a function, without its docstring."""
    first = node.body[0] if isinstance(node, ast.FunctionDef) else None
    documentation = first.value if isinstance(first, ast.Expr) else None
    return [
        (n, n.value)
        for n in ast.walk(node)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and n is not documentation
    ]


def _is_key(function: ast.FunctionDef, text: ast.Constant) -> bool:
    """Return whether a text is the name of an entry, or compared with something."""
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and node.slice is text:
            return True
        if isinstance(node, ast.Compare) and text in (node.left, *node.comparators):
            return True
        asks = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get", "setdefault", "pop")
        if asks and text in node.args[:1]:  # type: ignore[attr-defined]
            return True
    return False


def _own_keys(function: ast.FunctionDef) -> set[str]:
    """Return the keys of the dicts that a function makes and gives to nobody."""
    made = {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and (isinstance(node.value, ast.Dict) or _is_call_of_dict(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Return | ast.Assign) and node.value is not None:
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            made -= {value.id for value in values if isinstance(value, ast.Name)}
    return {
        node.slice.value
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        and isinstance(node.value, ast.Name)
        and node.value.id in made
    }


def _is_call_of_dict(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict"


def _descriptions(function: Function) -> str:
    """Return the docstrings of a file, and its code outside of the function."""
    node = function.node
    lines = function.text.splitlines()
    around = [*lines[: node.lineno - 1], *lines[node.end_lineno :]]
    return "\n".join([*around, ast.get_docstring(node, clean=False) or ""])
