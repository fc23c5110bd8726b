"""What a student's notebook showed when it was handed in, kept wherever grading does not run the cell again."""

from __future__ import annotations

from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from .execute import is_autograded

MARK = "[The student's own output, as it was handed in. Grading did not run this cell.]\n"


class MarkOwnOutputs(NbGraderPreprocessor):
    """Say of each output whose it is, before any cell is run: a cell that is run has new ones afterwards.

    The outputs are harmless and bounded already; see `submission.notebook.outputs`. Cells with checks lose theirs: what
    stands there says nothing of their points.
    """

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> Any:
        """Mark the outputs of one cell."""
        if cell.cell_type != "code":
            return cell, resources
        if is_autograded(cell):
            cell.outputs = []
        elif cell.outputs:
            cell.outputs.insert(0, nbformat.v4.new_output("stream", name="stdout", text=MARK))
        cell.execution_count = None
        return cell, resources
