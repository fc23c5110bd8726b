"""Draws the pictures of the grader's pages in the documentation, from a class that nobody had to grade.

    python tools/draw_page_screenshots.py

needs playwright and Chromium, as the tests in a browser do.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

DESK, PHONE = {"width": 1100, "height": 760}, {"width": 390, "height": 760}
PICTURES = (
    ("class_report", DESK, "light", "class-report"),
    ("feedback", PHONE, "dark", "feedback-phone"),
    ("question", DESK, "light", "lecture-question"),
)
"""Page, window, colours, and the name of the picture."""


def main() -> None:
    from playwright.sync_api import sync_playwright

    from tests.browser.class_pages import write_all

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        pages = write_all(Path(folder))
        browser: Any = driver.chromium.launch(
            executable_path=chromium, args=["--disable-gpu", "--no-sandbox"]
        )
        for page, window, colours, name in PICTURES:
            context = browser.new_context(viewport=window, color_scheme=colours)
            view = context.new_page()
            view.goto(pages[page].as_uri())
            view.screenshot(path=str(ROOT / "docs" / "img" / f"{name}.png"))
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
