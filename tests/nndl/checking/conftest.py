"""What the tests of the visible checks share."""

from __future__ import annotations

import pytest

from nndl.checking.shared import progress


@pytest.fixture(autouse=True)
def nothing_is_tried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let checks that fail end at once: changes of the code are tried out for seconds, and have tests of their own."""
    monkeypatch.setattr(progress, "tried_out", lambda *_: [])
