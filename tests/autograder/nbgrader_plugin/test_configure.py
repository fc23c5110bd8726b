"""The configuration of nbgrader."""

from __future__ import annotations

from traitlets.config import Config

from autograder import nbgrader_plugin


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
