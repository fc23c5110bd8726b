"""Visible checks of the milestone fc_net: known numbers and numeric gradients, no solution."""

from __future__ import annotations

from .accuracy import AccuracyRule

ACCURACY = AccuracyRule(none=30, full=50)
