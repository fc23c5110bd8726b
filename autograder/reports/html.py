"""What all pages made from reports share: templates and formatting."""

from __future__ import annotations

import re
from typing import Any

import jinja2
from markupsafe import Markup, escape

from . import typeset
from .score_table import number


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
    env.filters["typeset"] = typeset.line
    env.filters["zip"] = zip
    return env


def code(text: str) -> Markup:
    """Escape ``text``, and mark what is between backticks as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))


def render(template: str, **values: Any) -> str:
    """Return the page that ``template`` makes of ``values``."""
    return environment().get_template(template).render(**values)
