"""One request after the other to the grading service, with patience, and with bounds on what is read.

A request is made again after a pause when the network drops, when there is no answer in time, or when the service says
that it is busy. Each may be made twice: a hand-in is known by its digest.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .access import Access, is_loopback
from .problem import Problem

LARGEST_REPLY = 4_000_000
ANSWER_TIME = 30.0
"""Seconds for one answer, beside those that a request asks the service to wait."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 20.0
SHORT_WAIT = 30.0
"""Seconds that are waited for without a question, if the service asks for it."""
PATIENCE = 180.0
"""Seconds without a usable answer after which the student is told."""

_SAME_AGAIN = "Nothing is lost: run the same command again, and it goes on."
_SAID: Mapping[int, tuple[str, str]] = {
    401: (
        "The service does not know your token: it is wrong, or the link has expired.",
        "Ask for a new link.",
    ),
    403: ("The service does not accept this from you.", "Ask your instructor."),
    404: ("The service knows nothing under this address.", "Ask your instructor whether it has moved."),
    409: ("This does not fit what the service has.", "Run the same command again."),
    411: ("Something on the way took away the size of your hand-in.", "Try it from another network."),
    413: ("Your hand-in is too large for the service.", "Look above which file makes it large."),
    415: (
        "The service did not take your hand-in for a zip file.",
        "Install the version that the course names.",
    ),
    422: (
        "The service cannot read your hand-in.",
        "Pack it again; if that does not help, ask your instructor.",
    ),
    429: ("You have no attempt left, or came too often.", "Try it again later."),
}


class Reply(NamedTuple):
    """What the service said: the status, and its JSON object."""

    status: int
    content: dict[str, Any]


class _Again(Exception):
    """A request can be made again; ``after`` is the pause that the service asks for, 0 if it asks for none."""

    def __init__(self, what: str, after: float = 0.0, status: int = 0) -> None:
        super().__init__(what)
        self.what, self.after, self.status = what, after, status


class _KeepsReading:
    """A connection that reads the answer also where the other side stopped to listen: to a hand-in too large, say."""

    def send(self, data: Any) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().send(data)  # type: ignore[misc]


class _Http(_KeepsReading, http.client.HTTPConnection):
    pass


class _Https(_KeepsReading, http.client.HTTPSConnection):
    pass


class _HttpHandler(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(_Http, request)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(_Https, request, context=ssl.create_default_context())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes to the address that it was given for, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Connection:
    """Requests to one service.

    Parameters
    ----------
    access : Access
    tell : callable
        Is given a line for the student while there is no connection.
    """

    def __init__(self, access: Access, tell: Callable[[str], None]) -> None:
        self.access = access
        self._tell = tell
        own = [urllib.request.ProxyHandler({})] if is_loopback(urlsplit(access.base).hostname or "") else []
        self._opener = urllib.request.build_opener(*own, _HttpHandler, _HttpsHandler, _NoRedirect)

    def get(self, path: str, wait: float = 0.0) -> Reply:
        """Ask for something; ``wait`` is how many seconds the service may wait with its answer."""
        return self._patiently(path, None, {}, wait)

    def post(self, path: str, data: bytes, headers: Mapping[str, str]) -> Reply:
        """Send something."""
        return self._patiently(path, data, headers, 0.0)

    def _patiently(self, path: str, data: bytes | None, headers: Mapping[str, str], wait: float) -> Reply:
        start, pause, tries = time.monotonic(), FIRST_PAUSE, 0
        while True:
            try:
                return self._once(path, data, headers, wait)
            except _Again as again:
                tries += 1
                left = PATIENCE - (time.monotonic() - start)
                rest = min(max(again.after, pause), max(again.after, LONGEST_PAUSE))
                if rest > left:
                    raise self._given_up(again, tries) from again
                self._tell(f"{again.what} Trying again in {math.ceil(rest)} s; you can also stop this.")
                time.sleep(rest)
                pause *= 2

    def _given_up(self, again: _Again, tries: int) -> Problem:
        host = urlsplit(self.access.base).netloc
        if again.after:
            return Problem(again.what, f"Run the same command again {in_words(again.after)}.", again.status)
        to_do = f"Is this machine online, and does {self.access.base} open in a browser? {_SAME_AGAIN}"
        if again.status:
            to_do = f"The fault is not yours. {_SAME_AGAIN}"
        return Problem(f"{again.what} It was tried {tries} times at {host}.", to_do, again.status)

    def _once(self, path: str, data: bytes | None, headers: Mapping[str, str], wait: float) -> Reply:
        """Make one request."""
        end = time.monotonic() + ANSWER_TIME + wait
        request = urllib.request.Request(
            self.access.base + path,
            data,
            {**headers, "Authorization": f"Bearer {self.access.token}", "Accept": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=ANSWER_TIME + wait) as answer:
                return Reply(answer.status, _object(_read(answer, end)))
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error, end) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, ssl.SSLCertVerificationError):
                host = urlsplit(self.access.base).hostname
                raise Problem(
                    f"{host} cannot prove that it is {host} ({reason.verify_message}), so nothing was sent.",
                    "Is this machine's clock right? Has the network a login page? Else ask your instructor.",
                ) from error
            if isinstance(reason, TimeoutError):
                raise _Again("The service did not answer in time.") from error
            raise _Again(f"No connection to the service ({_short(reason)}).") from error


def _read(answer: Any, end: float) -> bytes:
    """Read an answer, within bounds on its size and its time."""
    parts, size = [], 0
    while part := answer.read1(65536):
        size += len(part)
        parts.append(part)
        if size > LARGEST_REPLY:
            raise Problem(
                "The service's answer is far too large, so it was not read.",
                "Tell your instructor.",
                answer.status,
            )
        if time.monotonic() > end:
            raise _Again("The service's answer came too slowly.")
    expected = answer.headers.get("Content-Length", "")
    if expected.isdigit() and size < int(expected):
        raise _Again("The service's answer broke off.")
    return b"".join(parts)


def _object(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _Again("This is not the answer of a grading service.") from error
    if not isinstance(content, dict):
        raise _Again("This is not the answer of a grading service.")
    return content


def _refused(error: urllib.error.HTTPError, end: float) -> Exception:
    """Return what is raised for a status that says no."""
    status = error.code
    if 300 <= status < 400:
        return Problem(
            f"The service answers that it is somewhere else: {_short(error.headers.get('Location', ''))}.",
            "Ask your instructor for the new address.",
            status,
        )
    what, to_do = _SAID.get(status, (f"The service answers with the error {status}.", _SAME_AGAIN))
    with contextlib.suppress(_Again, Problem, OSError, http.client.HTTPException):
        said = _object(_read(error, end))
        if isinstance(said.get("error"), str) and said["error"].strip():
            what = _short(said["error"])
            to_do = _short(said["what_to_do"]) if isinstance(said.get("what_to_do"), str) else to_do
    after = error.headers.get("Retry-After", "")
    seconds = float(after) if after.isdecimal() and len(after) < 9 else 0.0
    if status >= 500 or (status == 429 and 0 < seconds <= SHORT_WAIT):
        return _Again(what, seconds, status)
    return Problem(what, to_do, status)


def in_words(seconds: float) -> str:
    """Return a time from now on as people say it."""
    if seconds < 90:
        return f"in {max(1, round(seconds))} seconds"
    if seconds < 90 * 60:
        return f"in {round(seconds / 60)} minutes"
    return f"in {round(seconds / 3600)} hours"


def _short(value: object) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)[:600]).split())
