"""Look for a small change of a student's function with which a check passes."""

from __future__ import annotations

import ast
import copy
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Protocol

import numpy as np

from ..code.fact import Function
from ..code.facts import PARENT, functions_of
from . import added, moved, replaced, statements, taken_out
from .edit import Edit, places
from .guard import Forbidden, nothing_reaches_out
from .harmless import harmless, keeps_to_itself, locked_arrays
from .replaced import Around
from .running import compiled, function_object, running_as

Rank = Callable[[ast.FunctionDef, Around], Iterator[Edit]]

_SECONDS = 6.0
"""Processor time for all trials of one check."""
_WAITING = 12.0
"""Seconds for all of them: a student waits no longer, whatever the code does."""
_LONGEST = 1.0
"""Seconds for one of them, and three times what the check takes: a change can make a loop that does not end."""
_TOLD_AFTER = 1.0
"""Seconds after which it is told what goes on."""
_TOLD = f"looking for a small change with which it passes (at most {_WAITING:.0f} s; interrupt to skip)"


class Question(Protocol):
    """What is asked after a change of the code."""

    @property
    def where(self) -> str:
        """What a check that does not pass says of where its work is done."""

    @property
    def where_before(self) -> list[str]:
        """What the checks that it needs say of that."""

    def called(self) -> set[CodeType]:
        """Return the code of all functions that the check comes to."""

    def wrong_values(self) -> list[str]:
        """Return the names of what the check finds wrong."""

    def passes(self) -> bool:
        """Return whether the check passes now."""

    def keeps(self) -> bool:
        """Return whether what the check needs passes still."""

    def all_agree(self) -> bool:
        """Return whether all others pass that must."""

    def tell(self, line: str) -> None:
        """Tell the student something while the trials go on."""

    def within(self, seconds: float, ask: Callable[[], bool]) -> bool | None:
        """Return the answer to a question; None if it takes too long."""


def tried_out(question: Question, root: Path = PARENT) -> list[str]:
    """Return how a function of a student's would be with which a check passes, a sentence each.

    Parameters
    ----------
    question : Question
        What is asked after each change.
    root : Path
        The folder that the names of files begin in.
    """
    if threading.current_thread() is not threading.main_thread():
        return []  # nothing would stop a loop without an end
    shown = sys.stdout
    try:
        with _interrupts() as interrupted, np.errstate(all="ignore"):
            search = _Search(question, root, interrupted)
            found = search.whole(_PLAIN) or search.of_small_numbers() or search.with_more()
    except KeyboardInterrupt:
        found = ""
    finally:
        sys.stdout = shown
    return [f"tried out in {found}"] if found else []


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Let the first interrupt inside the block end the search after the trial that goes on, which puts all back.

    Where the system has no alarm, an interrupt is also what ends a trial that takes too long: it stays one.
    """
    interrupted = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt
        interrupted.set()

    if not hasattr(signal, "setitimer"):
        yield interrupted
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)


class _Search:
    """Trials of one check, until their time is over or the student ends them."""

    def __init__(self, question: Question, root: Path, interrupted: threading.Event) -> None:
        self.question = question
        self.interrupted = interrupted
        self.begin = time.monotonic()
        self.told = False
        self.wrong = question.wrong_values()
        self.longest = _LONGEST + 3 * (time.monotonic() - self.begin)
        self.end = time.process_time() + _SECONDS
        ran = question.called()
        self.here = [one for one in _tried(question.where, root) if one.may_change(ran)]
        names = {one.function.name for one in self.here}
        before = [one for where in question.where_before for one in _tried(where, root)]
        self.before = [one for one in before if one.function.name not in names and one.may_change(ran)]

    def whole(self, ranks: Sequence[Rank]) -> str:
        """Return a change with which the check passes, in the functions that it is about before all others."""
        tried = [(self.here, rank) for rank in ranks] + [(self.before, rank) for rank in _OF_WHAT_PASSES]
        for functions, rank in tried:
            if found := self._first(functions, rank, self.question.passes):
                return f"{found}, this check passes"
        return ""

    def with_more(self) -> str:
        """Return where a part is missing with which the check passes; which one, if no other would do as well."""
        for rank in _WITH_MORE:
            every = [
                (f"`{one.function.name}`, line {edit.line}: ", edit.says)
                for one in self.here
                for edit in one.edits(rank)
                if self._helps(one, edit, self.question.passes)
            ]
            if every:
                (place, says), *others = every
                said = (
                    says if not others else "with another function, factor or part beside what stands there"
                )
                return f"{place}{said}, this check passes"
        return ""

    def of_small_numbers(self) -> str:
        """Return a change of a number such as eps with which the first finding is gone, if others are left."""
        found = self._first(self.here, _SMALL_NUMBERS, self._goes_further)
        return f"{found}, the first of these findings is gone" if found else ""

    def _first(self, functions: Sequence[Tried], rank: Rank, ask: Callable[[], bool]) -> str:
        for one in functions:
            for edit in one.edits(rank):
                if self._helps(one, edit, ask):
                    return f"`{one.function.name}`, line {edit.line}: {edit.says}"
        return ""

    def _goes_further(self) -> bool:
        left = set(self.question.wrong_values())
        return left <= {*self.wrong[1:]} - {*self.wrong[:1]}

    def _helps(self, one: Tried, edit: Edit, ask: Callable[[], bool]) -> bool:
        """Return whether a change does what is asked, and no other check speaks against it."""
        left = self._left()
        if left <= 0:
            return False
        others = self.question.all_agree if ask == self.question.passes else self.question.keeps
        with one.changed(edit) as ready:
            answer = self.question.within(min(self.longest, left), lambda: _guarded(ask)) if ready else False
            if answer:
                answer = self.question.within(max(self._left(), self.longest), lambda: _guarded(others))
        if answer is None and not hasattr(signal, "setitimer"):
            self.end = 0.0  # the student may have ended it
        return bool(answer)

    def _left(self) -> float:
        """Return how many seconds are left, none if those of the processor are over; tell the student of a wait."""
        waited = time.monotonic() - self.begin
        if self.interrupted.is_set() or time.process_time() > self.end:
            return 0.0
        if waited > _TOLD_AFTER and not self.told:
            self.told = True
            self.question.tell(_TOLD)
        return _WAITING - waited


def _guarded(ask: Callable[[], bool]) -> bool:
    """Return the answer to a question; no if something would have been written, removed or started on the way."""
    try:
        with nothing_reaches_out():
            return ask()
    except Forbidden:
        return False


class Tried:
    """A function of which changes are tried out."""

    def __init__(self, file: Path, function: Function, found: FunctionType) -> None:
        self.file = file
        self.function = replace(function, node=copy.deepcopy(function.node))
        self.found = found
        self.around = _around(self.function, found)

    def may_change(self, ran: set[CodeType]) -> bool:
        """Return whether a check comes to it, and all that ran of its file leaves what is outside as it is."""
        beside = [code for code in ran if code.co_filename == self.found.__code__.co_filename]
        return (
            self.found.__code__ in ran
            and harmless(self.found)
            and all(keeps_to_itself(code, self.found.__globals__) for code in beside)
        )

    def edits(self, rank: Rank) -> Iterator[Edit]:
        """Return the changes of one kind."""
        return rank(self.function.node, self.around)

    @contextmanager
    def changed(self, edit: Edit) -> Iterator[bool]:
        """Let the function run with a change inside the block; say whether it can."""
        with edit.made():
            code = compiled(self.file, self.function)
        if code is None or code.co_freevars != self.found.__code__.co_freevars:
            yield False
            return
        with locked_arrays(self.found), running_as(self.found, code):
            yield True


def _tried(where: str, root: Path) -> Iterator[Tried]:
    for file, function in functions_of(where, root):
        found = function_object(file, function)
        if found is not None:
            yield Tried(file, function, found)


def _around(function: Function, found: FunctionType) -> Around:
    """Return what a function could have named."""
    node = function.node
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    given = [a.arg for a in (*node.args.args, *node.args.kwonlyargs)]
    own = [
        ast.unparse(n)
        for n in ast.walk(node)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
    ]
    functions = [
        name
        for name, value in found.__globals__.items()
        if callable(value) and not name.startswith("__") and _may_be_called(value)
    ]
    texts = [
        n.value
        for n in ast.walk(function.owner or node)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.isidentifier()
    ]
    return Around(
        tuple(dict.fromkeys([*given, *names, *own])),
        tuple(functions),
        tuple(dict.fromkeys(texts)),
        replaced.described_numbers(ast.get_docstring(node) or ""),
    )


def _may_be_called(value: object) -> bool:
    return not isinstance(value, FunctionType) or harmless(value)


def _everywhere(*rules: Callable[..., Iterable[Edit]]) -> Rank:
    def edits(node: ast.FunctionDef, around: Around) -> Iterator[Edit]:
        every = list(places(node))
        for rule in rules:
            for place in every:
                yield from rule(place, around) if rule.__code__.co_argcount == 2 else rule(place)

    return edits


def _lines(*rules: Callable[[ast.FunctionDef], Iterable[Edit]]) -> Rank:
    def edits(node: ast.FunctionDef, around: Around) -> Iterator[Edit]:
        for rule in rules:
            yield from list(rule(node))

    return edits


def _in_each_place(rank: Rank) -> Rank:
    """Make a change of a rank in all places that it can be made in, where there are several."""

    def edits(node: ast.FunctionDef, around: Around) -> Iterator[Edit]:
        alike: dict[str, list[Edit]] = {}
        for edit in rank(node, around):
            new = [ast.dump(put.new) if isinstance(put.new, ast.AST) else "" for put in edit.puts]
            alike.setdefault(f"{edit.says} {new}", []).append(edit)
        for same in alike.values():
            if len(same) > 1 and all(isinstance(put.new, ast.AST) for put in same[0].puts):
                puts = tuple(put for edit in same for put in edit.puts)
                yield Edit(same[0].line, f"{same[0].says}, in each of {len(same)} places", puts)

    return edits


def _small_numbers(node: ast.FunctionDef, around: Around) -> Iterator[Edit]:
    """Yield the changes of an operation with a number such as eps."""
    for place in list(places(node)):
        sides = (place.node.left, place.node.right) if isinstance(place.node, ast.BinOp) else ()
        if any(
            isinstance(s, ast.Constant) and isinstance(s.value, float) and 0 < s.value < _SMALL for s in sides
        ):
            yield from taken_out.of_place(place)


_SMALL = 1e-3
_SMALL_NUMBERS: Rank = _small_numbers
_ANOTHER_FORM = (replaced.other_axes, replaced.other_functions, replaced.transposed, replaced.columns)
_PLAIN: tuple[Rank, ...] = (
    _everywhere(taken_out.keywords),
    _everywhere(taken_out.of_place),
    _everywhere(*_ANOTHER_FORM, added.first_results),
    _in_each_place(_everywhere(taken_out.of_place, *_ANOTHER_FORM)),
    _lines(*statements.RULES, *moved.RULES),
    _everywhere(
        replaced.other_numbers,
        replaced.one_more_or_less,
        replaced.other_ranges,
        replaced.other_orders_of_axes,
    ),
    _everywhere(replaced.other_texts, added.copies, added.signs, added.arguments),
    _everywhere(
        replaced.other_variables, replaced.other_indices, replaced.one_of_each_row, replaced.one_entry
    ),
)
"""Kinds of changes, those first that say most."""
_OF_WHAT_PASSES: tuple[Rank, ...] = (
    _everywhere(taken_out.of_place),
    _lines(statements.overwritten),
    _everywhere(replaced.other_variables),
)
"""Kinds of changes of a function whose own check passes: it may hand on something else than it should."""
_WITH_MORE: tuple[Rank, ...] = (_everywhere(added.functions), _everywhere(added.parts))
"""Kinds of changes that put more into the code: there are very many."""
