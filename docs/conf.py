"""The documentation site: Sphinx with MyST, numpydoc and the theme of NumPy's own pages; ``make docs`` builds it.

What is published has no answers: neither the pages named in `FOR_INSTRUCTORS` nor the library's sources. ``make
docs-instructors`` builds a site that has them, with Sphinx's tag ``instructors``.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "source_lib"), str(Path(__file__).parent / "_extensions")]

project = "nndl"
author = "the maintainers"
FOR_INSTRUCTORS = {
    "rubrics": "model answers",
    "check-strength": "lines of solutions, known mistakes, and what hidden checks play",
    "results": "the settings with which nets reach their goals",
}
"""Pages that only a site for instructors has, and what is in them."""

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",
]
exclude_patterns = ["_build", "_extensions", "_templates"]
if tags.has("instructors"):  # noqa: F821 - Sphinx defines it
    extensions.append("sphinx.ext.viewcode")
else:
    exclude_patterns += [f"{page}.*" for page in FOR_INSTRUCTORS]
templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = "Neural networks from scratch"
html_sidebars = {"*": []}  # pages without pages below them have nothing to list there
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "header_links_before_dropdown": 4,
    "secondary_sidebar_items": ["page-toc"],
}
html_math_renderer = "mathml"  # no formula needs the network

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
# links to files beside the site's folder lead to the repository, which this site does not hold
# and links to pages for instructors lead nowhere in a site that has none
suppress_warnings = ["myst.xref_missing", "toc.excluded"]

autosummary_generate = True
autodoc_mock_imports = ["torch", "nndl.fast._kernels_avx2", "nndl.fast._kernels_baseline"]
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
linkcheck_ignore = [r"https://(?:www\.)?cs\.toronto\.edu/.*"]  # answers slowly, or not at all
