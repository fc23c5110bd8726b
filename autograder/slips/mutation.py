"""Mutants: the reference with one small change inside a fence, as a slip of the pen makes it.

They measure what the checks miss: one that passes every check is either equivalent to the reference or shows a claim
that no check makes. And they tell which slip a wrong answer looks like, in words: see `slips.search`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ..judging.edited_reference import EditedReference, TextEdit
from ..library.local import reference_folder
from ..milestone import Milestone
from ..release import fences
from ..sources import Sources
from . import changes, shown
from .moved_statements import moves


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
    words : str
        What was done, without the solution's own text: ``"a sum is a mean"``; empty if there are no words for it.
    needs : frozenset of str
        Nodes of a syntax tree, of which code has one where this was done in it; empty if nothing is known of that.
    """

    milestone: str
    file: str
    function: str
    change: str
    edited: EditedReference
    words: str = ""
    needs: frozenset[str] = frozenset()

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
    shapes = _Shapes(source, tree)
    for first, last, change, mutated, words, needs in _changed(source, tree, regions):
        region = next((f for f in regions if _is_inside(f, first, last)), None)
        if region is None or not shapes.is_new(first, last, mutated):
            continue
        count = seen[region.function, change] = seen.get((region.function, change), 0) + 1
        edited = EditedReference("mutant", (TextEdit(file, source, mutated),), milestone.reference)
        change += f" #{count}" if count > 1 else ""
        yield Mutant(milestone.name, file, region.function, change, edited, words, needs)


class _Shapes:
    """Knows which changes of a file mean the same, whatever they look like.

    What a change leads to is compared in the function around it alone: of a whole file that takes most of the time of
    making mutants.
    """

    def __init__(self, source: str, tree: ast.AST):
        self._lines = source.split("\n")
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        self._functions = sorted(functions, key=lambda function: -function.lineno)  # inner ones first
        self._known: dict[tuple[int, int], set[str]] = {}

    def is_new(self, first: ast.stmt | ast.expr, last: ast.stmt | ast.expr, mutated: str) -> bool:
        """Whether a file with a change can be read, and is neither the file as it was nor one that was asked about."""
        begin, end = self._around(first, last)
        if (begin, end) not in self._known:
            self._known[begin, end] = {_shape(self._lines[begin:end])}
        lines = mutated.split("\n")
        try:
            shape = _shape(lines[begin : end - len(self._lines) + len(lines)])
        except SyntaxError:  # e.g. a starred expression in brackets
            return False
        new = shape not in self._known[begin, end]
        self._known[begin, end].add(shape)
        return new

    def _around(self, first: ast.stmt | ast.expr, last: ast.stmt | ast.expr) -> tuple[int, int]:
        """Return the lines of the innermost function around a change, or of the whole file."""
        for function in self._functions:
            if function.lineno < first.lineno and _last_line(last) <= _last_line(function):
                return function.lineno - 1, _last_line(function)
        return 0, len(self._lines)


def _shape(lines: Sequence[str]) -> str:
    """Return the syntax tree of some lines as a text; they may be those of a method."""
    indented = lines[0][:1].isspace()
    return ast.dump(ast.parse("\n".join(["if 1:", *lines] if indented else lines)))


def _is_inside(region: fences.Fence, first: ast.stmt | ast.expr, last: ast.stmt | ast.expr) -> bool:
    return region.begin < first.lineno and _last_line(last) < region.end


def _changed(
    source: str, tree: ast.AST, regions: Sequence[fences.Fence]
) -> Iterator[tuple[ast.stmt | ast.expr, ast.stmt | ast.expr, str, str, str, frozenset[str]]]:
    """Yield where each change begins and ends, what it is, the file with it, what it is in words, and what it needs.

    A change of one node is made inside of the regions alone.
    """
    worded = _worded(tree)
    around = shown.surroundings(tree)
    mates = changes.rows_and_columns(tree)
    axes = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg == "axis"}
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.stmt)) and id(node) not in worded:
            if not any(_is_inside(region, node, node) for region in regions):
                continue
            if id(node) in axes and isinstance(node, ast.Tuple):
                continue  # axes that are reduced together have no order; each of them is changed on its own
            for new, words in changes.of_node(node, mates):
                change = f"{_short(ast.unparse(node))} → {_short(new)}"
                needs = around.get(id(node), frozenset())
                if isinstance(node, ast.Compare):
                    needs = _asked(new) or needs
                elif "a loop " in words and not needs:
                    needs = shown.LOOP if "left out" not in words else needs
                yield node, node, change, _replace(source, node, new), words, needs
    for move in moves(source, tree):
        needs = shown.LOOP if "the loop" in move.words else frozenset()
        needs = shown.CONDITION if "the condition" in move.words else needs
        yield move.first, move.last, move.change, move.text, move.words, needs


def _asked(new: str) -> frozenset[str]:
    """Return what a changed comparison asks for; nothing if it is none any more."""
    body = ast.parse(new, mode="eval").body
    return shown.comparisons(body) if isinstance(body, ast.Compare) else frozenset()


def _last_line(node: ast.stmt | ast.expr) -> int:
    assert node.end_lineno is not None
    return node.end_lineno


def _worded(tree: ast.AST) -> set[int]:
    """Return what is only wording: the insides of errors and of f-strings, which no check reads."""
    inside = (ast.walk(node) for node in ast.walk(tree) if isinstance(node, (ast.Raise, ast.JoinedStr)))
    return {id(part) for parts in inside for part in parts}


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
