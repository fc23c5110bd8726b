"""Who is who: tokens that are handed out once, kept as hashes, and can be revoked."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from .store import Store

STUDENT, ASSISTANT, INSTRUCTOR = ROLES = ("student", "assistant", "instructor")
"""An assistant sees the class; an instructor may export and erase what is kept of a student, too."""

_LONGEST = 200


@dataclass(frozen=True)
class Person:
    """Somebody who may use the service."""

    id: str
    role: str

    @property
    def is_staff(self) -> bool:
        """Whether they may see the class."""
        return self.role in (ASSISTANT, INSTRUCTOR)


def invite(store: Store, person: str, role: str = STUDENT) -> str:
    """Return a new token for somebody; the tokens that they had before hold no more."""
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role; there are {', '.join(ROLES)}")
    store.accounts.revoke(person)
    token = secrets.token_urlsafe(32)
    # 256 random bits: a plain hash is as good as a slow one, for nobody can try them all
    store.accounts.add_token(hash_of(token), person, role)
    store.audit.note("operator", "invited", f"{person} as {role}")
    return token


def who(store: Store, token: str) -> Person | None:
    """Return whose token this is; None if it is nobody's, or was revoked."""
    if not token or len(token) > _LONGEST:
        return None
    found = store.accounts.token(hash_of(token))
    return None if found is None else Person(*found)


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def link(base: str, token: str) -> str:
    """Return the invitation link: the token is in the fragment, which browsers do not send, so no log holds it."""
    return f"{base.rstrip('/')}/invitation#{token}"
