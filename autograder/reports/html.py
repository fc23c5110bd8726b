"""What all pages made from reports share: templates, charts, formatting."""

from __future__ import annotations

import io
import re
from typing import Any

import jinja2
import matplotlib
from markupsafe import Markup, escape

matplotlib.use("agg")
from matplotlib.figure import Figure

from .score_table import number

BLUE, ORANGE, GREY = (
    "#0072B2",
    "#D55E00",
    "#7F7F7F",
)  # Okabe and Ito's palette: everybody can distinguish these


def environment() -> jinja2.Environment:
    """Return the template environment; every value is escaped, because reports contain text that students chose."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["number"] = number
    env.filters["code"] = code
    env.filters["zip"] = zip
    return env


def code(text: str) -> Markup:
    """Escape ``text``, and mark what is between backticks as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))


def render(template: str, **values: Any) -> str:
    """Return the page that ``template`` makes of ``values``."""
    return environment().get_template(template).render(**values)


def svg(figure: Figure) -> str:
    """Return the figure as SVG text for use inside a page."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "nndl", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
