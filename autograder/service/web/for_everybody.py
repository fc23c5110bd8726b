"""What needs no token: the page behind an invitation link, and whether the service answers."""

from __future__ import annotations

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from .door import door_of

_INVITATION = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Your invitation</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="live/static/style.css"><link rel="stylesheet" href="live/static/live.css">
<script src="live/static/live.js" defer></script></head>
<body><main><h1>Your invitation</h1>
<p>This link is your key to the grading service: keep it to yourself.</p>
<ol><li>Copy the whole link from the address line of this browser.</li>
<li>In the notebook, run <code>nndl.submit()</code>; where it asks for the link, paste it.</li></ol>
<p>You are asked once on each computer. If somebody else may have seen the link, ask your instructor for a new one: the
old one stops working.</p>
<p>Do you teach this course? <a id="staff" href="live/login">Log in to its live page</a>,
and paste the link there.</p></main></body></html>
"""


async def invitation(request: Request) -> Response:
    """Tell what an invitation link is for; its token never reaches the server."""
    return HTMLResponse(_INVITATION)


async def health(request: Request) -> Response:
    """Say whether the service answers and takes hand-ins, for whoever watches it."""
    door = door_of(request)
    waiting = await anyio.to_thread.run_sync(lambda: len(door.queue))
    room = door.has_room
    return JSONResponse({"ok": room, "room": room, "messages": waiting}, 200 if room else 503)


def routes() -> list[Route]:
    """Return the routes."""
    return [Route("/invitation", invitation), Route("/healthz", health)]
