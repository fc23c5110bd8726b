"""Who comes in: refusals, rates, and places for uploads."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from starlette.requests import Request

from .. import identity
from ..identity import Person
from ..queue import Queue
from ..settings import Service
from .guards import Rates
from .hub import Hub, HubDoesNotAnswer
from .line import Line

_WAITING = 5
"""How many requests of one person may wait at once, each for a hand-in; more are answered at once."""


class Refusal(Exception):
    """An answer that says what is wrong and what to do."""

    def __init__(self, status: int, error: str, what_to_do: str, retry_after: float | None = None) -> None:
        super().__init__(error)
        self.status, self.what_to_do, self.retry_after = status, what_to_do, retry_after


@dataclass
class Door:
    """The service, as its web process sees it.

    Parameters
    ----------
    service : Service
    queue : Queue
    clock : callable, optional
        Gives the time, in seconds since 1970.
    """

    service: Service
    queue: Queue
    clock: Callable[[], float] = time.time
    rates: Rates = field(init=False)
    line: Line = field(init=False)
    hub: Hub | None = None
    _uploading: dict[str, int] = field(default_factory=dict)
    _waiting: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        settings = self.service.settings
        self.line = Line(self.service)
        if settings.jupyterhub and self.hub is None:
            self.hub = Hub(self.service)
        self.rates = Rates(requests=settings.requests, uploads=settings.uploads, strangers=settings.strangers)

    # --- who asks ---------------------------------------------------------------------------------------------

    def person(self, request: Request) -> Person:
        """Return who asks.

        Raises
        ------
        Refusal
            If nobody can tell, or they ask too often.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        person = self._known(token.strip()) if scheme.lower() in ("bearer", "token") else None
        if person is None:
            address = request.client.host if request.client else "unknown"
            self.within("strangers", address)
            raise Refusal(
                401,
                "The service does not know this token.",
                "Use the newest invitation link that your course sent you, or ask for a new one.",
            )
        self.within("requests", person.id)
        return person

    def _known(self, token: str) -> Person | None:
        person = identity.who(self.service.store, token)
        if person is None and self.hub is not None:
            try:
                return self.hub.who(token)
            except HubDoesNotAnswer:
                raise Refusal(503, "JupyterHub does not answer.", "Try again in some seconds.", 5) from None
        return person

    def within(self, rate: str, who: str) -> None:
        """Count a request of somebody, and refuse it if there were too many."""
        wait = self.rates.wait(rate, who)
        if wait > 0:
            raise Refusal(429, "There were too many requests.", "Wait, and try again.", wait)

    @contextlib.contextmanager
    def uploading(self, person: Person, size: int) -> Iterator[None]:
        """Keep a place and room for an upload: one for each person, so that slow ones hold up nobody else."""
        if person.id in self._uploading:
            raise Refusal(429, "Another upload of yours is under way.", "Wait until it is done.", 5)
        if len(self._uploading) >= self.service.settings.uploads_at_once:
            raise Refusal(503, "Too many uploads are under way.", "Try again in some seconds.", 5)
        self._uploading[person.id] = size
        try:
            yield
        finally:
            del self._uploading[person.id]

    @contextlib.contextmanager
    def waiting(self, person: Person) -> Iterator[bool]:
        """Say whether somebody may wait for news: one person's requests do not keep the others from theirs."""
        self._waiting[person.id] += 1
        try:
            yield self._waiting[person.id] <= _WAITING
        finally:
            self._waiting[person.id] -= 1
            if not self._waiting[person.id]:
                del self._waiting[person.id]

    @property
    def has_room(self) -> bool:
        """Whether the disk has room for more hand-ins than those that are under way."""
        return self.service.has_room_for(sum(self._uploading.values()))


def milestone_of(door: Door, request: Request) -> str:
    """Return the milestone that an address names, if the course has it."""
    name = str(request.path_params["milestone"])
    if name not in door.service.milestones:
        known = ", ".join(door.service.open_milestones) or "none yet"
        raise Refusal(404, "This course has no such milestone.", f"Those that take hand-ins: {known}.")
    return name


def open_milestone_of(door: Door, request: Request) -> str:
    """Return the milestone that an address names, if it takes hand-ins."""
    name = milestone_of(door, request)
    if name not in door.service.open_milestones:
        raise Refusal(
            404,
            f"{name} is not released in this course, so it takes no hand-ins.",
            f"Ask your instructor; once `nbgrader generate_assignment {name}` was run there, send it again.",
        )
    return name


def door_of(request: Request) -> Door:
    """Return the service that a request came to."""
    door: Door = request.app.state.door
    return door
