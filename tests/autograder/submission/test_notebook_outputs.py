"""Outputs and Markdown of a student cannot act in a reader's page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from nbconvert.filters.markdown import markdown2html

from autograder.submission.notebook.outputs import inert_markdown, safe_outputs


@pytest.mark.parametrize(
    "text",
    [
        "plain *text* with $a < b$ and x<5",
        "a<br>b <sub>2</sub> <b>bold</b> <details><summary>s</summary></details>",
        "[web](https://example.org/a?b=c) [here](#top) [file](notes.md) [empty]()",
        "![pasted](attachment:figure.png)",
        "[note]: see below",
        "$\\frac{1}{2}$",
    ],
)
def test_harmless_markdown_stays_as_it_is(text):
    assert inert_markdown(text, ("figure.png",)) == text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<IMG\nSRC=x onerror=alert(1)",
        "<b onclick=alert(1)>x</b>",
        "<<b>img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<!--[if IE]><script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JaVaScript&colon;alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x](\n javascript:alert(1))",
        "[x]: javascript:alert(1)\n\n[x]",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "![x](attachment:missing.png)",
        "![x](javascript:alert(1))",
        "`<script>` and ```\n<script>alert(1)</script>\n```\n<script>alert(1)</script>",
    ],
)
def test_markdown_that_acts_is_disarmed_and_still_rendered(text):
    class Page(HTMLParser):
        def handle_starttag(self, tag, attrs):
            for name, value in attrs:
                assert not name.startswith("on")
                if name in ("href", "src"):
                    assert not re.match(r"\s*(javascript|data|vbscript):", value or "", re.IGNORECASE)
            assert tag in ("p", "a", "b", "code", "pre", "img", "em", "div", "span")

    Page().feed(markdown2html(inert_markdown(text)))


def test_outputs_keep_text_and_pictures_and_nothing_that_acts():
    outputs = [
        {
            "output_type": "display_data",
            "data": {"text/html": "<script>", "text/plain": "a table"},
            "metadata": {},
        },
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg onload=x>"}, "metadata": {}},
        {"output_type": "display_data", "data": {"application/javascript": "x"}, "metadata": {}},
        {
            "output_type": "execute_result",
            "data": {"image/png": "iVBO\nRw=="},
            "execution_count": 1,
            "metadata": {},
        },
        {"output_type": "display_data", "data": {"image/png": '"><script>'}, "metadata": {}},
        {"output_type": "stream", "name": "other", "text": ["a", "b"]},
        {"output_type": "error", "ename": "E", "evalue": 3, "traceback": ["t", 4]},
        {"output_type": "update_display_data"},
        17,
    ]
    safe = safe_outputs(outputs)
    assert [o["output_type"] for o in safe] == ["display_data", "display_data", "stream", "error"]
    assert safe[0]["data"] == {"text/plain": "a table"}
    assert list(safe[1]["data"]) == ["image/png"]
    assert "script" not in json.dumps(safe)
    assert safe_outputs("no list") == []


def test_outputs_are_capped():
    long = {"output_type": "stream", "name": "stdout", "text": "x" * 10_000_000}
    safe = safe_outputs([long] * 5000)
    assert len(json.dumps(safe)) < 150_000
    assert "was cut" in safe[0]["text"]
