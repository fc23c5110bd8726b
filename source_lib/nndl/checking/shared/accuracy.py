"""How many points an accuracy earns: one rule, for the notebooks and for the grader."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .model import Note


@dataclass(frozen=True)
class AccuracyRule:
    r"""Credit that grows in whole percents between two accuracies.

    .. math:: \max(0, \min(\lfloor X - \text{none} \rfloor / (\text{full} - \text{none}), 1)),
              \quad X = 100 \cdot \text{accuracy}

    Attributes
    ----------
    none, full : int
        Percent of images classified correctly up to which no point is earned, and from which every point is.
    """

    none: int
    full: int

    def credit(self, accuracy: float, allowance: float = 0.0) -> float:
        """Return the share of the points, from 0 to 1.

        Parameters
        ----------
        accuracy : float
            Share of images classified correctly, from 0 to 1.
        allowance : float, default 0
            Percent that are added before the rule is applied.
        """
        # Rounded first: 100 * 0.29 is 28.999999999999996.
        percent = math.floor(round(100 * accuracy + allowance, 6) - self.none)
        return min(max(percent / (self.full - self.none), 0.0), 1.0)

    def note(self, accuracy: float, images: int, points: float, what: str = "the stored net") -> Note:
        """Return what a notebook says of an accuracy measured on ``images`` images, worth ``points`` points."""
        credit = self.credit(accuracy)
        return Note(
            f"{what} is right on {100 * accuracy:.1f} % of these {images} images: "
            f"{points * credit:.3g} of {points:g} points (the grader uses other images)",
            credit,
        )
