"""Mutants: one small change each, inside a fence, that is another program."""

from __future__ import annotations

import ast
import textwrap

import pytest

from autograder.library.local import reference_folder
from autograder.slips.mutation import fenced_files, mutants, mutants_of
from autograder.sources import Sources

DROPOUT, NAMES = Sources().milestone("dropout"), Sources().milestone_names


def fenced(body):
    """Return a file with a function whose body is the work of a milestone."""
    return (
        "def f(x, y=1):\n    x = x + 1\n    ### BEGIN SOLUTION dropout\n"
        + textwrap.indent(textwrap.dedent(body), "    ")
        + "    ### END SOLUTION\n    return x - 1\n"
    )


def changes(body):
    return [mutant.change for mutant in mutants_of(DROPOUT, "f.py", fenced(body), NAMES)]


@pytest.mark.parametrize(
    ("line", "change"),
    [
        ("x = x * y\n", "x * y → (x / y)"),
        ("x = x[1:]\n", "1 → (2)"),
        ("x = x / 0.5\n", "0.5 → (1.0)"),
        ("x = True\n", "True → (False)"),
        ("x = x > 0\n", "x > 0 → (x >= 0)"),
        ("x = x.sum()\n", "x.sum() → (x.mean())"),
        ("x = x.copy()\n", "x.copy() → (x)"),
        ("x = np.sqrt(x)\n", "np.sqrt(x) → (x)"),
        ("x = f(x, y=2)\n", "f(x, y=2) → (f(x))"),
        ("x = -x\n", "-x → (x)"),
        ("x = x\n", "x = x → pass"),
        ("x = x.transpose(0, 2, 1)\n", "x.transpose(0, 2, 1) → x.transpose(2, 0, 1)"),
        ("n, d = x.shape\n", "(n, d) → (d, n)"),
        ("x = f(x, y)\n", "f(x, y) → f(y, x)"),
        ("x = x - y\n", "x - y → (y - x)"),
        ("x = x @ y\n", "x @ y → (y @ x)"),
        ("x = [y for i in range(y)]\n", "range(y) → (range(y - 1))"),
        ("x = x[y : y + 3]\n", "x[y:y + 3] → (x[y:y + 3 - 1])"),
        ("x = np.sum(x**2)\n", "np.sum(x ** 2) → (np.sum(x) ** 2)"),
        ("x += y\n", "x += y → x = y"),
        ("x = x.var()\n", "x.var() → (x.std())"),
        ("height = width = 3\nx = height * x\n", "height → width"),
        ("x = x + 1\nx = 2 * x\n", "x = 2 * x before x = x + 1"),
        ("for i in y:\n    x = x + i\n    x = 2 * x\n", "x = 2 * x after the loop"),
        ("for i in y:\n    x = 2 * x\n    x = x + i\n", "x = 2 * x before the loop"),
        ("if y:\n    x = x + 1\n    x = 2 * x\n", "x = 2 * x after the condition"),
    ],
)
def test_a_change_is_made(line, change):
    assert change in changes(line)


@pytest.mark.parametrize(
    "body",
    [
        "x = x.sum(axis=(0, 2))\n",  # axes that are reduced together have no order
        "x['a'] = y\nx['b'] = y\n",  # neither statement sees the other
        "z = y + 1\nx = z\n",  # the name would have no value
        "return x\nx = y\n",  # nothing moves over the end
    ],
)
def test_what_makes_no_difference_is_not_exchanged(body):
    assert [change for change in changes(body) if " before " in change or "(2, 0)" in change] == []


def test_a_statement_moves_with_its_lines():
    source = fenced("if y:\n    x = x + 1\n    if x:\n        x = 2 * x\n")
    (moved,) = (
        m for m in mutants_of(DROPOUT, "f.py", source, NAMES) if m.change == "if x: after the condition"
    )
    expected = fenced("if y:\n    x = x + 1\nif x:\n    x = 2 * x\n")
    assert moved.edited.apply("f.py", source) == expected


def test_nothing_is_changed_outside_of_the_fence_or_in_what_is_only_said():
    found = changes("if x > 3:\n    raise ValueError(f'{x + 1} is more than 3')\n")
    assert [change for change in found if change.startswith(("x - 1 →", "x + 1 →", "return", "raise"))] == []
    assert "x > 3 → (x >= 3)" in found


def test_only_fences_of_the_milestone_count():
    assert list(mutants_of(Sources().milestone("fc_net"), "f.py", fenced("x = x * y\n"), NAMES)) == []


def test_the_same_change_in_two_places_has_two_keys():
    keys = [m.key for m in mutants_of(DROPOUT, "f.py", fenced("x = x * y\nz = x * y\n"), NAMES)]
    assert {"f: x * y → (x / y)", "f: x * y → (x / y) #2"} <= set(keys)
    assert len(set(keys)) == len(keys)


def test_a_mutant_is_the_reference_with_one_change():
    source = fenced("x = x * y\n")
    (mutant,) = (m for m in mutants_of(DROPOUT, "f.py", source, NAMES) if m.change == "x * y → (x / y)")
    assert mutant.edited.files == ("f.py",)
    assert mutant.edited.apply("f.py", source) == source.replace("x * y", "(x / y)")


def test_every_mutant_of_a_milestone_is_another_program():
    sources = dict(fenced_files(DROPOUT))
    found = mutants(DROPOUT)
    texts = {mutant.file: [ast.dump(ast.parse(text))] for mutant in found for text in [sources[mutant.file]]}
    for mutant in found:
        texts[mutant.file].append(ast.dump(ast.parse(mutant.edited.apply(mutant.file, sources[mutant.file]))))
    assert len(found) > 20
    assert [file for file, trees in texts.items() if len(set(trees)) != len(trees)] == []
    assert all((reference_folder("nndl") / file).is_file() for file in texts)


def test_a_change_of_a_method_is_read_with_its_lines_alone():
    text = 'x = x + y\nz = """\nfar out"""\n'  # a line with less indentation than the method itself
    method = textwrap.indent(fenced(text), "    ").replace("        far out", "far out")
    source = f"class C:\n    def e(self):\n        pass\n\n{method}\n    def g(self): return 1\n"
    found = list(mutants_of(DROPOUT, "f.py", source, NAMES))
    assert "x + y → (x - y)" in [m.change for m in found]
    trees = [ast.dump(ast.parse(m.edited.apply("f.py", source))) for m in found]
    assert len({*trees, ast.dump(ast.parse(source))}) == len(found) + 1
