"""Inside JupyterHub the hub says whose token it is; a hub that does not answer says nothing about a token."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from autograder.service.live import login
from autograder.service.live.page import pages
from autograder.service.web.application import app
from autograder.service.web.hub import Hub


class Answers:
    """Stands for the hub."""

    access_scopes = frozenset({"access"})
    oauth_client_id, oauth_redirect_uri = "service-grading", "/services/grading/oauth_callback"
    oauth_authorization_url = "/hub/api/oauth2/authorize"

    def token_for_code(self, code, *, code_verifier):
        if code == "down":
            raise OSError("no connection")
        assert len(code_verifier) >= 43
        return {"of ada": "a", "of prof": "p"}[code]

    def user_for_token(self, token):
        if token == "down":
            raise OSError("no connection")
        users = {
            "a": {"kind": "user", "name": "ada", "scopes": ["access"]},
            "p": {"kind": "user", "name": "prof", "scopes": ["access"]},
            "narrow": {"kind": "user", "name": "ada", "scopes": []},
            "other": {"kind": "user", "name": "stranger", "scopes": ["access"]},
            "service": {"kind": "service", "name": "ada", "scopes": ["access"]},
        }
        return users.get(token)

    def check_scopes(self, required, user):
        return set(required) & set(user["scopes"])


@pytest.fixture
def hub_client(door, service):
    service.settings.url = "https://hub.example.edu/services/grading"
    door.hub = Hub(service, Answers())
    base = "https://hub.example.edu"
    with TestClient(app(door, pages()), base_url=base, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("a", 200),
        ("narrow", 401),
        ("other", 401),
        ("service", 401),
        ("x", 401),
        ("a" * 300, 401),
        ("down", 503),
    ],
)
def test_whose_token_it_is(hub_client, token, status):
    answer = hub_client.get("/services/grading/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["student"] == "ada"


def test_an_invitation_holds_beside_the_hub(hub_client, token):
    assert hub_client.get("/api/v1/me", headers=token("ben")).json()["student"] == "ben"


def test_pages_of_others_on_the_same_host_get_no_cookie(hub_client, door):
    answer = hub_client.get("/services/grading/live/login")
    (said,) = answer.headers.get_list("set-cookie")
    assert said.startswith("__Secure-login=")
    assert "Path=/services/grading/" in said
    assert login._path(door) == "/services/grading/"


def come_back(client, code, state=None):
    """Go to the hub, and come back from it with a code."""
    away = client.get("/services/grading/live/hub", follow_redirects=False)
    assert away.status_code == 303
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    assert asked["client_id"] == ["service-grading"]
    query = {"code": code, "state": state or asked["state"][0]}
    return client.get("/services/grading/oauth_callback", params=query)


def test_the_hub_lets_staff_in_without_an_invitation(hub_client, service):
    assert "Log in with JupyterHub" in hub_client.get("/services/grading/live/login").text
    service.settings.hub_instructors = ["prof"]
    answer = come_back(hub_client, "of prof")
    assert answer.status_code == 200
    assert 'content="0; url=/services/grading/live/"' in answer.text
    assert "SameSite=strict" in next(c for c in answer.headers.get_list("set-cookie") if "session=" in c)
    index = "/services/grading/live/"
    assert "Log out prof" in hub_client.get(index).text
    assert service.store.audit.notes("prof")[-1]["detail"] == "by JupyterHub"
    service.settings.hub_instructors = []  # who has left the staff is out at once
    assert hub_client.get(index, follow_redirects=False).status_code == 303
    service.settings.hub_instructors = ["prof"]
    service.store.accounts.revoke("prof")
    assert hub_client.get(index, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("code", "state", "status"),
    [("of prof", "another", 403), ("of ada", None, 403), ("down", None, 503), ("", None, 403)],
)
def test_nobody_else_gets_in_by_the_hub(hub_client, service, code, state, status):
    service.settings.hub_instructors = ["prof"]
    answer = come_back(hub_client, code, state)
    assert answer.status_code == status
    assert not [cookie for cookie in answer.headers.get_list("set-cookie") if "session=" in cookie]


def test_a_group_of_the_hub_is_staff(hub_client, door, service, monkeypatch):
    asked = []

    def of(name):
        asked.append(name)
        return frozenset({"teachers"} if name == "prof" else ())

    monkeypatch.setattr(door.hub, "_groups_of", of)
    service.settings.hub_assistants = ["group:teachers"]
    assert come_back(hub_client, "of ada").status_code == 403
    assert come_back(hub_client, "of prof").status_code == 200
    me = hub_client.get("/api/v1/me", headers={"Authorization": "Bearer p"}).json()
    assert (me["student"], me["role"]) == ("prof", "assistant")
    assert set(asked) == {"ada", "prof"}


def test_without_a_hub_there_is_no_such_login(door):
    with TestClient(app(door, pages())) as client:
        assert client.get("/live/hub").status_code == 404
        assert client.get("/oauth_callback?code=x&state=y").status_code == 404
        assert "JupyterHub" not in client.get("/live/login").text
