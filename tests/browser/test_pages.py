"""Every page in a real browser, at desk and phone width, light and dark: axe finds nothing, and nothing is too wide."""

from __future__ import annotations

import pytest

from .class_pages import write_all
from .looks import WIDTHS, wrong_with

pytestmark = pytest.mark.slow

PAGES = ("feedback", "not_graded", "class_report", "question", "similarity")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return write_all(tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", PAGES)
def test_page_has_no_finding_of_axe_and_fits(chromium, pages, axe, page, width, scheme):
    context = chromium.new_context(viewport=WIDTHS[width], color_scheme=scheme, bypass_csp=True)
    try:
        view = context.new_page()
        asked = []
        view.on("request", lambda request: asked.append(request.url))
        view.goto(pages[page].as_uri())
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert wrong_with(view, axe) == []
    finally:
        context.close()


def test_feedback_shows_no_path_of_this_machine(pages):
    text = pages["feedback"].read_text()
    assert "/work" not in text
    assert "/tmp" not in text
    assert "<math" in text
