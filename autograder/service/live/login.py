"""Staff in a browser: an invitation's token once, then a session in a cookie that no script can read."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from .. import identity
from ..identity import Person
from ..web.door import Door, Refusal
from ..web.hub import Hub, HubDoesNotAnswer

HOURS = 12
"""How long a login lasts."""


@dataclass(frozen=True)
class Session:
    """A browser that is logged in.

    Attributes
    ----------
    person : Person
    csrf : str
        What a form of this session has to send along, so that no other site can send it.
    """

    person: Person
    csrf: str


def _is_tls(door: Door) -> bool:
    return door.service.base.startswith("https:")


def _cookie(door: Door, name: str) -> str:
    # with these prefixes a browser takes the cookie over TLS alone; with the first one, from this host alone, too
    if not _is_tls(door):
        return name
    return f"__Host-{name}" if _path(door) == "/" else f"__Secure-{name}"


def _path(door: Door) -> str:
    """Return below which path the cookie is sent: beside a hub there are other people's pages on the same host."""
    return f"{urlsplit(door.service.base).path.rstrip('/')}/"


def _set(
    door: Door,
    answer: Response,
    name: str,
    value: str,
    seconds: int,
    samesite: Literal["lax", "strict"] = "strict",
) -> None:
    answer.set_cookie(
        _cookie(door, name),
        value,
        max_age=seconds,
        path=_path(door),
        httponly=True,
        samesite=samesite,
        secure=_is_tls(door),
    )


def _drop(door: Door, answer: Response, name: str) -> None:
    _set(door, answer, name, "", 0)


def _csrf_of(session_id: str) -> str:
    return identity.hash_of(f"csrf {session_id}")


def _same(one: str, other: str) -> bool:
    return bool(one) and hmac.compare_digest(one.encode(), other.encode())


def session(door: Door, request: Request) -> Session | None:
    """Return the session of a request; None if there is none that holds, or nobody of the staff began it."""
    session_id = request.cookies.get(_cookie(door, "session"), "")
    if not session_id or len(session_id) > 100:
        return None
    person = _of_session(door, identity.hash_of(session_id))
    if person is None or not person.is_staff:
        return None
    door.within("requests", person.id)
    return Session(person, _csrf_of(session_id))


def _of_session(door: Door, hash: str) -> Person | None:
    found = door.service.store.accounts.session(hash, door.clock())
    if found is not None:
        return Person(*found)
    name = door.service.store.accounts.hub_session(hash, door.clock())
    if name is None or door.hub is None:
        return None
    try:
        return Person(name, door.hub.role_of(name))  # who has left the staff since the login is out
    except HubDoesNotAnswer:
        raise hub_is_silent() from None


def hub_is_silent() -> Refusal:
    """Return what is said where the hub has to be asked, and does not answer."""
    return Refusal(503, "JupyterHub does not answer.", "Try again in some seconds.", 5)


def new_form() -> str:
    """Return what a login form and a cookie have to agree on."""
    return secrets.token_urlsafe(32)


def keep_form(door: Door, answer: Response, value: str) -> None:
    """Set the cookie that a login form is compared with."""
    _set(door, answer, "login", value, 3600)


def begin(door: Door, request: Request, said: str, csrf: str) -> str:
    """Return the id of a new session.

    Parameters
    ----------
    door : Door
    request : Request
    said : str
        A token, or the whole invitation link.
    csrf : str
        What the form sent along.

    Raises
    ------
    Refusal
        If the form is not ours, the token is nobody's, or that of a student.
    """
    if not _same(request.cookies.get(_cookie(door, "login"), ""), csrf):
        raise Refusal(
            403, "This form is too old, or came from elsewhere.", "Log in here; the browser needs cookies."
        )
    token = said.strip().rpartition("#")[2]
    person = identity.who(door.service.store, token)
    if person is None:
        door.within("strangers", request.client.host if request.client else "unknown")
        raise Refusal(401, "The service does not know this link.", "Paste the newest one, all of it.")
    if not person.is_staff:
        raise Refusal(
            403, "This page is for instructors and assistants.", "Your results are in your notebook."
        )
    door.within("requests", person.id)
    now, session_id = door.clock(), secrets.token_urlsafe(32)
    door.service.store.accounts.add_session(
        identity.hash_of(session_id), identity.hash_of(token), now + 3600 * HOURS, now
    )
    door.service.store.audit.note(person.id, "logged in")
    return session_id


def to_hub(hub: Hub) -> tuple[str, str]:
    """Return the address at which the hub asks who it is, and what the browser keeps meanwhile."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    return hub.login_url(state, verifier), f"{state}.{verifier}"


def keep_hub_form(door: Door, answer: Response, value: str) -> None:
    """Set the cookie for the way to the hub and back; it is sent also if the hub asks a third site."""
    _set(door, answer, "hub-login", value, 600, "lax")


def begin_from_hub(door: Door, hub: Hub, request: Request) -> str:
    """Return the id of a new session of somebody who came back from the hub.

    Raises
    ------
    Refusal
        If they did not set out from here, or are nobody of the staff.
    """
    state, _, verifier = request.cookies.get(_cookie(door, "hub-login"), "").partition(".")
    code = request.query_params.get("code", "")
    if not _same(state, request.query_params.get("state", "")) or not verifier:
        raise Refusal(
            403, "This login is too old, or began elsewhere.", "Log in here; the browser needs cookies."
        )
    if not 0 < len(code) <= 500:
        raise Refusal(
            403, "JupyterHub did not let you in here.", "Ask who runs it, or use an invitation link."
        )
    door.within("strangers", request.client.host if request.client else "unknown")
    try:
        person = hub.of_code(code, verifier)
    except HubDoesNotAnswer:
        raise hub_is_silent() from None
    if person is None or not person.is_staff:
        raise Refusal(
            403, "This page is for instructors and assistants.", "Your results are in your notebook."
        )
    now, session_id = door.clock(), secrets.token_urlsafe(32)
    door.service.store.accounts.add_hub_session(
        identity.hash_of(session_id), person.id, now + 3600 * HOURS, now
    )
    door.service.store.audit.note(person.id, "logged in", "by JupyterHub")
    return session_id


def keep_session(door: Door, answer: Response, session_id: str) -> None:
    """Set the cookie of a session; that of the form is used up."""
    _set(door, answer, "session", session_id, 3600 * HOURS)
    _drop(door, answer, "login")
    _drop(door, answer, "hub-login")


def require_own_form(session: Session, csrf: str) -> None:
    """Raise `Refusal` if a form is not one of this session."""
    if not _same(session.csrf, csrf):
        raise Refusal(403, "This form came from elsewhere.", "Use the one on the live page.")


def end(door: Door, request: Request, answer: Response, csrf: str) -> None:
    """End the session of a request.

    Raises
    ------
    Refusal
        If the form is not one of this session.
    """
    session_id = request.cookies.get(_cookie(door, "session"), "")
    if not _same(_csrf_of(session_id), csrf):
        raise Refusal(403, "This form came from elsewhere.", "Log out on the live page.")
    door.service.store.accounts.end_session(identity.hash_of(session_id))
    _drop(door, answer, "session")
