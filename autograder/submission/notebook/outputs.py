"""Cell outputs from an untrusted source, reduced to what cannot run in a reader's browser.

A notebook's outputs may contain HTML, JavaScript and SVG, and graders open them in a page that can change grades.
Only text and bitmaps are kept.
"""

from __future__ import annotations

import re
from typing import Any

_IMAGES = ("image/png", "image/jpeg")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*+={0,2}+\s*+")  # possessive: nothing is tried twice, so time is linear
_TAG = re.compile(r"<[A-Za-z/!?][^<>]*>?")
_ATTACHMENT = re.compile(r"attachment:([^\s)>\"']*)")
_LINK = re.compile(r"\](\(|:)\s*(?!\s|https?://|mailto:|attachment:|#|[\w./-]*(\)|\s|$))")
_COMMENT = re.compile(r"^( {0,3})(?=\[[^\]\n]{1,200}\]:[ \t]{0,9}(?:#|<[ \t]{0,9}>))", re.MULTILINE)
"""What is no link to anything, ``[//]: # (so)``: pages do not show it, but somebody may have answered in it."""
_MACRO = re.compile(r"\\(?=(href|url|require|unicode|style|class|cssId|data)\b)")
_HARMLESS = re.compile(
    r"</?(b|i|u|em|strong|sub|sup|br|hr|p|ul|ol|li|code|pre|kbd|table|thead|tbody|tr|td|th|details|summary)\s*/?>"
)
_MAX_TEXT = 100_000
_MAX_IMAGES = 6_000_000
_MAX_OUTPUTS = 200
_CUT = "\n[the rest of this output was cut]\n"


def safe_outputs(outputs: Any) -> list[dict[str, Any]]:
    """Return the harmless part of a cell's outputs, in the notebook format.

    Parameters
    ----------
    outputs : object
        Whatever is in the notebook or came from a kernel.

    Returns
    -------
    list of dict
        Streams, errors and data with text or a PNG or JPEG image; at most 100,000 characters of text and
        6 MB of images for the whole cell.
    """
    budget = _Budget()
    kept = []
    for output in (outputs if isinstance(outputs, list) else [])[:_MAX_OUTPUTS]:
        if isinstance(output, dict) and (safe := _safe(output, budget)):
            kept.append(safe)
    return kept


class _Budget:
    """How much may still be kept of one cell."""

    def __init__(self) -> None:
        self.text_left = _MAX_TEXT
        self.images_left = _MAX_IMAGES

    def text(self, value: Any) -> str:
        text = plain(value)
        if len(text) > self.text_left:
            text = text[: self.text_left] + _CUT if self.text_left else ""
        self.text_left = max(0, self.text_left - len(text))
        return text

    def image(self, value: Any) -> str:
        text = plain(value)
        if len(text) > self.images_left or not _BASE64.fullmatch(text):
            return ""
        self.images_left -= len(text)
        return text


def _safe(output: dict, budget: _Budget) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        text = budget.text(output.get("text"))
        return {"output_type": "stream", "name": name, "text": text} if text else None
    if kind == "error":
        traceback = output.get("traceback")
        return {
            "output_type": "error",
            "ename": budget.text(output.get("ename")),
            "evalue": budget.text(output.get("evalue")),
            "traceback": [budget.text(line) for line in traceback[:100]]
            if isinstance(traceback, list)
            else [],
        }
    data = output.get("data")
    if kind not in ("display_data", "execute_result") or not isinstance(data, dict):
        return None
    safe = {mime: image for mime in _IMAGES if (image := budget.image(data.get(mime)))}
    if text := budget.text(data.get("text/plain")):
        safe["text/plain"] = text
    return {"output_type": "display_data", "data": safe, "metadata": {}} if safe else None


def inert_markdown(text: str, attachments: tuple[str, ...] = ()) -> str:
    """Return Markdown with plain formatting, links to the web and pictures; anything else that could act is made inert.

    Graders read answers in a page that can change grades, and nbgrader shows HTML in Markdown as it is. A
    zero-width space does not change how a text reads, but stops it from being a tag, a link or a macro.

    Parameters
    ----------
    text : str
        What a student wrote.
    attachments : tuple of str
        Names of the cell's attachments; a reference to any other would stop the page from being made.
    """
    text = _ATTACHMENT.sub(
        lambda found: found[0] if found[1] in attachments else "attachment\u200b:" + found[1], text
    )
    text = _COMMENT.sub("\\1\u200b", text)
    text = _LINK.sub("\\g<0>\u200b", text)
    text = _MACRO.sub("\\\\\u200b", text)
    return _TAG.sub(
        lambda found: found[0] if _HARMLESS.fullmatch(found[0]) else "<\u200b" + found[0][1:], text
    )


def plain(value: Any) -> str:
    """Return text from the notebook format's string or list of strings, without lone surrogates and zeros."""
    if isinstance(value, list):
        value = "".join(item for item in value if isinstance(item, str))
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", errors="replace").decode("utf-8").replace("\0", "")
