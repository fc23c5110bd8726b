"""Drag a slider of some explorers in JupyterLab, in headless Chromium, and take the time until the picture changes."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import nbformat

from tests.browser.conftest import CHROMIUM, FLAGS, running
from tests.browser.front_end import KERNEL, listening_page, open_notebook, run_all

CELLS = {
    "linear_classifier": "from nndl.explore.linear_classifier import explore\nexplore()",
    "batchnorm, depth": "from nndl.explore.batchnorm import normalization\nnormalization.explore()",
    "fc_net, signals": "from nndl.explore.fc_net.signals import explore\nexplore()",
    "cnn, stepper": "from nndl.explore.cnn.convolution import explore\nexplore()",
}
WATCH = """() => {
    const output = document.querySelectorAll('.jp-Notebook .jp-OutputArea-output img');
    window.first = [...output].map(image => image.src).join();
    window.changed = null;
    const look = () => {
        const now = [...document.querySelectorAll('.jp-Notebook .jp-OutputArea-output img')]
            .map(image => image.src).join();
        if (now && now !== window.first) window.changed = performance.now();
        else requestAnimationFrame(look);
    };
    window.began = performance.now();
    requestAnimationFrame(look);
}"""


def keep_pictures(page: Any, name: str) -> None:
    """Store how the page looks on a laptop and in a narrow window in the folder $BROWSER_PICTURES, if there is one."""
    folder = os.environ.get("BROWSER_PICTURES")
    if not folder:
        return
    for width, height in ((1366, 900), (430, 1200)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(1000)
        page.screenshot(path=Path(folder) / f"{name}_{width}.png")


def drag(moves: int = 10) -> dict[str, Any]:
    """Return for some explorers the milliseconds from a key on a slider to a new picture on the screen."""
    from playwright.sync_api import sync_playwright

    found: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        jupyter = stack.enter_context(running("lab", home))
        driver = stack.enter_context(sync_playwright())
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for name, source in CELLS.items():
            path = f"{name.partition(',')[0]}_{len(found)}.ipynb"
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata=KERNEL)
            nbformat.write(notebook, jupyter.folder / path)
            page = listening_page(browser)
            open_notebook(page, jupyter, path, 1)
            run_all(page)
            slider = page.locator(".jupyter-widgets .noUi-handle").last
            slider.wait_for()
            times = []
            for move in range(moves):
                page.evaluate(WATCH)
                slider.press("ArrowLeft" if move < moves / 2 else "ArrowRight")
                page.wait_for_function("() => window.changed !== null")
                times.append(page.evaluate("() => window.changed - window.began"))
                page.wait_for_timeout(200)
            found[name] = {
                "moves": moves,
                "first move": round(times[0]),
                "median": round(median(times)),
                "slowest": round(max(times)),
            }
            print(f"{name:22}", found[name], flush=True)
            keep_pictures(page, path.removesuffix(".ipynb"))
            page.close()
            jupyter.end_kernels()
        browser.close()
    return found
