"""The documentation site in a real browser: axe finds nothing, and a telephone shows all of its header."""

from __future__ import annotations

import importlib.util

import pytest

from ..tools.docs_site import build
from .looks import WIDTHS, wrong_with

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


API = ("autograder.judging.check", "nndl.layers.affine", "nndl.diagnosis")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if importlib.util.find_spec("sphinx") is None:
        pytest.skip("Sphinx is not here: `make docs` installs it")
    folder = tmp_path_factory.mktemp("site")
    done = build(folder)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "docs" / "_build"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_has_no_finding_of_axe_and_fits(chromium, site, axe, width, scheme):
    api = [site / f"api/generated/{name}.html" for name in API]
    pages = [*site.glob("*.html"), site / "api/index.html", *api]
    context = chromium.new_context(viewport=WIDTHS[width], color_scheme=scheme, bypass_csp=True)
    wrong = []
    try:
        view = context.new_page()
        for page in pages:
            view.goto(page.as_uri())
            wrong += [f"{page.name}: {line}" for line in wrong_with(view, axe)]
    finally:
        context.close()
    assert len(pages) > 20
    assert wrong == []
