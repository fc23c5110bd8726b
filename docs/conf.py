"""The documentation site: Sphinx with MyST, numpydoc and the theme of NumPy's own pages; ``make docs`` builds it."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "source_lib"), str(Path(__file__).parent / "_extensions")]

project = "nndl"
author = "the maintainers"
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "mathml",
]
exclude_patterns = ["_build", "_extensions", "_templates"]
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
suppress_warnings = ["myst.xref_missing"]

autosummary_generate = True
autodoc_mock_imports = ["torch", "nndl.fast._kernels_avx2", "nndl.fast._kernels_baseline"]
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
linkcheck_ignore = [r"https://(?:www\.)?cs\.toronto\.edu/.*"]  # answers slowly, or not at all
