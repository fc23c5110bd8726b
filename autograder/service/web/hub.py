"""Who is who inside JupyterHub: the hub says whose token it is, so nobody needs an invitation."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from .. import identity
from ..identity import Person
from ..settings import Service

_LONGEST = 200
_KEEP = 60.0
"""Seconds for which somebody's groups are not asked for again."""
_PATIENCE = 10.0
_LARGEST = 1_000_000
GROUP = "group:"
"""Before a name in the lists of staff: everybody of that group of the hub."""


class HubDoesNotAnswer(Exception):
    """The hub cannot be asked, which says nothing about a token."""


@dataclass
class Hub:
    """A JupyterHub whose service this is.

    Parameters
    ----------
    service : Service
    auth : HubOAuth, optional
        Asks the hub, with the token that the hub gave this service; by default as the hub's variables in the
        environment say (``JUPYTERHUB_API_URL``, ``JUPYTERHUB_API_TOKEN``). It keeps answers for some minutes.
    """

    service: Service
    auth: Any = None
    _groups: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.auth is None:
            from jupyterhub.services.auth import HubOAuth

            path = urlsplit(self.service.base).path
            before, _, name = path.rpartition("/services/")
            self.auth = HubOAuth(
                oauth_client_id=os.environ.get("JUPYTERHUB_CLIENT_ID") or f"service-{name or 'grading'}",
                oauth_redirect_uri=f"{path}/oauth_callback",
                oauth_authorization_url=f"{before}/hub/api/oauth2/authorize",
            )

    def who(self, token: str) -> Person | None:
        """Return whose token this is; None if it is no user's, may not come here, or of nobody in the course.

        A student is who is in the roster under the hub's name; for staff see `role_of`.

        Raises
        ------
        HubDoesNotAnswer
        """
        if not token or len(token) > _LONGEST:
            return None
        try:
            user = self.auth.user_for_token(token)
        except Exception as error:  # of tornado, of the network: whatever it is, nobody is known
            raise HubDoesNotAnswer(str(error)) from error
        if not user or user.get("kind", "user") != "user":
            return None
        if self.auth.access_scopes and not self.auth.check_scopes(self.auth.access_scopes, user):
            return None
        name = str(user["name"])
        person = Person(name, self.role_of(name))
        return person if person.is_staff or name in self.service.deadlines.roster() else None

    def role_of(self, name: str) -> str:
        """Return what somebody is here: as the course's lists say, or their invitation under the hub's name.

        Raises
        ------
        HubDoesNotAnswer
            If a list names a group, and the hub does not say who is in it.
        """
        settings = self.service.settings
        for role, listed in (
            (identity.INSTRUCTOR, settings.hub_instructors),
            (identity.ASSISTANT, settings.hub_assistants),
        ):
            if self._is_in(name, listed):
                return role
        return self.service.store.accounts.people().get(name, identity.STUDENT)

    def _is_in(self, name: str, listed: Collection[str]) -> bool:
        groups = {one.removeprefix(GROUP) for one in listed if one.startswith(GROUP)}
        return name in listed or bool(groups and groups & self._groups_of(name))

    def _groups_of(self, name: str) -> frozenset[str]:
        at, known = self._groups.get(name, (float("-inf"), frozenset()))
        if time.monotonic() - at < _KEEP:
            return known
        url = f"{str(self.auth.api_url).rstrip('/')}/users/{quote(name, safe='')}"
        request = urllib.request.Request(url, headers={"Authorization": f"token {self.auth.api_token}"})
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
                said = json.loads(answer.read(_LARGEST)).get("groups", ())
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise HubDoesNotAnswer(f"it does not tell groups ({error}); see its role for us") from error
            said = ()
        except (OSError, ValueError) as error:
            raise HubDoesNotAnswer(str(error)) from error
        found = frozenset(map(str, said))
        self._groups[name] = time.monotonic(), found
        return found

    # --- in a browser: OAuth with the hub ---------------------------------------------------------------------

    def login_url(self, state: str, verifier: str) -> str:
        """Return where the hub asks who it is, and comes back from with a code.

        Parameters
        ----------
        state, verifier : str
            Random texts that the browser keeps in a cookie: the first comes back, the second goes with the code.
        """
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "client_id": self.auth.oauth_client_id,
            "redirect_uri": self.auth.oauth_redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.auth.oauth_authorization_url}?{urlencode(asked)}"

    def of_code(self, code: str, verifier: str) -> Person | None:
        """Return who came back from the hub with a code; None if the hub does not know it, or they are nobody here.

        Raises
        ------
        HubDoesNotAnswer
        """
        try:
            token = self.auth.token_for_code(code, code_verifier=verifier)
        except Exception as error:
            status = getattr(error, "status_code", 0)
            if status in (400, 401, 403):
                return None
            raise HubDoesNotAnswer(str(error)) from error
        return self.who(str(token))
