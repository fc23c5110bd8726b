"""What runs the visible checks of every milestone and shows how they went."""

from __future__ import annotations

from pathlib import Path

import pytest

from nndl import checking
from nndl.checking import CheckFailed, Note, Progress

SCREEN = 24  # lines


def test_overview_escapes_html():
    progress = Progress("<b>")

    @progress.check(points=1, where="`name` in <script>")
    def something():
        """Do something."""
        yield None

    something()
    page = progress._repr_html_()
    assert "<code>name</code>" in page
    assert "<script>" not in page
    assert "<b>" not in page


def test_check_needs_a_docstring_and_known_prerequisites():
    progress = Progress("x")
    with pytest.raises(ValueError, match="needs a docstring"):

        @progress.check(points=1, where="x")
        def silent():
            yield None

    with pytest.raises(ValueError, match="needs other, which must be defined before it"):

        @progress.check(points=1, where="x", needs=["other"])
        def late():
            """Do something."""
            yield None


def test_many_problems_are_shortened():
    progress = Progress("x")

    @progress.check(points=1, where="x")
    def many():
        """Do something."""
        yield from (f"wrong in entry {number}" for number in range(50))

    with pytest.raises(CheckFailed, match="and 46 more"):
        many()


def test_many_long_problems_fill_no_screen():
    progress = Progress("x")

    @progress.check(points=1, where="x")
    def long():
        """Do something."""
        yield from ("a long story " * 200,) * 50

    with pytest.raises(CheckFailed) as caught:
        long()
    assert len(caught.value._render_traceback_()) <= SCREEN
    assert "points in reach" in caught.value.lines[-1]


def test_no_solution_in_the_checks():
    for path in Path(checking.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "SOLUTION" not in source
        # of an error that has come up it is said that an axis is gone, and how axes are kept; trials keep them
        elsewhere = path.parent.name not in ("errors", "trials")
        for giveaway in ("keepdims",) * elsewhere + ("np.maximum", "np.random.choice("):
            assert giveaway not in source, (path.name, giveaway)


def test_note_keeps_credit_within_bounds():
    progress = Progress("x")

    @progress.check(points=4, where="x")
    def generous():
        """Do something."""
        yield Note("fine", credit=7.0)

    generous()
    assert progress.points() == (4, 4)
