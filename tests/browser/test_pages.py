"""Every page in a real browser, at desk and phone width, light and dark: axe finds nothing, and nothing is too wide."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile

import pytest

from .class_pages import write_all

pytestmark = pytest.mark.slow

WIDTHS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PAGES = ("feedback", "not_graded", "class_report", "question", "similarity")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return write_all(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """Fetch axe-core, as npm has it."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm to get axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(
        ["npm", "pack", "--silent", "axe-core@4"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"axe-core cannot be fetched: {done.stderr.strip()[:200]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


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
        view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        too_wide = view.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert too_wide <= 0
        view.evaluate(axe)
        found = view.evaluate("axe.run().then(r => JSON.stringify(r.violations))")
        lines = [f"{v['impact']}: {v['id']}: {v['nodes'][0]['html'][:200]}" for v in json.loads(found)]
        assert lines == []
    finally:
        context.close()


def test_feedback_shows_no_path_of_this_machine(pages):
    text = pages["feedback"].read_text()
    assert "/work" not in text
    assert "/tmp" not in text
    assert "<math" in text
