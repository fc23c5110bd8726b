"""What `nndl.submit` asks: who am I, take this, how far is it, what did I hand in before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import identity, uploads
from ..identity import Person
from ..store import DONE, NOT_GRADED, QUEUED
from .door import Door, Refusal, door_of, milestone_of, open_milestone_of
from .line import LOOK_SOON
from .taking import accept, require_room
from .telling import receipt, standing_of, tag
from .telling import state as tell

_LONGEST_WAIT = 30.0
_LOOK_AGAIN = 0.5
"""Seconds between two looks for the many who wait in the queue."""
_NEAR = 1.5
"""A result is near in so many seconds, and while it is graded."""
_SELDOMEST = 15.0
"""Seconds after which who waits is told where they stand."""


async def me(request: Request) -> Response:
    """Who asks, and where they stand."""
    door = door_of(request)

    def find() -> dict[str, Any]:
        person = door.person(request)
        found = {name: standing_of(door, person.id, name) for name in door.service.open_milestones}
        return {"student": person.id, "role": person.role, "milestones": found}

    return JSONResponse(await anyio.to_thread.run_sync(find))


async def hand_in(request: Request) -> Response:
    """Take a hand-in."""
    door = door_of(request)
    person = await anyio.to_thread.run_sync(door.person, request)
    milestone = await anyio.to_thread.run_sync(open_milestone_of, door, request)
    if person.role != identity.STUDENT:
        raise Refusal(403, "Only students hand in.", "Use an invitation as a student.")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/zip":
        raise Refusal(415, "A hand-in is a zip archive.", "Send it with Content-Type: application/zip.")
    said = request.headers.get("x-digest", "")
    length = request.headers.get("content-length")
    if length is None or not length.isascii() or not length.isdigit():
        raise Refusal(411, "The request does not say how long it is.", "Send a Content-Length.")
    most = door.service.settings.most_bytes
    announced = int(length[:20])
    if announced > most or len(length) > 20:
        raise uploads.too_large(most)
    door.within("uploads", person.id)
    path: Path | None = None
    try:
        with door.uploading(person, announced):
            await anyio.to_thread.run_sync(require_room, door, person, announced)
            path, digest, size = await uploads.receive(
                request.stream(), door.service.folder, most=most, seconds=door.service.settings.upload_seconds
            )
            if said != f"sha256={digest}":
                raise Refusal(422, "What arrived is not what was sent: its digest differs.", "Send it again.")
            one, new = await anyio.to_thread.run_sync(accept, door, person, milestone, path, digest, size)
    finally:
        if path is not None:
            path.unlink(missing_ok=True)  # it was moved if it was accepted
    return JSONResponse({"id": one.id, "receipt": receipt(one)}, status_code=202 if new else 200)


async def state(request: Request) -> Response:
    """Return the state of a hand-in; with ``?wait=`` and ``&after=`` only when it is another one, or time is over."""
    door, id = door_of(request), str(request.path_params["id"])
    person = await anyio.to_thread.run_sync(door.person, request)
    try:
        wait = min(max(float(request.query_params.get("wait", 0)), 0.0), _LONGEST_WAIT)
    except ValueError:
        raise Refusal(422, "wait is a number of seconds.", "Leave it out, or send a number.") from None
    after = request.query_params.get("after", "")
    with door.waiting(person) as may_wait:
        return await _news(door, id, person, after, wait if may_wait and wait == wait else 0.0)


async def _news(door: Door, id: str, person: Person, after: str, wait: float) -> Response:
    begun = anyio.current_time()
    until = begun + wait
    while True:
        left = until - anyio.current_time()
        if left > 0 and await _is_no_news(door, id, after, anyio.current_time() - begun):
            await anyio.sleep(min(_LOOK_AGAIN, left))
            continue
        found = await anyio.to_thread.run_sync(tell, door, id, person)
        if found["tag"] != after or left <= 0 or found["state"] in (DONE, NOT_GRADED):
            return JSONResponse(found)
        near = found["state"] != QUEUED or (found["estimate_seconds"] or _LONGEST_WAIT) < _NEAR
        await anyio.sleep(min(LOOK_SOON if near else _LOOK_AGAIN, left))


async def _is_no_news(door: Door, id: str, after: str, waited: float) -> bool:
    """Return whether somebody who knows ``after`` may wait on, as hundreds do before a deadline.

    One place further up is no news for who has a hundred before them: the longer it takes, the seldomer it is told.
    """
    if not after.startswith(QUEUED):
        return False
    if door.line.is_stale:
        await anyio.to_thread.run_sync(door.line.look)
    place = door.line.kept(id)
    if place is None or (place.seconds or _LONGEST_WAIT) < _NEAR:
        return False
    pause = min(_SELDOMEST, (place.seconds or 0.0) / 10)
    return after == tag(QUEUED, place.position) or waited < pause


async def history(request: Request) -> Response:
    """List a person's hand-ins of a milestone."""
    door = door_of(request)

    def find() -> dict[str, Any]:
        person, milestone = door.person(request), milestone_of(door, request)
        found = door.service.store.hand_ins(of=person.id, milestone=milestone)
        return {
            "hand_ins": [
                {"id": one.id, "receipt": receipt(one), "state": one.state, "score": one.score}
                for one in found
            ]
        }

    return JSONResponse(await anyio.to_thread.run_sync(find))


def routes() -> list[Route]:
    """Return the routes of the interface, below its address."""
    return [
        Route("/me", me),
        Route("/milestones/{milestone}/hand-ins", hand_in, methods=["POST"]),
        Route("/milestones/{milestone}/hand-ins", history, methods=["GET"]),
        Route("/hand-ins/{id}", state),
    ]
