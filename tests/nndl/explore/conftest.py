"""A notebook as far as an explorer can see one."""

from __future__ import annotations

import pytest

from nndl.explore.shared import controls


@pytest.fixture
def notebook(monkeypatch):
    """Keep what is displayed, with its settings, and the updates of what was displayed."""
    shown, updates = [], []

    class Handle:
        def update(self, thing, metadata=None, raw=False):
            updates.append((thing, metadata))

    def display(thing, **settings):
        shown.append((thing, settings))
        return Handle()

    monkeypatch.setattr(controls, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    return shown, updates
