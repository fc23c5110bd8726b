"""Move a slider of every explorer in JupyterLab, in headless Chromium, and take the time until the picture changes.

A slider is moved by keys, a step each, then dragged with the mouse from one end to the other and back. While it is
dragged the pictures are counted; when it stands still, the time is taken until the last of them has come.
"""

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

_VISUALIZATION = """\
import numpy as np
from nndl.explore.network_visualization.look_inside import explore
from nndl.explore.network_visualization.pixels import Subject
from nndl.small_convnet import small_convnet
images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
explore(Subject(small_convnet(), images, np.arange(3), dict(enumerate("abcdefghij")), "an untrained net"), 5)"""
MODULES = {
    "linear_classifier": "linear_classifier",
    "nn_modules": "nn_modules",
    "two_layer_net": "two_layer_net.two_layer",
    "fc_net, signals": "fc_net.signals",
    "fc_net, race": "fc_net.optimizers",
    "batchnorm, depth": "batchnorm.normalization",
    "batchnorm, one batch": "batchnorm.one_batch",
    "dropout": "dropout",
    "cnn, stepper": "cnn.convolution",
    "cnn, receptive field": "cnn.receptive_field",
    "pytorch": "pytorch.autograd",
}
CELLS = {
    name: f"from nndl.explore.{module} import explore\nexplore()" for name, module in MODULES.items()
} | {"network_visualization": _VISUALIZATION}
WATCH = """() => {
    const shown = () => [...document.querySelectorAll('.jp-Notebook .jp-OutputArea-output img')]
        .map(image => image.src).join();
    const number = window.watch = (window.watch || 0) + 1;
    let last = shown();
    window.pictures = 0;
    window.changed = window.began = performance.now();
    const begin = event => { window.began = event.timeStamp; };  // not when the driver was asked for it
    for (const kind of ['keydown', 'change']) window.addEventListener(kind, begin, {capture: true, once: true});
    const look = () => {
        const now = shown();
        if (now && now !== last) {
            last = now;
            window.pictures += 1;
            window.changed = performance.now();
        }
        if (window.watch === number) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
CONTROL = ".jupyter-widgets :is(.noUi-handle, select)"
DRAG = {"steps": 40, "between": 40}
"""A hand's move from end to end: so many places of the mouse, and so many milliseconds from one to the next."""


def keep_pictures(page: Any, name: str) -> None:
    """Store how the page looks on a laptop and in a narrow window in the folder $BROWSER_PICTURES, if there is one."""
    folder = os.environ.get("BROWSER_PICTURES")
    if not folder:
        return
    for width, height in ((1366, 900), (430, 1200)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(1000)
        page.screenshot(path=Path(folder) / f"{name}_{width}.png")


def keys(page: Any, control: Any, moves: int) -> list[float]:
    """Return the milliseconds from a move to the picture, for so many keys, half of them back, or choices of a list."""
    times = []
    choices = control.locator("option").count()  # of a list; a slider has none
    for move in range(moves):
        page.evaluate(WATCH)
        if choices:
            control.select_option(index=(move + 1) % choices)
        else:
            control.press("ArrowLeft" if move < moves / 2 else "ArrowRight")
        with contextlib.suppress(Exception):  # at its end a control stays where it is
            page.wait_for_function("() => window.pictures > 0", timeout=2000)
            times.append(page.evaluate("() => window.changed - window.began"))
        page.wait_for_timeout(200)
    return times


def hold_and_move(page: Any, slider: Any) -> dict[str, int]:
    """Drag a slider's handle to both ends; return how many pictures came, and how late the last one was."""
    track = slider.locator("xpath=ancestor::div[contains(@class, 'noUi-base')]").bounding_box()
    handle = slider.bounding_box()
    middle = handle["y"] + handle["height"] / 2
    ends = (track["x"], track["x"] + track["width"], track["x"] + 0.4 * track["width"])
    page.evaluate(WATCH)
    at = handle["x"] + handle["width"] / 2
    page.mouse.move(at, middle)
    page.mouse.down()
    for end in ends:
        for step in range(1, DRAG["steps"] + 1):
            page.mouse.move(at + (end - at) * step / DRAG["steps"], middle)
            page.wait_for_timeout(DRAG["between"])
        at = end
    page.mouse.up()
    stopped = page.evaluate("() => performance.now()")
    page.wait_for_timeout(3000)
    pictures, changed, began = page.evaluate("() => [window.pictures, window.changed, window.began]")
    return {
        "pictures while dragged": pictures,
        "dragged for": round(stopped - began),
        "last picture after the hand stops": max(round(changed - stopped), 0),
    }


def drag(moves: int = 8, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return for every explorer the milliseconds from a move of a control to a new picture on the screen."""
    from playwright.sync_api import sync_playwright

    found: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        jupyter = stack.enter_context(running("lab", home))
        driver = stack.enter_context(sync_playwright())
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for number, name in enumerate(only or CELLS):
            path = f"{name.partition(',')[0]}_{number}.ipynb"
            notebook = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(CELLS[name])], metadata=KERNEL
            )
            nbformat.write(notebook, jupyter.folder / path)
            page = listening_page(browser)
            open_notebook(page, jupyter, path, 1)
            run_all(page)
            control = page.locator(CONTROL).last
            control.wait_for()
            control.scroll_into_view_if_needed()
            times = keys(page, control, moves)
            if not times:
                raise RuntimeError(f"no move of the last control of {name} changes its picture")
            found[name] = {
                "moves": len(times),
                "first move": round(times[0]),
                "median": round(median(times)),
                "slowest": round(max(times)),
            }
            if not control.locator("option").count():
                found[name] |= hold_and_move(page, control)
            print(f"{name:22}", found[name], flush=True)
            keep_pictures(page, path.removesuffix(".ipynb"))
            page.close()
            jupyter.end_kernels()
        browser.close()
    return found
