"""Another number, axis, function or name in the place of one that stands in an expression."""

from __future__ import annotations

import ast
import copy
import difflib
import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .edit import Edit, Place, Put, short

_AXES = ("axis", "dim")
_REDUCES = frozenset(
    {"sum", "mean", "max", "min", "var", "std", "argmax", "norm", "amax", "prod", "any", "all"}
)
_SAME_FORM = (
    {"sum", "mean", "max", "min", "prod", "amax"},
    {"var", "std"},
    {"argmax", "argmin", "max", "argsort"},
    {"zeros", "ones", "empty"},
    {"zeros_like", "ones_like", "empty_like"},
    {"maximum", "minimum", "add", "multiply", "fmax"},
    {"rand", "randn"},
    {
        "normal_",
        "uniform_",
        "kaiming_normal_",
        "kaiming_uniform_",
        "xavier_normal_",
        "xavier_uniform_",
        "zeros_",
    },
    {"exp", "log", "sqrt", "square", "abs", "tanh", "sign"},
    {"choice", "permutation", "randint"},
    {"append", "extend"},
    {"reshape", "transpose"},
    {"transpose", "permute"},
    {"dot", "multiply", "matmul"},
    {"floor", "ceil", "round"},
    {"conv2d", "linear"},
    {"repeat", "tile"},
    {"ReLU", "Identity", "Sigmoid", "Tanh"},
    {"SGD", "Adam", "RMSprop"},
)
"""Functions that take the same arguments, so that one is easily written for another."""
_MOST_AXES = 4


@dataclass(frozen=True)
class Around:
    """What a function could have named instead.

    Attributes
    ----------
    variables : tuple of str
        Its own names and the attributes of its object, ``x`` or ``self.x``.
    functions : tuple of str
        The functions that its file knows.
    texts : tuple of str
        The texts that stand in its class or file.
    numbers : tuple of float
        The numbers of its description.
    """

    variables: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    numbers: tuple[float, ...] = field(default=())


def other_functions(place: Place, around: Around) -> Iterator[Edit]:
    """Call a function that looks alike, or that takes the same arguments."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name):
        own = node.func.id
        others = [name for name in around.functions if name != own and _look_alike(own, name)]
        news: list[ast.expr] = [ast.Name(name, ast.Load()) for name in others]
    elif isinstance(node.func, ast.Attribute):
        own = node.func.attr
        alike = dict.fromkeys(name for group in _SAME_FORM if own in group for name in sorted(group))
        news = [ast.Attribute(node.func.value, name, ast.Load()) for name in alike if name != own]
    else:
        return
    for new in news:
        yield Edit(
            place.line, f"with another function than `{short(node.func)}`", (Put(node, "func", None, new),)
        )


def _look_alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, one, other).ratio() >= _ALIKE


_ALIKE = 0.6


def other_axes(place: Place) -> Iterator[Edit]:
    """Work along another axis, along none, or keep it."""
    node = place.node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    name = short(node.func)
    given = next((k for k in node.keywords if k.arg in _AXES), None)
    if given is not None:
        for new in _axes():
            if ast.dump(new) != ast.dump(given.value):
                yield Edit(
                    place.line,
                    f"along another axis than `{given.arg}={short(given.value)}` in `{name}(…)`",
                    (Put(given, "value", None, new),),
                )
    if node.func.attr not in _REDUCES:
        return
    if given is None:
        for axis in _axes():
            new_keywords = [*node.keywords, ast.keyword("axis", axis)]
            yield Edit(
                place.line,
                f"along an axis, which `{name}(…)` does not name",
                (Put(node, "keywords", None, new_keywords),),
            )
    if not any(k.arg in ("keepdims", "keepdim") for k in node.keywords):
        kept = [*node.keywords, ast.keyword("keepdims", ast.Constant(True))]
        yield Edit(
            place.line,
            f"with keepdims=True in `{name}(…)`",
            (Put(node, "keywords", None, kept),),
        )


def _axes() -> Iterator[ast.expr]:
    for axis in range(_MOST_AXES):
        yield ast.Constant(axis)
    for some in ((0, 1), (1, 2), (2, 3), (0, 2, 3), (1, 2, 3), (0, 1, 2)):
        yield ast.Tuple([ast.Constant(axis) for axis in some], ast.Load())


def other_numbers(place: Place, around: Around) -> Iterator[Edit]:
    """Put another number where one stands."""
    node = place.node
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield place.edit(ast.Constant(not node.value), f"with {not node.value} in the place of {node.value}")
    elif isinstance(node.value, int | float):
        for number in _numbers(node.value, around.numbers):
            where = f" in `{short(place.owner)}`" if isinstance(place.owner, ast.expr) else ""
            yield place.edit(ast.Constant(number), f"with another number than `{node.value}`{where}")


def _numbers(value: float, described: tuple[float, ...]) -> Iterator[float]:
    found: list[float] = [-value]
    if isinstance(value, int):
        found += [value - 1, value + 1, *range(5), -1]
    elif value:
        found += [1 - value, 1 / value, 2 * value, value / 2, math.sqrt(abs(value)), value**2]
        found += [value * 10.0**power for power in (-4, -3, -2, -1, 1, 2, 3)]
    for number in dict.fromkeys([*described, *found]):
        if number != value:
            yield number


def other_texts(place: Place, around: Around) -> Iterator[Edit]:
    """Put another key or mode where one stands."""
    node = place.node
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        for text in around.texts:
            if text != node.value and (text[:1] == node.value[:1] or text[1:] == node.value[1:]):
                yield place.edit(ast.Constant(text), f"with another name than {node.value!r}")
        texts = [t for t in around.texts if t != node.value and not t.startswith(node.value[:1])]
        for text in texts[:_MOST_TEXTS]:
            yield place.edit(ast.Constant(text), f"with another name than {node.value!r}")


_MOST_TEXTS = 6


def one_more_or_less(place: Place) -> Iterator[Edit]:
    """Begin, end or count one earlier or later."""
    node, owner = place.node, place.owner
    counted = (
        (isinstance(owner, ast.Call) and getattr(owner.func, "id", "") == "range" and place.field == "args")
        or isinstance(owner, ast.Slice | ast.FormattedValue | ast.Compare)
        or (isinstance(owner, ast.Subscript) and place.field == "slice")
        or (isinstance(owner, ast.BinOp) and isinstance(owner.op, ast.Pow) and place.field == "right")
    )
    if counted and isinstance(node, ast.Name | ast.Attribute | ast.BinOp | ast.Call | ast.Subscript):
        for sign in (ast.Add(), ast.Sub()):
            how = "one more" if isinstance(sign, ast.Add) else "one less"
            yield place.edit(
                ast.BinOp(node, sign, ast.Constant(1)), f"with {how} than `{short(node)}` in `{short(owner)}`"
            )


def other_ranges(place: Place) -> Iterator[Edit]:
    """Go through a range from another beginning, or backwards; take a slice without one of its ends."""
    node = place.node
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range" and node.args:
        says = f"with other rounds than those of `{short(node)}`"
        if len(node.args) == 1:
            yield Edit(place.line, says, (Put(node, "args", None, [ast.Constant(1), node.args[0]]),))
        yield place.edit(ast.Call(ast.Name("reversed", ast.Load()), [node], []), says)
        ends = [ast.BinOp(node.args[-1], ast.Add(), ast.Constant(1))]
        if len(node.args) == 1:
            yield Edit(place.line, says, (Put(node, "args", None, [ast.Constant(1), *ends]),))
    if isinstance(node, ast.Slice):
        for end in ("lower", "upper", "step"):
            if getattr(node, end) is not None:
                yield Edit(
                    place.line,
                    f"without `{short(getattr(node, end))}` in `[{short(node)}]`",
                    (Put(node, end, None, None),),
                )


def other_orders_of_axes(place: Place) -> Iterator[Edit]:
    """Move axes otherwise, or move them where the numbers are only read in another shape."""
    node = place.node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    name = node.func.attr
    if name in ("transpose", "permute"):
        listed = (
            node.args[0].elts if len(node.args) == 1 and isinstance(node.args[0], ast.Tuple) else node.args
        )
        numbers = [getattr(entry, "value", None) for entry in listed]
        if sorted(map(str, numbers)) == [str(axis) for axis in range(len(listed))]:
            for order in itertools.permutations(range(len(listed))):
                if list(order) != numbers:
                    new = copy.copy(node)
                    new.args = [ast.Constant(axis) for axis in order]
                    yield place.edit(new, f"with the axes in another order than `{short(node)}`")
    if name in ("reshape", "view"):
        for axes in (2, 3, 4):
            for order in itertools.permutations(range(axes)):
                if list(order) == sorted(order):
                    continue
                moved = ast.Call(
                    ast.Attribute(
                        node.func.value, "transpose" if name == "reshape" else "permute", ast.Load()
                    ),
                    [ast.Constant(axis) for axis in order],
                    [],
                )
                before = copy.copy(node)
                before.func = ast.Attribute(moved, name, ast.Load())
                says = (
                    f"with axes moved, where `{short(node)}` reads the numbers in the order in which they are"
                )
                if axes > 2 or all(isinstance(a, ast.Subscript | ast.Name) for a in node.args):
                    yield place.edit(moved, says)
                yield place.edit(before, says)


def transposed(place: Place) -> Iterator[Edit]:
    """Transpose one side of a matrix product."""
    owner, node = place.owner, place.node
    product = isinstance(owner, ast.BinOp) and isinstance(owner.op, ast.MatMult)
    product = product or (
        isinstance(owner, ast.Call) and getattr(owner.func, "attr", "") in ("dot", "matmul")
    )
    if product and not (isinstance(node, ast.Attribute) and node.attr in ("T", "dot", "matmul")):
        yield place.edit(ast.Attribute(node, "T", ast.Load()), f"with `{short(node)}` transposed")


def other_variables(place: Place, around: Around) -> Iterator[Edit]:
    """Name another variable."""
    node = place.node
    own = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
    if own not in around.variables or not isinstance(getattr(node, "ctx", None), ast.Load):
        return
    if isinstance(place.owner, ast.Call) and place.field == "func":
        return
    where = short(place.owner) if isinstance(place.owner, ast.expr) else short(node)
    for other in around.variables:
        if other != own and other != "self":
            yield place.edit(
                ast.parse(other, mode="eval").body,
                f"with another variable than `{own}`" + (f" in `{where}`" if where != own else ""),
            )


def other_indices(place: Place, around: Around) -> Iterator[Edit]:
    """Put a variable where a number stands in [ ]."""
    node = place.node
    number = isinstance(node, ast.Constant | ast.UnaryOp) and not isinstance(
        place.owner, ast.UnaryOp | ast.Slice
    )
    if number and isinstance(place.owner, ast.Subscript) and place.field == "slice":
        for name in around.variables:
            new = ast.parse(name, mode="eval").body
            yield place.edit(new, f"with another number than `{short(node)}` in `{short(place.owner)}`")


def columns(place: Place) -> Iterator[Edit]:
    """Take the numbers of one side of an operation as a column."""
    node, owner = place.node, place.owner
    if (
        isinstance(owner, ast.BinOp)
        and not isinstance(owner.op, ast.MatMult)
        and isinstance(node, ast.Name | ast.Attribute)
    ):
        column = ast.Tuple([ast.Slice(), ast.Constant(None)], ast.Load())
        yield place.edit(
            ast.Subscript(node, column, ast.Load()), f"with `{short(node)}` as a column in `{short(owner)}`"
        )


def one_of_each_row(place: Place, around: Around) -> Iterator[Edit]:
    """Take one entry of each row, that of a label, where two axes are gone through."""
    node = place.node
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        for name in around.variables:
            label = ast.parse(name, mode="eval").body
            rows = ast.parse(f"np.arange(len({name}))", mode="eval").body
            yield Edit(
                place.line,
                f"with one entry of each row, that of `{name}`, in the place of `{short(node)}`",
                (Put(node, "slice", None, ast.Tuple([rows, label], ast.Load())),),
            )


def one_entry(place: Place, around: Around) -> Iterator[Edit]:
    """Take one entry where a number is made of all."""
    node = place.node
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and not node.args
        and not node.keywords
    ):
        for name in around.variables if node.func.attr in _REDUCES else ():
            entry = ast.Subscript(node.func.value, ast.parse(name, mode="eval").body, ast.Load())
            yield place.edit(entry, f"with the entry of `{name}` in the place of `{short(node)}`")


def described_numbers(text: str) -> tuple[float, ...]:
    """Return the numbers of a description: those with a point or an exponent, and small whole ones."""
    found = re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])", text or "")
    return tuple(dict.fromkeys(float(n) if not n.isdigit() else int(n) for n in found))[:_MOST_DESCRIBED]


_MOST_DESCRIBED = 12
