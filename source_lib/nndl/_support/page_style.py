"""The style of what notebooks show: figures that wrap in narrow windows, and fit dark themes."""

from __future__ import annotations

DARKEST = 0.07
"""What white becomes in a dark theme, as a share of white: about the background of JupyterLab's own."""

_DARK = (
    ":is([data-jp-theme-light=false],[theme=dark],.vscode-dark,"
    ".vscode-high-contrast:not(.vscode-high-contrast-light))"
)
# The picture at the head of a notebook, unless its text says that it holds photographs or images.
_DRAWING = 'img[src*="goal.png"]:not([alt*="photograph"],[alt*="image"])'
STYLE = (
    "<style>.nndl-figure{display:flex;flex-wrap:wrap;align-items:flex-start;line-height:0;overflow-x:auto}"
    ".nndl-figure img{height:auto!important;min-width:0;margin:0!important}"
    f"{_DARK} :is(.nndl-figure .turned,{_DRAWING}){{filter:invert({1 - DARKEST:g}) hue-rotate(180deg)}}"
    f"{_DARK} .nndl-figure .on-light{{display:none}}{_DARK} .nndl-figure .on-dark{{display:block!important}}</style>"
)
"""The themes of JupyterLab and Notebook, Google Colab, VS Code."""
