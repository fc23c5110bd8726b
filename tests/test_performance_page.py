"""docs/performance.md is what its figures give."""

from __future__ import annotations

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


def test_the_page_is_that_of_the_kept_figures(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    import performance_page

    page = performance_page.page()
    assert performance_page.PAGE.read_text(encoding="utf-8") == page
    assert "<!--" not in page
