"""What a course puts into its ``nbgrader_config.py``, so that nbgrader grades as ``autograder`` does.

    from autograder import nbgrader_plugin

    c = get_config()
    nbgrader_plugin.configure(c)

From then on ``nbgrader generate_assignment``, ``autograde``, ``generate_feedback`` and ``export``, and the buttons of
the formgrader page, do what ``autograder`` does on the command line.
"""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

_GENERATE = (
    "autograder.nbgrader_plugin.release.ExtraCredit",
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.nbgrader_plugin.release.BuildRelease",
)
_SANITIZE = (
    "autograder.nbgrader_plugin.own_outputs.MarkOwnOutputs",
    "nbgrader.preprocessors.CheckCellMetadata",
)
_AUTOGRADE = (
    "autograder.nbgrader_plugin.execute.SandboxedExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbgrader.preprocessors.LimitOutput",
    "autograder.nbgrader_plugin.record.RecordScores",
    "autograder.nbgrader_plugin.late_penalty.ApplyExtensions",
    "autograder.nbgrader_plugin.late_penalty.WholePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
)
_FEEDBACK = (
    "autograder.nbgrader_plugin.feedback.GetScores",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
)
_FILTERS = {
    "float": "autograder.nbgrader_plugin.feedback.number",
    "round": "autograder.nbgrader_plugin.feedback.rounded",
}
_NOT_COPIED = (
    *(".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback"),  # nbgrader's own
    *(".venv", "venv", "env", "*-env", ".git", "*.egg-info", "build", "node_modules"),
)
"""Files and folders that `nbgrader submit` and `nbgrader collect` leave where they are."""


def configure(c: Any) -> None:
    """Set nbgrader's options, and replace its converter by the safe one.

    Parameters
    ----------
    c : traitlets Config
        The object that ``get_config()`` returns in ``nbgrader_config.py``. Settings made after the call win.
    """
    from ..lms.unpack import FROM_THE_SERVICE

    c.CourseDirectory.source_directory = "assignments"
    c.CourseDirectory.ignore = [*_NOT_COPIED, FROM_THE_SERVICE]
    c.GenerateAssignment.preprocessors = list(_GENERATE)
    c.Autograde.sanitize_preprocessors = list(_SANITIZE)
    c.Autograde.autograde_preprocessors = list(_AUTOGRADE)
    c.GenerateFeedback.preprocessors = list(_FEEDBACK)
    c.HTMLExporter.filters = dict(_FILTERS)
    c.ExportApp.plugin_class = "autograder.nbgrader_plugin.export.ScoresExporter"
    install()


def install() -> None:
    """Replace nbgrader's Autograde and GenerateAssignment, and its two ways of reading a timestamp, in this process.

    nbgrader 0.9 has no setting for the class of its converter, and both the converter and the readers of timestamps
    copy or open what a student submitted before any configurable step runs. The command line and the formgrader
    page look the names up where they are replaced here.
    """
    # nbgrader calls alembic by name; without an activated environment it would not find it
    os.environ["PATH"] = os.pathsep.join(
        [os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)]
    )
    # and SQLAlchemy warns of nbgrader's way to make rows, at every submission
    warnings.filterwarnings(
        "ignore", message=r"(?s).*not in session, add operation along", module=r"nbgrader\.api"
    )
    import nbgrader.apps.api
    import nbgrader.apps.autogradeapp
    import nbgrader.apps.generateassignmentapp
    from nbgrader.coursedir import CourseDirectory

    from .autograde import AutogradeCommand, SandboxedAutograde, read_timestamp
    from .generate import KeepingGenerate

    def submitted_timestamp(api: Any, assignment_id: str, student_id: str) -> Any:
        folder = api.coursedir.format_path(api.coursedir.submitted_directory, student_id, assignment_id)
        return read_timestamp(api.coursedir, folder)

    nbgrader.apps.api.Autograde = SandboxedAutograde
    nbgrader.apps.autogradeapp.Autograde = AutogradeCommand
    nbgrader.apps.api.GenerateAssignment = nbgrader.apps.generateassignmentapp.GenerateAssignment = (
        KeepingGenerate
    )
    nbgrader.apps.api.NbGraderAPI.get_submitted_timestamp = submitted_timestamp
    CourseDirectory.get_existing_timestamp = read_timestamp
