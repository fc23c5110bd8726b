"""Who is who inside JupyterHub: the hub says whose token it is, so nobody needs an invitation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import identity
from ..identity import Person
from ..settings import Service

_LONGEST = 200


class HubDoesNotAnswer(Exception):
    """The hub cannot be asked, which says nothing about a token."""


@dataclass
class Hub:
    """A JupyterHub whose service this is.

    Parameters
    ----------
    service : Service
    auth : HubAuth, optional
        Asks the hub, with the token that the hub gave this service; by default as the hub's variables in the
        environment say (``JUPYTERHUB_API_URL``, ``JUPYTERHUB_API_TOKEN``). It keeps answers for some minutes.
    """

    service: Service
    auth: Any = None

    def __post_init__(self) -> None:
        if self.auth is None:
            from jupyterhub.services.auth import HubAuth

            self.auth = HubAuth()

    def who(self, token: str) -> Person | None:
        """Return whose token this is; None if it is no user's, may not come here, or of nobody in the course.

        A student is who is in the roster under the hub's name. Who was invited as an instructor or assistant under that
        name is one here, too.

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
        role = self.service.store.people().get(name, identity.STUDENT)
        person = Person(name, role)
        return person if person.is_staff or name in self.service.deadlines.roster() else None
