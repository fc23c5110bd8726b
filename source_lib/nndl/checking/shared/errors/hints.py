"""Hints at the cause of an error: sentences that are true of the values at hand, whatever the student meant."""

from __future__ import annotations

import ast
import inspect
import math
import re
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType

from .operation import UNKNOWN, function_of, operands, origin, statement_at, value_of
from .words import nearest

Hint = Callable[[re.Match[str], "ast.AST | None", FrameType], str]


def hints(error: Exception, node: ast.AST | None, frame: FrameType) -> list[str]:
    """Return what the values say of an error, a sentence each.

    Parameters
    ----------
    error : Exception
    node : ast.AST or None
        The part of the line that has failed.
    frame : frame
        Where that line is.
    """
    if isinstance(error, KeyError):
        return list(_keys(error, node, frame))
    if isinstance(error, RecursionError):
        return [f"`{frame.f_code.co_name}` calls itself, and that call calls itself again, without an end"]
    text = str(error)[:_LONGEST]
    for pattern, hint in _HINTS:
        if found := re.search(pattern, text):
            said = hint(found, node, frame) if callable(hint) else hint
            if said:
                return [said]
    return []


_LONGEST = 2000
"""Characters of an error that are looked at; the time that some patterns take grows with the square."""


def _keys(error: KeyError, node: ast.AST | None, frame: FrameType) -> Iterator[str]:
    """Tell the keys that a dict has, and the one that looks like the missing one."""
    missing = error.args[0] if error.args else None
    held = value_of(node.value, frame) if isinstance(node, ast.Subscript) else UNKNOWN
    if not isinstance(held, dict) or missing in held:
        return
    names = [str(key) for key in held]
    same = [name for name in names if name.lower() == str(missing).lower()]
    near = same[0] if same else nearest(str(missing), names, 0.8)
    asked = f": did you mean {near!r}?" if near else ""
    has = f"the keys {', '.join(map(repr, names))}" if names else "no keys yet"
    yield f"`{ast.unparse(node.value)}` has {has}{asked}"  # type: ignore[union-attr]


def _product(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Say how the two sides of a product would fit, if there is one way only."""
    shapes = [_shape(side, frame) for side in operands(node)]
    names = [ast.unparse(side) for side in operands(node)]
    if len(shapes) != 2 or (left := shapes[0]) is None or (right := shapes[1]) is None:
        return ""
    if len(left) > 2 and len(right) == 2 and math.prod(left[1:]) == right[0]:
        return (
            f"{names[0]} {left} has all its axes here; as rows of {right[0]} numbers, one for each of the {left[0]} "
            "inputs, it fits: reshape it"
        )
    if len(left) != 2 or len(right) != 2:
        return ""
    ways = {
        f"with {names[0]} transposed, {left[::-1]} @ {right}": left[0] == right[0],
        f"with {names[1]} transposed, {left} @ {right[::-1]}": left[1] == right[1],
        f"in the other order, {right} @ {left}": right[1] == left[0],
    }
    fits = [way for way, fit in ways.items() if fit]
    return f"it would fit {fits[0]}" if len(fits) == 1 else ""


def _shape(node: ast.expr, frame: FrameType) -> tuple[int, ...] | None:
    shape = getattr(value_of(node, frame), "shape", None)
    return tuple(shape) if shape is not None else None


def _entrywise(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Say so if one of two arrays fits when it is transposed."""
    one, other = (tuple(map(int, re.findall(r"\d+", part))) for part in found.groups())
    if len(one) == len(other) == 2 and one == other[::-1]:
        return f"{one} is {other} transposed: one of the two has its rows where the other has its columns"
    if len(one) == len(other) == 2 and one[1] == other[1]:
        return f"one of the two has {one[0]} rows, the other has {other[0]}"
    sides = operands(node)
    for side, own, others in zip(sides, (one, other), (other, one), strict=False):
        if _shape(side, frame) == own and len(own) == 1 < len(others) and own[0] not in others:
            return f"{ast.unparse(side)} has {own[0]} entries, but the other side has {others[-1]} columns"
    return ""


def _sizes(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Say what PyTorch's * does, where a matrix product would fit."""
    ours = int(found[1])
    shapes = (
        [_shape(side, frame) for side in operands(node)]
        if isinstance(getattr(node, "op", None), ast.Mult)
        else []
    )
    if any(shape is not None and len(shape) == 2 and shape[0] == ours for shape in shapes[1:]):
        return "* multiplies entry by entry; the product of two matrices is written with @"
    return ""


def _truth(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Tell Python's own max from those of NumPy."""
    name = getattr(getattr(node, "func", None), "id", "")
    if name not in ("max", "min"):
        return ""
    return f"Python's own {name}() compares its arguments as a whole; NumPy has one that goes entry by entry"


def _second_argument(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    name = getattr(getattr(node, "func", None), "attr", "")
    if name not in ("max", "min", "sum", "mean") or len(getattr(node, "args", ())) != 2:
        return ""
    if not isinstance(value_of(node.func.value, frame), ModuleType):  # type: ignore[union-attr]
        return ""
    return f"the second argument of np.{name} is an axis; what compares two arrays entry by entry has another name"


def _taken_apart(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Say what is taken apart, where it does not have as many parts as there are names."""
    statement = statement_at(frame, frame.f_lineno)
    if not isinstance(statement, ast.Assign):
        return ""
    name, parts = frame.f_code.co_name, value_of(statement.value, frame)
    if getattr(statement.value, "id", "") == "cache" and name.endswith("_backward") and parts is not None:
        shape = getattr(parts, "shape", None)
        what = (
            f"is an array of shape {tuple(shape)}"
            if shape is not None
            else "has other parts than are named here"
        )
        forward = f"{name.removesuffix('_backward')}_forward"
        return f"the cache that `{name}` has been given {what}: is it the one that `{forward}` returned?"
    if (
        isinstance(parts, tuple)
        and isinstance(statement.value, ast.Attribute)
        and statement.value.attr == "shape"
    ):
        axes = "axis" if len(parts) == 1 else "axes"
        return f"{ast.unparse(statement.value)} is {parts}: an array with {len(parts)} {axes}"
    if isinstance(parts, tuple | list):
        return f"`{ast.unparse(statement.value)}` has {len(parts)} {'part' if len(parts) == 1 else 'parts'}"
    shape = getattr(parts, "shape", None)
    if parts is UNKNOWN or not isinstance(shape, tuple):
        return ""
    return f"`{ast.unparse(statement.value)}` is one array, of shape {shape}"


def _beyond(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    index, axis, size = map(int, found.groups())
    if index < 0:
        return ""
    if size == 0:
        return f"axis {axis} has no entries"
    many = f"has {size} entries, with the numbers 0 to {size - 1}" if size > 1 else "has one entry, number 0"
    return f"axis {axis} {many}" + ("; this is one past the last" if index == size else "")


def _many_indices(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    axes, asked = int(found[1]), int(found[2])
    index = node.slice if isinstance(node, ast.Subscript) else None
    if isinstance(index, ast.Tuple) and len(index.elts) == asked:
        return f"{_axes(axes)} but {asked} numbers or slices, with commas between them, stand in [ ]"
    return f"{_axes(axes)} but what stands in [ ] is for {asked} {'axis' if asked == 1 else 'axes'}"


def _axes(count: int) -> str:
    return f"the array has {count} {'axis' if count == 1 else 'axes'}," if count else "it is a single number,"


def _no_such_axis(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    count = int(found[2])
    if count == 0:
        of = value_of(node.args[0], frame) if isinstance(node, ast.Call) and node.args else UNKNOWN
        if isinstance(of, int | float) and type(of).__module__ == "builtins":
            return f"`{ast.unparse(node.args[0])}` is a single number, without axes"  # type: ignore[union-attr]
        return "it is a single number, without axes: something before has made one number of the array"
    only = "axis 0 alone" if count == 1 else f"axes 0 to {count - 1}"
    return f"the array has {only}: it lacks an axis here, or the axis is another one"


def _arguments(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Tell how a function is called, from its signature."""
    name = found[1].rpartition(".")[2]
    shown = _parameters(node, frame)
    return f"it is called as {name}({', '.join(shown)})" if 0 < len(shown) <= _MOST_PARAMETERS else ""


def _parameters(node: ast.AST | None, frame: FrameType) -> list[str]:
    """Return the parameters of what a line calls, as they are written; none if they cannot be told."""
    function = value_of(node.func, frame) if isinstance(node, ast.Call) else UNKNOWN
    if function is UNKNOWN and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = value_of(node.func.value, frame)
        function = UNKNOWN if owner is UNKNOWN else getattr(type(owner), node.func.attr, UNKNOWN)
    try:
        parameters = list(inspect.signature(function).parameters.values())  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
    return [str(p).partition(":")[0].partition("=")[0].strip() for p in parameters if p.name != "self"]


_MOST_PARAMETERS = 8


def _keyword(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    given = found[2]
    known = _parameters(node, frame)
    meant = [name for name in _OTHER_NAMES.get(given, ()) if not known or name in known]
    if meant:
        return f"did you mean {' or '.join(f'{name}=' for name in meant)}?"
    return _arguments(found, node, frame)


_OTHER_NAMES = {
    "axes": ("axis",),
    "keepdim": ("keepdims",),
    "keep_dims": ("keepdims",),
    "keepdims": ("keepdim",),
    "dims": ("axis", "dim"),
    "axs": ("axis",),
    "lr_rate": ("lr",),
    "learning_rate": ("lr",),
    "pad": ("padding",),
}
"""Names of options that NumPy has and PyTorch calls otherwise, and the other way round; and usual slips."""


def _unset(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    name = found[1]
    for known in frame.f_locals:
        if known != name and known.lower() == name.lower():
            return f"there is {known}: upper and lower case letters differ"
    return (
        f"{name} gets its value in this function, but not before this line, or only under a condition or in a loop "
        "that was not run; what += adds to needs a value to begin with"
    )


def _assigned(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    return f"the place on the left of = has the shape ({found[2]}), and what should go there ({found[1]})"


def _slice_ends(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Say that a slice ends at a number with a point, where it does; that it must not, otherwise."""
    index = node.slice if isinstance(node, ast.Subscript) else None
    slices = index.elts if isinstance(index, ast.Tuple) else [index]
    ends = [
        end for part in slices if isinstance(part, ast.Slice) for end in (part.lower, part.upper, part.step)
    ]
    held = [value_of(end, frame) for end in ends if end is not None]
    if any(isinstance(value, float) for value in held) or all(value is UNKNOWN for value in held):
        return _WHOLE
    return "the numbers around : in [ ] must be whole ones"


def _indices(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Say what stands in [ ] behind an array."""
    index = node.slice if isinstance(node, ast.Subscript) else None
    value = index.value if isinstance(index, ast.Constant) else value_of(index, frame)
    if isinstance(value, str):
        return f"it is an array, whose entries have numbers; names such as {value!r} are for a dict"
    kind = getattr(getattr(value, "dtype", None), "kind", "f" if isinstance(value, float) else "")
    must = "what stands in [ ] must be whole numbers, a slice or a mask"
    return f"{must}; here it holds numbers with a point" if kind == "f" else must


def _of_a_tuple(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Say where a tuple comes from that is used as something else."""
    owner = getattr(node, "value", None)
    made = origin(owner, frame)
    if isinstance(made, ast.Call):
        called = getattr(made.func, "attr", getattr(made.func, "id", "it"))
        return f"it is a tuple of several results, all that {called}() gives; give each of them a name: out, cache = …"
    return "it is a tuple; its parts are taken out by their number, [0], or get names of their own: a, b = …"


def _of_a_text(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Say what a text is that is used as something else."""
    owner = getattr(node, "value", None)
    value = value_of(owner, frame)
    loops = [n for n in ast.walk(function_of(frame)) if isinstance(n, ast.For | ast.comprehension)]
    names = {getattr(loop.target, "id", None) for loop in loops}
    shown = (
        f"`{ast.unparse(owner)}` is the text {value!r:.40}"
        if owner and isinstance(value, str)
        else "it is a text"
    )
    if getattr(owner, "id", "") in names:
        return f"{shown}: a loop over a dict gives its keys, and .values() the rest"
    return shown


def _no_array(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    return f"{found[1]} is no array: are the arguments and results in the order that the function's description has?"


def _no_gradient(found: re.Match[str], node: ast.AST | None, frame: FrameType) -> str:
    """Say which tensors require a gradient where one is asked for that nothing was recorded for."""
    tensors = {
        name: value.requires_grad
        for name, value in frame.f_locals.items()
        if type(value).__name__ in ("Tensor", "Parameter") and value.is_floating_point()
    }
    nothing = "nothing that it was computed from requires a gradient"
    having = [name for name, requires in tensors.items() if requires]
    if having:
        some = " and ".join(having)
        verb = "requires" if len(having) == 1 else "require"
        return (
            f"{nothing}; {some} {verb} one: is it used, before a detach or a no_grad, and was it so by then?"
        )
    lacking = f"; none of {', '.join(tensors)} does" if tensors else ""
    asked = "was requires_grad set before the scores were computed, and is there no detach or no_grad?"
    return f"{nothing}{lacking}: {asked}"


_WHOLE = (
    "a whole number is needed here, and this one has a point: / always makes such a number, // a whole one"
)

_HINTS: tuple[tuple[str, Hint | str], ...] = (
    (r"values to unpack|cannot unpack non-iterable", _taken_apart),
    (r"truth value of an array", _truth),
    (r"The size of tensor a \((\d+)\) must match the size of tensor b", _sizes),
    (r"must be a NumPy array, but got tuple", "a tuple has come, as of several results: is it taken apart?"),
    (r"must be a NumPy array, but got (dict|float|int)", _no_array),
    (r"argument after \* must be an iterable, not int", "a shape is a tuple, also with one number: (n,) with a comma"),
    (r"is not a Module subclass", "a class stands there; with parentheses, nn.ReLU(), it makes a layer"),
    (r"Fan in and fan out can not be computed", "this way of drawing is for weights; a bias has one axis only"),
    (r"only integer scalar arrays can be converted to a scalar index", _second_argument),
    (r"'str' object has no attribute", _of_a_text),
    (r"matmul: |shapes \([\d,]*\) and \([\d,]*\) not aligned", _product),
    (r"broadcast together with shapes \(([\d,]*)\) \(([\d,]*)\)", _entrywise),
    (r"index (-?\d+) is out of bounds for (?:axis|dimension) (\d+) with size (\d+)", _beyond),
    (r"too many indices for array: array is (\d+)-dimensional, but (\d+) were indexed", _many_indices),
    (r"axis (-?\d+) is out of bounds for array of dimension (\d+)", _no_such_axis),
    (r"arrays used as indices must be of integer|only integers, slices \(`:`\)", _indices),
    (r"tensors used as indices must be", _indices),
    (r"'(?:numpy\.)?float\d*' object cannot be interpreted as an integer", _WHOLE),
    (r"slice indices must be integers", _slice_ends),
    (r"(\w+)\(\) got an unexpected keyword argument '(\w+)'", _keyword),
    (r"([\w.]+)\(\) missing \d+ required positional argument", _arguments),
    (r"([\w.]+)\(\) takes (?:from )?\d+ .*positional arguments? but \d+ (?:was|were) given", _arguments),
    (r"cannot access local variable '(\w+)'", _unset),
    (r"local variable '(\w+)' referenced before assignment", _unset),
    (r"could not broadcast input array from shape \(([\d,]*)\) into shape \(([\d,]*)\)", _assigned),
    (r"setting an array element with a sequence", "one number belongs into one place of an array, not an array"),
    (r"only (?:length-1|0-dimensional) arrays can be", "one number is needed here, and this is an array of several"),
    (r"'tuple' object has no attribute|tuple indices must be integers", _of_a_tuple),
    (r"list indices must be integers or slices, not float", _WHOLE),
    (r"list indices must be integers", "it is a list: its entries have numbers 0, 1, …, and no names or axes"),
    (r"'list' object has no attribute '(?:shape|sum|mean|T|dot)'", "it is a list; np.array makes an array of it"),
    (r"ndarray' object has no attribute 'append'", "a list grows with append; an array has its size from the start"),
    (r"'dict' object has no attribute '(\w+)'", "the entries of a dict are reached by dict['name']"),
    (r"numpy boolean (?:subtract|negative)",
     "yes and no (bool) have no sign and no difference: .astype(x.dtype) makes numbers of them"),
    (r"unhashable type: 'numpy\.ndarray'", "the entries of a dict have names; an array is none"),
    (r"does not have enough dimensions", "one side of @ is a single number; * multiplies by a number"),
    (r"does not require grad and does not have a grad_fn", _no_gradient),
    (r"leaf Variable that requires grad is being used in an in-place operation",
     "a tensor that requires a gradient may be changed in place inside torch.no_grad() only"),
    (r"backward through the graph a second time",
     "backward() frees the graph: compute the scores anew before each backward(), and call it once"),
    (r"grad can be implicitly created only for scalar outputs",
     "backward() starts at one number: add up or pick out scores first"),
    (r"Can't call numpy\(\) on Tensor that requires grad", "detach() it first"),
    (r"Given groups=1, weight of size \[(\d+), (\d+), .*expected input.* to have \d+ channels, but got (\d+) channels",
     lambda found, node, frame: f"the filters are made for {found[2]} channels, and {found[3]} come in"),
    (r"expected .*type \w+ but found \w+|must have the same dtype|Expected object of scalar type",
     "two tensors have different dtypes: make both float32, or both float64"),
    (r"cannot assign .* as parameter",
     "a parameter of a layer can only become another nn.Parameter; nn.init or copy_ change the numbers that it has"),
    (r"cannot assign .* before Module.__init__\(\) call",
     "super().__init__() must be the first line of __init__ of a module"),
    (r"optimizer got an empty parameter list",
     "no parameter gets there: does something leave them out, "
     "or are the layers no attributes of the module, self.name = nn.…?"),
)  # fmt: skip
"""What an error's message looks like, and what to say of it; the first that fits is taken."""
