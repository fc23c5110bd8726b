"""Which small slip a wrong answer looks like, where no known mistake explains it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..judging import milestone_content
from ..judging.check import Check
from ..judging.edited_reference import NamedBug
from ..milestone import Milestone
from .mutation import Mutant, fenced_files, mutants
from .shown import holds


def slips_of(
    milestone: Milestone, check: Check, written: Callable[[str], str] | None = None
) -> Iterator[NamedBug]:
    """Yield the slips that may be what a check has failed for; each is forgotten again when the next one is asked for.

    Those are the mutants of the functions in which known mistakes are made that the check is about. What was done is
    their explanation, in words that do not tell the solution. A milestone with a ``while`` has none: with a slip, its
    loop might never end.

    Parameters
    ----------
    milestone : Milestone
    check : Check
    written : callable, optional
        Gives the student's text of a file of the package. Where it is known, a slip in a comparison, a condition or a
        loop is left out if the student's function holds none: see `shown`.
    """
    text = None if written is None else functools.cache(written)
    for mutant in _by_check(milestone).get(check.name, ()):
        if text is not None and not holds(text(mutant.file), mutant.function, mutant.needs):
            continue
        try:
            yield NamedBug(mutant.edited, mutant.words, "", (check.name,))
        finally:
            mutant.edited.forget()


@functools.cache
def _by_check(milestone: Milestone) -> Mapping[str, Sequence[Mutant]]:
    """Return for each check the mutants that have words, in the functions that its known mistakes are made in."""
    scopes: dict[str, set[tuple[str, str]]] = {}
    for bug in milestone_content.bugs(milestone):
        for edit in bug.edited.edits:
            for check in bug.concerns:
                scopes.setdefault(check, set()).add((edit.file, getattr(edit, "scope", "")))
    if any(_may_never_end(source) for _, source in fenced_files(milestone)):
        return {}
    worded = [mutant for mutant in mutants(milestone) if mutant.words]
    return {
        check: tuple(mutant for mutant in worded if any(_is_in(mutant, *scope) for scope in sorted(there)))
        for check, there in scopes.items()
    }


def _may_never_end(source: str) -> bool:
    """Whether a slip may make a loop endless: slips are run here, and not in a sandbox with its limits."""
    return any(
        isinstance(node, (ast.While, ast.YieldFrom, ast.Yield)) for node in ast.walk(ast.parse(source))
    )


def _is_in(mutant: Mutant, file: str, scope: str) -> bool:
    """Whether a mutant is in a function or class, or for an empty name in a file."""
    inside = not scope or mutant.function == scope or mutant.function.startswith(f"{scope}.")
    return mutant.file == file and inside
