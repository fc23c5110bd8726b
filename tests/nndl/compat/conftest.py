"""What the tests of existing courses share: their import names are installed and removed again."""

from __future__ import annotations

import warnings

import pytest

from nndl import compat


@pytest.fixture(autouse=True)
def clean():
    """Nothing is installed before a test and after it."""
    compat.uninstall()
    yield
    compat.uninstall()


@pytest.fixture
def install():
    """`nndl.compat.install` without the warning that another module `utils` is hidden meanwhile."""

    def quietly(*args, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            compat.install(*args, **kwargs)

    return quietly
