"""Mutants: the reference with one small change inside a fence, to measure what the checks miss.

A mutant that passes every check is either equivalent to the reference or shows a claim that no check makes.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ..judging.edited_reference import EditedReference, TextEdit
from ..library.local import reference_folder
from ..milestone import Milestone
from ..release import fences
from ..sources import Sources
from .moved_statements import moves

Node = TypeVar("Node", bound=ast.AST)

_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OTHER_FUNCTION = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "amax": "amin",
    "argmax": "argmin",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "exp": "expm1",
    "log": "log1p",
    "var": "std",
    "std": "var",
    "randn": "rand",
    "rand": "randn",
    "zeros_": "ones_",
    "kaiming_normal_": "kaiming_uniform_",
}
_IDENTITY = frozenset({"sqrt", "abs", "reversed", "relu", "float", "sorted", "pad"})
"""Functions that are left out: ``sqrt(x)`` → ``x``."""
_ROWS_AND_COLUMNS = ("height", "width"), ("top", "left"), ("row", "column")
_ORDERLESS = frozenset({"result_type", "maximum", "minimum", "max", "min"})
"""Functions whose arguments have no order."""
_FEW = 6
"""Longer tuples are lists of things, not of axes."""
_REMOVABLE = frozenset({"copy", "T", "clone", "abs", "detach", "float"})
"""Methods and attributes that are left out: ``x.copy()`` → ``x``."""


@dataclass(frozen=True)
class Mutant:
    """The reference with one small change in one file.

    Attributes
    ----------
    milestone, file, function : str
        Whose fence it is in; the file is relative to the package.
    change : str
        ``"old → new"``; with `function` it names the mutant wherever the lines have moved to.
    edited : EditedReference
        The reference with the change in it.
    """

    milestone: str
    file: str
    function: str
    change: str
    edited: EditedReference

    @property
    def key(self) -> str:
        """What a list of known equivalent mutants calls it."""
        return f"{self.function}: {self.change}"


def fenced_files(milestone: Milestone) -> Iterator[tuple[str, str]]:
    """Yield name and text of every file of the package with a fence of this milestone."""
    root = reference_folder(milestone.reference)
    for path in sorted(root.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if f"### BEGIN SOLUTION {milestone.name}\n" in source:
            yield path.relative_to(root).as_posix(), source


def mutants(milestone: Milestone, sources: Sources | None = None) -> list[Mutant]:
    """Return every mutant of a milestone's fenced regions, without repetitions.

    Parameters
    ----------
    milestone : Milestone
    sources : Sources, optional
        The course; by default this repository.
    """
    names = (*(sources or Sources()).milestone_names, milestone.name)  # it may be a course's own
    found: list[Mutant] = []
    for file, source in fenced_files(milestone):
        found.extend(mutants_of(milestone, file, source, names))
    return found


def mutants_of(milestone: Milestone, file: str, source: str, names: Collection[str]) -> Iterator[Mutant]:
    """Yield the mutants of one file, whose fences may bear these names."""
    regions = [f for f in fences.parse(source, file, names) if f.milestone == milestone.name]
    seen: dict[tuple[str, str], int] = {}
    tree = ast.parse(source)
    texts = {ast.dump(tree)}
    for first, last, change, mutated in _changed(source, tree):
        region = next((f for f in regions if f.begin < first.lineno and _last_line(last) < f.end), None)
        if region is None:
            continue
        try:
            shape = ast.dump(ast.parse(mutated))
        except SyntaxError:  # e.g. a starred expression in brackets
            continue
        if shape in texts:
            continue
        texts.add(shape)
        count = seen[region.function, change] = seen.get((region.function, change), 0) + 1
        edited = EditedReference("mutant", (TextEdit(file, source, mutated),), milestone.reference)
        change += f" #{count}" if count > 1 else ""
        yield Mutant(milestone.name, file, region.function, change, edited)


def _changed(
    source: str, tree: ast.AST
) -> Iterator[tuple[ast.stmt | ast.expr, ast.stmt | ast.expr, str, str]]:
    """Yield where each change begins and ends, what it is, and the file with it."""
    worded = _worded(tree)
    mates = _mates(tree)
    axes = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg == "axis"}
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.stmt)) and id(node) not in worded:
            if id(node) in axes and isinstance(node, ast.Tuple):
                continue  # axes that are reduced together have no order; each of them is changed on its own
            for new in _changes(node, mates):
                yield node, node, f"{_short(ast.unparse(node))} → {_short(new)}", _replace(source, node, new)
    for move in moves(source, tree):
        yield move.first, move.last, move.change, move.text


def _last_line(node: ast.stmt | ast.expr) -> int:
    assert node.end_lineno is not None
    return node.end_lineno


def _worded(tree: ast.AST) -> set[int]:
    """Return what is only wording: the insides of errors and of f-strings, which no check reads."""
    inside = (ast.walk(node) for node in ast.walk(tree) if isinstance(node, (ast.Raise, ast.JoinedStr)))
    return {id(part) for parts in inside for part in parts}


def _mates(tree: ast.AST) -> dict[str, str]:
    """Return what is exchanged for what: the names of rows for those of columns, where both are there."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    pairs = [
        (name, name.replace(one, other)) for name in names for one, other in _ROWS_AND_COLUMNS if one in name
    ]
    pairs += [("i", "j"), ("h", "w"), ("H", "W"), ("HH", "WW")]
    found = {one: other for one, other in pairs if one in names and other in names}
    return found | {other: one for one, other in found.items()}


def _changes(node: ast.expr | ast.stmt, mates: Mapping[str, str]) -> Iterator[str]:
    """Yield texts to replace a node."""
    if isinstance(node, ast.stmt):
        yield from _statement_changes(node)
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in mates:
        yield mates[node.id]
    for new in _expression_changes(node):
        yield f"({ast.unparse(new)})"
    for tuple_ in _exchanges(node):
        yield ast.unparse(tuple_)


def _statement_changes(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.For, ast.While, ast.If, ast.With)):
        yield "pass"
    if isinstance(node, ast.AugAssign):
        if type(node.op) in _ARITHMETIC:
            yield ast.unparse(_with(node, op=_ARITHMETIC[type(node.op)]()))
        yield ast.unparse(ast.Assign([node.target], node.value, lineno=node.lineno))
    if isinstance(node, ast.Return) and node.value is not None:
        yield "return None"
    if isinstance(node, ast.Break):
        yield "continue"
    if isinstance(node, ast.Continue):
        yield "break"


def _expression_changes(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.Pow)):
        yield _with(node, left=node.right, right=node.left)
    if isinstance(node, ast.Slice):
        return  # its bounds are changed where it is used
    if isinstance(node, ast.Subscript):
        yield from _bounds(node)
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield _with(node, op=_ARITHMETIC[type(node.op)]())
        yield node.left
        yield node.right
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _COMPARISONS[type(node.ops[0])]:
            yield _with(node, ops=[other()])
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        yield from node.values
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Attribute) and node.attr in _REMOVABLE:
        yield node.value
    elif isinstance(node, ast.Call):
        yield from _calls(node)


def _exchanges(node: ast.expr) -> Iterator[ast.expr]:
    """Yield tuples and calls of which two neighbouring entries are exchanged: two axes, or two arguments."""
    if isinstance(node, ast.Tuple) and len(node.elts) <= _FEW:
        for elts in _neighbours_exchanged(node.elts):
            yield _with(node, elts=elts)
    if isinstance(node, ast.Call) and _called(node) not in _ORDERLESS:
        for args in _neighbours_exchanged(node.args):
            yield _with(node, args=args)


def _neighbours_exchanged(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for i, (one, other) in enumerate(itertools.pairwise(items)):
        starred = isinstance(one, ast.Starred) or isinstance(other, ast.Starred)
        if not starred and ast.dump(one) != ast.dump(other):
            yield [*items[:i], other, one, *items[i + 2 :]]


def _bounds(node: ast.Subscript) -> Iterator[ast.expr]:
    """Yield a subscript of which one slice begins or ends one entry early or late."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for i, part in enumerate(parts):
        for bound in ("lower", "upper") if isinstance(part, ast.Slice) else ():
            for new in _off_by_one(getattr(part, bound)):
                entries = [*parts[:i], _with(part, **{bound: new}), *parts[i + 1 :]]
                single = not isinstance(node.slice, ast.Tuple)
                yield _with(node, slice=entries[0] if single else ast.Tuple(entries, ast.Load()))


def _off_by_one(node: ast.expr | None) -> Iterator[ast.expr]:
    """Yield a size or bound and one more or less; a constant is changed elsewhere."""
    if node is not None and not isinstance(node, ast.Constant):
        for op in (ast.Add(), ast.Sub()):
            yield ast.BinOp(node, op, ast.Constant(1))


def _constants(node: ast.Constant) -> Iterator[ast.expr]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(2 * value if value else 1.0)
    elif isinstance(value, str):
        yield ast.Constant(value + "_")


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    name = _called(node)
    if name in _OTHER_FUNCTION:
        func = copy.deepcopy(node.func)
        if isinstance(func, ast.Attribute):
            func.attr = _OTHER_FUNCTION[name]
        elif isinstance(func, ast.Name):
            func.id = _OTHER_FUNCTION[name]
        yield _with(node, func=func)
    if name in _IDENTITY and node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]
    if isinstance(node.func, ast.Attribute) and name in _REMOVABLE and not node.args:
        yield node.func.value
    if name == "where" and len(node.args) == 3:
        yield _with(node, args=[node.args[0], node.args[2], node.args[1]])
    if name == "range" and len(node.args) == 1:
        yield _with(node, args=[ast.Constant(1), *node.args])
    if name == "range" and node.args:
        last = 0 if len(node.args) == 1 else 1
        for new in _off_by_one(node.args[last]):
            yield _with(node, args=[*node.args[:last], new, *node.args[last + 1 :]])
    if name in ("sum", "mean") and node.args and isinstance(node.args[0], ast.BinOp):
        power = node.args[0]
        if isinstance(power.op, ast.Pow):  # the square of the sum for the sum of squares
            yield _with(power, left=_with(node, args=[power.left, *node.args[1:]]))
    for index in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:index] + node.keywords[index + 1 :])


def _called(node: ast.Call) -> str:
    """Return the name of the function or method that is called."""
    name: str = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name


def _with(node: Node, **fields: object) -> Node:
    result = copy.copy(node)
    for name, value in fields.items():
        setattr(result, name, value)
    return result


def _replace(source: str, node: ast.expr | ast.stmt, new: str) -> str:
    """Return the text with a node replaced by other code; positions in a syntax tree count bytes."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    lines = source.encode().splitlines(keepends=True)
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return (before + new.encode() + after).decode()


def _short(text: str, most: int = 70) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
