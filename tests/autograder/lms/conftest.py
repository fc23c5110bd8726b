"""The class of 400 that the tests of this folder share."""

from __future__ import annotations

import pytest
from nbgrader.api import Gradebook

from autograder.gradebook.scores import results

from . import big_class


@pytest.fixture(scope="session")
def gradebook_url(tmp_path_factory):
    """The gradebook of a class of 400; tests read it only."""
    return big_class.make(tmp_path_factory.mktemp("class") / "gradebook.db")


@pytest.fixture(scope="session")
def found(gradebook_url):
    with Gradebook(gradebook_url) as gradebook:
        return list(results(gradebook))
