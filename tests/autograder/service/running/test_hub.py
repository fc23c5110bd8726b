"""A real JupyterHub says whose token it is."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import httpx
import pytest
from starlette.testclient import TestClient

from autograder.service import identity
from autograder.service.live.page import pages
from autograder.service.queue import Queue
from autograder.service.web.application import app
from autograder.service.web.door import Door

from ..conftest import MILESTONE, sent

pytestmark = pytest.mark.slow
CONFIG = """
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):  # nobody comes through it here
    should_start = False
    async def get_all_routes(self): return {{}}
    async def add_route(self, routespec, target, data): pass
    async def delete_route(self, routespec): pass
    async def check_routes(self, *_, **__): pass

c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.bind_url = "http://127.0.0.1:{public}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.JupyterHub.db_url = "sqlite:///hub.db"
c.JupyterHub.services = [
    {{"name": "grading", "url": "http://127.0.0.1:1", "api_token": "the-service-has-this-token",
      "oauth_no_confirm": True}},
    {{"name": "setup", "api_token": "this-makes-users-and-their-tokens"}},
]
c.JupyterHub.load_roles = [
    {{"name": "user", "scopes": ["self", "access:services!service=grading"]}},
    {{"name": "setup", "scopes": ["admin:users", "admin:groups", "tokens", "access:services"], "services": ["setup"]}},
    {{"name": "grading", "scopes": ["read:users:groups"], "services": ["grading"]}},
]
c.Authenticator.allow_all = True
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def ask(url, data=None):
    headers = {"Authorization": "token this-makes-users-and-their-tokens"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as answer:
        return json.load(answer)


@pytest.fixture
def hub(tmp_path):
    pytest.importorskip("jupyterhub", reason="needs the Python package jupyterhub")
    folder = tmp_path / "hub"
    folder.mkdir()
    port = free_port()
    (folder / "jupyterhub_config.py").write_text(CONFIG.format(public=free_port(), hub=port))
    log = (folder / "log").open("w")
    with subprocess.Popen(
        [sys.executable, "-m", "jupyterhub"],
        cwd=folder,
        env=os.environ | {"HOME": str(folder)},
        stdout=log,
        stderr=log,
    ) as process:
        url = f"http://127.0.0.1:{port}/hub/api"
        try:
            until = time.monotonic() + 120
            while True:
                try:
                    ask(url)
                    break
                except OSError:
                    assert process.poll() is None, (folder / "log").read_text()[-3000:]
                    assert time.monotonic() < until
                    time.sleep(0.3)
            yield url
        finally:
            process.terminate()


def token_of(hub, name, scope="access:services!service=grading"):
    with contextlib.suppress(urllib.error.HTTPError):  # the user may be there
        ask(f"{hub}/users/{name}", b"")
    made = ask(f"{hub}/users/{name}/tokens", json.dumps({"scopes": [scope]}).encode())
    return {"Authorization": f"Bearer {made['token']}"}


def test_who_has_a_token_of_the_hub_is_known(hub, service, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_URL", hub)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "the-service-has-this-token")
    monkeypatch.setenv("JUPYTERHUB_OAUTH_ACCESS_SCOPES", '["access:services!service=grading"]')
    service.settings.jupyterhub = True
    service.settings.url = "https://hub.example.edu/services/grading"
    identity.invite(service.store, "tutor", "assistant")
    door = Door(service, Queue(service.queue))
    with TestClient(app(door), raise_server_exceptions=False) as client:
        ada = token_of(hub, "ada")
        me = client.get("/services/grading/api/v1/me", headers=ada)  # as the hub's proxy sends it
        assert (me.status_code, me.json()["student"], me.json()["role"]) == (200, "ada", "student")
        taken = sent(client, ada)
        assert taken.status_code == 202
        assert service.store.hand_in(taken.json()["id"]).student == "ada"
        assert service.store.hand_in(taken.json()["id"]).milestone == MILESTONE
        assert client.get("/api/v1/me", headers=token_of(hub, "tutor")).json()["role"] == "assistant"
        # nobody of the course; a token for something else; no token of the hub
        assert client.get("/api/v1/me", headers=token_of(hub, "stranger")).status_code == 401
        assert client.get("/api/v1/me", headers=token_of(hub, "ben", "self")).status_code in (200, 401)
        narrow = token_of(hub, "ben", "read:users:name!user")
        assert client.get("/api/v1/me", headers=narrow).status_code == 401
        assert client.get("/api/v1/me", headers={"Authorization": "Bearer guess"}).status_code == 401


def logged_in_at_the_hub(hub, name):
    """Return a browser that has logged in at the hub."""
    root = hub.removesuffix("/hub/api")
    browser = httpx.Client(base_url=root, follow_redirects=True, timeout=30)
    form = browser.get("/hub/login").text
    xsrf = re.search(r'name="_xsrf" value="([^"]+)"', form)
    fields = {
        "username": name,
        "password": "x",
        "_xsrf": xsrf[1] if xsrf else browser.cookies.get("_xsrf", ""),
    }
    browser.post("/hub/login", data=fields, follow_redirects=False)
    return browser


def test_who_teaches_logs_in_to_the_live_page_by_the_hub(hub, service, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_URL", hub)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "the-service-has-this-token")
    monkeypatch.setenv("JUPYTERHUB_OAUTH_ACCESS_SCOPES", '["access:services!service=grading"]')
    service.settings.jupyterhub = True
    service.settings.url = "https://hub.example.edu/services/grading"
    service.settings.hub_instructors = ["group:teachers"]
    for name in ("prof", "ada"):
        token_of(hub, name)
    ask(f"{hub}/groups/teachers", b"")
    ask(f"{hub}/groups/teachers/users", json.dumps({"users": ["prof"]}).encode())
    door = Door(service, Queue(service.queue))
    for name, status in (("prof", 200), ("ada", 403)):
        site = TestClient(
            app(door, pages()), base_url="https://hub.example.edu", raise_server_exceptions=False
        )
        with contextlib.closing(logged_in_at_the_hub(hub, name)) as browser, site as client:
            away = client.get("/services/grading/live/hub", follow_redirects=False).headers["location"]
            # the hub's own pages lead on until it sends the browser back
            answer = browser.get(away, follow_redirects=False)
            while "/services/grading/oauth_callback" not in answer.headers.get("location", ""):
                assert answer.is_redirect, answer.text[-2000:]
                answer = browser.get(answer.headers["location"], follow_redirects=False)
            back = answer.headers["location"]
            came = client.get(back)
            assert came.status_code == status, came.text
            if status == 200:
                assert "Log out prof" in client.get("/services/grading/live/").text
                assert client.get(back).status_code == 403  # a code and its state are used up
