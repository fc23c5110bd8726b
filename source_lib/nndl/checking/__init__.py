"""Checks that a notebook shows while a student works: one line when it passes, otherwise what is wrong.

One file or folder per milestone holds its checks as plain functions, e.g.
``from nndl.checking import two_layer_net as check`` and then ``check.scores()``.  They help, and grade nothing:
the grader draws fresh inputs and runs outside of the notebook.
"""

from .shared.model import Check, Note, Outcome
from .shared.progress import CheckFailed, Progress

__all__ = ["Check", "CheckFailed", "Note", "Outcome", "Progress"]
