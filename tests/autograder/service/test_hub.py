"""Inside JupyterHub the hub says whose token it is; a hub that does not answer says nothing about a token."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from autograder.service.live import login
from autograder.service.live.page import pages
from autograder.service.web.application import app
from autograder.service.web.hub import Hub


class Answers:
    """Stands for the hub."""

    access_scopes = frozenset({"access"})

    def user_for_token(self, token):
        if token == "down":
            raise OSError("no connection")
        users = {
            "a": {"kind": "user", "name": "ada", "scopes": ["access"]},
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
    with TestClient(app(door, pages()), raise_server_exceptions=False) as client:
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
