"""Which seed a hand-in is graded with: one that nobody could have learned anything about when it was handed in."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ...grading.grade import new_seed


@dataclass
class Seeds:
    """The seeds of one process that grades.

    Hand-ins that waited together when a seed was drawn share it, as a class does in one run of ``autograder grade``:
    the right answers to its cases, and those of the known mistakes, are computed once. Nobody gains anything by that:
    each of them was handed in before there was a reply on any of these cases, and what is handed in afterwards gets
    another seed. Where nobody waits, each hand-in has a seed of its own.
    """

    _seed: int = 0
    _milestone: str = ""
    _for: set[str] = field(default_factory=set, repr=False)

    def serves(self, hand_in: str, milestone: str) -> bool:
        """Return whether the last seed is for this hand-in, too."""
        return milestone == self._milestone and hand_in in self._for

    def of(self, hand_in: str, milestone: str, waiting: Callable[[], Collection[str]]) -> int:
        """Return the seed for a hand-in.

        Parameters
        ----------
        hand_in, milestone : str
            The hand-in's id, and what it is of.
        waiting : callable
            Returns the ids of the hand-ins that wait now; asked before a new seed is drawn.
        """
        if not self.serves(hand_in, milestone):
            self._for = {hand_in, *waiting()}
            self._seed, self._milestone = new_seed(), milestone
        self._for.discard(hand_in)  # graded once more, it gets other cases
        return self._seed
