"""A Jupyter server on the loopback interface, and a headless Chromium that looks at it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request

import nbformat
import pytest

from .front_end import KERNEL, Jupyter, complaints, listening_page, open_notebook, run_all, wait_for_formulas

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-sandbox")  # fmt: skip
SETTINGS = {
    # Render every cell, also those outside of the window.
    "notebook-extension/tracker": {"windowingMode": "none"},
    # Ask nobody whether to fetch news, and fetch none.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="session")
def chromium():
    """Start one browser for all tests."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: `make test-slow` does it"
    )
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: `apt-get install chromium`")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """Fetch axe-core, as npm has it."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm to get axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(
        ["npm", "pack", "--silent", "axe-core@4"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"axe-core cannot be fetched: {done.stderr.strip()[:200]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


@pytest.fixture(scope="session")
def servers(chromium, tmp_path_factory):
    """Return a function that gives the server of a front end, started when it is first asked for.

    Each front end has a server of its own: Jupyter's servers remember where a static file is by its name alone,
    and would look for Notebook's fonts among those of Lab.
    """
    with contextlib.ExitStack() as stack:

        @functools.cache
        def server(front_end):
            return stack.enter_context(running(front_end, tmp_path_factory.mktemp(front_end)))

        yield server


@contextlib.contextmanager
def running(front_end, home):
    """Run a server with settings of its own; end it and its kernels afterwards."""
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    folder = home / "work"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "NNDL_DATA": "offline",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    arguments = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--IdentityProvider.token={token}",
        "--ServerApp.port_retries=0",
        f"--notebook-dir={folder}",
    ]
    module = "jupyterlab" if front_end == "lab" else "notebook"
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], env=environment, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_it_answers(server, f"{url}/api/status?token={token}", home / "log")
            yield Jupyter(front_end, url, token, folder)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait_until_it_answers(server, url, log):
    """Wait for a server's first answer, two minutes at most."""
    deadline = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(log.read_text(encoding="utf-8"))


@pytest.fixture
def jupyter(front_end, servers):
    """Return the server of the front end that a test is about."""
    return servers(front_end)


@pytest.fixture
def page(chromium, jupyter):
    """Open a page that listens, for one test; end the kernels that it has started."""
    found = listening_page(chromium)
    yield found
    found.close()
    jupyter.end_kernels()


@pytest.fixture(scope="session")
def usual_of(servers, chromium):
    """Return a function that gives what a front end complains of when it shows a formula and a slider."""

    @functools.cache
    def complaints_of(front_end):
        cells = [
            nbformat.v4.new_markdown_cell("$x$"),
            nbformat.v4.new_code_cell("import ipywidgets\nipywidgets.IntSlider()"),
        ]
        jupyter, path = servers(front_end), "almost_empty.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), jupyter.folder / path)
        page = listening_page(chromium)
        try:
            open_notebook(page, jupyter, path, len(cells))
            wait_for_formulas(page, 1)
            run_all(page)
            page.wait_for_selector(".jupyter-widgets")
            page.wait_for_load_state("networkidle")
            return complaints(page)
        finally:
            page.close()
            jupyter.end_kernels()

    return complaints_of


@pytest.fixture
def usual(front_end, usual_of):
    """What the front end complains of by itself: no fault of our notebooks."""
    return usual_of(front_end)
