"""Where the grading service is, and the student's token for it.

The address comes from the environment variable ``NNDL_SERVICE`` or from ``assignment.json``. The token comes from
``NNDL_TOKEN``, inside JupyterHub from the hub, or from a file in the home folder that only its owner can read, or from
the invitation link, for which the student is asked once.
"""

from __future__ import annotations

import contextlib
import getpass
import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .problem import Problem

_INVITATION = "/invitation"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,500}")
_ASK_AGAIN = "Ask your instructor for the invitation link, and run this once more."


@dataclass(frozen=True)
class Access:
    """An address and a token for it.

    Attributes
    ----------
    base : str
        The address of the service, without a slash at its end.
    token : str
    """

    base: str
    token: str

    def __repr__(self) -> str:
        return f"Access({self.base!r}, token=…)"  # a token in an output would be handed in with the notebook


def address(text: str) -> str:
    """Return the address of a service in its one form.

    Raises
    ------
    Problem
        If it is none, or if what is sent there could be read on the way.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Problem(f"{text!r} is not the address of a service ({error}).", _ASK_AGAIN) from error
    if parts.scheme not in ("http", "https") or not host or re.search(r"[^\x21-\x7e]", text.strip()):
        raise Problem(
            f"{text!r} is not the address of a service.", "It begins with https://. Ask your instructor."
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise Problem(
            f"The address of the service has more in it than an address: {parts.scheme}://{host}/…."
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise Problem(
            f"The service at {host} has an address with http://, so others could read your token and your work.",
            "Nothing was sent. Ask your instructor for the address with https://.",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, whatever its network says."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def from_invitation(text: str, base: str) -> Access:
    """Return what an invitation link says: ``https://host/invitation#TOKEN``; a token alone is for ``base``."""
    text = text.strip().strip("<>\"'")
    place, sharp, token = text.partition("#")
    if not sharp:
        place, token = base, text
    if not _TOKEN.fullmatch(token):
        raise Problem(
            "This is not an invitation link: it has no token at its end.",
            "Copy the whole link that you were sent, up to its last letter.",
        )
    return Access(address(place.rstrip("/").removesuffix(_INVITATION)), token)


def service_of(assignment: Mapping[str, Any]) -> str:
    """Return the address of the service of an assignment, or an empty text if its course has none."""
    named = os.environ.get("NNDL_SERVICE") or assignment.get("service") or ""
    return address(str(named)) if named else ""


def stored(base: str) -> Access | None:
    """Return the access that was used before, or is given by the environment."""
    token = os.environ.get("NNDL_TOKEN") or _of_the_hub() or _tokens().get(base)
    return from_invitation(token, base) if token else None


def _of_the_hub() -> str | None:
    """Return JupyterHub's token of this user, if its administrators say that the service takes it.

    Both variables are theirs. An address in an assignment, which anybody may have written, is not given the token.
    """
    if os.environ.get("NNDL_SIGN_IN") != "jupyterhub" or not os.environ.get("NNDL_SERVICE"):
        return None
    return os.environ.get("JUPYTERHUB_API_TOKEN")


def asked(base: str, ask: Callable[[str], str] = getpass.getpass) -> Access:
    """Ask the student for the invitation link, and keep it for the next time.

    Raises
    ------
    Problem
        If nobody answers, or if the answer is no such link.
    """
    to_do = (
        f"Set the environment variable NNDL_TOKEN to it, or run this once where you can type. {_ASK_AGAIN}"
    )
    try:
        # what is typed here is not shown, so that it is not saved with the notebook's outputs
        answer = ask("Paste your invitation link (it will not be shown), then press Enter: ")
    except (EOFError, NotImplementedError) as error:
        raise Problem(
            f"Your invitation link for {base} is needed, and nobody can be asked.", to_do
        ) from error
    if not answer.strip():
        raise Problem(f"Without your invitation link, {base} does not know who you are.", _ASK_AGAIN)
    access = from_invitation(answer, base)
    # a service that has moved: its link is kept under the address that the assignment names
    _keep(base, access.token if access.base == base else f"{access.base}{_INVITATION}#{access.token}")
    return access


def tokens_file() -> Path:
    """Return where tokens are kept."""
    folder = os.environ.get("XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "nndl" / "tokens.json"


def _tokens() -> dict[str, str]:
    try:
        tokens = json.loads(tokens_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(base): str(token) for base, token in tokens.items()} if isinstance(tokens, dict) else {}


def _keep(base: str, token: str) -> None:
    """Store a token where only its owner reads it; where that cannot be, the student is asked again."""
    path = tokens_file()
    tokens = {**_tokens(), base: token}
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = path.with_name(f"{path.name}.{os.getpid()}.part")
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(tokens, file, indent=1)
        half.replace(path)
