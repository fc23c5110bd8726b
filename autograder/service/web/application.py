"""The application: the routes for students, for everybody and, if there are any, for staff; errors in words."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from ..uploads import RefusedUpload
from . import for_everybody, for_students
from .door import Door, Refusal
from .guards import SecurityHeaders, WithoutPrefix


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
    handlers: dict[Any, _Handler] = dict.fromkeys(
        (Refusal, RefusedUpload, HTTPException, ClientDisconnect, Exception), _refused
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        door.service.store.close()

    made = Starlette(
        routes=[
            Mount("/api/v1", routes=for_students.routes()),
            *for_everybody.routes(),
            *(pages or []),
        ],
        middleware=[Middleware(SecurityHeaders, tls=door.service.base.startswith("https:"))],
        exception_handlers=handlers,
        lifespan=lifespan,
    )
    made.state.door = door
    made.add_middleware(WithoutPrefix, prefix=urlsplit(door.service.base).path)
    return made
