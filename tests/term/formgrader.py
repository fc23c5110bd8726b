"""nbgrader's formgrader in a real browser: the page on which an instructor gives points and writes comments."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .installed import Installed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--no-sandbox",
)


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Start a headless Chromium."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: `make test-slow` does it"
    )
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: `apt-get install chromium`")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@contextlib.contextmanager
def formgrader(installed: Installed, course: Path) -> Iterator[str]:
    """Run Jupyter with the formgrader in a course's folder; give the address of its page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str] = [
        *(
            str(installed.python),
            "-m",
            "jupyter_server",
            "--ServerApp.ip=127.0.0.1",
            "--IdentityProvider.token=",
        ),
        *(f"--ServerApp.port={port}", "--ServerApp.open_browser=False", f"--ServerApp.root_dir={course}"),
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    log = course.with_name("jupyter.log")
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=course, env=installed.environment, stdout=output, stderr=output
        )
        url = f"http://127.0.0.1:{port}/formgrader"
        try:
            _wait(url, server, log)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _wait(url: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as page:
            if page.status == 200:
                return
        if server.poll() is not None:
            break
        time.sleep(0.2)
    raise AssertionError(f"the formgrader did not start: {log.read_text()[-3000:]}")


def give(page: Any, url: str, submission: str, answer: str, points: float, comment: str) -> None:
    """Give an answer points and a comment, as a human does."""
    page.goto(f"{url}/submissions/{submission}")
    box = page.locator(f"input.score[id='{answer}']")
    box.wait_for()
    page.wait_for_load_state("networkidle")
    for field, text in ((box, f"{points:g}"), (page.locator(f"textarea[id='{answer}-comment']"), comment)):
        with page.expect_response(lambda reply: reply.request.method == "PUT") as saved:
            field.fill(text)
            field.blur()
        assert saved.value.ok


def shown_total(page: Any, url: str, student: str, assignment: str) -> float:
    """Return the score that the page of a student shows for an assignment."""
    page.goto(f"{url}/manage_students/{student}")
    row = page.locator("tr", has=page.locator("td.name", has_text=assignment))
    row.locator("td.score").wait_for()
    return float(json.loads(row.locator("td.score").inner_text().split("/")[0]))
