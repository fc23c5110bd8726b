"""A notebook in a front end as a browser shows it: opening, running, and what is wrong with the sight of it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path

FRONT_ENDS = ("lab", "notebook")
SECOND = 1000
"""Milliseconds, the driver's unit."""
PATIENCE = 90 * SECOND
LAPTOP = {"width": 1366, "height": 768}
"""What students look at: what has room on a large screen only is a defect."""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
"""Without it a front end asks which kernel to take."""

_LATEX = re.compile(r"\$\$|\\(?:frac|text|mathbf|sum|partial|left|begin)\b")
_workspaces = itertools.count()


@dataclass
class Jupyter:
    """A running server: its front end, where it is, its token, and the folder that it shows."""

    front_end: str
    url: str
    token: str
    folder: Path

    def address(self, path: str) -> str:
        """Return where the front end shows a notebook of the folder.

        In Lab the place is a workspace of its own, for a workspace opens again what was open in it.
        """
        place = f"lab/workspaces/w{next(_workspaces)}/tree" if self.front_end == "lab" else "notebooks"
        return f"{self.url}/{place}/{path}?token={self.token}"

    def end_kernels(self) -> None:
        """End what notebooks have started."""
        for session in json.loads(self._ask("GET", "sessions")):
            self._ask("DELETE", f"sessions/{session['id']}")

    def set_theme(self, theme: str) -> None:
        """Choose the theme of the pages that are opened from now on."""
        body = json.dumps({"raw": json.dumps({"theme": theme})}).encode()
        self._ask("PUT", "settings/@jupyterlab/apputils-extension:themes", body, at="lab/api")

    def _ask(self, method: str, what: str, body: bytes | None = None, at: str = "api") -> bytes:
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/{at}/{what}", data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.read()


def listening_page(browser):
    """Open a page that keeps what the browser complains of in ``page.complaints``."""
    page = browser.new_page(viewport=LAPTOP)
    page.set_default_timeout(PATIENCE)
    page.complaints = []

    def said(line):
        if line.type in ("error", "warning"):
            where = line.location.get("url", "") if line.text.startswith("Failed to load") else ""
            page.complaints.append(f"{line.type}: {line.text} {where}".rstrip())

    page.on("pageerror", lambda error: page.complaints.append(f"error: {error}"))
    page.on("console", said)
    return page


def complaints(page) -> set[str]:
    """Return what the browser has complained of so far, less what differs from one time to the next."""
    return {re.sub(r"[0-9a-f]{8}[0-9a-f-]*|\d+", "#", line) for line in page.complaints}


def open_notebook(page, jupyter, path, cells):
    """Show a notebook of so many cells, and wait until its kernel is ready."""
    page.goto(jupyter.address(path))
    page.wait_for_function(
        "count => document.querySelectorAll('.jp-Notebook .jp-Cell').length === count", arg=cells
    )
    page.wait_for_function("() => !document.querySelector('#jupyterlab-splash')")
    # A dialog hides everything else. Whoever waits for the kernel would not learn which one it was.
    ready = ".jp-Notebook-ExecutionIndicator[data-status='idle']"
    page.locator(f".jp-Dialog, {ready}").first.wait_for()
    choose_kernel(page)
    page.locator(f".jp-Dialog, {ready}").first.wait_for()
    require_no_dialog(page)


def choose_kernel(page):
    """Answer the question for a kernel, with the one that is offered first.

    JupyterLab asks where a notebook names no kernel, and on a busy machine also where the notebook is there before the
    list of the kernels.
    """
    question = page.locator(".jp-Dialog", has_text="Select Kernel")
    if question.count():
        question.locator("button.jp-mod-accept").click()
        question.wait_for(state="detached")


def put_folders_away(page):
    """Close the list of files beside the notebook, as everybody does in a narrow window."""
    if page.locator("#jp-left-stack:visible").count():
        page.keyboard.press("Control+b")
        page.locator("#jp-left-stack").wait_for(state="hidden")


def require_no_dialog(page):
    """Say what a dialog says: it takes all clicks, and whoever waits for one learns nothing of it."""
    if said := dialogs(page):
        raise AssertionError(f"a dialog: {said}")


def run_all(page):
    """Run all cells with the keyboard, and wait until each has its number."""
    from playwright.sync_api import (
        TimeoutError as TookTooLong,
    )  # this module is read also where there is none

    prompts = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(one => one.textContent)"
    for _ in range(12):  # a front end that has drawn everything may still be deaf to keys
        choose_kernel(page)  # the question may come late
        require_no_dialog(page)
        with contextlib.suppress(TookTooLong):
            page.locator(".jp-Notebook .jp-InputPrompt").first.click(timeout=5 * SECOND)
            for key in ("Escape", "Control+a", "Control+Enter"):
                page.keyboard.press(key)
            page.wait_for_function(f"() => {prompts}.some(text => /[*0-9]/.test(text))", timeout=5 * SECOND)
            break
    page.wait_for_function(rf"() => {prompts}.every(text => /\d/.test(text))")


def dialogs(page) -> list[str]:
    """Return what dialogs and passing messages say."""
    return page.locator(".jp-Dialog, .Toastify__toast").all_inner_texts()


def wait_for_formulas(page, count):
    """Wait until so many formulas are typeset."""
    page.wait_for_function("count => document.querySelectorAll('mjx-container').length >= count", arg=count)


def defects(page) -> list[str]:
    """Return what is wrong with what the page shows: formulas, pictures, outputs, widgets, messages."""
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    found = [f"dialog: {text}" for text in dialogs(page)]
    found += page.evaluate(
        """() => {
            const all = selector => [...document.querySelectorAll(selector)];
            const red = e => e.style.color === 'red' || e.getAttribute('fill') === 'red';
            const wide = e => e.scrollWidth > e.closest('.jp-RenderedMarkdown').clientWidth;
            return [
                ...all('mjx-merror, [data-mjx-error]').map(e => 'formula: ' + e.outerHTML.slice(0, 200)),
                ...all('mjx-container *').filter(red).map(e => 'formula: ' + e.outerHTML.slice(0, 200)),
                ...all('mjx-container[display]').filter(wide)
                    .map(e => 'too wide: ' + e.textContent.slice(0, 200)),
                ...all('.jp-Notebook img').filter(i => !i.naturalWidth).map(i => 'picture: ' + i.src),
                ...all('.jp-MarkdownCell img').filter(i => i.alt.length <= 40)
                    .map(i => 'picture without a text: ' + i.alt + ' ' + i.src.slice(0, 80)),
                ...all('.jp-Notebook [data-mime-type$="stderr"], .jp-Notebook [data-mime-type$="jupyter.error"]')
                    .map(e => 'output: ' + e.innerText),
                ...all('.jupyter-widgets, .jp-OutputArea-output')
                    .filter(e => /Error displaying widget|Loading widget|Error creating widget/.test(e.innerText))
                    .map(e => 'widget: ' + e.innerText),
            ];
        }"""
    )
    rendered = page.locator(".jp-MarkdownCell .jp-RenderedMarkdown").all_inner_texts()
    return found + [f"not typeset: {text[:200]}" for text in rendered if _LATEX.search(text)]


def keep_picture(page, name, width=LAPTOP["width"]):
    """Store a picture of the whole notebook in the folder that $BROWSER_PICTURES names, if any, for a person."""
    folder = os.environ.get("BROWSER_PICTURES")
    if not folder:
        return
    height = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('.jp-WindowedPanel-outer')].map(e => e.scrollHeight))"
    )
    for part in range(-(-height // 2000)):
        page.evaluate(
            "top => document.querySelectorAll('.jp-WindowedPanel-outer').forEach(e => e.scrollTop = top)",
            part * 2000,
        )
        page.set_viewport_size({"width": width, "height": 2100})
        page.screenshot(path=Path(folder) / f"{name}_{part}.png")
    page.set_viewport_size(LAPTOP)
