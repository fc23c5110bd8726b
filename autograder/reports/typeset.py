"""Text as people write it, on a page that needs no network: Markdown, formulas as MathML, pictures inside of the page.

What comes from students is text: no HTML of theirs, no address outside, no picture from elsewhere gets onto a page.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import latex2mathml.converter
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

Picture = Callable[[str], str | None]
"""Name of a picture in a text → a ``data:`` address, or None if it may not be shown."""

_KEPT = re.compile(
    r"(```.*?```|`[^`\n]+`)|\$\$(.{1,2000}?)\$\$|(?<!\\)\$(?!\s)([^$\n]{1,500}?)(?<!\s)\$(?!\d)", re.S
)
_PLACE = re.compile("\ue000(\\d+)\ue001")
_LONGEST = 100_000
_LARGEST_PICTURE = 2_000_000
_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
_MATHML = frozenset(
    [
        "math",
        "mrow",
        "mi",
        "mo",
        "mn",
        "ms",
        "mtext",
        "mspace",
        "mfrac",
        "msqrt",
        "mroot",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mtable",
        "mtr",
        "mtd",
        "mstyle",
        "mpadded",
        "mphantom",
        "menclose",
        "mmultiscripts",
        "mprescripts",
        "none",
    ]
)
_ATTRIBUTES = frozenset(
    [
        "display",
        "mathvariant",
        "stretchy",
        "fence",
        "form",
        "separator",
        "lspace",
        "rspace",
        "minsize",
        "maxsize",
        "linethickness",
        "columnalign",
        "rowspacing",
        "columnspacing",
        "columnlines",
        "rowlines",
        "displaystyle",
        "scriptlevel",
        "accent",
        "accentunder",
        "movablelimits",
        "width",
        "height",
        "depth",
        "mathcolor",
        "mathsize",
        "symmetric",
        "largeop",
        "notation",
    ]
)
_ELSEWHERE = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def formula(latex: str, *, block: bool = False) -> Markup:
    """Return a formula as MathML, which browsers typeset themselves; as code if it cannot be read."""
    try:
        made = latex2mathml.converter.convert(latex.strip(), display="block" if block else "inline")
        harmless = all(map(_is_mathml, ElementTree.fromstring(made).iter()))
    except Exception:  # whatever a student wrote between two dollar signs
        harmless = False
    return Markup(made) if harmless else Markup("<code>{}</code>").format(latex)


def _is_mathml(element: ElementTree.Element) -> bool:
    """Whether this is an element of a formula and nothing else: what stands in a text of it is not escaped."""
    name = element.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}")
    return name in _MATHML and _ATTRIBUTES.issuperset(element.attrib)


def line(text: str) -> Markup:
    """Return a line of text, with code between backticks and formulas between dollar signs."""

    def shown(found: re.Match[str]) -> str:
        if found[1]:
            return Markup("<code>{}</code>").format(found[1].strip("`"))
        return formula(found[2] or found[3], block=bool(found[2]))

    parts, at = [], 0
    for found in _KEPT.finditer(text):
        parts += [escape(text[at : found.start()]), shown(found)]
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])


def markdown(text: str, picture: Picture = lambda name: None) -> Markup:
    """Return Markdown as HTML; headings begin at the fourth level, below those of a page."""
    formulas: list[Markup] = []

    def kept(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        formulas.append(formula(found[2] or found[3], block=bool(found[2])))
        return f"\ue000{len(formulas) - 1}\ue001"

    text = re.sub("[\ue000\ue001]", "", text[:_LONGEST])
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = reader.parse(_KEPT.sub(kept, text))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"
        for child in token.children or ():
            _keep_inside(child, picture)
    made = reader.renderer.render(tokens, reader.options, {})
    return Markup(_PLACE.sub(lambda found: formulas[int(found[1])], made))


def _keep_inside(token: Any, picture: Picture) -> None:
    """Put a picture into the page, and take an address away that leads to a file of somebody's machine."""
    if token.type == "image":
        source = picture(str(token.attrs.get("src", "")))
        if source is None:
            token.type, token.tag, token.content, token.children = (
                "text",
                "",
                f"[picture: {token.content}]",
                None,
            )
        else:
            token.attrs["src"] = source
    elif token.type == "link_open" and not _ELSEWHERE.match(str(token.attrs.get("href", ""))):
        token.attrs = {}
        token.tag = "span"
    elif token.type == "link_open":
        token.attrs["rel"] = "noreferrer"
    elif token.type == "link_close":
        token.tag = "a"


def pictures_of(folder: Path, attachments: Mapping[str, Mapping[str, str]] | None = None) -> Picture:
    """Return what finds the pictures of a cell: its attachments, and files in the folder of its notebook."""

    def picture(name: str) -> str | None:
        if name.startswith("attachment:"):
            return _attached((attachments or {}).get(name.removeprefix("attachment:"), {}))
        path = folder / name
        kind = _KINDS.get(path.suffix.lower())
        inside = path.resolve().is_relative_to(folder.resolve())
        if kind is None or not inside or not path.is_file() or path.stat().st_size > _LARGEST_PICTURE:
            return None
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"

    return picture


def _attached(data: Mapping[str, str]) -> str | None:
    for kind in ("image/png", "image/jpeg"):
        encoded = data.get(kind)
        if isinstance(encoded, str) and len(encoded) <= _LARGEST_PICTURE:
            try:
                plain = base64.b64decode("".join(encoded.split()), validate=True)
            except (binascii.Error, ValueError):
                continue
            return f"data:{kind};base64,{base64.b64encode(plain).decode()}"
    return None
