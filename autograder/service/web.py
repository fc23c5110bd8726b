"""The web process: takes hand-ins and shows results. It never runs student code, and holds no secret of grading."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from . import identity, uploads
from .guards import Rates, SecurityHeaders
from .identity import Person
from .policy import DONE, GRADING, NOT_GRADED, QUEUED, counting, iso, standing
from .queue import Queue
from .settings import Service
from .shown import visible
from .store import Admission, HandIn
from .uploads import RefusedUpload

_LONGEST_WAIT = 30.0
_LOOK_AGAIN = 0.5
_INVITATION = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Your invitation</title><link rel="icon" href="data:,"><script src="live/static/live.js" defer></script></head>
<body><main><h1>Your invitation</h1>
<p>This link is your key to the grading service: keep it to yourself.</p>
<ol><li>Copy the whole link from the address line of this browser.</li>
<li>In the notebook, run <code>nndl.submit()</code>; where it asks for the link, paste it.</li></ol>
<p>You are asked once on each computer. If somebody else may have seen the link, ask your instructor for a new one: the
old one stops working.</p>
<p>Do you teach this course? <a id="staff" href="live/login">Log in to its live page</a>,
and paste the link there.</p></main></body></html>
"""


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
    _uploading: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        settings = self.service.settings
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
        person = identity.who(self.service.store, token.strip()) if scheme.lower() == "bearer" else None
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

    def within(self, rate: str, who: str) -> None:
        """Count a request of somebody, and refuse it if there were too many."""
        wait = self.rates.wait(rate, who)
        if wait > 0:
            raise Refusal(429, "There were too many requests.", "Wait, and try again.", wait)

    # --- hand-ins ---------------------------------------------------------------------------------------------

    def admission(self, student: str, milestone: str, earlier: list[HandIn], received: float) -> Admission:
        """Decide about a hand-in; see `Store.accept`."""
        policy = self.service.policies[milestone]
        deadline = self.service.deadlines.of(student, milestone)
        late = deadline is not None and received > deadline
        if late and not policy.accept_late:
            raise Refusal(
                403,
                f"The deadline was {iso(deadline)}; hand-ins are not taken any more.",
                "Ask your instructor if you need more time.",
            )
        now = standing(policy, earlier, received)
        if not now.open:
            when = (
                "There are no more."
                if now.next_at is None
                else f"The next one is taken at {iso(now.next_at)}."
            )
            raise Refusal(
                429,
                f"This hand-in was not taken: {now.why}.",
                f"{when} Your earlier hand-ins stay as they are.",
                None if now.next_at is None else now.next_at - received,
            )
        return Admission(late, now.used + 1, None if policy.attempts is None else now.allowed)

    def accept(
        self, person: Person, milestone: str, path: Path, digest: str, size: int
    ) -> tuple[HandIn, bool]:
        """Accept an upload that was received: after this it gets exactly one result."""
        service, received = self.service, self.clock()
        uploads.refuse_unreadable(path)
        # before it is accepted, so that what is accepted is there
        folder = service.folder_of(person.id, digest)
        uploads.keep(path, folder)
        try:
            hand_in, new = service.store.accept(
                person.id, milestone, digest, size, received,
                lambda earlier: self.admission(person.id, milestone, list(earlier), received),
            )  # fmt: skip
        except Refusal:
            if not service.store.hand_ins(student=person.id, digest=digest):
                shutil.rmtree(folder, ignore_errors=True)
            raise
        if new:
            service.store.note(person.id, "handed in", f"{hand_in.id} {milestone} sha256={digest}")
        if hand_in.state == QUEUED:
            self.queue.send(hand_in)
        return hand_in, new

    def receipt(self, one: HandIn) -> dict[str, Any]:
        """Return what a student keeps of a hand-in."""
        return {
            "student": one.student,
            "milestone": one.milestone,
            "received": iso(one.received),
            "digest": f"sha256={one.digest}",
            "attempt": one.attempt,
            "attempts_allowed": one.attempts_allowed,
            "late": one.late,
        }

    def state(self, id: str, person: Person) -> dict[str, Any]:
        """Return what is known of a hand-in, as far as this person may see it."""
        one = self.service.store.hand_in(id)
        if one is None or not (one.student == person.id or person.is_staff):
            raise Refusal(404, "There is no such hand-in of yours.", "Look at the number in your receipt.")
        found: dict[str, Any] = {
            "id": one.id,
            "state": one.state,
            "position": None,
            "estimate_seconds": None,
            "check": None,
            "checks": None,
            "check_name": None,
            "receipt": self.receipt(one),
            "result": None,
            "message": one.message,
        }
        if one.state == QUEUED:
            ahead = self.service.store.ahead_of(one)
            found["position"] = ahead + 1
            found["estimate_seconds"] = self.estimate(one, ahead)
        elif one.state == GRADING:
            with contextlib.suppress(OSError, ValueError):
                found |= json.loads(self.service.progress_of(one.id).read_text())
        elif one.result is not None:
            policy = self.service.policies[one.milestone]
            tries = self.service.store.hand_ins(student=one.student, milestone=one.milestone)
            counts = counting(policy, tries)
            found["result"] = visible(one.result, policy) | {"counted_score": counts and counts.score}
        tag = (one.state, found["position"], found["check"])
        return found | {"tag": "-".join(str(part) for part in tag if part is not None)}

    def estimate(self, one: HandIn, ahead: int) -> float | None:
        """Return in how many seconds a waiting hand-in has its result, by how long the last ones took."""
        each = self.service.store.seconds_each(one.milestone)
        if each is None:
            return None
        return round(each * (ahead / self.service.workers + 1), 1)

    def standing_of(self, student: str, milestone: str) -> dict[str, Any]:
        """Return where a student stands in a milestone, and its rules."""
        policy = self.service.policies[milestone]
        tries = self.service.store.hand_ins(student=student, milestone=milestone)
        now = standing(policy, tries, self.clock())
        return {
            "attempts_used": now.used,
            "attempts_allowed": now.allowed,
            "next_attempt_at": None if now.open else iso(now.next_at),
            "deadline": iso(self.service.deadlines.of(student, milestone)),
            "counts": policy.counts,
            "shows": policy.shows,
        }

    @contextlib.contextmanager
    def uploading(self, person: Person) -> Any:
        """Keep a place for an upload: one for each person, so that slow ones hold up nobody else."""
        if self._uploading[person.id]:
            raise Refusal(429, "Another upload of yours is under way.", "Wait until it is done.", 5)
        if self._uploading.total() >= self.service.settings.uploads_at_once:
            raise Refusal(503, "Too many uploads are under way.", "Try again in some seconds.", 5)
        self._uploading[person.id] += 1
        try:
            yield
        finally:
            del self._uploading[person.id]


def milestone_of(door: Door, request: Request) -> str:
    """Return the milestone that an address names, if the course has it."""
    name = str(request.path_params["milestone"])
    if name not in door.service.milestones:
        known = ", ".join(door.service.milestones)
        raise Refusal(404, "This course has no such milestone.", f"It has: {known}.")
    return name


def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


async def me(request: Request) -> Response:
    """Who asks, and where they stand."""
    door = _door(request)

    def find() -> dict[str, Any]:
        person = door.person(request)
        found = {name: door.standing_of(person.id, name) for name in door.service.milestones}
        return {"student": person.id, "role": person.role, "milestones": found}

    return JSONResponse(await anyio.to_thread.run_sync(find))


async def hand_in(request: Request) -> Response:
    """Take a hand-in."""
    door = _door(request)
    person = await anyio.to_thread.run_sync(door.person, request)
    milestone = milestone_of(door, request)
    if person.role != identity.STUDENT:
        raise Refusal(403, "Only students hand in.", "Use an invitation as a student.")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/zip":
        raise Refusal(415, "A hand-in is a zip archive.", "Send it with Content-Type: application/zip.")
    said = request.headers.get("x-digest", "")
    length = request.headers.get("content-length")
    if length is None or not length.isascii() or not length.isdigit():
        raise Refusal(411, "The request does not say how long it is.", "Send a Content-Length.")
    most = door.service.settings.most_bytes
    if int(length[:20]) > most:
        raise uploads.too_large(most)
    door.within("uploads", person.id)
    path: Path | None = None
    try:
        with door.uploading(person):
            path, digest, size = await uploads.receive(
                request.stream(), door.service.folder, most=most, seconds=door.service.settings.upload_seconds
            )
            if said != f"sha256={digest}":
                raise Refusal(422, "What arrived is not what was sent: its digest differs.", "Send it again.")
            one, new = await anyio.to_thread.run_sync(door.accept, person, milestone, path, digest, size)
    finally:
        if path is not None:
            path.unlink(missing_ok=True)  # it was moved if it was accepted
    return JSONResponse({"id": one.id, "receipt": door.receipt(one)}, status_code=202 if new else 200)


async def state(request: Request) -> Response:
    """Return the state of a hand-in; with ``?wait=`` and ``&after=`` only when it is another one, or time is over."""
    door, id = _door(request), str(request.path_params["id"])
    person = await anyio.to_thread.run_sync(door.person, request)
    try:
        wait = min(max(float(request.query_params.get("wait", 0)), 0.0), _LONGEST_WAIT)
    except ValueError:
        raise Refusal(422, "wait is a number of seconds.", "Leave it out, or send a number.") from None
    after, until = request.query_params.get("after"), anyio.current_time() + (wait if wait == wait else 0.0)
    while True:
        found = await anyio.to_thread.run_sync(door.state, id, person)
        left = until - anyio.current_time()
        if found["tag"] != after or left <= 0 or found["state"] in (DONE, NOT_GRADED):
            return JSONResponse(found)
        await anyio.sleep(min(_LOOK_AGAIN, left))


async def history(request: Request) -> Response:
    """List a person's hand-ins of a milestone."""
    door = _door(request)

    def find() -> dict[str, Any]:
        person, milestone = door.person(request), milestone_of(door, request)
        found = door.service.store.hand_ins(student=person.id, milestone=milestone)
        return {
            "hand_ins": [
                {"id": one.id, "receipt": door.receipt(one), "state": one.state, "score": one.score}
                for one in found
            ]
        }

    return JSONResponse(await anyio.to_thread.run_sync(find))


async def invitation(request: Request) -> Response:
    """Tell what an invitation link is for; its token never reaches the server."""
    return HTMLResponse(_INVITATION)


async def health(request: Request) -> Response:
    """Say whether the service answers, for whoever watches it."""
    waiting = await anyio.to_thread.run_sync(lambda: len(_door(request).queue))
    return JSONResponse({"ok": True, "messages": waiting})


def _refused(request: Request, error: Exception) -> Response:
    status, what_to_do, headers = 500, "Try again; if it happens again, tell your instructor.", {}
    said = "Something went wrong on our side."
    if isinstance(error, Refusal | RefusedUpload):
        status, said, what_to_do = error.status, str(error), error.what_to_do
        retry = getattr(error, "retry_after", None)
        headers = {"Retry-After": str(max(1, int(retry) + 1))} if retry is not None else {}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, HTTPException):
        status, said, what_to_do = (
            error.status_code,
            f"{error.detail}.",
            "Look at the address and the method.",
        )
        headers = dict(error.headers or {})
    elif isinstance(error, ClientDisconnect):
        status, said = 400, "The connection ended before all of the upload had come."
    return JSONResponse({"error": said, "what_to_do": what_to_do}, status_code=status, headers=headers)


_Handler = Callable[[Request, Exception], Response | Awaitable[Response]]


def app(door: Door, pages: list[Route | Mount] | None = None) -> Starlette:
    """Return the application.

    Parameters
    ----------
    door : Door
    pages : list of Route or Mount, optional
        More than the interface that `nndl.submit` uses: the instructor's pages.
    """
    api = [
        Route("/me", me),
        Route("/milestones/{milestone}/hand-ins", hand_in, methods=["POST"]),
        Route("/milestones/{milestone}/hand-ins", history, methods=["GET"]),
        Route("/hand-ins/{id}", state),
    ]
    handlers: dict[Any, _Handler] = dict.fromkeys(
        (Refusal, RefusedUpload, HTTPException, ClientDisconnect, Exception), _refused
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        door.service.store.close()

    made = Starlette(
        routes=[
            Mount("/api/v1", routes=api),
            Route("/invitation", invitation),
            Route("/healthz", health),
            *(pages or []),
        ],
        middleware=[Middleware(SecurityHeaders, tls=door.service.base.startswith("https:"))],
        exception_handlers=handlers,
        lifespan=lifespan,
    )
    made.state.door = door
    return made
