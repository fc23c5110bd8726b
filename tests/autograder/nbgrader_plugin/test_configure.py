"""The configuration of nbgrader."""

from __future__ import annotations

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import ignore_patterns
from traitlets.config import Config

from autograder import nbgrader_plugin
from autograder.lms.unpack import FROM_THE_SERVICE


def test_without_the_plugin_nothing_of_it_is_used_by_accident():
    """The preprocessors that matter are named in full, so a typing error stops nbgrader instead of grading."""
    config = Config()
    nbgrader_plugin.configure(config)
    from traitlets.utils.importstring import import_item

    names = [
        *config.GenerateAssignment.preprocessors,
        *config.Autograde.sanitize_preprocessors,
        *config.Autograde.autograde_preprocessors,
        config.ExportApp.plugin_class,
    ]
    for name in names:
        assert import_item(name)
    assert (
        config.Autograde.autograde_preprocessors.index("autograder.nbgrader_plugin.record.RecordScores") > 0
    )


def test_nobody_brings_a_mark_of_the_service_through_the_exchange(tmp_path):
    config = Config()
    nbgrader_plugin.configure(config)
    for name in (FROM_THE_SERVICE, "layers.py"):
        (tmp_path / name).write_text("{}")
    directory = CourseDirectory(config=config)
    left = ignore_patterns(exclude=directory.ignore, include=directory.include)
    assert left(str(tmp_path), [FROM_THE_SERVICE, "layers.py"]) == [FROM_THE_SERVICE]
